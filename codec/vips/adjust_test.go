package vips_test

import (
	"image"
	"image/color"
	"image/draw"
	"strings"
	"testing"

	"github.com/spoolmedia/spool/codec"
)

// swatch is one colour.
func swatch(c color.Color) *image.NRGBA {
	im := image.NewNRGBA(image.Rect(0, 0, 24, 24))
	draw.Draw(im, im.Rect, image.NewUniform(c), image.Point{}, draw.Src)
	return im
}

// TestAdjustChangesColours compares with what the documentation and
// https://www.w3.org/TR/filter-effects-1/ say.
func TestAdjustChangesColours(t *testing.T) {
	clay := color.NRGBA{160, 100, 60, 255}
	half := color.NRGBA{160, 100, 60, 128}
	for _, test := range []struct {
		name string
		op   codec.Adjust
		in   color.NRGBA
		want color.NRGBA
	}{
		{"nothing", codec.Adjust{}, clay, clay},
		{"ones", codec.Adjust{Brightness: new(1.0), Contrast: new(1.0), Saturation: new(1.0)}, clay, clay},
		{"darker", codec.Adjust{Brightness: new(0.5)}, clay, color.NRGBA{80, 50, 30, 255}},
		{"brighter", codec.Adjust{Brightness: new(2.0)}, clay, color.NRGBA{255, 200, 120, 255}},
		{"black", codec.Adjust{Brightness: new(0.0)}, clay, color.NRGBA{0, 0, 0, 255}},
		{"flat", codec.Adjust{Contrast: new(0.0)}, clay, color.NRGBA{128, 128, 128, 255}},
		{"contrast", codec.Adjust{Contrast: new(2.0)}, clay, color.NRGBA{193, 73, 0, 255}},
		{"brightness before contrast", codec.Adjust{Brightness: new(2.0), Contrast: new(0.5)}, clay,
			color.NRGBA{191, 164, 124, 255}},
		{"grey by saturation", codec.Adjust{Saturation: new(0.0)}, clay, color.NRGBA{110, 110, 110, 255}},
		{"half saturation", codec.Adjust{Saturation: new(0.5)}, clay, color.NRGBA{135, 105, 85, 255}},
		{"more saturation", codec.Adjust{Saturation: new(2.0)}, clay, color.NRGBA{210, 90, 10, 255}},
		{"hue", codec.Adjust{Hue: 120}, clay, color.NRGBA{42, 132, 91, 255}},
		{"hue all around", codec.Adjust{Hue: 360}, clay, clay},
		{"invert", codec.Adjust{Invert: true}, clay, color.NRGBA{95, 155, 195, 255}},
		{"invert keeps transparency", codec.Adjust{Invert: true}, half, color.NRGBA{95, 155, 195, 128}},
		{"brightness keeps transparency", codec.Adjust{Brightness: new(0.5)}, half,
			color.NRGBA{80, 50, 30, 128}},
		{"greyscale", codec.Adjust{Grayscale: true}, clay, color.NRGBA{111, 111, 111, 255}},
		{"greyscale keeps transparency", codec.Adjust{Grayscale: true}, half, color.NRGBA{111, 111, 111, 128}},
		{"greyscale before invert", codec.Adjust{Grayscale: true, Invert: true}, clay,
			color.NRGBA{144, 144, 144, 255}},
	} {
		t.Run(test.name, func(t *testing.T) {
			out := mustConvert(t, pngOf(t, swatch(test.in)), test.op)
			if d := near(decode(t, out), 12, 12, test.want, 2); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestAdjustWorksOnSixteenBitsAndGrey(t *testing.T) {
	deep := image.NewNRGBA64(image.Rect(0, 0, 8, 8))
	grey := image.NewGray(image.Rect(0, 0, 8, 8))
	for i := range 64 {
		deep.SetNRGBA64(i%8, i/8, color.NRGBA64{30037, 1000, 60000, 0xffff})
		grey.SetGray(i%8, i/8, color.Gray{100})
	}
	op := codec.Adjust{Brightness: new(0.5), Saturation: new(1.0), Contrast: new(1.0)}
	if r, _, b, _ := decode(t, mustConvert(t, pngOf(t, deep), op)).At(4, 4).RGBA(); r != 15019 && r != 15018 ||
		b != 30000 {
		t.Errorf("16 bits: red %d, blue %d, want 15019 and 30000", r, b)
	}
	op = codec.Adjust{Saturation: new(2.0), Hue: 90, Invert: true}
	if d := near(decode(t, mustConvert(t, pngOf(t, grey), op)), 4, 4, color.Gray{155}, 1); d != "" {
		t.Errorf("grey: %s", d)
	}
}

func TestAdjustSharpens(t *testing.T) {
	edges := func(o *output) float64 { // between neighbours
		sum, im := 0.0, decode(t, o)
		for x := range 119 {
			d := rgba(im.At(x, 60))[0] - rgba(im.At(x+1, 60))[0]
			sum += d * d
		}
		return sum
	}
	soft := mustConvert(t, corpus(t, "image/sharp-Landscape_1.jpg"), codec.Convert{Format: "png", Width: 120})
	in := newInput("soft.png", "image/png", soft.data)
	plain, sharp := mustConvert(t, in, codec.Adjust{}), mustConvert(t, in, codec.Adjust{Sharpen: true})
	if edges(sharp) < 1.1*edges(plain) {
		t.Errorf("edges of %.0f became %.0f", edges(plain), edges(sharp))
	}
	if d := differ(decode(t, sharp), decode(t, plain), 12); d != "" {
		t.Errorf("it is another picture: %s", d)
	}
}

func TestAdjustKeepsTheFormat(t *testing.T) {
	for file, want := range map[string]string{"sharp-Landscape_1.jpg": "image/jpeg", "sharp-4.webp": "image/webp",
		"sharp-relax.jp2": "image/png", "govips-svg.svg": "image/png", "pillow-transparency.avif": "image/avif"} {
		if got := mustConvert(t, corpus(t, "image/"+file), codec.Adjust{Invert: true}).spec.Type; got != want {
			t.Errorf("%s: %s, want %s", file, got, want)
		}
	}
	in := corpus(t, "image/sharp-Landscape_1.jpg")
	if got := mustConvert(t, in, codec.Adjust{Format: "webp"}).spec.Type; got != "image/webp" {
		t.Errorf("webp was asked for, and it is %s", got)
	}
	low, high := mustConvert(t, in, codec.Adjust{Quality: 10}), mustConvert(t, in, codec.Adjust{Quality: 90})
	if 2*len(low.data) > len(high.data) {
		t.Errorf("%d bytes with quality 10, %d with 90", len(low.data), len(high.data))
	}
}

func TestFieldsForVideoAreNoted(t *testing.T) {
	for want, op := range map[string]codec.Operation{
		"fadeOut normalize speed": codec.Adjust{Normalize: true, FadeOut: 1, Speed: 2}, "volume": codec.Adjust{Volume: new(0.5)},
		"frameRate": codec.Transform{FrameRate: 25}, "timestamp": codec.Thumbnail{Timestamp: new(1.0)},
		"":                 codec.Adjust{Volume: new(1.0)},
		"fadeIn frameRate": codec.Chain{Steps: codec.Steps{codec.Adjust{FadeIn: 1}, codec.Transform{FrameRate: 25}}},
		"video":            codec.Watermark{Text: "a", Video: codec.VideoEncoding{Bitrate: 1e6}},
	} {
		var fields []string
		for _, note := range mustConvert(t, pngGrid(t), op).result.Notes {
			field, _, _ := strings.Cut(note, " was not used")
			fields = append(fields, field)
		}
		if got := strings.Join(fields, " "); got != want {
			t.Errorf("%+v: notes are about %q, want %q", op, got, want)
		}
	}
}

func TestAdjustedAnimationsKeepTheirFrames(t *testing.T) {
	out := mustConvert(t, animation(t, 60, 40), codec.Adjust{Brightness: new(1.0), Hue: 360})
	checkAnimation(t, out, out.result.Media)
}
