package vips

import (
	"context"
	"io"

	"github.com/spoolmedia/spool/codec"
)

// maxMapped is the largest file of a format that libvips reads into memory as a
// whole: GIF, WebP, JPEG XL and SVG.
const maxMapped = 512 << 20

// picture is an input whose header is read.
type picture struct {
	loader
	in     codec.Input
	source nativeSource
	header image
	media  codec.Media
	limits codec.Limits
	motion *motion // the frames, if they are drawn here
	stored bool    // it is shown as it is stored, whatever EXIF says
}

// open reads the header of the input by the decoder of its media type, which
// policy must allow, and checks it against the limits. Nothing is decoded.
func (s *session) open(in codec.Input, policy codec.Policy) (*picture, error) {
	l, err := loaderOf(in, policy)
	if err != nil {
		return nil, err
	}
	if l.operation != "" {
		s.words = append(s.words, word(l.operation))
	}
	if in.Type() == "application/pdf" {
		s.words = append(s.words, "glib") // which Poppler reports through
	}
	s.strict = policy.Strict
	if in, err = s.shorten(in); err != nil {
		return nil, err
	}
	p := &picture{loader: l, in: in, source: s.inputSource(in.Size()), limits: policy.Limits}
	switch {
	case in.Type() == "image/bmp":
		p.header, err = s.openBMP(p)
	case in.Type() == "image/avif":
		p.header, err = s.openAVIF(p)
	default:
		p.header, err = s.load(p, nil)
	}
	if err != nil {
		return nil, s.loadFailure(p, err)
	}
	if in.Type() == "image/apng" {
		if err := s.readFrames(p); err != nil {
			return nil, err
		}
	}
	p.media = p.describe()
	if err := policy.Limits.Check(in.Name(), p.media); err != nil {
		return nil, err
	}
	return p, s.checkEnd(p)
}

// loaderOf chooses the decoder by the type that was found in the bytes; libvips
// never chooses, for then an input could be what the policy does not allow.
func loaderOf(in codec.Input, policy codec.Policy) (loader, error) {
	l, ok := loaders[in.Type()]
	switch {
	case !ok || l.operation != "" && !exists(l.operation):
		return l, codec.Errorf(codec.Unsupported, "%s is %s, which libvips does not read here",
			in.Name(), codec.TypeName(in.Type()))
	case !policy.Allows(in.Type()):
		return l, codec.Errorf(codec.Unsupported,
			"%s is %s, whose decoder is not meant for files from strangers: "+
				"the host's policy must name %s to allow it",
			in.Name(), codec.TypeName(in.Type()), in.Type())
	case in.Size() == 0:
		return l, codec.Errorf(codec.Invalid, "%s is empty", in.Name())
	case l.mapped && in.Size() > maxMapped:
		return l, codec.Errorf(codec.Limit, "%s is %d bytes; the limit for such a file is %d",
			in.Name(), in.Size(), maxMapped)
	}
	if l.class != "" {
		unblock(l.class)
	}
	return l, nil
}

// load makes an image of the source, from its beginning.
func (s *session) load(p *picture, more args) (image, error) {
	a := args{"source": p.source, "access": "sequential", "fail-on": "truncated"}
	if s.strict {
		a["fail-on"] = "warning"
	}
	for name, value := range more {
		a[name] = value
	}
	return s.call(p.operation, a)
}

// describe says what the header says.
func (p *picture) describe() codec.Media {
	m := codec.Media{Type: p.in.Type(), Width: p.header.width(), Height: p.header.pageHeight(),
		Frames: p.frames()}
	if p.turns() >= 5 {
		m.Width, m.Height = m.Height, m.Width
	}
	switch {
	case p.motion != nil:
		m.Duration = duration(p.motion.milliseconds(), m.Frames)
	case p.animated:
		m.Duration = p.header.duration(m.Frames)
	}
	return m
}

// frames counts the frames or pages in the file.
func (p *picture) frames() int {
	if p.motion != nil {
		return p.motion.count
	}
	return max(1, p.header.pages())
}

// turns is the EXIF orientation that is still to be applied, 1 to 8.
func (p *picture) turns() int {
	if p.stored || p.upright || p.animated && p.frames() > 1 {
		return 1
	}
	return p.header.orientation()
}

func (p *picture) size() size { return size{p.media.Width, p.media.Height} }

// nowhere and blank are the context and the input of a session without input.
func nowhere() context.Context { return context.Background() }

type blank struct{}

func (blank) ReadAt([]byte, int64) (int, error) { return 0, io.EOF }
func (blank) Size() int64                       { return 0 }
func (blank) Name() string                      { return "" }
func (blank) Type() string                      { return codec.Unknown }
