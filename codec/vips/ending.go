package vips

import (
	"encoding/binary"
	"io"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/vips/internal/ending"
)

// shortened is an animation up to the end of its last whole frame.
type shortened struct {
	codec.Input
	end int64
}

func (f shortened) Size() int64 { return f.end }

// ReadAt reads what a file of that length has: in a WebP, that is a number at its beginning.
func (f shortened) ReadAt(p []byte, off int64) (int, error) {
	if off >= f.end {
		return 0, io.EOF
	}
	n, err := f.Input.ReadAt(p[:min(int64(len(p)), f.end-off)], off)
	if f.Type() == "image/webp" {
		length := binary.LittleEndian.AppendUint32(nil, uint32(f.end-8))
		for i, b := range length {
			if at := 4 + int64(i) - off; at >= 0 && at < int64(n) {
				p[at] = b
			}
		}
	}
	if err == nil && n < len(p) {
		err = io.EOF
	}
	return n, err
}

// shorten leaves out what is behind the last whole frame of a GIF, or of an animated WebP,
// that is cut off: libvips would refuse all of it, or show part of a frame.
func (s *session) shorten(in codec.Input) (codec.Input, error) {
	find := ending.GIF
	switch in.Type() {
	case "image/gif":
	case "image/webp":
		find = ending.WebP
	default:
		return in, nil
	}
	end, early, err := find(boundInput{s.ctx, in}, in.Size())
	switch {
	case err != nil:
		return in, s.copyError("could not be read", err)
	case !early:
		return in, nil
	case end == 0:
		return in, codec.Errorf(codec.Invalid, "%s is broken, or not %s: it ends early",
			s.name, codec.TypeName(in.Type()))
	}
	in = shortened{in, end}
	s.source.in = in
	return in, nil
}

// fullSize is how many bytes an input has, where it was shortened, too.
func fullSize(in codec.Input) int64 {
	if f, ok := in.(shortened); ok {
		return f.Input.Size()
	}
	return in.Size()
}

// checkEnd lets strict work fail where an animation or a document ends early. Other work
// goes on with what is whole, and says so.
func (s *session) checkEnd(p *picture) error {
	early, err := s.endsEarly(p)
	switch {
	case err != nil:
		return s.copyError("could not be read", err)
	case !early:
		return nil
	}
	parts := "pages"
	if p.animated {
		parts = "frames"
	}
	if s.strict {
		return codec.Errorf(codec.Invalid, "%s ends early: whole %s: %d", s.name, parts, p.frames())
	}
	s.note("the input ends early: whole %s: %d", parts, p.frames())
	return nil
}

// endsEarly reports whether frames or pages are missing at the end.
func (s *session) endsEarly(p *picture) (bool, error) {
	if p.in.Type() == "image/tiff" {
		return ending.TIFF(boundInput{s.ctx, p.in}, p.in.Size(), p.frames())
	}
	_, short := p.in.(shortened)
	return short || p.motion != nil && p.motion.early, nil
}
