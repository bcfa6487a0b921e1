package vips_test

import (
	"bytes"
	"image"
	"image/color"
	"image/color/palette"
	"image/draw"
	"image/gif"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/vips"
)

var delays = []int{10, 20, 30, 50}

// animation has a frame of one colour for each delay, and plays five times.
func animation(t testing.TB, w, h int) input {
	t.Helper()
	g := &gif.GIF{LoopCount: 4, Delay: delays} // four times more after the first
	for _, c := range []color.Color{red, green, blue, white} {
		frame := image.NewPaletted(image.Rect(0, 0, w, h), palette.WebSafe)
		draw.Draw(frame, frame.Rect, image.NewUniform(c), image.Point{}, draw.Src)
		g.Image = append(g.Image, frame)
	}
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, g); err != nil {
		t.Fatal(err)
	}
	return newInput("flags.gif", "image/gif", b.Bytes())
}

func TestAnimationsKeepFramesDelaysAndLoops(t *testing.T) {
	ops := map[string]codec.Convert{
		"unchanged": {}, "smaller": {Width: 33}, "cut": {Width: 20, Height: 40},
		"padded": {Width: 50, Height: 70, Fit: codec.FitContain}, "larger": {Width: 111, Enlarge: true},
	}
	for name, op := range ops {
		t.Run(name, func(t *testing.T) {
			op.Format = "webp"
			there := mustConvert(t, animation(t, 90, 60), op)
			webp := newInput("flags.webp", "image/webp", there.data)
			media, _, err := vips.New().Probe(t.Context(), &codec.Work{In: []codec.Input{webp}})
			if err != nil || media != there.result.Media {
				t.Errorf("the probe says %+v, %v, and the result %+v", media, err, there.result.Media)
			}
			back := mustConvert(t, webp, codec.Convert{Format: "gif"})
			checkAnimation(t, back, media)
		})
	}
}

func checkAnimation(t *testing.T, o *output, want codec.Media) {
	t.Helper()
	g, err := gif.DecodeAll(bytes.NewReader(o.data))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(g.Delay, delays) || g.LoopCount != 4 {
		t.Errorf("delays %v, loop count %d, want %v and 4", g.Delay, g.LoopCount, delays)
	}
	if want.Frames != len(delays) || want.Duration != 1100*time.Millisecond {
		t.Errorf("the probe says %d frames in %v", want.Frames, want.Duration)
	}
	if g.Config.Width != want.Width || g.Config.Height != want.Height {
		t.Errorf("%d × %d, want %d × %d", g.Config.Width, g.Config.Height, want.Width, want.Height)
	}
	for i, d := range bleeding(g) {
		t.Errorf("frame %d: %s", i, d)
	}
}

// bleeding says which frames have other colours than their own in the middle
// column, by frame.
func bleeding(g *gif.GIF) map[int]string {
	faults := make(map[int]string)
	canvas := image.NewNRGBA(image.Rect(0, 0, g.Config.Width, g.Config.Height))
	for i, frame := range g.Image {
		draw.Draw(canvas, frame.Rect, frame, frame.Rect.Min, draw.Over)
		own := palette.WebSafe[color.Palette(palette.WebSafe).Index([]color.Color{red, green, blue, white}[i%4])]
		for y := range g.Config.Height {
			x := g.Config.Width / 2
			if d := near(canvas, x, y, own, 14); d != "" && !besidePadding(canvas, x, y) {
				faults[i] = d
			}
		}
	}
	return faults
}

// besidePadding reports whether there is white at the pixel or so near that a
// lossy encoder blurs it in.
func besidePadding(im image.Image, x, y int) bool {
	for dy := -3; dy <= 3; dy++ {
		if near(im, x, y+dy, white, 20) == "" {
			return true
		}
	}
	return false
}

func TestBleedingFramesAreCaught(t *testing.T) {
	g, err := gif.DecodeAll(animation(t, 30, 30))
	if err != nil {
		t.Fatal(err)
	}
	if d := bleeding(g); len(d) != 0 {
		t.Errorf("clean frames bleed: %v", d)
	}
	for x := range 30 {
		g.Image[1].Set(x, 0, color.NRGBA{128, 128, 0, 255})
	}
	if d := bleeding(g); len(d) == 0 {
		t.Error("a line of another colour passes")
	}
}

func TestAnimationBecomesAPictureElsewhere(t *testing.T) {
	for _, format := range []string{"jpg", "png", "avif", "tiff", "jxl"} {
		out := mustConvert(t, animation(t, 40, 40), codec.Convert{Format: format})
		if m := out.result.Media; m.Frames != 1 || m.Height != 40 || m.Duration != 0 {
			t.Errorf("%s: %+v", format, m)
		}
		if notes := strings.Join(out.result.Notes, "\n"); !strings.Contains(notes, "first of 4 frames") {
			t.Errorf("%s: notes are %q", format, notes)
		}
		if d := near(decode(t, out), 20, 20, color.NRGBA{204, 51, 51, 255}, 12); d != "" {
			t.Errorf("%s: %s", format, d)
		}
	}
}

func TestAnimatedPNGGivesItsFirstFrame(t *testing.T) {
	in := corpus(t, "image/pillow-iss634.apng")
	media, _, err := vips.New().Probe(t.Context(), &codec.Work{In: []codec.Input{in}})
	if err != nil || media.Frames != 41 {
		t.Errorf("the probe says %+v, %v, want 41 frames", media, err)
	}
	out := mustConvert(t, in, codec.Convert{Format: "gif"})
	if out.result.Media.Frames != 1 || len(out.result.Notes) == 0 {
		t.Errorf("%+v, want one frame and a note", out.result)
	}
}

func TestFramesOfAnAnimationAreLimited(t *testing.T) {
	policy := codec.Policy{Limits: codec.Limits{Frames: 3}}
	_, err := convert(t.Context(), animation(t, 20, 20), codec.Convert{Format: "webp"}, policy)
	if codec.ClassOf(err) != codec.Limit {
		t.Errorf("error %v, want class limit", err)
	}
}
