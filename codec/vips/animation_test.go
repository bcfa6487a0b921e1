package vips_test

import (
	"bytes"
	"image"
	"image/color"
	"image/color/palette"
	"image/draw"
	"image/gif"
	"os"
	"os/exec"
	"path/filepath"
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
	for _, format := range []string{"jpg", "png", "tiff", "jxl"} {
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

// TestAnimationsKeepFramesElsewhere goes from gif to apng, webp, apng, avif and back.
func TestAnimationsKeepFramesElsewhere(t *testing.T) {
	in := animation(t, 90, 60)
	var probed codec.Media
	for i, format := range []string{"apng", "webp", "apng", "avif"} {
		op := codec.Convert{Format: format}
		if i == 0 {
			op.Width = 45
		}
		there := mustConvert(t, in, op)
		in = newInput("flags."+format, there.spec.Type, there.data)
		if sniffed, err := codec.Sniff(in, in.Size()); err != nil || sniffed != "image/"+format {
			t.Errorf("the bytes are %s, %v", sniffed, err)
		}
		var err error
		probed, _, err = vips.New().Probe(t.Context(), &codec.Work{In: []codec.Input{in}})
		if err != nil || probed != there.result.Media || probed.Width != 45 {
			t.Errorf("%s: the probe says %+v, %v, and the result %+v", format, probed, err,
				there.result.Media)
		}
	}
	checkAnimation(t, mustConvert(t, in, codec.Convert{Format: "gif"}), probed)
}

// TestAPNGIsDrawnByOthers lets another library draw the frames, of which the second
// and the third change a part only: one with transparency, one without.
func TestAPNGIsDrawnByOthers(t *testing.T) {
	g := &gif.GIF{Delay: []int{10, 20, 30}, Disposal: []byte{gif.DisposalNone, gif.DisposalBackground, 0}}
	for _, r := range []image.Rectangle{image.Rect(0, 0, 40, 30), image.Rect(5, 6, 20, 20),
		image.Rect(25, 10, 30, 30)} {
		frame := image.NewPaletted(r, color.Palette{color.Transparent, red, green, blue})
		draw.Draw(frame, r, image.NewUniform(frame.Palette[1+len(g.Image)]), image.Point{}, draw.Src)
		g.Image = append(g.Image, frame)
	}
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, g); err != nil {
		t.Fatal(err)
	}
	out := mustConvert(t, newInput("parts.gif", "image/gif", b.Bytes()), codec.Convert{Format: "apng"})
	path := filepath.Join(t.TempDir(), "parts.apng") // ffmpeg goes back in it
	if err := os.WriteFile(path, out.data, 0o600); err != nil {
		t.Fatal(err)
	}
	ffmpeg := exec.CommandContext(t.Context(), "ffmpeg", "-v", "error", "-f", "apng", "-i", path,
		"-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", "rgba", "-")
	ffmpeg.Stderr = t.Output()
	raw, err := ffmpeg.Output()
	if err != nil || len(raw) != 3*4*40*30 {
		t.Fatalf("%d bytes, %v", len(raw), err)
	}
	for _, c := range []struct {
		frame, x, y int
		want        color.NRGBA
	}{
		{0, 6, 7, red}, {1, 6, 7, green}, {1, 1, 1, red}, {2, 6, 7, color.NRGBA{}},
		{2, 1, 1, red}, {2, 26, 11, blue},
	} {
		im := &image.NRGBA{Pix: raw[c.frame*4*40*30:], Stride: 4 * 40, Rect: image.Rect(0, 0, 40, 30)}
		if d := near(im, c.x, c.y, c.want, 1); d != "" {
			t.Errorf("frame %d: %s", c.frame, d)
		}
	}
}

func TestAPNGFromOthersKeepsItsFrames(t *testing.T) {
	in := corpus(t, "image/pillow-iss634.apng")
	for _, format := range []string{"apng", "webp"} {
		out := mustConvert(t, in, codec.Convert{Format: format, Width: 80})
		if m := out.result.Media; m.Frames != 41 || m.Width != 80 || m.Duration != probe(t, in).Duration {
			t.Errorf("%s: %+v, want 41 frames in %v", format, m, probe(t, in).Duration)
		}
		if format == "apng" && int64(len(out.data)) > in.Size() {
			t.Errorf("smaller frames have %d bytes, of %d", len(out.data), in.Size())
		}
	}
}

func TestCompressAnAPNG(t *testing.T) {
	loose := mustConvert(t, animation(t, 90, 60), codec.Convert{Format: "apng", Effort: 1})
	in := newInput("flags.apng", "image/apng", loose.data)
	out := mustConvert(t, in, codec.Compress{Lossless: true})
	if len(out.data) >= len(loose.data) || out.result.Media != loose.result.Media {
		t.Errorf("%d bytes became %d: %+v", len(loose.data), len(out.data), out.result)
	}
}

func TestAnimatedPNGGivesItsFirstFrame(t *testing.T) {
	in := corpus(t, "image/pillow-iss634.apng")
	media, _, err := vips.New().Probe(t.Context(), &codec.Work{In: []codec.Input{in}})
	if err != nil || media.Frames != 41 {
		t.Errorf("the probe says %+v, %v, want 41 frames", media, err)
	}
	out := mustConvert(t, in, codec.Convert{Format: "png"})
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
