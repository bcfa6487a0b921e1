package codec_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/codectest"
)

// write makes an output of n bytes in pieces.
func write(ctx context.Context, w *codec.Work, spec codec.OutSpec, n int) (codec.Writer, error) {
	out, err := w.Out.Create(ctx, spec)
	for ; err == nil && n > 0; n -= 4 {
		_, err = out.Write(make([]byte, min(n, 4)))
	}
	return out, err
}

func TestOutputBytesCountWhatOutputsHold(t *testing.T) {
	plain, seekable := codec.OutSpec{}, codec.OutSpec{Seekable: true}
	for _, c := range []struct {
		name string
		over bool
		do   func(ctx context.Context, w *codec.Work) error
	}{
		{"as many as allowed", false, func(ctx context.Context, w *codec.Work) error {
			return each(ctx, w, plain, 10)
		}},
		{"one more", true, func(ctx context.Context, w *codec.Work) error {
			return each(ctx, w, plain, 11)
		}},
		{"two outputs together", true, func(ctx context.Context, w *codec.Work) error {
			return each(ctx, w, plain, 6, 5)
		}},
		{"an aborted output does not count", false, func(ctx context.Context, w *codec.Work) error {
			out, err := write(ctx, w, plain, 8)
			return errors.Join(err, out.Abort(), out.Abort(), each(ctx, w, plain, 8))
		}},
		{"a committed output stays counted after Abort", true,
			func(ctx context.Context, w *codec.Work) error {
				out, err := write(ctx, w, plain, 8)
				return errors.Join(err, out.Commit(codec.Result{}), out.Abort(),
					each(ctx, w, plain, 8))
			}},
		{"an intermediate output does not count", false,
			func(ctx context.Context, w *codec.Work) error {
				return each(ctx, w, codec.OutSpec{Intermediate: true}, 100)
			}},
		{"bytes written again count once", false, func(ctx context.Context, w *codec.Work) error {
			return rewrite(ctx, w, seekable, io.SeekStart, 0)
		}},
		{"a hole counts", true, func(ctx context.Context, w *codec.Work) error {
			return rewrite(ctx, w, seekable, io.SeekEnd, 3)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := &codec.Work{
				In:     []codec.Input{codectest.NewInput("a.png", "", nil)},
				Out:    new(namingSink),
				Policy: codec.Policy{Limits: codec.Limits{OutputBytes: 10}},
			}
			err := w.Bounded(t.Context(), c.do)
			switch {
			case !c.over && err != nil:
				t.Errorf("Bounded returned %v", err)
			case c.over && (codec.ClassOf(err) != codec.Limit || err.Error() !=
				"what becomes of a.png is larger than 10 bytes, the limit of output bytes"):
				t.Errorf("Bounded returned %v of the class %s", err, codec.ClassOf(err))
			}
		})
	}
}

// each makes an output of each size.
func each(ctx context.Context, w *codec.Work, spec codec.OutSpec, sizes ...int) error {
	for _, n := range sizes {
		out, err := write(ctx, w, spec, n)
		if err != nil {
			return errors.New("a codec's own words")
		}
		if err := out.Commit(codec.Result{}); err != nil {
			return err
		}
	}
	return nil
}

// rewrite writes 8 bytes, moves, writes 8 bytes and reads them back.
func rewrite(
	ctx context.Context, w *codec.Work, spec codec.OutSpec, whence int, off int64,
) error {
	out, err := write(ctx, w, spec, 8)
	if err != nil {
		return err
	}
	f := out.(codec.SeekableWriter)
	at, err := f.Seek(off, whence)
	if err != nil {
		return err
	}
	if _, err := f.Write([]byte("rewritte")); err != nil {
		return err
	}
	got := make([]byte, 8)
	if _, err := f.ReadAt(got, at); err != nil || string(got) != "rewritte" {
		return errors.Join(errors.New("it reads back "+string(got)), err)
	}
	return f.Commit(codec.Result{})
}

// namingSink gives each output a name of its own.
type namingSink struct {
	codectest.Sink
	n int
}

func (s *namingSink) Create(ctx context.Context, o codec.OutSpec) (codec.Writer, error) {
	s.n++
	o.Name = strings.Repeat("a", s.n)
	return s.Sink.Create(ctx, o)
}

func TestTheLimitOfTimeEndsTheContext(t *testing.T) {
	wait := func(ctx context.Context, _ *codec.Work) error {
		<-ctx.Done()
		return ctx.Err()
	}
	w := &codec.Work{In: []codec.Input{codectest.NewInput("a.png", "", nil)},
		Policy: codec.Policy{Limits: codec.Limits{Time: time.Microsecond}}}
	err := w.Bounded(t.Context(), wait)
	if codec.ClassOf(err) != codec.Timeout || !errors.Is(err, context.DeadlineExceeded) ||
		err.Error() != "a.png took longer than 1µs, the limit of time" {
		t.Errorf("Bounded returned %v of the class %s", err, codec.ClassOf(err))
	}
	done := func(ctx context.Context, _ *codec.Work) error {
		<-ctx.Done()
		return nil
	}
	if err := w.Bounded(t.Context(), done); err != nil {
		t.Errorf("done in spite of all, Bounded returned %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := w.Bounded(ctx, wait); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled, Bounded returned %v", err)
	}
	w.Policy.Limits.Time = -1
	free := func(ctx context.Context, _ *codec.Work) error {
		if _, ok := ctx.Deadline(); ok {
			return errors.New("there is a limit")
		}
		return nil
	}
	if err := w.Bounded(t.Context(), free); err != nil {
		t.Error(err)
	}
}
