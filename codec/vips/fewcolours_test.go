package vips_test

import (
	"bytes"
	"image"
	"image/color"
	"image/gif"
	"testing"

	"github.com/spoolmedia/spool/codec"
)

// dots is an animation of three frames of 40 × 20 pixels, with a palette of its own each:
// of so many colours that are in no other frame.
func dots(t *testing.T, colours ...int) input {
	t.Helper()
	g := &gif.GIF{}
	for n, count := range colours {
		m := image.NewPaletted(image.Rect(0, 0, 40, 20), nil)
		for i := range count {
			m.Palette = append(m.Palette, color.NRGBA{uint8(i), uint8(255 - i), uint8(20 * n), 255})
		}
		for i := range m.Pix {
			m.Pix[i] = uint8(i % count)
		}
		g.Image, g.Delay = append(g.Image, m), append(g.Delay, 10)
	}
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, g); err != nil {
		t.Fatal(err)
	}
	return newInput("dots.gif", "image/gif", b.Bytes())
}

// TestAPNGHasAPaletteForFewColours counts the colours of all frames.
func TestAPNGHasAPaletteForFewColours(t *testing.T) {
	const size = 4 * 40 * 20
	for name, c := range map[string]struct {
		in      input
		op      codec.Convert
		palette bool
	}{
		"few":              {dots(t, 3, 5, 100), codec.Convert{Effort: 9}, true},
		"many in the end":  {dots(t, 3, 100, 200), codec.Convert{}, false},
		"with transparent": {animation(t, 40, 20), codec.Convert{}, true},
	} {
		t.Run(name, func(t *testing.T) {
			c.op.Format = "apng"
			out := mustConvert(t, c.in, c.op)
			const kind = 8 + 8 + 9 // of the pixels, in the file
			options := out.result.Streams[0].Options
			if has := out.data[kind] == 3; has != c.palette || has != (options["palette"] != "") {
				t.Errorf("pixels are of kind %d, options %v", out.data[kind], options)
			}
			got := frames(t, out.data, "0:0", "rgba")
			want := frames(t, in2bytes(c.in), "0:0", "rgba")
			if len(got) != len(want) || len(got)%size != 0 || !bytes.Equal(got, want) {
				t.Errorf("%d bytes of frames, want the same %d", len(got), len(want))
			}
		})
	}
	small := mustConvert(t, dots(t, 2, 2), codec.Convert{Format: "apng"})
	again := mustConvert(t, newInput("a.apng", "image/apng", small.data),
		codec.Convert{Format: "webp"})
	if again.result.Media.Frames != 2 || notes(again) != "" {
		t.Errorf("webp of it: %+v", again.result)
	}
}

// TestAPNGKeepsAProfile has one instead of a palette.
func TestAPNGKeepsAProfile(t *testing.T) {
	in := corpus(t, "image/sharp-p3.png")
	out := mustConvert(t, in, codec.Convert{Format: "apng", Width: 1, KeepProfile: true})
	if !bytes.Contains(out.data, []byte("iCCP")) || bytes.Contains(out.data, []byte("PLTE")) {
		t.Errorf("%q", out.data)
	}
}
