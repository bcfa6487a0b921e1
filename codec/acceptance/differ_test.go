package acceptance_test

import (
	"fmt"
	"image"
	"image/color"

	"github.com/spoolmedia/spool/codec/codectest"
)

// How the outputs of two operations differ.
type differ = func(a, b []codectest.Output) error

var (
	red  = color.NRGBA{220, 30, 30, 255}
	blue = color.NRGBA{30, 30, 220, 255}
)

// types are the media types of both.
func types(a, b string) differ {
	return func(x, y []codectest.Output) error {
		if x[0].Type != a || y[0].Type != b {
			return fmt.Errorf("they are %s and %s, want %s and %s", x[0].Type, y[0].Type, a, b)
		}
		return nil
	}
}

// names are the names of the first outputs.
func names(a, b string) differ {
	return func(x, y []codectest.Output) error {
		if x[0].Name != a || y[0].Name != b {
			return fmt.Errorf("they are %q and %q, want %q and %q", x[0].Name, y[0].Name, a, b)
		}
		return nil
	}
}

// counts are how many outputs there are.
func counts(a, b int) differ {
	return func(x, y []codectest.Output) error {
		if len(x) != a || len(y) != b {
			return fmt.Errorf("they are %d and %d, want %d and %d", len(x), len(y), a, b)
		}
		return nil
	}
}

// larger wants more bytes of the second.
func larger(a, b []codectest.Output) error {
	if len(b[0].Data) <= len(a[0].Data) {
		return fmt.Errorf("%d bytes, then %d: not more", len(a[0].Data), len(b[0].Data))
	}
	return nil
}

// seen compares both pictures.
func seen(check func(a, b image.Image) error) differ {
	return func(x, y []codectest.Output) error {
		a, err := decode(x[0].Data)
		if err != nil {
			return err
		}
		b, err := decode(y[0].Data)
		if err != nil {
			return err
		}
		return check(a, b)
	}
}

// sizes are the sizes of both pictures.
func sizes(aw, ah, bw, bh int) differ {
	return seen(func(a, b image.Image) error {
		x, y := a.Bounds().Size(), b.Bounds().Size()
		if x != image.Pt(aw, ah) || y != image.Pt(bw, bh) {
			return fmt.Errorf("they are %v and %v, want %d × %d and %d × %d",
				x, y, aw, ah, bw, bh)
		}
		return nil
	})
}

// colours are those around a point of both pictures, given in fractions of the sides.
func colours(x, y float64, a, b color.Color) differ {
	return seen(func(p, q image.Image) error {
		if err := colourAt(p, x, y, a); err != nil {
			return fmt.Errorf("the first: %w", err)
		}
		if err := colourAt(q, x, y, b); err != nil {
			return fmt.Errorf("the second: %w", err)
		}
		return nil
	})
}

// colourAt compares the mean of 3 × 3 pixels, alpha too.
func colourAt(m image.Image, x, y float64, want color.Color) error {
	b := m.Bounds()
	cx, cy := b.Min.X+int(x*float64(b.Dx())), b.Min.Y+int(y*float64(b.Dy()))
	var sum [4]float64
	for dy := -1; dy <= 1; dy++ {
		for dx := -1; dx <= 1; dx++ {
			for i, v := range samples(m.At(min(max(cx+dx, b.Min.X), b.Max.X-1),
				min(max(cy+dy, b.Min.Y), b.Max.Y-1))) {
				sum[i] += v / 9
			}
		}
	}
	const allowed = 25 // the scene is rough
	for i, v := range samples(want) {
		if d := sum[i] - v; d > allowed || d < -allowed {
			return fmt.Errorf("at %d, %d it is %.0f, want %.0f", cx, cy, sum, samples(want))
		}
	}
	return nil
}

func samples(c color.Color) [4]float64 {
	n := color.NRGBAModel.Convert(c).(color.NRGBA)
	if n.A == 0 {
		return [4]float64{}
	}
	return [4]float64{float64(n.R), float64(n.G), float64(n.B), float64(n.A)}
}

// mark is what a watermark changed of the wall: where, how many pixels, and the one
// that is the farthest from it.
type mark struct {
	box    image.Rectangle
	pixels int
	colour color.NRGBA
	far    int
}

func markOn(m image.Image) mark {
	var found mark
	b := m.Bounds()
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			c := color.NRGBAModel.Convert(m.At(x, y)).(color.NRGBA)
			far := max(distance(c.R), distance(c.G), distance(c.B))
			if far < 8 {
				continue
			}
			found.box = found.box.Union(image.Rect(x, y, x+1, y+1))
			found.pixels++
			if far > found.far {
				found.far, found.colour = far, c
			}
		}
	}
	return found
}

// distance is that of a sample to the wall's.
func distance(v uint8) int { return max(int(v)-90, 90-int(v)) }

// marks compares what two watermarks changed.
func marks(check func(a, b mark) bool) differ {
	return seen(func(p, q image.Image) error {
		a, b := markOn(p), markOn(q)
		if a.pixels == 0 || b.pixels == 0 || !check(a, b) {
			return fmt.Errorf("the marks are %+v and %+v", a, b)
		}
		return nil
	})
}
