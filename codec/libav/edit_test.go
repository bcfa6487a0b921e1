package libav_test

import (
	"image"
	"image/color"
	"math"
	"testing"
	"time"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/codectest"
	"github.com/spoolmedia/spool/codec/libav"
)

// recoloured are the middles of the quarters with other colours.
func recoloured(change func(r, g, b float64) (float64, float64, float64)) []codectest.Patch {
	all := patches()
	for i := range all {
		r, g, b, _ := all[i].Colour.RGBA()
		x, y, z := change(float64(r>>8), float64(g>>8), float64(b>>8))
		byteOf := func(v float64) uint8 { return uint8(min(max(0, math.Round(v)), 255)) }
		all[i].Colour = color.RGBA{byteOf(x), byteOf(y), byteOf(z), 255}
	}
	return all
}

func each(f func(v float64) float64) func(r, g, b float64) (float64, float64, float64) {
	return func(r, g, b float64) (float64, float64, float64) { return f(r), f(g), f(b) }
}

func grey(amount float64) func(r, g, b float64) (float64, float64, float64) {
	return func(r, g, b float64) (float64, float64, float64) {
		y := 0.2126*r + 0.7152*g + 0.0722*b
		return y + (r-y)*amount, y + (g-y)*amount, y + (b-y)*amount
	}
}

func TestAdjustChangesColoursAsItSays(t *testing.T) {
	t.Parallel()
	for _, matrix := range []struct{ matrix, label string }{{"bt601", "smpte170m"},
		{"bt709", "bt709"}} {
		in := fields(t, "in.mp4", matrix.matrix, matrix.label, "tv")
		var look looks
		for name, test := range map[string]struct {
			op   codec.Adjust
			want []codectest.Patch
		}{
			"nothing": {codec.Adjust{Brightness: new(1.0)}, patches()},
			"darker": {codec.Adjust{Brightness: new(0.5)},
				recoloured(each(func(v float64) float64 { return v / 2 }))},
			"brighter": {codec.Adjust{Brightness: new(1.2)},
				recoloured(each(func(v float64) float64 { return v * 1.2 }))},
			"less contrast": {codec.Adjust{Contrast: new(0.5)},
				recoloured(each(func(v float64) float64 { return (v-127.5)/2 + 127.5 }))},
			"more contrast": {codec.Adjust{Contrast: new(1.5)},
				recoloured(each(func(v float64) float64 { return (v-127.5)*1.5 + 127.5 }))},
			"pale": {codec.Adjust{Saturation: new(0.5)}, recoloured(grey(0.5))},
			"grey": {codec.Adjust{Grayscale: true}, recoloured(grey(0))},
			"inverted": {codec.Adjust{Invert: true},
				recoloured(each(func(v float64) float64 { return 255 - v }))},
			"all of them": {codec.Adjust{Brightness: new(0.5), Grayscale: true, Invert: true},
				recoloured(func(r, g, b float64) (float64, float64, float64) {
					y, _, _ := grey(0)(r/2, g/2, b/2)
					return 255 - y, 255 - y, 255 - y
				})},
		} {
			if matrix.matrix == "bt601" && name != "darker" && name != "nothing" {
				continue
			}
			look.at(do(t, in, test.op).path, func(got image.Image) {
				if err := codectest.ColourPatches(got, test.want, 8); err != nil {
					t.Errorf("%s, %s: %v", matrix.label, name, err)
				}
				if name != "nothing" && codectest.ColourPatches(got, patches(), 8) == nil {
					t.Errorf("%s, %s: nothing changed", matrix.label, name)
				}
			})
		}
		look.all(t)
	}
}

func TestHueTurnsColoursAndSharpenSharpensEdges(t *testing.T) {
	t.Parallel()
	in := fields(t, "in.mp4", "bt709", "bt709", "tv")
	var paths []string
	for _, degrees := range []float64{120, -120, 360} {
		paths = append(paths, do(t, in, codec.Adjust{Hue: degrees}).path)
	}
	turned := shownBy(t, paths...)
	red := func(i int) (r, g, b uint32) {
		r, g, b, _ = turned[i].At(40, 30).RGBA()
		return r >> 8, g >> 8, b >> 8
	}
	if r, g, b := red(0); g < r || g < b {
		t.Errorf("red turned by 120° is %d, %d, %d", r, g, b)
	}
	if r, g, b := red(1); b < r || b < g {
		t.Errorf("red turned by -120° is %d, %d, %d", r, g, b)
	}
	if r, g, b := red(2); r < 190 || g > 60 || b > 60 {
		t.Errorf("red turned by 360° is %d, %d, %d", r, g, b)
	}
	blurred := ffmpeg(t, "in.mp4", "-i", in, "-vf", "gblur=4", "-crf", "8")
	edges := shownBy(t, do(t, blurred, codec.Adjust{Quality: 95}).path,
		do(t, blurred, codec.Adjust{Sharpen: true, Quality: 95}).path)
	edge := func(m image.Image) (steepest float64) {
		for x := 1; x < 192; x++ {
			_, a, _, _ := m.At(x-1, 30).RGBA()
			_, b, _, _ := m.At(x, 30).RGBA()
			steepest = max(steepest, math.Abs(float64(a)-float64(b))/257)
		}
		return steepest
	}
	if soft, sharp := edge(edges[0]), edge(edges[1]); sharp <= soft*1.05 {
		t.Errorf("the steepest edge was %.1f and is %.1f", soft, sharp)
	}
}

func TestSoundAloneLeavesPicturesAsTheyAre(t *testing.T) {
	t.Parallel()
	in := clapper(t, "in.mp4")
	o := do(t, in, codec.Adjust{Volume: new(0.9)})
	if o.Streams[0].Action != codec.Copied || o.Streams[1].Action != codec.Encoded {
		t.Errorf("streams = %+v", o.Streams)
	}
	if err := codectest.InSync(o.path, 20*time.Millisecond); err != nil {
		t.Error(err)
	}
	o = do(t, in, codec.Adjust{Normalize: true, Brightness: new(0.9)})
	if err := codectest.InSync(o.path, 20*time.Millisecond); err != nil {
		t.Error(err)
	}
	if err := codectest.SameFrames(o.path, in, tick); err != nil {
		t.Error(err)
	}
	if o := do(t, in, codec.Adjust{Saturation: new(0.9)}); o.Streams[1].Action != codec.Copied {
		t.Errorf("streams = %+v", o.Streams)
	}
}

func TestFadesStartAndEndInTheDark(t *testing.T) {
	t.Parallel()
	in := ffmpeg(t, "in.mp4", "-f", "lavfi", "-i", "color=white:s=64x48:r=25:d=4", "-f", "lavfi", "-i",
		"sine=r=48000:d=4", "-c:v", "libx264", "-c:a", "aac")
	for _, length := range []float64{1, 2} {
		all := luma(t, do(t, in, codec.Adjust{FadeIn: length, FadeOut: length}).path)
		half := int(length * 25 / 2)
		for name, got := range map[string]struct{ is, want int }{
			"start": {all[0], 16}, "half": {all[half], 126}, "middle": {all[50], 235},
			"end": {all[len(all)-1], 20}, "half before the end": {all[len(all)-1-half], 126},
		} {
			if length == 2 && name == "middle" {
				continue // both fades meet
			}
			if off := got.is - got.want; off < -15 || off > 15 {
				t.Errorf("fades of %v s: the %s is %d, want %d", length, name, got.is, got.want)
			}
		}
	}
}

func TestTransformChangesGeometryAsItSays(t *testing.T) {
	t.Parallel()
	in := fields(t, "in.mp4", "bt709", "bt709", "tv") // 192 × 128: red, green, blue, light
	order := func(at ...int) []codectest.Patch {
		all := patches()
		for i, j := range at {
			all[i].Colour = quarters[j]
		}
		return all
	}
	var look looks
	for name, test := range map[string]struct {
		op   codec.Transform
		size image.Point
		want []codectest.Patch
	}{
		"nothing":    {codec.Transform{}, image.Pt(192, 128), order()},
		"right half": {codec.Transform{CropLeft: 96}, image.Pt(96, 128), order(1, 1, 3, 3)},
		"odd part": {codec.Transform{CropLeft: 1, CropTop: 1, CropWidth: 95, CropHeight: 63},
			image.Pt(94, 62), order(0, 0, 0, 0)},
		"quarter turn":   {codec.Transform{Rotate: 90}, image.Pt(128, 192), order(2, 0, 3, 1)},
		"three quarters": {codec.Transform{Rotate: -90}, image.Pt(128, 192), order(1, 3, 0, 2)},
		"half turn":      {codec.Transform{Rotate: 180}, image.Pt(192, 128), order(3, 2, 1, 0)},
		"flip":           {codec.Transform{Flip: true}, image.Pt(192, 128), order(2, 3, 0, 1)},
		"flop":           {codec.Transform{Flop: true}, image.Pt(192, 128), order(1, 0, 3, 2)},
		"small":          {codec.Transform{Width: 96}, image.Pt(96, 64), order()},
		"not larger":     {codec.Transform{Width: 384}, image.Pt(192, 128), order()},
		"larger":         {codec.Transform{Width: 384, Enlarge: true}, image.Pt(384, 256), order()},
		"cover east": {codec.Transform{Width: 64, Height: 128, Gravity: codec.GravityEast},
			image.Pt(64, 128), order(1, 1, 3, 3)},
		"ratio": {codec.Transform{AspectRatio: "1:1"}, image.Pt(128, 128), order()},
		"cover focus": {codec.Transform{Width: 64, Height: 128, FocusX: new(0.1)}, image.Pt(64, 128),
			order(0, 0, 2, 2)},
		"cut, turned": {codec.Transform{CropLeft: 96, Rotate: 90, Width: 64}, image.Pt(64, 48),
			order(3, 1, 3, 1)},
	} {
		for _, format := range []string{"", "webm"} {
			test.op.Format = format
			o := do(t, in, test.op)
			look.at(o.path, func(got image.Image) {
				if z := got.Bounds().Size(); z != test.size || o.Media.Width != z.X || o.Media.Height != z.Y {
					t.Errorf("%s %s: %v, want %v; the result says %+v", name, format, z, test.size, o.Media)
				}
				if err := codectest.ColourPatches(got, test.want, 9); err != nil {
					t.Errorf("%s %s: %v", name, format, err)
				}
			})
			if format == "" && name != "nothing" {
				continue
			}
			break
		}
	}
	look.all(t)
	_, err := process(t.Context(), codectest.OpenInput(t, in), codec.Transform{Rotate: 30})
	if codec.ClassOf(err) != codec.Unsupported {
		t.Errorf("a turn by 30°: %v", err)
	}
	_, err = process(t.Context(), codectest.OpenInput(t, in), codec.Transform{CropLeft: 500})
	if codec.ClassOf(err) != codec.Invalid {
		t.Errorf("a part outside: %v", err)
	}
}

func TestTransformChangesTheFrameRate(t *testing.T) {
	t.Parallel()
	in := strip(t, "in.mp4") // 150 pictures in 6 s
	for _, rate := range []float64{10, 50} {
		o := do(t, in, codec.Transform{FrameRate: rate})
		if n := len(luma(t, o.path)); math.Abs(float64(n)-6*rate) > 1 {
			t.Errorf("%d pictures at %v a second", n, rate)
		}
		if err := lasts(o.path, 6*time.Second, 100*time.Millisecond); err != nil {
			t.Error(err)
		}
	}
	var look looks
	for _, op := range []codec.Transform{{Width: 100, Height: 100}, {Width: 100, AspectRatio: "1:1"},
		{AspectRatio: "16.3:25"}} {
		op.Fit, op.Background = codec.FitContain, "#ff0000"
		look.at(do(t, in, op).path, func(padded image.Image) {
			z := padded.Bounds().Size()
			if want := image.Pt(100, 100); z != want && (op.Width > 0 || z != image.Pt(64, 100)) {
				t.Errorf("%+v makes %v", op, z)
			}
			if r, g, _, _ := padded.At(z.X/2, 4).RGBA(); r < 0xc000 || g > 0x4000 {
				t.Errorf("%+v: the border is %x, %x", op, r, g)
			}
			if r, g, _, _ := padded.At(z.X/2, z.Y/2).RGBA(); r > g+0x1000 {
				t.Errorf("%+v: the middle is %x, %x", op, r, g)
			}
		})
	}
	look.all(t)
}

func TestAChainIsOnePass(t *testing.T) {
	t.Parallel()
	in := strip(t, "in.mp4")
	op := codec.Chain{Steps: codec.Steps{
		codec.Trim{Start: 2, Duration: 1},
		codec.Transform{CropWidth: 32, Width: 16},
		codec.Adjust{Invert: true},
		codec.Watermark{Logo: "key", WatermarkWidth: 4, Margin: new(0), Opacity: new(1.0)},
		codec.Convert{Format: "mkv", Quality: 95},
	}}
	sink := new(codectest.Sink)
	err := libav.New().Process(t.Context(), &codec.Work{Op: op, Out: sink,
		In:   []codec.Input{codectest.OpenInput(t, in)},
		Refs: map[string]codec.Input{"steps[3].logo": logo(t, color.Black, 8, 8)}})
	if err != nil {
		t.Fatal(err)
	}
	o := save(t, sink.Outputs()[0])
	if o.Media.Width != 16 || o.Media.Height != 24 || o.Media.Type != "video/x-matroska" {
		t.Errorf("media = %+v", o.Media)
	}
	all := luma(t, o.path)
	want := 235 - 50 // picture 50, inverted; a black spot takes a little
	if len(all) != 25 || all[0] < want-15 || all[0] > want+3 {
		t.Errorf("%d pictures, the first is %d, want about %d", len(all), all[0], want)
	}
}
