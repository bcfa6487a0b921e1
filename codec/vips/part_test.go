package vips_test

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"testing"

	"github.com/spoolmedia/spool/codec"
)

// ripples look different from each side, and a shift by a fraction of a pixel shows.
func ripples(w, h int) *image.NRGBA {
	im := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			v := uint8(128 + 50*math.Sin(float64(x)*math.Pi/40) + 40*math.Sin(float64(y)*math.Pi/25))
			im.SetNRGBA(x, y, color.NRGBA{v, uint8(255 * x / w), uint8(255 * y / h), 255})
		}
	}
	return im
}

// TestReducedDecodingGoesBehindCutsAndTurns compares with a PNG, which is always
// decoded at its full size.
func TestReducedDecodingGoesBehindCutsAndTurns(t *testing.T) {
	upright := ripples(797, 603)
	want := map[int]image.Image{}
	ops := []codec.Transform{
		{Width: 150, Flip: true}, {Width: 150, Flop: true}, {Width: 90, Rotate: 90},
		{Width: 100, Height: 70, Rotate: 270, Flop: true, Gravity: codec.GravityNorth},
		{Width: 97, CropLeft: 101, CropTop: 57},
		{Width: 103, CropLeft: 33, CropTop: 21, CropWidth: 611, CropHeight: 419},
		{Height: 61, CropLeft: 7, CropTop: 3, CropWidth: 500, CropHeight: 333, Rotate: 90, Flip: true},
		{Width: 100, CropLeft: 1, CropTop: 1, CropWidth: 400, CropHeight: 400}, // exactly a quarter
	}
	for n := 1; n <= 8; n++ {
		in := newInput("turned.jpg", "image/jpeg", turnedJPEG(t, upright, n))
		for i, op := range ops {
			if n > 1 && i%3 != n%3 {
				continue // one orientation takes all, the others some
			}
			op.Format = "png"
			if want[i] == nil {
				want[i] = decode(t, mustConvert(t, pngOf(t, upright), op))
			}
			if d := differ(decode(t, mustConvert(t, in, op)), want[i], 2.5); d != "" {
				t.Errorf("orientation %d, %+v: %s", n, op, d)
			}
		}
	}
}

func TestStepsOfAChainAreCutInTheirOrder(t *testing.T) {
	picture := ripples(500, 400)
	var b bytes.Buffer
	if err := jpeg.Encode(&b, picture, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	op := codec.Chain{Steps: codec.Steps{
		codec.Transform{CropLeft: 51, CropHeight: 333, Rotate: 90},
		codec.Transform{CropTop: 40, CropWidth: 300, Flop: true},
		codec.Transform{Width: 75}, codec.Convert{Format: "png"},
	}}
	want := decode(t, mustConvert(t, pngOf(t, picture), op))
	if z := want.Bounds().Size(); z != image.Pt(75, 102) {
		t.Errorf("the size is %v", z)
	}
	got := decode(t, mustConvert(t, newInput("a.jpg", "image/jpeg", b.Bytes()), op))
	if d := differ(got, want, 2.5); d != "" {
		t.Error(d)
	}
	// The same by hand, of a picture that nothing is decoded smaller of.
	by := image.NewNRGBA(image.Rect(0, 0, 300, 409))
	for y := range 409 {
		for x := range 300 {
			// Back through the mirror, the second cut, the turn and the first cut.
			turned := image.Pt(299-x, 40+y)
			by.SetNRGBA(x, y, picture.NRGBAAt(51+turned.Y, 332-turned.X))
		}
	}
	plain := decode(t, mustConvert(t, pngOf(t, by), codec.Convert{Format: "png", Width: 75}))
	if d := differ(want, plain, 0.5); d != "" {
		t.Error(fmt.Errorf("by hand: %s", d))
	}
}
