package acceptance_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"math"
	"path/filepath"
	"slices"
	"testing"

	"golang.org/x/image/draw"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/codectest"
)

// operation is one with what it should make of a picture, computed by other code.
type operation struct {
	name  string
	op    codec.Operation
	makes func(im *image.RGBA) []*image.RGBA
	tolerance
}

// exact is for outputs without loss, lossy for the others: both allow for another way
// to resize. traced is for drawings, which know no colour profiles.
var (
	exact  = tolerance{0.96, 2.5}
	lossy  = tolerance{0.92, 4}
	traced = tolerance{0.45, 16}
)

// undefined are files whose colours nothing defines, by their outputs, which hold them as they
// are. How CMYK without a profile looks in a PDF is up to who shows it: Poppler's way is 4.5
// away from libvips'.
var undefined = map[string]tolerance{
	"sharp-Channel_digital_image_CMYK_color_no_profile.pdf": {0.92, 6},
}

var operations = []operation{
	{"thumbnail, cover", codec.Thumbnail{Width: 96, Height: 64, Format: "png"},
		one(covered), exact},
	{"thumbnail, contain", codec.Thumbnail{Width: 96, Height: 64, Format: "png",
		Fit: codec.FitContain, Background: "#204060"}, one(contained), exact},
	{"transform, crop", codec.Transform{CropLeft: 2, CropTop: 1, CropWidth: 120, CropHeight: 90,
		Format: "png"}, one(cropped), exact},
	{"transform, turned", codec.Transform{Rotate: 90, Width: 80, Format: "png"},
		one(turned), exact},
	{"transform, flipped and flopped",
		codec.Transform{Flip: true, Flop: true, Width: 80, Format: "png"},
		one(func(im *image.RGBA) *image.RGBA { return narrowed(upright(im, 3), 80) }), exact},
	{"chain, inverted", codec.Chain{Steps: codec.Steps{codec.Transform{Width: 80},
		codec.Adjust{Invert: true}, codec.Convert{Format: "png"}}}, one(inverted), exact},
	{"chain, grey", codec.Chain{Steps: codec.Steps{codec.Transform{Width: 80},
		codec.Adjust{Grayscale: true}, codec.Convert{Format: "png"}}},
		one(grey), tolerance{0.94, 4}},
	{"renditions", codec.Renditions{Outputs: []codec.Rendition{{Format: "png", Width: 120},
		{Format: "webp", Width: 60}, {Format: "jpg", Width: 60, Height: 40, Fit: codec.FitFill}}},
		renditions, lossy},
}

// small are operations that keep the size of a picture.
var small = []operation{
	{"compress", codec.Compress{Quality: 70}, one(same), lossy},
	{"compress without loss", codec.Compress{Lossless: true}, one(same), lossy},
	{"strip-metadata", codec.StripMetadata{}, one(same), lossy},
	{"image-to-pdf", codec.ImageToPDF{}, one(same), lossy},
	{"vectorize", codec.Vectorize{}, one(same), traced},
}

func one(fn func(*image.RGBA) *image.RGBA) func(*image.RGBA) []*image.RGBA {
	return func(im *image.RGBA) []*image.RGBA { return []*image.RGBA{fn(im)} }
}

func same(im *image.RGBA) *image.RGBA { return im }

func turned(im *image.RGBA) *image.RGBA { return narrowed(upright(im, 6), 80) }

// covered fills 96 × 64 pixels and cuts the rest off at both ends.
func covered(im *image.RGBA) *image.RGBA {
	b := im.Bounds()
	scale := min(1, max(96/float64(b.Dx()), 64/float64(b.Dy())))
	large := scaled(im, times(b.Dx(), scale), times(b.Dy(), scale))
	w, h := min(96, large.Rect.Dx()), min(64, large.Rect.Dy())
	at := image.Pt((large.Rect.Dx()-w)/2, (large.Rect.Dy()-h)/2)
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(out, out.Rect, large, at, draw.Src)
	return out
}

func contained(im *image.RGBA) *image.RGBA {
	b := im.Bounds()
	scale := min(1, 96/float64(b.Dx()), 64/float64(b.Dy()))
	inner := scaled(im, times(b.Dx(), scale), times(b.Dy(), scale))
	out := image.NewRGBA(image.Rect(0, 0, 96, 64))
	ground := image.NewUniform(color.RGBA{0x20, 0x40, 0x60, 255})
	draw.Draw(out, out.Rect, ground, image.Point{}, draw.Src)
	at := image.Pt((96-inner.Rect.Dx())/2, (64-inner.Rect.Dy())/2)
	draw.Draw(out, inner.Rect.Add(at), inner, image.Point{}, draw.Src)
	return out
}

func times(n int, scale float64) int { return max(1, int(float64(n)*scale+0.5)) }

func cropped(im *image.RGBA) *image.RGBA {
	r := image.Rect(2, 1, 122, 91).Intersect(im.Rect)
	out := image.NewRGBA(image.Rect(0, 0, r.Dx(), r.Dy()))
	draw.Draw(out, out.Rect, im, r.Min, draw.Src)
	return out
}

// each changes the colours of a small copy.
func each(im *image.RGBA, change func(c color.NRGBA) color.NRGBA) *image.RGBA {
	out := narrowed(im, 80)
	for y := range out.Rect.Dy() {
		for x := range out.Rect.Dx() {
			out.Set(x, y, change(color.NRGBAModel.Convert(out.At(x, y)).(color.NRGBA)))
		}
	}
	return out
}

func inverted(im *image.RGBA) *image.RGBA {
	return each(im, func(c color.NRGBA) color.NRGBA {
		return color.NRGBA{255 - c.R, 255 - c.G, 255 - c.B, c.A}
	})
}

func grey(im *image.RGBA) *image.RGBA {
	return each(im, func(c color.NRGBA) color.NRGBA {
		light := 0.2126*linear(c.R) + 0.7152*linear(c.G) + 0.0722*linear(c.B)
		y := uint8(math.Round(255 * gamma(light)))
		return color.NRGBA{y, y, y, c.A}
	})
}

// linear and gamma are the transfer functions of sRGB. (IEC 61966-2-1)
func linear(v uint8) float64 {
	x := float64(v) / 255
	if x <= 0.04045 {
		return x / 12.92
	}
	return math.Pow((x+0.055)/1.055, 2.4)
}

func gamma(x float64) float64 {
	if x <= 0.0031308 {
		return 12.92 * x
	}
	return 1.055*math.Pow(x, 1/2.4) - 0.055
}

func renditions(im *image.RGBA) []*image.RGBA {
	b := im.Bounds()
	return []*image.RGBA{narrowed(im, 120), narrowed(im, 60),
		over(scaled(im, min(60, b.Dx()), min(40, b.Dy())), color.White)}
}

func TestEveryPictureThroughTheMainOperations(t *testing.T) {
	t.Parallel()
	for _, path := range pictures(t, operationSample) {
		t.Run(filepath.Base(path), func(t *testing.T) {
			in := codectest.OpenInput(t, path)
			if why := excused[in.Name()]; why != "" {
				t.Skip(why)
			}
			im := reference(t, read(t, path), in.Type())
			if err := inspected(t, in, im); err != nil {
				t.Error(err)
			}
			list := slices.Clone(operations)
			most := 10_000
			if *whole {
				most = 300_000
			}
			if b := im.Bounds(); b.Dx()*b.Dy() <= most {
				list = append(list, small...)
			}
			for _, o := range list {
				if codecFor(o.op, in.Type()) == nil {
					continue
				}
				if err := o.made(t, in, im); err != nil {
					t.Errorf("%s: %v", o.name, err)
				}
			}
		})
	}
}

// made does the operation and compares what comes out.
func (o operation) made(t *testing.T, in codec.Input, im *image.RGBA) error {
	outputs, err := do(t.Context(), o.op, nil, in)
	if codec.ClassOf(err) == codec.Unsupported {
		t.Logf("%s: %v", o.name, err)
		return nil
	}
	if err != nil {
		return err
	}
	wants := o.makes(im)
	if len(outputs) != len(wants) {
		return fmt.Errorf("%d outputs, want %d", len(outputs), len(wants))
	}
	for i, out := range outputs {
		want := wants[i]
		var got image.Image
		switch o.op.(type) {
		case codec.StripMetadata, codec.Compress: // these may keep orientation and profile
			got = reference(t, out.Data, out.Result.Media.Type)
		default:
			if got, err = decode(out.Data); err != nil {
				return fmt.Errorf("%s cannot be decoded: %w", out.Name, err)
			}
		}
		switch o.op.(type) {
		case codec.ImageToPDF, codec.Vectorize: // these have no pixels of their own
			want = narrowed(want, width)
			got = scaled(got, want.Rect.Dx(), want.Rect.Dy())
		}
		allowed := o.tolerance
		if looser, ok := undefined[out.Name]; ok {
			allowed = allowed.worse(looser)
			if !bytes.Contains(out.Data, read(t, codectest.Corpus(t, "image/"+in.Name()))) {
				return fmt.Errorf("%s does not hold the picture as it is", out.Name)
			}
		}
		if _, err := alike(got, want, false, allowed); err != nil {
			return fmt.Errorf("%s: %w", out.Name, err)
		}
	}
	return nil
}

// inspected compares the report with the picture.
func inspected(t *testing.T, in codec.Input, im *image.RGBA) error {
	outputs, err := do(t.Context(), codec.Inspect{}, nil, in)
	if err != nil {
		return fmt.Errorf("inspect: %w", err)
	}
	var report struct{ Width, Height int }
	if err := json.Unmarshal(outputs[0].Data, &report); err != nil {
		return err
	}
	if got := image.Pt(report.Width, report.Height); got != im.Rect.Size() {
		return fmt.Errorf("inspect: %v, want %v", got, im.Rect.Size())
	}
	return nil
}
