package archive

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spoolmedia/spool/codec"
)

// session is one call with one input. It reads the input for the decoders and
// keeps why that failed, whatever they make of it.
type session struct {
	ctx      context.Context
	in       codec.Input
	out      codec.Sink
	budget   *budget
	progress *progress

	readErr  error // the first fault of the input
	writeErr error // the first fault of the sink
}

var errNoInput = codec.Errorf(codec.Unsupported, "archive: there is no input")

func newSession(ctx context.Context, w *codec.Work) (*session, error) {
	switch len(w.In) {
	case 0:
		return nil, errNoInput
	case 1:
		return sessionOf(ctx, w, w.In[0]), nil
	}
	return nil, codec.Errorf(codec.Unsupported, "archive: %s takes one input, not %d",
		w.Op.Name(), len(w.In))
}

func sessionOf(ctx context.Context, w *codec.Work, in codec.Input) *session {
	return &session{
		ctx: ctx, in: in, out: w.Out,
		budget:   newBudget(in.Name(), in.Size(), w.Policy.Limits),
		progress: &progress{report: w.Report, whole: in.Size()},
	}
}

// ReadAt reads the input, until the context ends.
func (s *session) ReadAt(p []byte, off int64) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	if off < 0 { // a header sent the decoder there
		return 0, errors.New("archive: an offset is negative")
	}
	n, err := s.in.ReadAt(p, off)
	if err != nil && !errors.Is(err, io.EOF) && s.readErr == nil {
		s.readErr = err
	}
	s.progress.add(int64(n))
	return n, err
}

// reader reads the input from its start.
func (s *session) reader() io.Reader { return io.NewSectionReader(s, 0, s.in.Size()) }

// touch reads the first byte, if there is one.
func (s *session) touch() error {
	if s.in.Size() == 0 {
		return s.ctx.Err()
	}
	_, err := s.ReadAt(make([]byte, 1), 0)
	return err
}

// do runs fn and says what its error means. The decoders of 7z and rar may
// panic on what they did not expect: that is a fault of the input.
func (s *session) do(fn func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			if t := s.in.Type(); t != "application/x-7z-compressed" && t != "application/vnd.rar" {
				panic(v)
			}
			err = s.damaged(fmt.Errorf("%v", v))
		}
	}()
	return s.fault(fn())
}

// fault keeps what the context, the input or the sink said, and errors for the
// submitter; all others are about the bytes of the archive.
func (s *session) fault(err error) error {
	switch {
	case err == nil:
		return nil
	case s.ctx.Err() != nil:
		return fmt.Errorf("archive: %q: %w", s.in.Name(), s.ctx.Err())
	case s.readErr != nil:
		return fmt.Errorf("archive: read %q: %w", s.in.Name(), s.readErr)
	case s.writeErr != nil:
		return fmt.Errorf("archive: write the output of %q: %w", s.in.Name(), s.writeErr)
	}
	if _, ok := errors.AsType[*codec.Error](err); ok {
		return err
	}
	return s.damaged(err)
}

func (s *session) damaged(err error) error {
	return codec.Errorf(codec.Invalid, "%s is damaged or cut off: %w", s.in.Name(), err)
}

// create starts an output whose faults are kept.
func (s *session) create(name, mediaType string) (*output, error) {
	w, err := s.out.Create(s.ctx, codec.OutSpec{Name: name, Type: mediaType})
	if err != nil {
		s.writeErr = err
		return nil, err
	}
	return &output{session: s, w: w, mediaType: mediaType}, nil
}

// output is a writer of the sink.
type output struct {
	session   *session
	w         codec.Writer
	mediaType string
	result    codec.Result // without media
}

func (o *output) Write(p []byte) (int, error) {
	if err := o.session.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := o.w.Write(p)
	o.keep(err)
	return n, err
}

// commit makes the output visible, unless a decoder took a failed read for the
// end.
func (o *output) commit() error {
	if err := o.session.readErr; err != nil {
		return err
	}
	o.result.Media = codec.Media{Type: o.mediaType}
	err := o.w.Commit(o.result)
	o.keep(err)
	return err
}

// abort drops what was not committed; the reason is known already.
func (o *output) abort() { _ = o.w.Abort() }

func (o *output) keep(err error) {
	if err != nil && o.session.writeErr == nil {
		o.session.writeErr = err
	}
}

// progress tells how much of the input was read. Some of it is read twice, so the
// fraction stays below 1 until the end.
type progress struct {
	report func(float64)
	whole  int64
	read   int64
	told   int64 // hundredths
}

func (p *progress) add(n int64) {
	if p.whole <= 0 {
		return
	}
	p.read += n
	if hundredth := min(p.read*100/p.whole, 99); hundredth > p.told {
		p.told = hundredth
		p.report(float64(hundredth) / 100)
	}
}
