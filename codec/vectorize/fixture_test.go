package vectorize_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"image"
	"image/color"
	"image/png"
	"io"
	"math"
	"testing"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/codectest"
	"github.com/spoolmedia/spool/codec/vectorize"
)

var (
	red    = color.NRGBA{220, 40, 50, 255}
	blue   = color.NRGBA{30, 60, 130, 255}
	green  = color.NRGBA{40, 160, 120, 255}
	orange = color.NRGBA{250, 160, 60, 255}
	white  = color.NRGBA{255, 255, 255, 255}
)

// shape says whether a point is inside.
type shape struct {
	colour color.NRGBA
	in     func(x, y float64) bool
}

func disc(x, y, r float64) func(float64, float64) bool {
	return func(px, py float64) bool { return math.Hypot(px-x, py-y) < r }
}

func box(x0, y0, x1, y1 float64) func(float64, float64) bool {
	return func(x, y float64) bool { return x0 <= x && x < x1 && y0 <= y && y < y1 }
}

// drawn paints shapes over each other with smooth edges: each pixel is the mean of
// 4 × 4 points.
func drawn(w, h int, ground color.NRGBA, shapes ...shape) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	const points = 4
	for y := range h {
		for x := range w {
			var sum [4]float64
			for i := range points * points {
				px := float64(x) + (float64(i%points)+0.5)/points
				py := float64(y) + (float64(i/points)+0.5)/points
				c := ground
				for _, s := range shapes {
					if s.in(px, py) {
						c = s.colour
					}
				}
				for n, v := range []uint8{c.R, c.G, c.B} {
					sum[n] += float64(v) * float64(c.A)
				}
				sum[3] += float64(c.A)
			}
			if sum[3] > 0 {
				m.SetNRGBA(x, y, color.NRGBA{uint8(sum[0]/sum[3] + 0.5), uint8(sum[1]/sum[3] + 0.5),
					uint8(sum[2]/sum[3] + 0.5), uint8(sum[3]/points/points + 0.5)})
			}
		}
	}
	return m
}

// logo is a ring, a box with a bar in it, a triangle and a dot.
func logo(w, h int, ground color.NRGBA) *image.NRGBA {
	u := float64(w) / 160
	triangle := func(x, y float64) bool { return y < 110*u && y-60*u > math.Abs(x-120*u)*1.2 }
	return drawn(w, h, ground,
		shape{red, disc(42*u, 55*u, 34*u)}, shape{ground, disc(42*u, 55*u, 18*u)},
		shape{blue, box(90*u, 12*u, 150*u, 46*u)}, shape{white, box(98*u, 24*u, 142*u, 30*u)},
		shape{green, triangle}, shape{orange, disc(20*u, 105*u, 6*u)})
}

// landscape has soft gradients and edges, as a photograph has.
func landscape(w, h int) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			fx, fy := float64(x)/float64(w), float64(y)/float64(h)
			c := color.NRGBA{uint8(90 + 120*fy), uint8(140 + 60*fy), uint8(230 - 40*fx), 255}
			if fy > 0.6+0.1*math.Sin(fx*7) {
				c = color.NRGBA{uint8(30 + 60*fx), uint8(70 + 50*math.Abs(math.Sin(fx*40))), 40, 255}
			}
			if d := math.Hypot(fx-0.75, (fy-0.25)*float64(h)/float64(w)); d < 0.1 {
				c = color.NRGBA{250, uint8(250 - 600*d), 150, 255}
			}
			m.SetNRGBA(x, y, c)
		}
	}
	return m
}

func pngOf(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// trace makes the drawing, which must be well-formed.
func trace(t testing.TB, op codec.Vectorize, in codec.Input) codectest.Output {
	t.Helper()
	sink := new(codectest.Sink)
	if err := vectorize.New().Process(t.Context(), &codec.Work{Op: op, In: []codec.Input{in}, Out: sink}); err != nil {
		t.Fatal(err)
	}
	outputs := sink.Outputs()
	if len(outputs) != 1 {
		t.Fatalf("there are %d outputs", len(outputs))
	}
	wellFormed(t, outputs[0].Data)
	return outputs[0]
}

func traceImage(t testing.TB, op codec.Vectorize, m image.Image) []byte {
	t.Helper()
	return trace(t, op, codectest.NewInput("a.png", "", pngOf(t, m))).Data
}

func wellFormed(t testing.TB, svg []byte) {
	t.Helper()
	for d := xml.NewDecoder(bytes.NewReader(svg)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatalf("no XML: %v", err)
		}
		if e, ok := token.(xml.StartElement); ok && e.Name.Local != "svg" && e.Name.Local != "path" {
			t.Fatalf("there is an element %s", e.Name.Local)
		}
	}
}

// render draws the SVG with librsvg, by the vips command.
func render(t testing.TB, svg []byte) image.Image {
	t.Helper()
	codectest.NeedCommands(t, "vips")
	m, err := codectest.DecodeImage(svg)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// distance is the mean difference of the channels of all pixels, from 0 to 255.
func distance(t testing.TB, a, b image.Image) float64 {
	t.Helper()
	x, y := nrgba(a), nrgba(b)
	if x.Rect != y.Rect {
		t.Fatalf("%v is not %v", x.Rect, y.Rect)
	}
	sum := 0
	for i := range x.Pix {
		d := int(x.Pix[i]) - int(y.Pix[i])
		sum += max(d, -d)
	}
	return float64(sum) / float64(len(x.Pix))
}

// nrgba returns the picture with premultiplied colours in the layout of NRGBA, which
// is quick to compare.
func nrgba(m image.Image) *image.NRGBA {
	b := m.Bounds()
	out := image.NewNRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	for y := range b.Dy() {
		for x := range b.Dx() {
			r, g, bl, a := m.At(b.Min.X+x, b.Min.Y+y).RGBA()
			copy(out.Pix[out.PixOffset(x, y):], []uint8{uint8(r >> 8), uint8(g >> 8), uint8(bl >> 8), uint8(a >> 8)})
		}
	}
	return out
}
