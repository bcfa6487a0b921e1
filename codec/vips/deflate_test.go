package vips_test

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"testing"

	"github.com/spoolmedia/spool/codec"
)

// slope is a picture of many colours, some of them transparent where it can be.
func slope(m draw.Image) draw.Image {
	for y := range m.Bounds().Dy() {
		for x := range m.Bounds().Dx() {
			m.Set(x, y, color.NRGBA64{uint16(700 * x), uint16(900 * y), uint16(9 * x * y), uint16(65535 - 400*x)})
		}
	}
	return m
}

func TestPNGsKeepEveryPixel(t *testing.T) {
	area := image.Rect(0, 0, 90, 70)
	for name, want := range map[string]draw.Image{
		"grey": image.NewGray(area), "grey of 16 bits": image.NewGray16(area),
		"transparent": image.NewNRGBA(area), "of 16 bits": image.NewNRGBA64(area),
	} {
		in := pngOf(t, slope(want))
		last := 1 << 30
		for _, effort := range []int{1, 0, 9} {
			out := mustConvert(t, in, codec.Convert{Format: "png", Effort: effort})
			got, err := png.Decode(bytes.NewReader(out.data))
			if err != nil {
				t.Fatalf("%s with effort %d: %v", name, effort, err)
			}
			for y := range area.Dy() {
				for x := range area.Dx() {
					if g, w := got.At(x, y), want.At(x, y); g != w {
						t.Fatalf("%s with effort %d: pixel %d,%d is %v, want %v", name, effort, x, y, g, w)
					}
				}
			}
			stream := out.result.Streams[0]
			level := map[int]string{1: "1", 0: "6", 9: "12"}[effort]
			if stream.Encoder != "libvips pngsave and libdeflate" || stream.Options["compression"] != level {
				t.Errorf("%s with effort %d: %+v, want libdeflate with %s", name, effort, stream, level)
			}
			if n := bytes.Count(out.data, []byte("IDAT")); n != 1 || len(out.data) > last {
				t.Errorf("%s with effort %d: %d bytes, before it %d, in %d chunks",
					name, effort, len(out.data), last, n)
			}
			last = len(out.data)
		}
	}
}

func TestPNGsOfColoursAreDeflatedToo(t *testing.T) {
	in := pngOf(t, flag(200, 100))
	once := mustConvert(t, in, codec.Compress{Quality: 90})
	got, err := png.Decode(bytes.NewReader(once.data))
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := got.(*image.Paletted); !ok || differ(got, flag(200, 100), 0) != "" {
		t.Errorf("%T: %s", got, differ(got, flag(200, 100), 0))
	}
	again := mustConvert(t, newInput("once.png", "image/png", once.data), codec.Compress{Quality: 90})
	if !bytes.Equal(again.data, once.data) || again.result.Streams[0].Action != codec.Copied {
		t.Errorf("%d bytes became %d: %+v, %q", len(once.data), len(again.data), again.result, notes(again))
	}
}
