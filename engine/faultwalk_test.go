package engine_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/engine"
	"github.com/spoolmedia/spool/engine/enginetest"
	"github.com/spoolmedia/spool/storage/memstorage"
	"github.com/spoolmedia/spool/store"
	"github.com/spoolmedia/spool/store/memstore"
)

// TestAJobSurvivesEveryCallThatFails lives through the whole life of jobs once to
// count the calls of the backends, and then once for each call and moment with
// that one failing.
func TestAJobSurvivesEveryCallThatFails(t *testing.T) {
	calls := make(map[string]int)
	synctest.Test(t, func(t *testing.T) {
		l := newLife(t, nil)
		if err := l.run(); err != nil {
			t.Fatalf("without a fault: %v", err)
		}
		calls = l.faults.Calls()
	})
	met, planned := 0, 0
	for _, method := range slices.Sorted(maps.Keys(calls)) {
		for n := range calls[method] {
			for _, after := range []bool{false, true} {
				c := enginetest.Call{Method: method, N: n + 1, After: after}
				planned++
				t.Run(c.String(), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						var hit atomic.Bool
						l := newLife(t, func(now enginetest.Call) error {
							if now != c {
								return nil
							}
							hit.Store(true)
							return enginetest.ErrUnreachable
						})
						err := l.run()
						if hit.Load() {
							met++
						}
						if err != nil {
							t.Error(err)
						}
					})
				})
			}
		}
	}
	t.Logf("%d of %d faults were met, of these calls: %v", met, planned, calls)
	// Goroutines take turns as they like, so that a life may do without a call
	// that another life made.
	if met < planned*3/4 {
		t.Errorf("only %d of %d faults were met", met, planned)
	}
}

// life is that of a host with its jobs, in backends whose calls may fail.
type life struct {
	faults  *enginetest.Faults
	jobs    *enginetest.FaultyStore
	blobs   *enginetest.FaultyStorage
	eng     *engine.Engine
	started context.Context // ends when the codec has begun stuck.txt
	start   context.CancelFunc
	batch   engine.Job
	stuck   engine.Job
}

func newLife(t *testing.T, at func(enginetest.Call) error) *life {
	jobs := memstore.New()
	t.Cleanup(func() { jobs.Close() })
	faults := &enginetest.Faults{At: at}
	l := &life{
		faults: faults,
		jobs:   &enginetest.FaultyStore{Store: jobs, Faults: faults},
		blobs:  &enginetest.FaultyStorage{Storage: memstorage.New(), Faults: faults},
	}
	l.started, l.start = context.WithCancel(context.Background())
	t.Cleanup(l.start)
	return l
}

// step is something that a host does. If it fails, the host does it again.
type step struct {
	name string
	do   func(context.Context) error
}

// steps is the life of the host, in order. What the engine learns to do goes
// here, and what must have come of it into check.
func (l *life) steps() []step {
	return []step{
		{"open", l.open},
		{"submit a batch", l.submitBatch},
		{"submit what is to be cancelled", l.submitStuck},
		{"cancel", l.cancel},
		{"wait for the batch", l.waitForBatch},
		{"read the outputs", l.read},
		{"wait until nothing is left to do", l.rest},
		{"close", func(ctx context.Context) error { return l.eng.Close(ctx) }},
	}
}

// patience is in the time of the test's bubble.
const patience = 10 * time.Minute

// run lives the life, has an heir clear up, and checks what is left.
func (l *life) run() error {
	for _, s := range l.steps() {
		if err := l.do(s); err != nil {
			return errors.Join(fmt.Errorf("%s: %w", s.name, err), l.interrupt())
		}
	}
	if err := l.inherit(); err != nil {
		return err
	}
	books, err := enginetest.ReadBooks(context.Background(), l.jobs.Store, l.blobs.Storage)
	return errors.Join(err, books.Check(), l.check(books))
}

// interrupt ends a life that went wrong.
func (l *life) interrupt() error {
	if l.eng == nil {
		return nil
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return l.eng.Close(ctx)
}

// do takes the step, as often as it must.
func (l *life) do(s step) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var last error
	for {
		err := s.do(ctx)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return errors.Join(err, last)
		}
		last = err
		select {
		case <-time.After(time.Second): // in the time of the bubble
		case <-ctx.Done():
			return err
		}
	}
}

func (l *life) config() engine.Config {
	return engine.Config{
		Store: l.jobs, Storage: l.blobs, Workers: 2, Retain: -1,
		Codecs: []codec.Codec{&enginetest.Codec{Do: l.process}},
		Logger: slog.New(slog.DiscardHandler),
	}
}

// process is the codec's work.
func (l *life) process(ctx context.Context, w *codec.Work) error {
	switch w.In[0].Name() {
	case "bad.txt":
		return codec.Errorf(codec.Invalid, "the picture ends too early")
	case "two.txt":
		return errors.Join(writeWithNotes(ctx, w, "1.png"), writeWithNotes(ctx, w, "2.png"))
	case "stuck.txt":
		if err := enginetest.Write(ctx, w, "half.png", []byte("half")); err != nil {
			return err
		}
		l.start()
		<-ctx.Done()
		return ctx.Err()
	}
	b := make([]byte, w.In[0].Size())
	if _, err := w.In[0].ReadAt(b, 0); err != nil {
		return err
	}
	return enginetest.Write(ctx, w, "good.png", bytes.ToUpper(b))
}

// writeWithNotes makes an output with so long notes that two of them go into a
// manifest.
func writeWithNotes(ctx context.Context, w *codec.Work, name string) error {
	out, err := w.Out.Create(ctx, codec.OutSpec{Name: name, Type: codec.Unknown})
	if err != nil {
		return err
	}
	defer out.Abort()
	if _, err := io.WriteString(out, name); err != nil {
		return err
	}
	return out.Commit(codec.Result{Notes: []string{strings.Repeat("note ", 4<<10)}})
}

func (l *life) open(context.Context) (err error) {
	l.eng, err = engine.Open(l.config())
	return err
}

func (l *life) submitBatch(ctx context.Context) (err error) {
	l.batch, err = l.eng.Submit(ctx, engine.Request{
		Account: "a", IdempotencyKey: "batch", Operation: toPNG,
		Inputs: []engine.Input{text("good.txt", "good"), text("bad.txt", "bad"), text("two.txt", "two")},
	})
	return err
}

func (l *life) submitStuck(ctx context.Context) (err error) {
	l.stuck, err = l.eng.Submit(ctx, engine.Request{
		Account: "b", IdempotencyKey: "stuck", Operation: toPNG,
		Inputs: []engine.Input{text("stuck.txt", "stuck")},
	})
	return err
}

// cancel cancels the job when its codec has begun, if it ever does.
func (l *life) cancel(ctx context.Context) error {
	waiting, stop := context.WithCancel(ctx)
	defer stop()
	defer context.AfterFunc(l.started, stop)()
	job, err := l.eng.Wait(waiting, l.stuck.ID)
	if l.started.Err() == nil {
		if err == nil && job.Status == engine.Failed {
			return nil
		}
		return errors.Join(err, ctx.Err())
	}
	if err := l.eng.Cancel(ctx, l.stuck.ID); !errors.Is(err, engine.ErrEnded) {
		return err
	}
	return nil
}

func (l *life) waitForBatch(ctx context.Context) error {
	_, err := l.eng.Wait(ctx, l.batch.ID)
	return err
}

// read reads what a host gets to see.
func (l *life) read(ctx context.Context) error {
	for file, err := range l.eng.Files(ctx, l.batch.ID) {
		if err != nil {
			return err
		}
		for _, o := range file.Outputs {
			r, err := l.eng.OpenOutput(ctx, o)
			if err != nil {
				return err
			}
			n, err := io.Copy(io.Discard, r)
			// A blob that was read is of no interest any more.
			_ = r.Close()
			if err != nil || n != o.Size {
				return fmt.Errorf("%s: %d bytes of %d: %w", o.Name, n, o.Size, err)
			}
		}
	}
	return nil
}

// rest waits until nothing is left to do, as the store behind the faults tells.
func (l *life) rest(ctx context.Context) error { return rest(ctx, l.jobs.Store) }

// rest waits until no job of the store has a task. It is for bubbles.
func rest(ctx context.Context, jobs store.Store) error {
	for {
		open := 0
		for j, err := range jobs.List(ctx, store.Query{}) {
			if err != nil {
				return err
			}
			open += j.State.Open
		}
		if open == 0 {
			return nil
		}
		select {
		case <-time.After(time.Second): // in the time of the bubble
		case <-ctx.Done():
			return fmt.Errorf("%d tasks are still open: %w", open, ctx.Err())
		}
	}
}

// inherit is the next process: it sweeps what this one left.
func (l *life) inherit() error {
	if err := l.jobs.EndSessions(); err != nil {
		return err
	}
	config := l.config()
	config.Store, config.Storage = l.jobs.Store, l.blobs.Storage
	heir, err := engine.Open(config)
	if err != nil {
		return err
	}
	// The janitor does so too, at leisure.
	if _, err := heir.Sweep(context.Background()); err != nil {
		return errors.Join(err, heir.Close(context.Background()))
	}
	synctest.Wait()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return errors.Join(l.rest(ctx), heir.Close(ctx))
}

// check looks at what became of the jobs.
func (l *life) check(books enginetest.Books) error {
	var errs []error
	for _, e := range books.Entries {
		for _, f := range e.Files {
			err := l.checkFile(e, f)
			errs = append(errs, err)
		}
	}
	if len(books.Entries) != 2 {
		errs = append(errs, fmt.Errorf("there are %d jobs, want one for each key", len(books.Entries)))
	}
	return errors.Join(errs...)
}

// checkFile returns how f differs from what would be without a fault.
func (l *life) checkFile(e enginetest.Entry, f store.File) error {
	outputs, want := 0, store.Completed
	switch f.Name {
	case "good.txt":
		outputs = 1
	case "two.txt":
		outputs = 2
	case "bad.txt":
		want = store.Failed
	case "stuck.txt":
		want = f.Status // a walk does not rewrite files
		if e.State.Status != store.Cancelled {
			return fmt.Errorf("the job of %s is %s", f.Name, e.State.Status)
		}
	}
	if f.Status != want || len(f.Outputs) != outputs {
		return fmt.Errorf("%s is %s with %d outputs: %+v", f.Name, f.Status, len(f.Outputs), f.Error)
	}
	if says := "bad.txt: the picture ends too early"; want == store.Failed && f.Error.Message != says {
		return fmt.Errorf("%s failed with %q, want %q", f.Name, f.Error.Message, says)
	}
	return nil
}
