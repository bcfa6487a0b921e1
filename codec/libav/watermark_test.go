package libav_test

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"math"
	"strings"
	"testing"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/codectest"
	"github.com/spoolmedia/spool/codec/libav"
)

// logo is a picture of one colour.
func logo(t testing.TB, c color.Color, w, h int) codec.Input {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for i := range w * h {
		m.Set(i%w, i/w, c)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return codectest.NewInput("logo.png", "", b.Bytes())
}

// marked lays a logo over the film at path and returns where the film is that has it.
func marked(t testing.TB, path string, op codec.Watermark, mark codec.Input) string {
	t.Helper()
	sink := new(codectest.Sink)
	err := libav.New().Process(t.Context(), &codec.Work{Op: op, Out: sink,
		In: []codec.Input{codectest.OpenInput(t, path)}, Refs: map[string]codec.Input{"logo": mark}})
	if err != nil {
		t.Fatal(err)
	}
	return save(t, sink.Outputs()[0]).path
}

func TestALogoLiesWhereItShouldInItsColours(t *testing.T) {
	t.Parallel()
	purple := color.RGBA{150, 30, 170, 255}
	var look looks
	for _, matrix := range []struct{ matrix, label, rng string }{
		{"bt601", "smpte170m", "tv"}, {"bt709", "bt709", "tv"}, {"bt709", "bt709", "pc"},
	} {
		in := fields(t, "in.mp4", matrix.matrix, matrix.label, matrix.rng) // 192 × 128
		for _, test := range []struct {
			op   codec.Watermark
			mark image.Rectangle
		}{
			{codec.Watermark{WatermarkWidth: 40}, image.Rect(120, 76, 160, 96)},
			{codec.Watermark{WatermarkWidth: 40, Margin: new(0), Position: codec.PositionTopLeft},
				image.Rect(0, 0, 40, 20)},
			{codec.Watermark{Scale: 0.5, Margin: new(8), Position: codec.PositionTopRight},
				image.Rect(88, 8, 184, 56)},
			{codec.Watermark{WatermarkWidth: 20, Margin: new(4), Position: codec.PositionBottomLeft},
				image.Rect(4, 114, 24, 124)},
			{codec.Watermark{Position: codec.PositionCenter, WatermarkWidth: 60},
				image.Rect(66, 49, 126, 79)},
			{codec.Watermark{Position: codec.PositionCenter, WatermarkWidth: 60, Rotate: 90},
				image.Rect(81, 34, 111, 94)},
		} {
			if test.op.Position != codec.PositionCenter && matrix.label+matrix.rng != "bt709tv" {
				continue
			}
			test.op.Logo, test.op.Opacity = "key", new(1.0)
			look.at(marked(t, in, test.op, logo(t, purple, 80, 40)), func(got image.Image) {
				r := test.mark.Inset(3)
				where := codectest.Patch{X0: float64(r.Min.X) / 192, Y0: float64(r.Min.Y) / 128,
					X1: float64(r.Max.X) / 192, Y1: float64(r.Max.Y) / 128, Colour: purple}
				if err := codectest.ColourPatches(got, []codectest.Patch{where}, 8); err != nil {
					t.Errorf("%s %s, %+v: %v", matrix.label, matrix.rng, test.op, err)
				}
				outside := codectest.Patch{X0: float64(r.Min.X-12) / 192, Y0: where.Y0,
					X1: float64(r.Min.X-7) / 192, Y1: where.Y1, Colour: purple}
				if r.Min.X > 12 && codectest.ColourPatches(got, []codectest.Patch{outside}, 8) == nil {
					t.Errorf("%s, %+v: the mark is wider than it should be", matrix.label, test.op)
				}
			})
		}
	}
	look.all(t)
}

func TestOpacityMixesAndTilesRepeat(t *testing.T) {
	t.Parallel()
	in := ffmpeg(t, "in.mp4", "-f", "lavfi", "-i", "color=black:s=192x128:r=10:d=1", "-crf", "8")
	white := logo(t, color.White, 20, 20)
	var look looks
	for _, opacity := range []float64{0, 0.25, 0.72, 1} {
		op := codec.Watermark{Logo: "key", WatermarkWidth: 60, Position: codec.PositionCenter,
			Opacity: &opacity}
		look.at(marked(t, in, op, white), func(m image.Image) {
			r, _, _, _ := m.At(96, 64).RGBA()
			if got := float64(r) / 65535; math.Abs(got-opacity) > 0.05 {
				t.Errorf("opacity %v gives %.2f", opacity, got)
			}
		})
	}
	var once, tiled float64
	op := codec.Watermark{Logo: "key", WatermarkWidth: 20, Margin: new(12)}
	look.at(marked(t, in, op, white), func(m image.Image) { once = brightness(m) })
	op.Tile = true
	look.at(marked(t, in, op, white), func(m image.Image) { tiled = brightness(m) })
	look.all(t)
	if tiled < 10*once {
		t.Errorf("the brightness is %.1f once and %.1f tiled", once, tiled)
	}
	_, err := process(t.Context(), codectest.OpenInput(t, in), codec.Watermark{Logo: "key"})
	if codec.ClassOf(err) != codec.Protocol {
		t.Errorf("without the logo: %v", err)
	}
	sink := new(codectest.Sink)
	err = libav.New().Process(t.Context(), &codec.Work{Op: codec.Watermark{Logo: "key"}, Out: sink,
		In:   []codec.Input{codectest.OpenInput(t, in)},
		Refs: map[string]codec.Input{"logo": codectest.NewInput("logo.png", "", []byte("no picture"))}})
	if codec.ClassOf(err) != codec.Invalid {
		t.Errorf("a broken logo: %v", err)
	}
}

// lit is the part of a picture that is brighter than black.
func lit(m image.Image) image.Rectangle {
	var all image.Rectangle
	for y := range m.Bounds().Dy() {
		for x := range m.Bounds().Dx() {
			if _, g, _, _ := m.At(x, y).RGBA(); g > 0x4000 {
				all = all.Union(image.Rect(x, y, x+1, y+1))
			}
		}
	}
	return all
}

func TestATextIsWrittenAsItShouldBe(t *testing.T) {
	t.Parallel()
	in := ffmpeg(t, "in.mp4", "-f", "lavfi", "-i", "color=black:s=320x240:r=10:d=1", "-crf", "8")
	var look looks
	write := func(op codec.Watermark) *image.Rectangle {
		op.Opacity = new(1.0)
		var where image.Rectangle
		look.at(do(t, in, op).path, func(m image.Image) { where = lit(m) })
		return &where
	}
	small, large := write(codec.Watermark{Text: "Hello", FontSize: 12}),
		write(codec.Watermark{Text: "Hello", FontSize: 48})
	half := write(codec.Watermark{Text: "Hello", Scale: 0.5})
	one, two := write(codec.Watermark{Text: "Hello"}), write(codec.Watermark{Text: "Hello\nyou"})
	sans, mono := write(codec.Watermark{Text: "iiii", FontSize: 30}),
		write(codec.Watermark{Text: "iiii", FontSize: 30, Font: codec.FontMono})
	red := write(codec.Watermark{Text: "█", Color: "#ff2020", FontSize: 60})
	look.all(t)
	if large.Dx() < 3*small.Dx() || large.Dy() < 3*small.Dy() {
		t.Errorf("12 pixels take %v, 48 %v", small, large)
	}
	if large.Max.X < 320-32-8 || large.Max.X > 320-32+1 || large.Max.Y > 240-32+1 {
		t.Errorf("it lies at %v", large)
	}
	if got := half.Dx(); got < 146 || got > 162 { // of the letters, without the room beside them
		t.Errorf("half of the width is %d", got)
	}
	if two.Dy() < one.Dy()*2-4 {
		t.Errorf("two lines take %v, one %v", two, one)
	}
	if mono.Dx() < sans.Dx()*3/2 {
		t.Errorf("iiii takes %v, %v in mono", sans, mono)
	}
	if !red.Empty() {
		t.Errorf("there is more than red in %v", red)
	}
}

func TestATextOnAFilmIsShapedAndTellsWhatItsFontLacks(t *testing.T) {
	t.Parallel()
	in := ffmpeg(t, "in.mp4", "-f", "lavfi", "-i", "color=black:s=320x240:r=10:d=1", "-crf", "8")
	op := codec.Watermark{Text: "سلمت", FontSize: 60, Opacity: new(1.0)} // which are all joined
	boxes := do(t, in, op)
	var look looks
	look.at(boxes.path, func(m image.Image) {
		if gaps(m) == 0 || len(boxes.Notes) != 1 || !strings.Contains(boxes.Notes[0], "no sign for") {
			t.Errorf("there are %d gaps, and notes %q", gaps(m), boxes.Notes)
		}
	})
	op.FontFile = "key"
	font := codectest.NewInput("DejaVuSans.ttf", "font/ttf", codectest.DejaVu(t))
	letters := adorn(t, in, op, map[string]codec.Input{"fontFile": font})
	look.at(letters.path, func(m image.Image) {
		if n := gaps(m); n != 0 || len(letters.Notes) != 0 {
			t.Errorf("there are %d gaps, and notes %q", n, letters.Notes)
		}
	})
	op.Text, op.FontSize, op.FontFile = "Hello, hello, hello", 200, ""
	large := do(t, in, op)
	look.at(large.path, func(m image.Image) {
		if got := lit(m); !got.In(image.Rect(31, 31, 289, 209)) ||
			len(large.Notes) != 1 || !strings.Contains(large.Notes[0], "made smaller") {
			t.Errorf("it lies at %v, with notes %q", got, large.Notes)
		}
	})
	look.all(t)
	op.FontFile = "key"
	sink := new(codectest.Sink)
	err := libav.New().Process(t.Context(), &codec.Work{Op: op, Out: sink,
		In:   []codec.Input{codectest.OpenInput(t, in)},
		Refs: map[string]codec.Input{"fontFile": codectest.NewInput("x.ttf", "", []byte("no font"))}})
	if codec.ClassOf(err) != codec.Invalid || !strings.Contains(err.Error(), "x.ttf") {
		t.Errorf("what is no font: %v", err)
	}
}

// gaps counts the columns without light between those with some.
func gaps(m image.Image) (n int) {
	all, dark := lit(m), false
	for x := all.Min.X; x < all.Max.X; x++ {
		before := dark
		dark = true
		for y := all.Min.Y; y < all.Max.Y; y++ {
			_, g, _, _ := m.At(x, y).RGBA()
			dark = dark && g <= 0x4000
		}
		if dark && !before {
			n++
		}
	}
	return n
}
