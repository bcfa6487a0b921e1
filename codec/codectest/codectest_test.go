package codectest_test

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/codectest"
)

func samples(t testing.TB) []codectest.Sample {
	t.Helper()
	jpg := codec.Convert{Format: "jpg"}
	return []codectest.Sample{
		{Name: "noise.png", Data: noise(t, 10), Op: jpg},
		{Name: "claims.jp2", Type: "image/jp2", Data: noise(t, 10), Op: jpg,
			Policy: codec.Policy{Untrusted: []string{"image/jp2"}}},
	}
}

func TestCodecConforms(t *testing.T) {
	codectest.Run(t, pngToJPEG{}, append(samples(t), large(t)))
}

// large is more than a probe may read.
func large(t testing.TB) codectest.Sample {
	return codectest.Sample{
		Name: "large.png", Data: noise(t, 100), Op: codec.Convert{Format: "jpg"},
	}
}

func FuzzCodec(f *testing.F) {
	codectest.Fuzz(f, pngToJPEG{}, samples(f)...)
}

// broken is the codec with some of its methods replaced.
type broken struct {
	pngToJPEG
	offers  func() []codec.Offer
	probe   func(ctx context.Context, w *codec.Work) (codec.Media, codec.Cost, error)
	process func(ctx context.Context, w *codec.Work) error
}

func (b broken) Offers() []codec.Offer {
	if b.offers != nil {
		return b.offers()
	}
	return b.pngToJPEG.Offers()
}

func (b broken) Probe(ctx context.Context, w *codec.Work) (codec.Media, codec.Cost, error) {
	if b.probe != nil {
		return b.probe(ctx, w)
	}
	return b.pngToJPEG.Probe(ctx, w)
}

func (b broken) Process(ctx context.Context, w *codec.Work) error {
	if b.process != nil {
		return b.process(ctx, w)
	}
	return b.pngToJPEG.Process(ctx, w)
}

// leakySink hides Abort from the codec.
type leakySink struct{ codec.Sink }

func (s leakySink) Create(ctx context.Context, o codec.OutSpec) (codec.Writer, error) {
	w, err := s.Sink.Create(ctx, o)
	return leakyWriter{w}, err
}

type leakyWriter struct{ codec.Writer }

func (leakyWriter) Abort() error { return nil }

// emptySink throws the bytes away.
type emptySink struct{ codec.Sink }

func (s emptySink) Create(ctx context.Context, o codec.OutSpec) (codec.Writer, error) {
	w, err := s.Sink.Create(ctx, o)
	return emptyWriter{w}, err
}

type emptyWriter struct{ codec.Writer }

func (emptyWriter) Write(p []byte) (int, error) { return len(p), nil }

// silentSink has no account of the outputs.
type silentSink struct{ codec.Sink }

func (s silentSink) Create(ctx context.Context, o codec.OutSpec) (codec.Writer, error) {
	w, err := s.Sink.Create(ctx, o)
	if err != nil {
		return nil, err
	}
	return silentWriter{w}, nil
}

type silentWriter struct{ codec.Writer }

func (w silentWriter) Commit(codec.Result) error { return w.Writer.Commit(codec.Result{}) }

func TestSuiteCatchesBrokenCodecs(t *testing.T) {
	good := pngToJPEG{}
	all := samples(t)
	forever := make(chan struct{})
	t.Cleanup(func() { close(forever) })
	var calls atomic.Int64
	for _, c := range []struct {
		clause string // that must catch it
		codec  broken
	}{
		{"offers are stable", broken{offers: func() []codec.Offer {
			o := good.Offers()
			if calls.Add(1)%2 == 0 {
				o[0].Lane = codec.LaneAV
			}
			return o
		}}},
		{"offers are stable", broken{offers: func() []codec.Offer { return nil }}},
		{"probe reads headers only", broken{
			probe: func(ctx context.Context, w *codec.Work) (codec.Media, codec.Cost, error) {
				_, err := io.ReadAll(io.NewSectionReader(w.In[0], 0, w.In[0].Size()))
				m, cost, probeErr := good.Probe(ctx, w)
				return m, cost, errors.Join(err, probeErr)
			}}},
		{"outputs are committed", broken{process: func(ctx context.Context, w *codec.Work) error {
			w.Out = emptySink{w.Out}
			return good.Process(ctx, w)
		}}},
		{"outputs are committed", broken{process: func(ctx context.Context, w *codec.Work) error {
			w.Out = silentSink{w.Out}
			return good.Process(ctx, w)
		}}},
		{"progress grows", broken{process: func(ctx context.Context, w *codec.Work) error {
			w.Report(0.9)
			return good.Process(ctx, w)
		}}},
		{"an ended context", broken{process: func(ctx context.Context, w *codec.Work) error {
			return good.Process(context.WithoutCancel(ctx), w)
		}}},
		{"on the way", broken{process: func(ctx context.Context, w *codec.Work) error {
			began := ctx.Err()
			if err := good.Process(ctx, w); err == nil || began != nil || ctx.Err() == nil {
				return err
			}
			return codec.Errorf(codec.Invalid, "it is damaged")
		}}},
		{"a failed read", broken{process: func(ctx context.Context, w *codec.Work) error {
			err := good.Process(ctx, w)
			if err != nil && codec.ClassOf(err) == codec.Internal && ctx.Err() == nil {
				return codec.Errorf(codec.Invalid, "cannot read: %w", err)
			}
			return err
		}}},
		{"a failed sink", broken{process: func(ctx context.Context, w *codec.Work) error {
			w.Out = leakySink{w.Out}
			return good.Process(ctx, w)
		}}},
		{"a failed sink", broken{process: func(ctx context.Context, w *codec.Work) error {
			err := good.Process(ctx, w)
			if err != nil && strings.Contains(err.Error(), "sink") {
				return nil
			}
			return err
		}}},
		{"an unknown type", broken{process: func(ctx context.Context, w *codec.Work) error {
			if !slices.Contains(types, w.In[0].Type()) {
				return nil
			}
			return good.Process(ctx, w)
		}}},
		{"an unknown operation", broken{process: func(ctx context.Context, w *codec.Work) error {
			w.Op = codec.Convert{Format: "jpg"}
			return good.Process(ctx, w)
		}}},
		{"an untrusted type", broken{process: func(ctx context.Context, w *codec.Work) error {
			w.Policy.Untrusted = types
			return good.Process(ctx, w)
		}}},
		{"limits are kept", broken{process: func(ctx context.Context, w *codec.Work) error {
			w.Policy.Limits.Pixels = 0
			return good.Process(ctx, w)
		}}},
		{"limits are kept", broken{process: func(ctx context.Context, w *codec.Work) error {
			w.Policy.Limits.OutputBytes = 0
			return good.Process(ctx, w)
		}}},
		{"limits are kept", broken{process: func(ctx context.Context, w *codec.Work) error {
			w.Policy.Limits.Time = 0
			return good.Process(ctx, w)
		}}},
		{"an empty input", broken{process: func(ctx context.Context, w *codec.Work) error {
			if w.In[0].Size() == 0 {
				return nil
			}
			return good.Process(ctx, w)
		}}},
		{"a truncated input", broken{process: func(ctx context.Context, w *codec.Work) error {
			if size := w.In[0].Size(); size == 16 {
				panic("index out of range")
			}
			return good.Process(ctx, w)
		}}},
		{"a damaged input", broken{process: func(ctx context.Context, w *codec.Work) error {
			err := good.Process(ctx, w)
			if e, ok := errors.AsType[*codec.Error](err); ok && e.Class == codec.Invalid &&
				len(all[0].Data) == int(w.In[0].Size()) {
				return errors.New("png: invalid checksum")
			}
			return err
		}}},
		{"no goroutine stays", broken{process: func(ctx context.Context, w *codec.Work) error {
			go func() { <-forever }()
			return good.Process(ctx, w)
		}}},
	} {
		t.Run(c.clause, func(t *testing.T) {
			picked := all
			if c.codec.probe != nil {
				picked = []codectest.Sample{large(t)}
			}
			err := codectest.Check(t.Context(), c.codec, picked)
			if err == nil {
				t.Fatal("the suite finds nothing")
			}
			if !strings.Contains(err.Error(), c.clause) {
				t.Errorf("the suite finds only: %v", err)
			}
		})
	}
}

func TestSuiteWantsSamples(t *testing.T) {
	if err := codectest.Check(t.Context(), pngToJPEG{}, nil); err == nil {
		t.Error("a suite without samples passes")
	}
}
