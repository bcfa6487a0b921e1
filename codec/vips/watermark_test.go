package vips_test

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"strings"
	"testing"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/codectest"
)

var grey = color.NRGBA{90, 90, 90, 255}

// marked returns the watermark's picture on a grey one of w × h pixels, and where
// it differs from grey.
func marked(t *testing.T, w, h int, op codec.Watermark, logo codec.Input) (image.Image, image.Rectangle) {
	t.Helper()
	plain := image.NewNRGBA(image.Rect(0, 0, w, h))
	draw.Draw(plain, plain.Rect, image.NewUniform(grey), image.Point{}, draw.Src)
	op.Format = "png"
	out := watermark(t, pngOf(t, plain), op, logo)
	im := decode(t, out)
	if im.Bounds().Size() != plain.Rect.Size() {
		t.Fatalf("size %v, want %v", im.Bounds().Size(), plain.Rect.Size())
	}
	return im, different(im)
}

func watermark(t *testing.T, in input, op codec.Watermark, logo codec.Input) *output {
	t.Helper()
	work := &codec.Work{Op: op, In: []codec.Input{in}, Policy: trusting}
	if logo != nil {
		op.Logo = "key"
		work.Op, work.Refs = op, map[string]codec.Input{"logo": logo}
	}
	out, err := process(t.Context(), work)
	if err != nil {
		t.Fatal(err)
	}
	return out[0]
}

// TestWatermarkWithAFontOfItsOwn draws Arabic, which the fonts of the program lack.
func TestWatermarkWithAFontOfItsOwn(t *testing.T) {
	font := newInput("DejaVuSans.ttf", "font/ttf", codectest.DejaVu(t))
	op := codec.Watermark{Text: "السلام", FontSize: 40, Format: "png"}
	in := pngOf(t, flag(300, 120))
	boxes := watermark(t, in, op, nil)
	op.FontFile = "key"
	work := func(op codec.Operation, name string, font codec.Input) *codec.Work {
		return &codec.Work{Op: op, In: []codec.Input{in}, Refs: map[string]codec.Input{name: font}}
	}
	letters, err := process(t.Context(), work(op, "fontFile", font))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(notes(boxes), "no sign") || notes(letters[0]) != "" {
		t.Errorf("notes %q of the own font, %q of the program's", notes(letters[0]), notes(boxes))
	}
	if differ(decode(t, letters[0]), decode(t, boxes), 0.5) == "" {
		t.Error("both fonts draw the same")
	}
	chain := codec.Chain{Steps: codec.Steps{codec.Transform{Flip: false}, op}}
	if _, err := process(t.Context(), work(chain, "steps[1].fontFile", font)); err != nil {
		t.Errorf("in a chain: %v", err)
	}
	_, err = process(t.Context(), work(op, "fontFile", newInput("x.ttf", "text/plain", []byte("no font"))))
	if codec.ClassOf(err) != codec.Invalid || !strings.Contains(err.Error(), "x.ttf") {
		t.Errorf("what is no font: %v", err)
	}
}

// different is the smallest rectangle of all that is not grey.
func different(im image.Image) image.Rectangle {
	all := image.NewNRGBA(im.Bounds())
	draw.Draw(all, all.Rect, im, im.Bounds().Min, draw.Src)
	var r image.Rectangle
	for i := 0; i < len(all.Pix); i += 4 {
		for k, want := range []uint8{grey.R, grey.G, grey.B} {
			if got := all.Pix[i+k]; got > want+6 || got < want-6 {
				x, y := i%all.Stride/4, i/all.Stride
				r = r.Union(image.Rect(x, y, x+1, y+1))
				break
			}
		}
	}
	return r
}

// about reports whether two numbers are the same but for rounding and soft edges.
func about(a, b int) bool { return max(a-b, b-a) <= 3 }

func TestMarksAreWhereTheyShouldBe(t *testing.T) {
	logo := pngOf(t, swatch(red))
	for position, want := range map[string]image.Rectangle{
		"":                        image.Rect(232, 132, 268, 168),
		codec.PositionBottomRight: image.Rect(232, 132, 268, 168),
		codec.PositionTopLeft:     image.Rect(32, 32, 68, 68),
		codec.PositionTopRight:    image.Rect(232, 32, 268, 68),
		codec.PositionBottomLeft:  image.Rect(32, 132, 68, 168),
		codec.PositionCenter:      image.Rect(132, 82, 168, 118),
	} {
		_, got := marked(t, 300, 200, codec.Watermark{Position: position, WatermarkWidth: 36}, logo)
		if got != want {
			t.Errorf("logo %q: %v, want %v", position, got, want)
		}
		op := codec.Watermark{Text: "Hg", Position: position, FontSize: 30}
		_, got = marked(t, 300, 200, op, nil)
		near := got.Min
		if strings.HasSuffix(position, "right") || position == "" {
			near.X = 300 - got.Max.X
		}
		if strings.HasPrefix(position, "bottom") || position == "" {
			near.Y = 200 - got.Max.Y
		}
		if position != codec.PositionCenter && !(about(near.X, 32) && about(near.Y, 32)) {
			t.Errorf("text %q: %v from the corner", position, near)
		}
	}
}

func TestWatermarkFields(t *testing.T) {
	logo := pngOf(t, swatch(red))
	mark := func(op codec.Watermark, logo codec.Input) (image.Image, image.Rectangle) {
		return marked(t, 400, 300, op, logo)
	}
	_, near := mark(codec.Watermark{Margin: new(0)}, logo)
	_, far := mark(codec.Watermark{Margin: new(50)}, logo)
	if near.Max != image.Pt(400, 300) || far.Max != image.Pt(350, 250) {
		t.Errorf("margin: %v and %v", near, far)
	}
	if near.Dx() != 72 { // 0.18 of 400
		t.Errorf("a logo is %d wide by default", near.Dx())
	}
	_, half := mark(codec.Watermark{Scale: 0.5}, logo)
	if half.Dx() != 200 || half.Dy() != 200 {
		t.Errorf("scale 0.5 of 400: %v", half)
	}
	_, wide := mark(codec.Watermark{Text: "Ada", WatermarkWidth: 150}, nil)
	_, scaled := mark(codec.Watermark{Text: "Ada", Scale: 0.25}, nil)
	if wide.Dx() < 135 || wide.Dx() > 150 || scaled.Dx() < 88 || scaled.Dx() > 100 {
		t.Errorf("texts of 150 and 100 pixels are %v and %v", wide, scaled)
	}
	_, small := mark(codec.Watermark{Text: "Ada", FontSize: 20}, nil)
	_, large := mark(codec.Watermark{Text: "Ada", FontSize: 60}, nil)
	if r := float64(large.Dy()) / float64(small.Dy()); r < 2.6 || r > 3.4 {
		t.Errorf("three times the font size is %.1f times as high", r)
	}
	_, bold := mark(codec.Watermark{Text: "illicit", FontSize: 40, Font: codec.FontBold}, nil)
	_, mono := mark(codec.Watermark{Text: "illicit", FontSize: 40, Font: codec.FontMono}, nil)
	if bold.Dx() >= mono.Dx() {
		t.Errorf("bold %v is not narrower than mono %v", bold, mono)
	}
	_, turned := mark(codec.Watermark{Text: "Ada Lovelace", FontSize: 30, Rotate: 90}, nil)
	if turned.Dy() < 3*turned.Dx() {
		t.Errorf("turned by 90 degrees: %v", turned)
	}
	im, all := mark(codec.Watermark{WatermarkWidth: 30, Tile: true, Margin: new(20)}, logo)
	if !about(all.Min.X, 10) || !about(all.Min.Y, 10) || !about(all.Max.X, 390) || !about(all.Max.Y, 290) {
		t.Errorf("tiles reach over %v", all)
	}
	for _, d := range []string{nearby(im, 25, 25, red), nearby(im, 375, 275, red), nearby(im, 50, 50, grey)} {
		if d != "" {
			t.Errorf("tiles: %s", d)
		}
	}
}

// nearby looks at the colour of a logo with the default opacity of 0.72.
func nearby(im image.Image, x, y int, c color.NRGBA) string {
	mix := func(a, b uint8) uint8 { return uint8(0.72*float64(a) + 0.28*float64(b)) }
	return near(im, x, y, color.NRGBA{mix(c.R, grey.R), mix(c.G, grey.G), mix(c.B, grey.B), 255}, 3)
}

func TestOpacityAndColour(t *testing.T) {
	bar := strings.Repeat("\u2588", 6) // full blocks: a text without gaps
	for opacity, want := range map[float64]color.Color{
		1: color.NRGBA{0, 0, 255, 255}, 0.5: color.NRGBA{45, 45, 172, 255}, 0: grey,
	} {
		op := codec.Watermark{Text: bar, FontSize: 40, Opacity: &opacity, Color: "#0000ff",
			Position: codec.PositionCenter}
		im, _ := marked(t, 300, 200, op, nil)
		if d := near(im, 150, 100, want, 3); d != "" {
			t.Errorf("opacity %v: %s", opacity, d)
		}
	}
	im, _ := marked(t, 300, 200, codec.Watermark{Text: bar, FontSize: 40, Opacity: new(1.0),
		Position: codec.PositionCenter}, nil)
	if d := near(im, 150, 100, white, 3); d != "" {
		t.Errorf("the default colour: %s", d)
	}
}

func TestLargeMarksAreMadeToFit(t *testing.T) {
	for name, op := range map[string]codec.Watermark{
		"text": {Text: strings.Repeat("long ", 200), FontSize: 100}, "turned": {Text: "Ada", FontSize: 900, Rotate: 45},
		"lines": {Text: strings.Repeat("l\n", 100), FontSize: 100, Tile: true},
	} {
		out := watermark(t, pngOf(t, swatch(grey)), op, nil)
		if d := out.result.Notes; len(d) != 1 || !strings.Contains(d[0], "smaller") {
			t.Errorf("%s: notes are %q", name, d)
		}
	}
	_, r := marked(t, 100, 80, codec.Watermark{WatermarkWidth: 5000, Margin: new(10)}, pngOf(t, swatch(red)))
	if r != image.Rect(30, 10, 90, 70) {
		t.Errorf("a large logo lies on %v", r)
	}
	_, r = marked(t, 100, 80, codec.Watermark{WatermarkWidth: 10, Margin: new(60000)}, pngOf(t, swatch(red)))
	if r.Empty() {
		t.Error("with a large margin the logo is not there")
	}
}

func TestMissingSignsAreNoted(t *testing.T) {
	out := watermark(t, pngOf(t, flag(300, 200)), codec.Watermark{Text: "Ada שלום"}, nil)
	if got := notes(out); !strings.Contains(got, "no sign for 'ו', 'ל', 'ם', 'ש'") {
		t.Errorf("notes are %q", got)
	}
	_, err := convert(t.Context(), pngOf(t, flag(300, 200)), codec.Watermark{Text: " \u200b"}, trusting)
	if codec.ClassOf(err) != codec.Unsupported {
		t.Errorf("an empty text: %v", err)
	}
}

func TestLogosMayBeOfAnyFormat(t *testing.T) {
	photo := mustConvert(t, pngOf(t, swatch(red)), codec.Convert{Format: "jpg", Quality: 100})
	for name, logo := range map[string]input{
		"jpg":  newInput("l.jpg", "image/jpeg", photo.data),
		"svg":  newInput("l.svg", "image/svg+xml", []byte(`<svg xmlns="http://www.w3.org/2000/svg" width="4" height="4"><rect width="4" height="4" fill="#c81e1e"/></svg>`)),
		"gif":  animation(t, 30, 30),
		"deep": pngOf(t, deepSwatch()),
	} {
		im, r := marked(t, 300, 200, codec.Watermark{WatermarkWidth: 40, Opacity: new(1.0)}, logo)
		if d := near(im, r.Min.X+20, r.Min.Y+20, red, 22); d != "" || r.Dx() != 40 || r.Dy() != 40 {
			t.Errorf("%s: %v, %s", name, r, d)
		}
	}
}

func deepSwatch() image.Image {
	im := image.NewNRGBA64(image.Rect(0, 0, 8, 8))
	for i := range 64 {
		im.SetNRGBA64(i%8, i/8, color.NRGBA64{200 * 257, 30 * 257, 30 * 257, 0xffff})
	}
	return im
}

func TestLogosAreHeldToThePolicy(t *testing.T) {
	svg := newInput("logo.svg", "image/svg+xml", []byte(`<svg xmlns="http://www.w3.org/2000/svg"/>`))
	broken := newInput("logo.png", "image/png", []byte("\x89PNG\r\n\x1a\nbroken"))
	for logo, class := range map[input]codec.Class{svg: codec.Unsupported, broken: codec.Invalid} {
		_, err := process(t.Context(), &codec.Work{Op: codec.Watermark{Logo: "key"},
			In: []codec.Input{pngOf(t, flag(30, 30))}, Refs: map[string]codec.Input{"logo": logo}})
		if codec.ClassOf(err) != class || !strings.Contains(err.Error(), logo.name) {
			t.Errorf("%s: %v", logo.name, err)
		}
	}
	_, err := process(t.Context(), &codec.Work{Op: codec.Watermark{Logo: "key"},
		In: []codec.Input{pngOf(t, flag(30, 30))}})
	if codec.ClassOf(err) != codec.Internal {
		t.Errorf("without a logo: %v", err)
	}
}

func TestMarksOnEveryKindOfPicture(t *testing.T) {
	op := codec.Watermark{Text: strings.Repeat("\u2588", 8), Color: "#00ff00", Opacity: new(1.0),
		FontSize: 30, Position: codec.PositionCenter}
	for _, file := range []string{"sharp-Flag_of_the_Netherlands-16bit.png", "govips-jpg-8bit-grey-icc-dot-gain.jpg",
		"sharp-Channel_digital_image_CMYK_color.jpg", "sharp-5_webp_a.webp", "sharp-Landscape_6.jpg",
		"pillow-g4_orientation_6.tif", "pillow-iss634.apng"} {
		out := watermark(t, corpus(t, "image/"+file), op, nil)
		im := decode(t, out)
		z := im.Bounds().Size()
		if d := near(im, z.X/2, z.Y/2, color.NRGBA{0, 255, 0, 255}, 20); d != "" {
			t.Errorf("%s: %s", file, d)
		}
		corner := codec.Transform{CropWidth: 8, CropHeight: 8, Format: "png"}
		plain := decode(t, mustConvert(t, corpus(t, "image/"+file), corner))
		if d := near(im, 2, 2, plain.At(2, 2), 8); d != "" {
			t.Errorf("%s: beside the mark: %s", file, d)
		}
		_, opaque := im.(*image.RGBA64)
		_, clear := im.(*image.NRGBA64)
		if strings.Contains(file, "16bit") && !opaque && !clear {
			t.Errorf("%s: 16 bits became %T", file, im)
		}
	}
}

func TestWatermarkedAnimationsKeepTheirFrames(t *testing.T) {
	op := codec.Watermark{Text: "a", Position: codec.PositionTopLeft, FontSize: 12, Margin: new(2)}
	out := watermark(t, animation(t, 90, 60), op, nil)
	checkAnimation(t, out, out.result.Media)
	if again := watermark(t, animation(t, 90, 60), op, nil); !bytes.Equal(again.data, out.data) {
		t.Error("the same work gives other bytes")
	}
}

// TestCornersOfATurnedMarkAreTransparent looks for white, which neither the picture nor
// the mark has.
func TestCornersOfATurnedMarkAreTransparent(t *testing.T) {
	im := image.NewNRGBA(image.Rect(0, 0, 200, 150))
	draw.Draw(im, im.Rect, image.NewUniform(blue), image.Point{}, draw.Src)
	for _, format := range []string{"jpg", "png"} {
		got := decode(t, mustConvert(t, pngOf(t, im),
			codec.Watermark{Text: "Ada", Color: "#ff0000", FontSize: 60, Rotate: 30, Format: format}))
		for i := range 200 * 150 {
			if _, g, _, _ := got.At(i%200, i/200).RGBA(); g > 0x9000 {
				t.Fatalf("%s: %d, %d is %v", format, i%200, i/200, got.At(i%200, i/200))
			}
		}
	}
}
