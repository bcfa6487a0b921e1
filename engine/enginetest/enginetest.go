// Package enginetest is what the tests of a host need: an engine in memory that
// is closed when the test ends, and a codec whose work the test decides.
//
//	fake := &enginetest.Codec{Do: func(ctx context.Context, w *codec.Work) error {
//		return enginetest.Write(ctx, w, "small.jpg", []byte("…"))
//	}}
//	eng := enginetest.Open(t, engine.Config{Codecs: []codec.Codec{fake}})
//	job := enginetest.Submit(t, eng, engine.Request{ … })
//	job = enginetest.Wait(t, eng, job.ID)
//
// Nothing here sleeps: Wait returns when the job has ended.
//
// [FaultyStore] and [FaultyStorage] are decorators that fail at any one call, to
// see how a host takes it; [ReadBooks] reads what a store and a storage hold in
// the end, and checks that it agrees.
package enginetest

import (
	"cmp"
	"context"
	"errors"
	"io"
	"sync/atomic"
	"testing"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/engine"
)

// Open opens an engine that is closed when the test ends: what runs then is
// interrupted. Without codecs it gets a zero [Codec].
func Open(t testing.TB, config engine.Config) *engine.Engine {
	t.Helper()
	if len(config.Codecs) == 0 && config.Workers >= 0 {
		config.Codecs = []codec.Codec{&Codec{}}
	}
	eng, err := engine.Open(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		if err := eng.Close(ctx); err != nil {
			t.Errorf("close engine: %v", err)
		}
	})
	return eng
}

// Submit submits r and fails the test if that is refused.
func Submit(t testing.TB, eng *engine.Engine, r engine.Request) engine.Job {
	t.Helper()
	job, err := eng.Submit(t.Context(), r)
	if err != nil {
		t.Fatalf("submit: %v", err)
	}
	return job
}

// Wait returns the job when it has ended.
func Wait(t testing.TB, eng *engine.Engine, id string) engine.Job {
	t.Helper()
	job, err := eng.Wait(t.Context(), id)
	if err != nil {
		t.Fatalf("wait for job %s: %v", id, err)
	}
	return job
}

// Files returns the files of the job.
func Files(t testing.TB, eng *engine.Engine, id string) []engine.File {
	t.Helper()
	var files []engine.File
	for file, err := range eng.Files(t.Context(), id) {
		if err != nil {
			t.Fatalf("files of job %s: %v", id, err)
		}
		files = append(files, file)
	}
	return files
}

// Read returns the bytes of an output.
func Read(t testing.TB, eng *engine.Engine, o engine.Output) []byte {
	t.Helper()
	r, err := eng.OpenOutput(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatalf("read output %s: %v", o.Name, err)
	}
	return b
}

// Codec is a codec whose work the test decides. The zero Codec converts plain
// text to every format by copying it.
type Codec struct {
	// Op is the name of the operation that it does; "" means convert.
	Op string
	// From is the media types that it takes; nil means text/plain.
	From []string
	// To is the formats that it makes; nil means all.
	To []string
	// Lane is the lane of its work; "" means codec.LaneImage.
	Lane string
	// Do does the work; nil copies the input to one output.
	Do func(ctx context.Context, w *codec.Work) error

	calls atomic.Int64
}

// Calls returns how many times Process was called.
func (c *Codec) Calls() int { return int(c.calls.Load()) }

// Name implements [codec.Codec].
func (*Codec) Name() string { return "fake" }

// Offers implements [codec.Codec].
func (c *Codec) Offers() []codec.Offer {
	o := codec.Offer{Op: cmp.Or(c.Op, codec.Convert{}.Name()), From: c.From, To: c.To, Lane: c.Lane}
	if o.From == nil {
		o.From = []string{"text/plain"}
	}
	if o.To == nil {
		for _, f := range codec.Formats() {
			o.To = append(o.To, f.Name)
		}
	}
	if o.Lane == "" {
		o.Lane = codec.LaneImage
	}
	return []codec.Offer{o}
}

// Probe implements [codec.Codec].
func (*Codec) Probe(ctx context.Context, w *codec.Work) (codec.Media, codec.Cost, error) {
	return codec.Media{Type: w.In[0].Type(), Frames: 1}, codec.Cost{}, ctx.Err()
}

// Process implements [codec.Codec].
func (c *Codec) Process(ctx context.Context, w *codec.Work) error {
	c.calls.Add(1)
	if c.Do != nil {
		return c.Do(ctx, w)
	}
	b := make([]byte, w.In[0].Size())
	if _, err := w.In[0].ReadAt(b, 0); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	format, _ := codec.LookupFormat(codec.Target(w.Op))
	return Write(ctx, w, format.OutputName(w.In[0].Name()), b)
}

// Write makes one output of the work.
func Write(ctx context.Context, w *codec.Work, name string, b []byte) error {
	out, err := w.Out.Create(ctx, codec.OutSpec{Name: name, Type: codec.Unknown})
	if err != nil {
		return err
	}
	defer out.Abort()
	if _, err := out.Write(b); err != nil {
		return err
	}
	return out.Commit(codec.Result{Media: codec.Media{Type: codec.Unknown}})
}
