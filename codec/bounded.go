package codec

import (
	"context"
	"sync"
	"time"
)

// Bounded calls process with w held to the limits of its policy that count while it
// runs: the context ends after Limits.Time, and the sink takes no more than
// Limits.OutputBytes. Which of them ended process is the error. Every codec does its
// work in it:
//
//	func (c *Codec) Process(ctx context.Context, w *codec.Work) error {
//		return w.Bounded(ctx, c.process)
//	}
func (w *Work) Bounded(
	ctx context.Context, process func(context.Context, *Work) error,
) error {
	limits, caller, name := w.Policy.Limits.WithDefaults(), ctx, w.name()
	bounded := *w
	var out *boundedSink
	if limits.OutputBytes > 0 {
		out = &boundedSink{sink: w.Out, left: limits.OutputBytes, over: Errorf(Limit,
			"what becomes of %s is larger than %d bytes, the limit of output bytes",
			name, limits.OutputBytes)}
		bounded.Out = out
	}
	late := lateness(name, limits.Time)
	if limits.Time > 0 {
		var stop context.CancelFunc
		ctx, stop = context.WithTimeoutCause(ctx, limits.Time, late)
		defer stop()
	}
	err := process(ctx, &bounded)
	switch {
	case err == nil, caller.Err() != nil:
		return err
	case out.isOver():
		return out.over
	case context.Cause(ctx) == late:
		return late
	}
	return err
}

// name is that of the first input, for messages.
func (w *Work) name() string {
	if len(w.In) == 0 {
		return "nothing"
	}
	return w.In[0].Name()
}

// lateness is no [Limit], which would come back however often: on a machine that has
// less to do the same work may be in time.
func lateness(name string, limit time.Duration) error {
	err := Errorf(Timeout, "%s took longer than %v, the limit of time", name, limit)
	err.(*Error).Err = context.DeadlineExceeded
	return err
}

// boundedSink takes a number of bytes, all outputs together. Intermediate outputs
// and aborted ones do not count.
type boundedSink struct {
	sink Sink
	over error // what goes beyond it is refused with

	mu       sync.Mutex // guards all below
	left     int64
	exceeded bool
}

func (s *boundedSink) Create(ctx context.Context, o OutSpec) (Writer, error) {
	w, err := s.sink.Create(ctx, o)
	if err != nil || o.Intermediate {
		return w, err
	}
	b := &boundedWriter{Writer: w, sink: s}
	if seekable, ok := w.(SeekableWriter); ok {
		return boundedSeeker{b, seekable}, nil
	}
	return b, nil
}

// take takes n bytes from what is left, or gives -n back.
func (s *boundedSink) take(n int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n > s.left {
		s.exceeded = true
		return s.over
	}
	s.left -= n
	return nil
}

func (s *boundedSink) isOver() bool {
	if s == nil {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.exceeded
}

// boundedWriter counts what an output grows by.
type boundedWriter struct {
	Writer
	sink     *boundedSink
	at, size int64
	done     bool
}

func (w *boundedWriter) Write(p []byte) (int, error) {
	if grown := w.at + int64(len(p)) - w.size; grown > 0 {
		if err := w.sink.take(grown); err != nil {
			return 0, err
		}
		w.size += grown
	}
	n, err := w.Writer.Write(p)
	w.at += int64(n)
	return n, err
}

func (w *boundedWriter) Commit(r Result) error {
	err := w.Writer.Commit(r)
	w.done = w.done || err == nil
	return err
}

func (w *boundedWriter) Abort() error {
	if !w.done {
		w.done = true
		_ = w.sink.take(-w.size) // never beyond it
	}
	return w.Writer.Abort()
}

// boundedSeeker is a boundedWriter that can be read back and rewritten.
type boundedSeeker struct {
	*boundedWriter
	seekable SeekableWriter
}

func (w boundedSeeker) Seek(offset int64, whence int) (int64, error) {
	at, err := w.seekable.Seek(offset, whence)
	if err == nil {
		w.at = at
	}
	return at, err
}

func (w boundedSeeker) ReadAt(p []byte, off int64) (int, error) {
	return w.seekable.ReadAt(p, off)
}
