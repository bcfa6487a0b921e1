package vips_test

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"strings"
	"testing"

	"github.com/spoolmedia/spool/codec"
)

// grid is 3 × 3 fields of cell × cell pixels, each of its own colour.
func grid(cell int) *image.NRGBA {
	im := image.NewNRGBA(image.Rect(0, 0, 3*cell, 3*cell))
	for i, c := range fields {
		at := image.Pt(i%3*cell, i/3*cell)
		draw.Draw(im, image.Rectangle{Min: at, Max: at.Add(image.Pt(cell, cell))},
			image.NewUniform(c), image.Point{}, draw.Src)
	}
	return im
}

var fields = []color.NRGBA{
	{200, 30, 30, 255}, {30, 160, 30, 255}, {30, 30, 200, 255},
	{200, 200, 30, 255}, {120, 120, 120, 255}, {30, 200, 200, 255},
	{200, 30, 200, 255}, {255, 140, 0, 255}, {20, 20, 20, 255},
}

// shows checks the colours at the middle of a grid of fields, from left to right
// and from top to bottom; -1 is not looked at.
func shows(t *testing.T, im image.Image, columns int, want ...int) {
	t.Helper()
	b := im.Bounds()
	rows := len(want) / columns
	for i, field := range want {
		x := (2*(i%columns) + 1) * b.Dx() / (2 * columns)
		y := (2*(i/columns) + 1) * b.Dy() / (2 * rows)
		if field < 0 {
			continue
		}
		if d := near(im, x, y, fields[field], 14); d != "" {
			t.Errorf("field %d should be that of %d: %s", i, field, d)
		}
	}
}

func pngGrid(t *testing.T) input { return pngOf(t, grid(30)) }

func TestThumbnailIsOfTheSizeAskedFor(t *testing.T) {
	in := pngOf(t, flag(900, 600))
	for _, test := range []struct {
		op   codec.Thumbnail
		want image.Point
	}{
		{codec.Thumbnail{Format: "png"}, image.Pt(512, 512)},
		{codec.Thumbnail{Format: "png", Width: 90}, image.Pt(90, 60)},
		{codec.Thumbnail{Format: "png", Height: 90}, image.Pt(135, 90)},
		{codec.Thumbnail{Format: "png", Width: 90, Height: 90, Fit: codec.FitInside}, image.Pt(90, 60)},
		{codec.Thumbnail{Format: "png", Width: 90, Height: 90, Fit: codec.FitContain}, image.Pt(90, 90)},
		{codec.Thumbnail{Format: "webp", Width: 9000}, image.Pt(900, 600)},
		{codec.Thumbnail{Width: 60, Height: 90}, image.Pt(60, 90)},
	} {
		out := mustConvert(t, in, test.op)
		if got := decode(t, out).Bounds().Size(); got != test.want {
			t.Errorf("%+v: %v, want %v", test.op, got, test.want)
		}
		if want := "image/" + strings.Replace(test.op.Target(), "jpg", "jpeg", 1); out.spec.Type != want {
			t.Errorf("%+v makes %s, want %s", test.op, out.spec.Type, want)
		}
	}
}

func TestThumbnailCarriesNoMetadata(t *testing.T) {
	in := corpus(t, "image/exifsamples-gps-DSCN0010.jpg")
	if !bytes.Contains(in2bytes(in), []byte("Exif")) {
		t.Fatal("the input has no EXIF")
	}
	for _, format := range []string{"jpg", "png", "webp", "avif"} {
		out := mustConvert(t, in, codec.Thumbnail{Format: format, Width: 80})
		for _, name := range []string{"Exif", "EXIF", "eXIf", "Nikon", "NIKON", "COOLPIX"} {
			if bytes.Contains(out.data, []byte(name)) {
				t.Errorf("%s: %q is in the output", format, name)
			}
		}
	}
}

func TestThumbnailFields(t *testing.T) {
	in := pngOf(t, flag(300, 100))
	left := decode(t, mustConvert(t, in, codec.Thumbnail{Format: "png", Width: 50, Height: 50,
		Gravity: codec.GravityWest}))
	right := decode(t, mustConvert(t, in, codec.Thumbnail{Format: "png", Width: 50, Height: 50,
		Gravity: codec.GravityEast}))
	padded := decode(t, mustConvert(t, in, codec.Thumbnail{Format: "png", Width: 50, Height: 50,
		Fit: codec.FitContain, Background: "#1e1ec8"}))
	for _, d := range []string{near(left, 25, 25, red, 3), near(right, 25, 25, blue, 3),
		near(padded, 25, 2, blue, 3)} {
		if d != "" {
			t.Error(d)
		}
	}
	photo := corpus(t, "image/sharp-Landscape_1.jpg")
	low := mustConvert(t, photo, codec.Thumbnail{Width: 200, Height: 200, Quality: 20})
	high := mustConvert(t, photo, codec.Thumbnail{Width: 200, Height: 200, Quality: 95})
	if 2*len(low.data) > len(high.data) {
		t.Errorf("%d bytes with quality 20, %d with 95", len(low.data), len(high.data))
	}
}

func TestTransformGeometry(t *testing.T) {
	const cell = 30
	for _, test := range []struct {
		name    string
		op      codec.Transform
		size    image.Point
		columns int
		fields  []int
	}{
		{"nothing", codec.Transform{}, image.Pt(90, 90), 3, []int{0, 1, 2, 3, 4, 5, 6, 7, 8}},
		{"flip", codec.Transform{Flip: true}, image.Pt(90, 90), 3, []int{6, 7, 8, 3, 4, 5, 0, 1, 2}},
		{"flop", codec.Transform{Flop: true}, image.Pt(90, 90), 3, []int{2, 1, 0, 5, 4, 3, 8, 7, 6}},
		{"quarter", codec.Transform{Rotate: 90}, image.Pt(90, 90), 3, []int{6, 3, 0, 7, 4, 1, 8, 5, 2}},
		{"half", codec.Transform{Rotate: -180}, image.Pt(90, 90), 3, []int{8, 7, 6, 5, 4, 3, 2, 1, 0}},
		{"three quarters", codec.Transform{Rotate: -90}, image.Pt(90, 90), 3,
			[]int{2, 5, 8, 1, 4, 7, 0, 3, 6}},
		{"crop", codec.Transform{CropLeft: cell, CropTop: 2 * cell}, image.Pt(60, 30), 2, []int{7, 8}},
		{"crop box", codec.Transform{CropLeft: cell, CropWidth: cell, CropHeight: 2 * cell},
			image.Pt(30, 60), 1, []int{1, 4}},
		{"crop over the edge", codec.Transform{CropLeft: 2 * cell, CropWidth: 1000}, image.Pt(30, 90), 1,
			[]int{2, 5, 8}},
		{"flip comes before rotate", codec.Transform{Flip: true, Rotate: 90}, image.Pt(90, 90), 3,
			[]int{0, 3, 6, 1, 4, 7, 2, 5, 8}},
		{"crop, turn, then resize", codec.Transform{CropHeight: cell, Rotate: 90, Width: 10},
			image.Pt(10, 30), 1, []int{0, 1, 2}},
		{"focus", codec.Transform{Width: 30, Height: 90, FocusX: new(0.0), FocusY: new(0.0)},
			image.Pt(30, 90), 1, []int{0, 3, 6}},
		{"focus over gravity", codec.Transform{Width: 90, Height: 30, FocusY: new(0.9),
			Gravity: codec.GravityNorth}, image.Pt(90, 30), 3, []int{6, 7, 8}},
		{"focus in the middle", codec.Transform{Width: 90, Height: 30, FocusX: new(1.0)},
			image.Pt(90, 30), 3, []int{3, 4, 5}},
		{"never larger", codec.Transform{Width: 900}, image.Pt(90, 90), 3, []int{0, 1, 2, 3, 4, 5, 6, 7, 8}},
		{"larger if asked", codec.Transform{Width: 180, Enlarge: true}, image.Pt(180, 180), 3,
			[]int{0, 1, 2, 3, 4, 5, 6, 7, 8}},
		{"square", codec.Transform{Preset: codec.PresetSquare, Width: 60, Height: 30}, image.Pt(60, 60), 3,
			[]int{0, 1, 2, 3, 4, 5, 6, 7, 8}},
		{"width", codec.Transform{Preset: codec.PresetWidth, Width: 45, Height: 7}, image.Pt(45, 45), 3,
			[]int{0, 1, 2, 3, 4, 5, 6, 7, 8}},
		{"original", codec.Transform{Preset: codec.PresetOriginal, Width: 45}, image.Pt(90, 90), 3,
			[]int{0, 1, 2, 3, 4, 5, 6, 7, 8}},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.op.Format = "png"
			got := decode(t, mustConvert(t, pngOf(t, grid(cell)), test.op))
			if got.Bounds().Size() != test.size {
				t.Fatalf("size %v, want %v", got.Bounds().Size(), test.size)
			}
			shows(t, got, test.columns, test.fields...)
		})
	}
}

func TestGravityKeepsItsSide(t *testing.T) {
	wide := map[string][]int{ // of 90 × 90 cut to 30 × 90, then to 90 × 30
		codec.GravityNorth: {1, 4, 7, 0, 1, 2}, codec.GravitySouth: {1, 4, 7, 6, 7, 8},
		codec.GravityEast: {2, 5, 8, 3, 4, 5}, codec.GravityWest: {0, 3, 6, 3, 4, 5},
		codec.GravityNortheast: {2, 5, 8, 0, 1, 2}, codec.GravitySouthwest: {0, 3, 6, 6, 7, 8},
		codec.GravityNorthwest: {0, 3, 6, 0, 1, 2}, codec.GravitySoutheast: {2, 5, 8, 6, 7, 8},
		codec.GravityCenter: {1, 4, 7, 3, 4, 5}, "": {1, 4, 7, 3, 4, 5},
	}
	for gravity, want := range wide {
		t.Run(gravity, func(t *testing.T) {
			tall := codec.Transform{Format: "png", Width: 30, Height: 90, Gravity: gravity}
			shows(t, decode(t, mustConvert(t, pngGrid(t), tall)), 1, want[:3]...)
			low := codec.Transform{Format: "png", Width: 90, Height: 30, Gravity: gravity}
			shows(t, decode(t, mustConvert(t, pngGrid(t), low)), 3, want[3:]...)
		})
	}
}

// TestSmartCropsFindWhatStandsOut hides a colourful, detailed patch in a corner of
// grey.
func TestSmartCropsFindWhatStandsOut(t *testing.T) {
	im := image.NewNRGBA(image.Rect(0, 0, 600, 200))
	draw.Draw(im, im.Rect, image.NewUniform(color.NRGBA{128, 128, 128, 255}), image.Point{}, draw.Src)
	for y := 60; y < 140; y++ {
		for x := 480; x < 560; x++ {
			im.SetNRGBA(x, y, []color.NRGBA{red, green}[(x/8+y/8)%2])
		}
	}
	for _, gravity := range []string{codec.GravityAttention, codec.GravityEntropy} {
		op := codec.Transform{Format: "png", Width: 100, Height: 100, Gravity: gravity}
		got := decode(t, mustConvert(t, pngOf(t, im), op))
		colourful := 0
		for y := range 100 {
			for x := range 100 {
				if c := rgba(got.At(x, y)); max(c[0], c[1])-c[2] > 60 {
					colourful++
				}
			}
		}
		if colourful < 1200 { // the patch is 40 × 40 there
			t.Errorf("%s: %d colourful pixels", gravity, colourful)
		}
	}
	op := codec.Transform{Format: "png", Width: 100, Height: 100}
	if got := decode(t, mustConvert(t, pngOf(t, im), op)); near(got, 50, 50,
		color.NRGBA{128, 128, 128, 255}, 3) != "" {
		t.Error("the middle is not grey, so the test shows nothing")
	}
}

func TestRotatedCornersHaveTheBackground(t *testing.T) {
	in := pngOf(t, grid(30))
	for _, test := range []struct {
		op   codec.Transform
		want color.Color
	}{
		{codec.Transform{Format: "png", Rotate: 45}, color.Transparent},
		{codec.Transform{Format: "jpg", Rotate: 45}, white},
		{codec.Transform{Format: "png", Rotate: 45, Background: "#1e1ec8"}, blue},
		{codec.Transform{Format: "jpg", Rotate: -45, Background: "#1e1ec8"}, blue},
	} {
		got := decode(t, mustConvert(t, in, test.op))
		b := got.Bounds().Size()
		if b.X < 126 || b.X > 129 || b.Y != b.X {
			t.Errorf("%+v: size %v, want the diagonal of 90 × 90", test.op, b)
		}
		if d := near(got, 3, 3, test.want, 12); d != "" {
			t.Errorf("%+v: corner: %s", test.op, d)
		}
		// Turned clockwise, what was on the left comes to the top.
		for side, at := range map[int]image.Point{0: {64, 24}, 8: {64, 104}, 6: {24, 64}, 2: {104, 64}} {
			if test.op.Rotate < 0 {
				at = image.Pt(at.Y, 128-at.X) // a quarter turn on
			}
			if d := near(got, at.X, at.Y, fields[side], 30); d != "" {
				t.Errorf("%+v: field %d: %s", test.op, side, d)
			}
		}
	}
}

func TestCropBesideThePictureIsRefused(t *testing.T) {
	for _, op := range []codec.Transform{{CropLeft: 90}, {CropTop: 91, CropHeight: 1}} {
		_, err := convert(t.Context(), pngGrid(t), op, trusting)
		if codec.ClassOf(err) != codec.Unsupported || !strings.Contains(err.Error(), "outside") {
			t.Errorf("%+v: %v", op, err)
		}
	}
}

func TestTransformMakesWebPByDefault(t *testing.T) {
	low := mustConvert(t, corpus(t, "image/sharp-Landscape_1.jpg"), codec.Transform{Width: 200, Quality: 10})
	high := mustConvert(t, corpus(t, "image/sharp-Landscape_1.jpg"), codec.Transform{Width: 200, Quality: 95})
	if low.spec.Type != "image/webp" || low.spec.Name != "sharp-Landscape_1.webp" {
		t.Errorf("the output is %+v", low.spec)
	}
	if 2*len(low.data) > len(high.data) {
		t.Errorf("%d bytes with quality 10, %d with 95", len(low.data), len(high.data))
	}
}

func TestPresetsHaveTheirSizes(t *testing.T) {
	made := mustConvert(t, pngOf(t, flag(36, 48)),
		codec.Convert{Format: "jpg", Width: 2304, Enlarge: true}) // 2304 × 3072
	in := newInput("flag.jpg", made.spec.Type, made.data)
	for preset, want := range map[string]image.Point{
		codec.PresetWebsite: {1440, 1920}, codec.PresetEmail: {900, 1200},
		codec.PresetInstagram: {1080, 1080}, codec.PresetLinkedin: {1200, 627},
		codec.PresetEcommerce: {2048, 2048}, codec.PresetSquare: {1080, 1080},
		codec.PresetAvatar: {512, 512}, codec.PresetBlogHero: {1600, 900},
		codec.PresetSocialPreview: {1200, 630},
	} {
		m := mustConvert(t, in, codec.Transform{Format: "jpg", Preset: preset}).result.Media
		if got := image.Pt(m.Width, m.Height); got != want {
			t.Errorf("%s: %v, want %v", preset, got, want)
		}
	}
}

func TestAnimationsAreTransformedFrameByFrame(t *testing.T) {
	for name, op := range map[string]codec.Transform{
		"flip": {Flip: true}, "turned": {Rotate: 90}, "at an angle": {Rotate: 30, Background: "#ffffff"},
		"crop": {CropLeft: 10, CropTop: 10}, "smart": {Width: 20, Height: 20, Gravity: codec.GravityAttention},
	} {
		t.Run(name, func(t *testing.T) {
			op.Format = "gif"
			out := mustConvert(t, animation(t, 90, 60), op)
			checkAnimation(t, out, out.result.Media)
		})
	}
}
