package codectest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/spoolmedia/spool/codec"
)

// Sink is a [codec.Sink] in memory that records what becomes of each output. The
// zero Sink is usable. The fields must not change while it is in use.
type Sink struct {
	// CreateErr, WriteErr and CommitErr, if set, fail those calls.
	CreateErr, WriteErr, CommitErr error
	// OnWrite, if set, is called before each write.
	OnWrite func()

	mu      sync.Mutex
	outputs []*writer // guarded by mu
}

var _ codec.Sink = (*Sink)(nil)

// Output is what became of one output.
type Output struct {
	codec.OutSpec
	Data               []byte
	Result             codec.Result
	Committed, Aborted bool
}

// Create implements [codec.Sink]. It refuses a name that is empty, has a folder
// or was there before.
func (s *Sink) Create(ctx context.Context, o codec.OutSpec) (codec.Writer, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if s.CreateErr != nil {
		return nil, s.CreateErr
	}
	if o.Name == "" || strings.ContainsAny(o.Name, `/\`) {
		return nil, fmt.Errorf("codectest: %q is not a name for an output", o.Name)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if slices.ContainsFunc(s.outputs, func(w *writer) bool { return w.out.Name == o.Name }) {
		return nil, fmt.Errorf("codectest: the output %q is there already", o.Name)
	}
	w := &writer{sink: s, out: Output{OutSpec: o}}
	s.outputs = append(s.outputs, w)
	if o.Seekable {
		return seekable{w}, nil
	}
	return w, nil
}

// Outputs returns the committed outputs in the order of their creation.
func (s *Sink) Outputs() []Output {
	return s.pick(func(o Output) bool { return o.Committed })
}

// Open returns the outputs that were neither committed nor aborted.
func (s *Sink) Open() []Output {
	return s.pick(func(o Output) bool { return !o.Committed && !o.Aborted })
}

// Created returns all outputs, whatever became of them.
func (s *Sink) Created() []Output { return s.pick(func(Output) bool { return true }) }

func (s *Sink) pick(want func(Output) bool) []Output {
	s.mu.Lock()
	defer s.mu.Unlock()
	var picked []Output
	for _, w := range s.outputs {
		if want(w.out) {
			o := w.out
			o.Data = bytes.Clone(o.Data)
			picked = append(picked, o)
		}
	}
	return picked
}

// writer is one output; the mutex of its sink guards it.
type writer struct {
	sink *Sink
	out  Output
	pos  int64
}

var errSettled = errors.New("codectest: the output is committed or aborted already")

// maxOutput keeps a codec that seeks far away from taking all memory.
const maxOutput = 1 << 30

func (w *writer) Write(p []byte) (int, error) {
	if w.sink.OnWrite != nil {
		w.sink.OnWrite()
	}
	w.sink.mu.Lock()
	defer w.sink.mu.Unlock()
	switch end := w.pos + int64(len(p)); {
	case w.out.Committed || w.out.Aborted:
		return 0, errSettled
	case w.sink.WriteErr != nil:
		return 0, w.sink.WriteErr
	case end > maxOutput:
		return 0, fmt.Errorf("codectest: the output %q passes %d bytes", w.out.Name, maxOutput)
	case end > int64(len(w.out.Data)):
		w.out.Data = append(w.out.Data, make([]byte, end-int64(len(w.out.Data)))...)
	}
	copy(w.out.Data[w.pos:], p)
	w.pos += int64(len(p))
	return len(p), nil
}

func (w *writer) Commit(r codec.Result) error {
	w.sink.mu.Lock()
	defer w.sink.mu.Unlock()
	switch {
	case w.out.Committed || w.out.Aborted:
		return errSettled
	case w.sink.CommitErr != nil:
		return w.sink.CommitErr
	}
	w.out.Committed, w.out.Result = true, r
	return nil
}

func (w *writer) Abort() error {
	w.sink.mu.Lock()
	defer w.sink.mu.Unlock()
	if !w.out.Committed {
		w.out.Aborted = true
	}
	return nil
}

// seekable adds what only a [codec.SeekableWriter] can do.
type seekable struct{ *writer }

var _ codec.SeekableWriter = seekable{}

func (w seekable) Seek(off int64, whence int) (int64, error) {
	w.sink.mu.Lock()
	defer w.sink.mu.Unlock()
	switch whence {
	case io.SeekCurrent:
		off += w.pos
	case io.SeekEnd:
		off += int64(len(w.out.Data))
	}
	if off < 0 {
		return 0, errors.New("codectest: seek before the start")
	}
	w.pos = off
	return off, nil
}

func (w seekable) ReadAt(p []byte, off int64) (int, error) {
	w.sink.mu.Lock()
	defer w.sink.mu.Unlock()
	return bytes.NewReader(w.out.Data).ReadAt(p, off)
}
