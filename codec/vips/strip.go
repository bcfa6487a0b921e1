package vips

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/vips/internal/metadata"
)

// againQuality is that of a picture which is encoded again although only its
// metadata were to go: no eye sees the difference.
const againQuality = 95

// strip writes the input without its metadata.
func (s *session) strip(p *picture, out codec.Sink) error {
	switch {
	case !metadata.Cuts(p.in.Type()) && p.media.Frames > 1 && !p.animated:
		return codec.Errorf(codec.Unsupported, "%s has %d pages, of which only one could be written",
			s.name, p.media.Frames)
	case !metadata.Cuts(p.in.Type()):
		s.note("the picture was encoded again, because metadata cannot be cut out of such a file")
		return s.follow(p, again(p), out)
	case p.turns() > 1:
		s.note("the picture was encoded again, because its orientation had to be applied")
		return s.follow(p, again(p), out)
	}
	file, err := s.cut(p)
	if err != nil {
		return err
	}
	if len(file.Removed) == 0 {
		s.note("there was nothing to remove")
	} else {
		s.note("cut out: %s", strings.Join(file.Removed, ", "))
	}
	return s.give(p, file.Reader(), file.Size, out)
}

// again keeps all of the picture but its orientation and its metadata.
func again(p *picture) recipe {
	return recipe{encoding: encoding{format: formatOf(p.in.Type()), quality: againQuality,
		keepProfile: true, bare: true}}
}

// cut returns the input without its metadata.
func (s *session) cut(p *picture) (*metadata.File, error) {
	file, err := metadata.Cut(boundInput{s.ctx, p.in}, p.in.Size(), p.in.Type())
	switch {
	case err == nil && file.Early && s.strict:
		return nil, codec.Errorf(codec.Invalid, "%s ends early", s.name)
	case err == nil:
		if file.Early && !p.animated {
			s.note("the input ends early, and so does what is copied of it")
		}
		return file, nil
	case errors.Is(err, metadata.ErrSyntax):
		return nil, codec.Errorf(codec.Invalid, "%s is broken, or not %s",
			s.name, codec.TypeName(p.in.Type()))
	}
	return nil, s.copyError("could not be read", err)
}

// copyError describes what ended a copy: the context, or storage.
func (s *session) copyError(what string, err error) error {
	if ended := s.ctx.Err(); ended != nil {
		return fmt.Errorf("vips: %s: %w", s.name, ended)
	}
	return ioError(s.name, what, err)
}

// give writes size bytes that show the same picture as the input.
func (s *session) give(p *picture, r io.Reader, size int64, out codec.Sink) error {
	format, _ := codec.LookupFormat(formatOf(p.in.Type()))
	w, err := out.Create(s.ctx, codec.OutSpec{Name: format.OutputName(s.name), Type: p.in.Type()})
	if err != nil {
		return ioError(s.name, "could not be written", err)
	}
	defer w.Abort()
	if err := s.copyTo(w, r, size); err != nil {
		return err
	}
	return w.Commit(s.copied(p))
}

func (s *session) copyTo(w io.Writer, r io.Reader, size int64) error {
	s.stageTo(1)
	if _, err := io.Copy(&meter{w: w, s: s, size: size}, r); err != nil {
		return s.copyError("could not be copied", err)
	}
	return nil
}

// copied is the account of an output with the picture of the input.
func (s *session) copied(p *picture) codec.Result {
	return codec.Result{Media: p.media, Notes: s.takeNotes(), Streams: []codec.Stream{{
		Kind: "image", Codec: p.codec, Action: codec.Copied}}}
}

// meter reports how much of a copy is done.
type meter struct {
	w          io.Writer
	s          *session
	size, done int64
}

func (m *meter) Write(b []byte) (int, error) {
	if err := m.s.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := m.w.Write(b)
	m.done += int64(n)
	m.s.progress(int(100 * m.done / max(m.size, 1)))
	return n, err
}

// boundInput ends with a context.
type boundInput struct {
	ctx context.Context
	in  io.ReaderAt
}

func (b boundInput) ReadAt(p []byte, off int64) (int, error) {
	if err := b.ctx.Err(); err != nil {
		return 0, err
	}
	return b.in.ReadAt(p, off)
}
