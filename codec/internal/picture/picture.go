package picture

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"maps"
	"slices"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/internal/bmp"
	"golang.org/x/image/tiff"
	"golang.org/x/image/webp"
)

// Picture is an input whose headers have been read.
type Picture struct {
	In codec.Input
	// Width and Height are pixels as they are stored.
	Width, Height int
	Header

	r      *reader
	format format
	policy codec.Policy
}

// Header is what the decoders do not tell.
type Header struct {
	// Orientation is that of EXIF, from 1 to 8; 1 if the file says nothing.
	Orientation int
	// DensityX and DensityY are pixels per inch as they are stored; 0 if unknown.
	DensityX, DensityY float64
	// Profile is the ICC profile, nil if there is none.
	Profile []byte
	// Components and Adobe are of a JPEG: 1, 3 or 4 of them, and whether the
	// program was one of Adobe's, which turn CMYK around.
	Components int
	Adobe      bool
	// Coded is how the samples are coded: of a JPEG its frame marker, from 0xc0.
	Coded byte
	// PNG is the rest of the header of a PNG.
	PNG PNG
	// More says that there are pages or frames that are not read.
	More bool
}

type format struct {
	codec  string
	config func(io.Reader) (image.Config, error)
	decode func(io.Reader) (image.Image, error)
	header func(*reader, *Header) error
}

var formats = map[string]format{
	"image/jpeg": {"jpeg", jpeg.DecodeConfig, jpeg.Decode, jpegHeader},
	"image/png":  {"png", png.DecodeConfig, png.Decode, pngHeader},
	"image/apng": {"apng", png.DecodeConfig, png.Decode, pngHeader},
	"image/gif":  {"gif", gif.DecodeConfig, gif.Decode, noHeader},
	"image/webp": {"webp", webp.DecodeConfig, webp.Decode, webpHeader},
	"image/tiff": {"tiff", tiff.DecodeConfig, tiff.Decode, tiffHeader},
	"image/bmp":  {"bmp", bmp.DecodeConfig, bmp.Decode, noHeader},
}

func noHeader(*reader, *Header) error { return nil }

// Types returns the media types that can be read, sorted.
func Types() []string { return slices.Sorted(maps.Keys(formats)) }

// Open reads the headers of in and checks them against the limits of the policy.
func Open(ctx context.Context, in codec.Input, policy codec.Policy) (*Picture, error) {
	f, ok := formats[in.Type()]
	if !ok {
		return nil, codec.Errorf(codec.Unsupported,
			"%s is no picture that can be read here: it is %s", in.Name(), codec.TypeName(in.Type()))
	}
	p := &Picture{In: in, r: &reader{ctx: ctx, in: in}, format: f, policy: policy}
	p.Orientation = 1
	err := p.do(func() error {
		if err := f.header(p.r, &p.Header); err != nil {
			return err
		}
		config, err := f.config(p.r.stream())
		p.Width, p.Height = config.Width, config.Height
		return err
	})
	if err != nil {
		return nil, err
	}
	if p.Width <= 0 || p.Height <= 0 {
		return nil, codec.Errorf(codec.Invalid, "%s has no pixels", in.Name())
	}
	return p, policy.Limits.Check(in.Name(), p.Media())
}

// Codec is the name for codec.Stream.
func (p *Picture) Codec() string { return p.format.codec }

// Media is the picture as it is shown.
func (p *Picture) Media() codec.Media {
	m := codec.Media{Type: p.In.Type(), Width: p.Width, Height: p.Height, Frames: 1}
	if p.Orientation > 4 {
		m.Width, m.Height = m.Height, m.Width
	}
	return m
}

// DecodedPixels is the limit of what [Picture.Decode] takes where the policy does
// not set Limits.Pixels: the pixels are held in memory, 4 to 8 bytes each.
const DecodedPixels = 100_000_000

// Decode returns the pixels as they are stored: of a document or an animation
// those of the first page or frame.
func (p *Picture) Decode() (image.Image, error) {
	pixels := int64(p.Width) * int64(p.Height)
	if p.policy.Limits.Pixels == 0 && pixels > DecodedPixels {
		return nil, codec.Errorf(codec.Limit, "%s is %d × %d pixels; the limit here is %d pixels",
			p.In.Name(), p.Width, p.Height, DecodedPixels)
	}
	var picture image.Image
	err := p.do(func() (err error) {
		picture, err = p.format.decode(p.r.stream())
		return err
	})
	if err != nil {
		return nil, err
	}
	switch p.In.Type() {
	case "image/gif":
		picture = onCanvas(picture, p.Width, p.Height)
	case "image/webp":
		picture = fromVideo(picture)
	}
	return picture, nil
}

// Stream returns the bytes of the file from its start, and Fault what an error
// means that came of reading them.
func (p *Picture) Stream() io.Reader { return io.NewSectionReader(p.r, 0, p.In.Size()) }

// Fault returns err as an error for the submitter, unless the context or the input
// is the reason.
func (p *Picture) Fault(err error) error { return p.r.fault(err) }

// do runs a decoder. One that panics did not expect such an input.
func (p *Picture) do(fn func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = p.r.damaged(fmt.Errorf("%v", v))
		}
	}()
	return p.r.fault(fn())
}

// reader reads an input until the context ends, and keeps the first fault.
type reader struct {
	ctx context.Context
	in  codec.Input
	err error
}

func (r *reader) ReadAt(b []byte, off int64) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	if off < 0 || off >= r.in.Size() {
		return 0, io.EOF
	}
	n, err := r.in.ReadAt(b, off)
	if err != nil && !errors.Is(err, io.EOF) && r.err == nil {
		r.err = err
	}
	return n, err
}

// full reads all of b, or fails.
func (r *reader) full(b []byte, off int64) error {
	n, err := r.ReadAt(b, off)
	switch {
	case n == len(b):
		return nil
	case err == nil || errors.Is(err, io.EOF):
		return io.ErrUnexpectedEOF
	}
	return err
}

func (r *reader) fault(err error) error {
	switch {
	case err == nil:
		return nil
	case r.ctx.Err() != nil:
		return fmt.Errorf("picture: %q: %w", r.in.Name(), r.ctx.Err())
	case r.err != nil:
		return fmt.Errorf("picture: read %q: %w", r.in.Name(), r.err)
	}
	if _, ok := errors.AsType[*codec.Error](err); ok {
		return err
	}
	if unsupported(err) {
		return codec.Errorf(codec.Unsupported, "%s is %s of a kind that cannot be read here: %w",
			r.in.Name(), codec.TypeName(r.in.Type()), err)
	}
	return r.damaged(err)
}

func (r *reader) damaged(err error) error {
	return codec.Errorf(codec.Invalid, "%s is damaged or cut off: %w", r.in.Name(), err)
}

func unsupported(err error) bool {
	if _, ok := errors.AsType[jpeg.UnsupportedError](err); ok {
		return true
	}
	if _, ok := errors.AsType[png.UnsupportedError](err); ok {
		return true
	}
	if _, ok := errors.AsType[tiff.UnsupportedError](err); ok {
		return true
	}
	return errors.Is(err, bmp.ErrUnsupported)
}
