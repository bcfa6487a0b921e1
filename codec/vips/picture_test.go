package vips_test

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	_ "image/gif"
	_ "image/jpeg"
	"image/png"
	"math"
	"testing"

	"github.com/spoolmedia/spool/codec"
)

// flag is three upright stripes, with a black bar along the upper edge, so that
// every turn and mirror image of it looks different.
func flag(w, h int) *image.NRGBA {
	im := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := color.NRGBA{200, 30, 30, 255}
			switch {
			case y < h/8:
				c = color.NRGBA{0, 0, 0, 255}
			case x >= 2*w/3:
				c = color.NRGBA{30, 30, 200, 255}
			case x >= w/3:
				c = color.NRGBA{30, 160, 30, 255}
			}
			im.SetNRGBA(x, y, c)
		}
	}
	return im
}

func pngOf(t testing.TB, im image.Image) input {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, im); err != nil {
		t.Fatal(err)
	}
	return newInput("picture.png", "image/png", b.Bytes())
}

// decode reads the pixels of JPEG, PNG and GIF by Go's own decoders, and of
// other formats after a conversion to PNG.
func decode(t *testing.T, o *output) image.Image {
	t.Helper()
	data := o.data
	switch o.spec.Type {
	case "image/jpeg", "image/png", "image/gif":
	default:
		data = mustConvert(t, newInput("again", o.spec.Type, data), codec.Convert{Format: "png"}).data
	}
	im, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatalf("%s cannot be decoded: %v", o.spec.Name, err)
	}
	return im
}

// differ says how two pictures differ: in size, or by more than tolerance of
// 255 in the mean of all samples, of a large picture in the mean of some 40,000
// pixels all over it. It is "" for pictures that look alike.
func differ(got, want image.Image, tolerance float64) string {
	if got.Bounds().Size() != want.Bounds().Size() {
		return fmt.Sprintf("size %v, want %v", got.Bounds().Size(), want.Bounds().Size())
	}
	var sum, n float64
	g, w, z := got.Bounds().Min, want.Bounds().Min, want.Bounds().Size()
	step := 1 + int(math.Sqrt(float64(z.X*z.Y)/40_000))
	for y := 0; y < z.Y; y += step {
		for x := y / step % step; x < z.X; x += step {
			a, b := rgba(got.At(g.X+x, g.Y+y)), rgba(want.At(w.X+x, w.Y+y))
			for i := range a {
				sum += max(a[i]-b[i], b[i]-a[i])
				n++
			}
		}
	}
	if mean := sum / n; mean > tolerance {
		return fmt.Sprintf("mean difference %.2f, want at most %.2f", mean, tolerance)
	}
	return ""
}

// near says how the colour of a pixel differs, or "".
func near(im image.Image, x, y int, want color.Color, tolerance float64) string {
	a, b := rgba(im.At(im.Bounds().Min.X+x, im.Bounds().Min.Y+y)), rgba(want)
	for i := range a {
		if max(a[i]-b[i], b[i]-a[i]) > tolerance {
			return fmt.Sprintf("pixel %d,%d is %.0f, want %.0f ± %.0f", x, y, a, b, tolerance)
		}
	}
	return ""
}

// rgba is a colour as samples from 0 to 255, alpha not multiplied in.
func rgba(c color.Color) [4]float64 {
	n := color.NRGBA64Model.Convert(c).(color.NRGBA64)
	return [4]float64{float64(n.R) / 257, float64(n.G) / 257, float64(n.B) / 257, float64(n.A) / 257}
}

var (
	red   = color.NRGBA{200, 30, 30, 255}
	green = color.NRGBA{30, 160, 30, 255}
	blue  = color.NRGBA{30, 30, 200, 255}
	white = color.NRGBA{255, 255, 255, 255}
)

func TestComparisonsCatchWrongPictures(t *testing.T) {
	right := flag(90, 90)
	if s := differ(right, flag(90, 90), 0); s != "" {
		t.Errorf("the same picture differs: %s", s)
	}
	mirrored := image.NewNRGBA(right.Rect)
	upside := image.NewNRGBA(right.Rect)
	turned := image.NewNRGBA(right.Rect)
	wrongMatrix := image.NewNRGBA(right.Rect)
	for y := range 90 {
		for x := range 90 {
			c := right.NRGBAAt(x, y)
			mirrored.SetNRGBA(89-x, y, c)
			upside.SetNRGBA(x, 89-y, c)
			turned.SetNRGBA(89-y, x, c)
			wrongMatrix.SetNRGBA(x, y, color.NRGBA{c.B, c.G, c.R, c.A})
		}
	}
	for name, wrong := range map[string]image.Image{"mirrored": mirrored, "upside down": upside,
		"turned": turned, "red for blue": wrongMatrix, "smaller": flag(89, 90)} {
		if differ(wrong, right, tolerance) == "" {
			t.Errorf("a picture that is %s passes for the right one", name)
		}
	}
	if near(right, 10, 50, blue, 12) == "" {
		t.Error("red passes for blue")
	}
	// AdobeRGB read as sRGB is this far off.
	if near(image.NewUniform(color.NRGBA{219, 0, 0, 255}), 0, 0, color.NRGBA{255, 0, 0, 255}, 12) == "" {
		t.Error("a lost profile passes")
	}
}

// tolerance is the mean difference of 255 that lossy encoders may make.
const tolerance = 6
