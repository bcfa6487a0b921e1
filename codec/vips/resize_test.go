package vips_test

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"testing"

	"github.com/spoolmedia/spool/codec"
)

// waves are smooth, so that a shift by a fraction of a pixel shows and a coarser
// filter does not.
func waves(n int) *image.Gray {
	im := image.NewGray(image.Rect(0, 0, n, n))
	for y := range n {
		for x := range n {
			v := math.Sin(float64(x)*math.Pi/40) + math.Sin(float64(y)*math.Pi/40)
			im.SetGray(x, y, color.Gray{uint8(128 + 60*v)})
		}
	}
	return im
}

// TestReducedDecodingMovesNothing compares with a PNG, which is always decoded at
// its full size. 799 is no multiple of what the JPEG decoder divides by.
func TestReducedDecodingMovesNothing(t *testing.T) {
	im := waves(799)
	var b bytes.Buffer
	if err := jpeg.Encode(&b, im, &jpeg.Options{Quality: 98}); err != nil {
		t.Fatal(err)
	}
	for _, width := range []int{399, 390, 199, 99, 66, 50} {
		op := codec.Convert{Format: "png", Width: width}
		want := decode(t, mustConvert(t, pngOf(t, im), op))
		got := decode(t, mustConvert(t, newInput("waves.jpg", "image/jpeg", b.Bytes()), op))
		if d := differ(got, want, 2.5); d != "" {
			t.Errorf("%d pixels wide: %s", width, d)
		}
	}
}
