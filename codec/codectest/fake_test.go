package codectest_test

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/spoolmedia/spool/codec"
)

// pngToJPEG is a codec as it should be, on the standard library. It also takes
// pictures that claim to be JPEG 2000, for the policy.
type pngToJPEG struct{}

var _ codec.Codec = pngToJPEG{}

var types = []string{"image/png", "image/jp2"}

func (pngToJPEG) Name() string { return "png-to-jpeg" }

func (pngToJPEG) Offers() []codec.Offer {
	return []codec.Offer{{
		Op: "convert", From: slices.Clone(types), To: []string{"jpg"}, Lane: codec.LaneImage,
	}}
}

func (pngToJPEG) Probe(ctx context.Context, w *codec.Work) (codec.Media, codec.Cost, error) {
	r, err := accept(ctx, w)
	if err != nil {
		return codec.Media{}, codec.Cost{}, err
	}
	config, err := png.DecodeConfig(r)
	if err != nil {
		return codec.Media{}, codec.Cost{}, r.blame(err)
	}
	m := codec.Media{Type: "image/png", Width: config.Width, Height: config.Height, Frames: 1}
	return m, codec.Cost{Memory: 4 * int64(m.Width) * int64(m.Height), Threads: 1}, nil
}

func (c pngToJPEG) Process(ctx context.Context, w *codec.Work) error {
	return w.Bounded(ctx, c.process)
}

func (c pngToJPEG) process(ctx context.Context, w *codec.Work) error {
	m, _, err := c.Probe(ctx, w)
	if err != nil {
		return err
	}
	limits := w.Policy.Limits
	if limits.Pixels == 0 {
		limits.Pixels = 1 << 24
	}
	if err := limits.Check(w.In[0].Name(), m); err != nil {
		return err
	}
	r, err := accept(ctx, w)
	if err != nil {
		return err
	}
	picture, err := png.Decode(r)
	if err != nil {
		return r.blame(err)
	}
	w.Report(0.5)
	return save(ctx, w, picture)
}

func save(ctx context.Context, w *codec.Work, picture image.Image) error {
	out, err := w.Out.Create(ctx, codec.OutSpec{Name: "out.jpg", Type: "image/jpeg"})
	if err != nil {
		return err
	}
	defer out.Abort()
	if err := jpeg.Encode(out, picture, nil); err != nil {
		return err
	}
	w.Report(1)
	size := picture.Bounds().Size()
	return out.Commit(codec.Result{
		Media:   codec.Media{Type: "image/jpeg", Width: size.X, Height: size.Y, Frames: 1},
		Streams: []codec.Stream{{Kind: "image", Codec: "png", Action: codec.Encoded, Encoder: "go"}},
	})
}

// accept refuses what is not for this codec, and returns a reader of the input.
func accept(ctx context.Context, w *codec.Work) (*source, error) {
	in := w.In[0]
	_, isConvert := w.Op.(codec.Convert)
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case !isConvert:
		return nil, codec.Errorf(codec.Unsupported, "this does nothing but convert")
	case !slices.Contains(types, in.Type()), !w.Policy.Allows(in.Type()):
		return nil, codec.Errorf(codec.Unsupported, "%s: this is %s", in.Name(),
			codec.TypeName(in.Type()))
	}
	return &source{ctx: ctx, in: in, r: io.NewSectionReader(in, 0, in.Size())}, nil
}

// source reads until the context ends, and remembers why it failed.
type source struct {
	ctx context.Context
	in  codec.Input
	r   io.Reader
	err error
}

func (s *source) Read(p []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		s.err = err
		return 0, err
	}
	n, err := s.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}

// blame tells a fault of the reader from one of what was read.
func (s *source) blame(err error) error {
	if s.err != nil {
		return s.err
	}
	return codec.Errorf(codec.Invalid, "%s: it is damaged: %w", s.in.Name(), err)
}

// noise returns a PNG that does not compress: 4 × 3 × scale² pixels.
func noise(t testing.TB, scale int) []byte {
	t.Helper()
	r := rand.New(rand.NewPCG(3, 4))
	picture := image.NewRGBA(image.Rect(0, 0, 4*scale, 3*scale))
	for y := range 3 * scale {
		for x := range 4 * scale {
			picture.SetRGBA(x, y, color.RGBA{byte(r.Uint32()), byte(r.Uint32()), byte(r.Uint32()), 255})
		}
	}
	return encodePNG(t, picture)
}

func encodePNG(t testing.TB, picture image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, picture); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
