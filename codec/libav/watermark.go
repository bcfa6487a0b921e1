package libav

import (
	"fmt"
	"image"
	"image/color"
	_ "image/gif" // logos
	_ "image/jpeg"
	_ "image/png"
	"io"
	"math"
	"strconv"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/internal/lettering"
	"golang.org/x/image/draw"
	"golang.org/x/image/math/f64"
	_ "golang.org/x/image/webp"
)

// watermark lays a picture over the film. It is drawn once, in Go.
type watermark struct {
	op   codec.Watermark
	logo image.Image     // nil: a text
	font *lettering.Font // of its own, or nil
}

// read reads what the mark is made of.
func (w *watermark) read(refs map[string]codec.Input, prefix string) (err error) {
	for field := range w.op.Blobs() {
		in, ok := refs[prefix+field]
		switch {
		case !ok && field == "logo":
			return codec.Errorf(codec.Protocol, "libav: the logo is not there")
		case !ok:
			return codec.Errorf(codec.Protocol, "libav: the font is not there")
		case field == "logo":
			w.logo, err = readLogo(in)
		default:
			w.font, err = readFont(in)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// mark is a picture and where its upper left corner lies.
type mark struct {
	picture *image.NRGBA
	at      image.Point
}

// mostLogo is the most pixels of a logo.
const mostLogo = 40_000_000

// readLogo decodes a jpg, png, gif or webp.
func readLogo(in codec.Input) (image.Image, error) {
	r := io.NewSectionReader(in, 0, in.Size())
	c, _, err := image.DecodeConfig(r)
	if err == nil && (c.Width <= 0 || c.Height <= 0 || c.Width > mostLogo/c.Height) {
		return nil, codec.Errorf(codec.Limit, "the logo %s is %d × %d pixels, too many", in.Name(),
			c.Width, c.Height)
	}
	if err == nil {
		if _, err = r.Seek(0, io.SeekStart); err == nil {
			var m image.Image
			if m, _, err = image.Decode(r); err == nil {
				return m, nil
			}
		}
	}
	return nil, codec.Errorf(codec.Invalid, "the logo %s is no picture that can be read: %w",
		in.Name(), err)
}

func (w *watermark) sound(*film) ([]string, error) { return nil, nil }

// pictures draws the mark for pictures of that size.
func (w *watermark) pictures(f *film) ([]string, error) {
	m, err := w.draw(f)
	if err != nil {
		return nil, err
	}
	m = opaque(turnedBy(m, w.op.Rotate), *w.op.Opacity)
	f.mark = w.put(m, f.size)
	at := f.mark.at
	if f.rgb {
		return []string{fmt.Sprintf("format=gbrp[film];[still]format=gbrap[mark];"+
			"[film][mark]overlay=%d:%d:format=gbrp", at.X, at.Y)}, nil
	}
	rng := "tv"
	if f.full {
		rng = "pc"
	}
	return []string{fmt.Sprintf("format=yuv420p|yuvj420p[film];"+
		"[still]scale=out_color_matrix=%s:out_range=%s,format=yuva420p[mark];"+
		"[film][mark]overlay=%d:%d:format=yuv420", f.matrix, rng, at.X, at.Y)}, nil
}

// draw makes the mark, upright and opaque.
func (w *watermark) draw(f *film) (*image.NRGBA, error) {
	z := f.size
	width := w.op.WatermarkWidth
	if w.op.Scale > 0 {
		width = max(1, int(math.Round(w.op.Scale*float64(z.w))))
	}
	if w.logo == nil {
		points := float64(w.op.FontSize)
		if points == 0 {
			points = max(12, float64(min(z.w, z.h))/20)
		}
		return w.drawText(f, points, width)
	}
	b := w.logo.Bounds()
	height := max(1, int(math.Round(float64(width)*float64(b.Dy())/float64(b.Dx()))))
	if height > z.h {
		width, height = max(1, width*z.h/height), z.h
	}
	m := image.NewNRGBA(image.Rect(0, 0, min(width, z.w), height))
	draw.CatmullRom.Scale(m, m.Rect, w.logo, b, draw.Src, nil)
	return m, nil
}

// put says where the mark lies, or repeats it over all of the picture. What is
// larger than the picture is cut.
func (w *watermark) put(m *image.NRGBA, z size) *mark {
	size, margin := m.Rect.Size(), *w.op.Margin
	if w.op.Tile {
		all := image.NewNRGBA(image.Rect(0, 0, z.w, z.h))
		for y := margin / 2; y < z.h; y += size.Y + max(1, margin) {
			for x := margin / 2; x < z.w; x += size.X + max(1, margin) {
				draw.Draw(all, m.Rect.Add(image.Pt(x, y)), m, image.Point{}, draw.Src)
			}
		}
		return &mark{all, image.Point{}}
	}
	left, right := margin, z.w-size.X-margin
	top, bottom := margin, z.h-size.Y-margin
	at := image.Pt(right, bottom)
	switch w.op.Position {
	case codec.PositionTopLeft:
		at = image.Pt(left, top)
	case codec.PositionTopRight:
		at = image.Pt(right, top)
	case codec.PositionBottomLeft:
		at = image.Pt(left, bottom)
	case codec.PositionCenter:
		at = image.Pt((z.w-size.X)/2, (z.h-size.Y)/2)
	}
	inside := image.Pt(min(max(0, at.X), max(0, z.w-size.X)), min(max(0, at.Y), max(0, z.h-size.Y)))
	return &mark{m, inside}
}

// opaque multiplies the opacity of m.
func opaque(m *image.NRGBA, by float64) *image.NRGBA {
	for i := 3; i < len(m.Pix); i += 4 {
		m.Pix[i] = uint8(math.Round(float64(m.Pix[i]) * by))
	}
	return m
}

// turnedBy turns m clockwise, on a picture that is large enough.
func turnedBy(m *image.NRGBA, degrees float64) *image.NRGBA {
	if math.Mod(degrees, 360) == 0 {
		return m
	}
	sin, cos := math.Sincos(degrees * math.Pi / 180)
	w, h := float64(m.Rect.Dx()), float64(m.Rect.Dy())
	tw, th := math.Abs(w*cos)+math.Abs(h*sin), math.Abs(w*sin)+math.Abs(h*cos)
	to := image.NewNRGBA(image.Rect(0, 0, int(math.Ceil(tw-1e-6)), int(math.Ceil(th-1e-6))))
	x, y := tw/2-(w*cos-h*sin)/2, th/2-(w*sin+h*cos)/2
	draw.BiLinear.Transform(to, f64.Aff3{cos, -sin, x, sin, cos, y}, m, m.Rect, draw.Src, nil)
	return to
}

// inkOf is a colour as "#rrggbb".
func inkOf(text string) color.NRGBA {
	v, err := strconv.ParseUint(text[1:], 16, 32)
	if err != nil {
		return color.NRGBA{255, 255, 255, 255}
	}
	return color.NRGBA{uint8(v >> 16), uint8(v >> 8), uint8(v), 255}
}
