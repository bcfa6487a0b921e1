package vectorize_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/gif"
	"image/jpeg"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/codectest"
	"github.com/spoolmedia/spool/codec/vectorize"
)

func samples(t testing.TB) []codectest.Sample {
	small := logo(40, 30, white)
	var photo, animation bytes.Buffer
	if err := jpeg.Encode(&photo, landscape(32, 24), nil); err != nil {
		t.Fatal(err)
	}
	if err := gif.Encode(&animation, small, nil); err != nil {
		t.Fatal(err)
	}
	return []codectest.Sample{
		{Name: "logo.png", Data: pngOf(t, small), Op: codec.Vectorize{Detail: 40}},
		{Name: "photo.jpg", Data: photo.Bytes(), Op: codec.Vectorize{Detail: 20}},
		{Name: "logo.gif", Data: animation.Bytes(), Op: codec.Vectorize{Mono: true}},
	}
}

func TestCodecConforms(t *testing.T) { codectest.Run(t, vectorize.New(), samples(t)) }

func FuzzProcess(f *testing.F) { codectest.Fuzz(f, vectorize.New(), samples(f)...) }

// TestMoreDetailIsCloserAndLarger holds each sample to a distance for each detail;
// they are a fifth above what was measured.
func TestMoreDetailIsCloserAndLarger(t *testing.T) {
	for _, c := range []struct {
		name   string
		source image.Image
		most   map[int]float64 // distance by detail
	}{
		{"logo", logo(120, 90, white), map[int]float64{1: 1.3, 40: 0.7, 82: 0.5, 100: 0.42}},
		{"photograph", part(corpus(t, "image/sharp-5_webp_a.webp"), 80), map[int]float64{1: 10, 40: 5, 82: 3.3, 100: 2.9}},
		{"landscape", landscape(96, 72), map[int]float64{1: 10.5, 40: 9.4, 82: 5.2, 100: 2.7}},
	} {
		t.Run(c.name, func(t *testing.T) {
			last, size := 256.0, 0
			for _, detail := range []int{1, 40, 82, 100} {
				most, ok := c.most[detail]
				if !ok {
					continue
				}
				svg := traceImage(t, codec.Vectorize{Detail: detail}, c.source)
				d := distance(t, render(t, svg), c.source)
				t.Logf("detail %d: %.2f, %d bytes", detail, d, len(svg))
				if d > most {
					t.Errorf("detail %d: the distance is %.2f, allowed are %.2f", detail, d, most)
				}
				if d > last+0.05 || len(svg) < size*9/10 {
					t.Errorf("detail %d: %.2f and %d bytes, after %.2f and %d", detail, d, len(svg), last, size)
				}
				last, size = d, len(svg)
			}
		})
	}
}

// part is a square from the middle of a picture.
func part(m image.Image, side int) image.Image {
	out := image.NewNRGBA(image.Rect(0, 0, side, side))
	b := m.Bounds()
	draw.Draw(out, out.Rect, m, b.Min.Add(image.Pt((b.Dx()-side)/2, (b.Dy()-side)/2)), draw.Src)
	return out
}

func corpus(t testing.TB, name string) image.Image {
	t.Helper()
	data, err := os.ReadFile(codectest.Corpus(t, name))
	if err != nil {
		t.Fatal(err)
	}
	m, err := codectest.DecodeImage(data)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestNoGapShows looks through the drawing of an opaque picture.
func TestNoGapShows(t *testing.T) {
	for name, m := range map[string]image.Image{
		"logo": logo(80, 60, white), "landscape": landscape(80, 60),
		"checks": drawn(64, 64, red, shape{blue, func(x, y float64) bool { return (int(x/8)+int(y/8))%2 == 0 }}),
	} {
		got := render(t, traceImage(t, codec.Vectorize{}, m))
		b := got.Bounds()
		for y := range b.Dy() {
			for x := range b.Dx() {
				if _, _, _, a := got.At(b.Min.X+x, b.Min.Y+y).RGBA(); a < 0xffff {
					t.Fatalf("%s: the ground shows at %d, %d: opacity %x", name, x, y, a)
				}
			}
		}
	}
}

// TestCornersAndBowsStayWhatTheyAre compares at four times the size, where steps
// and cut corners would show.
func TestCornersAndBowsStayWhatTheyAre(t *testing.T) {
	small, large := logo(80, 60, white), logo(320, 240, white)
	svg := string(traceImage(t, codec.Vectorize{}, small))
	svg = strings.Replace(svg, `width="80" height="60"`, `width="320" height="240"`, 1)
	if d := distance(t, render(t, []byte(svg)), large); d > 0.5 {
		t.Errorf("the distance is %.2f", d)
	} else {
		t.Logf("the distance is %.2f", d)
	}
}

func TestADrawingIsSmall(t *testing.T) {
	svg := traceImage(t, codec.Vectorize{}, logo(160, 120, white))
	if paths := bytes.Count(svg, []byte("<path")); paths != 5 {
		t.Errorf("%d paths for 5 colours", paths)
	}
	if len(svg) > 1500 {
		t.Errorf("%d bytes", len(svg))
	}
	if regexp.MustCompile(`\d\.\d`).Match(svg) {
		t.Error("coordinates have fractions")
	}
}

func TestTransparencyStays(t *testing.T) {
	clear := color.NRGBA{}
	m := logo(120, 90, clear)
	got := render(t, traceImage(t, codec.Vectorize{}, m))
	if d := distance(t, got, m); d > 0.6 {
		t.Errorf("the distance is %.2f", d)
	}
	soft := image.NewNRGBA(image.Rect(0, 0, 80, 60))
	for y := range 60 {
		for x := range 80 {
			soft.SetNRGBA(x, y, color.NRGBA{20, 20, 60, uint8(x * 255 / 80)})
		}
	}
	svg := traceImage(t, codec.Vectorize{}, soft)
	if !bytes.Contains(svg, []byte("fill-opacity")) {
		t.Error("no colour is half transparent")
	}
	if d := distance(t, render(t, svg), soft); d > 4 {
		t.Errorf("a shadow: the distance is %.2f", d)
	}
	if svg := traceImage(t, codec.Vectorize{}, image.NewNRGBA(image.Rect(0, 0, 9, 9))); bytes.Contains(svg, []byte("<path")) {
		t.Errorf("nothing became %s", svg)
	}
}

// TestMonoIsBlackOnNothing also traces a picture that is transparent instead of
// white.
func TestMonoIsBlackOnNothing(t *testing.T) {
	want := drawn(80, 60, color.NRGBA{}, shape{color.NRGBA{A: 255}, disc(40, 30, 20)},
		shape{color.NRGBA{}, disc(40, 30, 10)})
	for name, ground := range map[string]color.NRGBA{"white": white, "nothing": {}, "grey": {200, 200, 200, 255}} {
		m := drawn(80, 60, ground, shape{blue, disc(40, 30, 20)}, shape{ground, disc(40, 30, 10)})
		svg := traceImage(t, codec.Vectorize{Mono: true}, m)
		if fills := regexp.MustCompile(`fill="[^"]*"`).FindAllString(string(svg), -1); len(fills) != 1 || fills[0] != `fill="#000"` {
			t.Errorf("on %s: %q", name, fills)
		}
		if d := distance(t, render(t, svg), want); d > 0.6 {
			t.Errorf("on %s: the distance is %.2f", name, d)
		}
	}
}

// TestOrientationIsApplied turns quarters of four colours by EXIF.
func TestOrientationIsApplied(t *testing.T) {
	m := drawn(48, 32, red, shape{green, box(24, 0, 48, 16)}, shape{blue, box(0, 16, 24, 32)},
		shape{orange, box(24, 16, 48, 32)})
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 100}); err != nil {
		t.Fatal(err)
	}
	data := b.Bytes()
	// The colours of the upper corners and of the lower left one.
	for o, want := range map[int][3]color.Color{
		1: {red, green, blue}, 2: {green, red, orange}, 3: {orange, blue, green}, 4: {blue, orange, red},
		5: {red, blue, green}, 6: {blue, red, orange}, 7: {orange, green, blue}, 8: {green, orange, red},
	} {
		exif := "\xff\xe1\x00\x22Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00" +
			string(rune(o)) + "\x00\x00\x00\x00\x00\x00"
		turned := bytes.Join([][]byte{data[:2], []byte(exif), data[2:]}, nil)
		out := trace(t, codec.Vectorize{}, codectest.NewInput("a.jpg", "", turned))
		got := render(t, out.Data)
		if media := out.Result.Media; (media.Width == 32) != (o > 4) || got.Bounds().Dx() != media.Width {
			t.Errorf("orientation %d: %+v is drawn as %v", o, media, got.Bounds().Size())
		}
		patch := func(x, y float64, c color.Color) codectest.Patch {
			return codectest.Patch{X0: x, Y0: y, X1: x + 0.3, Y1: y + 0.3, Colour: c}
		}
		err := codectest.ColourPatches(got, []codectest.Patch{
			patch(0.1, 0.1, want[0]), patch(0.6, 0.1, want[1]), patch(0.1, 0.6, want[2])}, 8)
		if err != nil {
			t.Errorf("orientation %d: %v", o, err)
		}
	}
}

func TestTheSamePictureGivesTheSameBytes(t *testing.T) {
	m := landscape(80, 60)
	if a, b := traceImage(t, codec.Vectorize{}, m), traceImage(t, codec.Vectorize{}, m); !bytes.Equal(a, b) {
		t.Error("the drawings differ")
	}
}

func TestOddSizesAreTraced(t *testing.T) {
	for _, size := range []image.Point{{1, 1}, {1, 200}, {200, 1}, {2, 2}, {3, 5}, {2000, 3}} {
		m := image.NewNRGBA(image.Rectangle{Max: size})
		draw.Draw(m, m.Rect, image.NewUniform(red), image.Point{}, draw.Src)
		m.SetNRGBA(0, 0, blue)
		for _, op := range []codec.Vectorize{{}, {Mono: true}} {
			svg := traceImage(t, op, m)
			if want := fmt.Sprintf(`width="%d" height="%d"`, size.X, size.Y); !bytes.Contains(svg, []byte(want)) {
				t.Errorf("%v: %.200s", size, svg)
			}
			if op.Mono {
				continue
			}
			if got := render(t, svg).Bounds().Size(); got != size {
				t.Errorf("%v is drawn as %v", size, got)
			}
		}
	}
}

func TestALargePictureIsTracedSmall(t *testing.T) {
	m := image.NewGray(image.Rect(0, 0, 1000, 750))
	draw.Draw(m, image.Rect(250, 250, 750, 500), image.White, image.Point{}, draw.Src)
	var before, after runtime.MemStats
	data := pngOf(t, m)
	runtime.ReadMemStats(&before)
	out := trace(t, codec.Vectorize{Detail: 10}, codectest.NewInput("a.png", "", data))
	runtime.ReadMemStats(&after)
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 64<<20 {
		t.Errorf("%d MiB were allocated", grown>>20)
	}
	if got := out.Result.Streams[0].Options["width"]; got != "581" {
		t.Errorf("it was traced %s wide", got)
	}
	if len(out.Data) > 400 {
		t.Errorf("a box took %d bytes: %s", len(out.Data), out.Data)
	}
}

func TestALimitIsNamed(t *testing.T) {
	in := codectest.NewInput("a.png", "", pngOf(t, logo(80, 60, white)))
	err := vectorize.New().Process(t.Context(), &codec.Work{Op: codec.Vectorize{}, In: []codec.Input{in},
		Out: new(codectest.Sink), Policy: codec.Policy{Limits: codec.Limits{Pixels: 100}}})
	if codec.ClassOf(err) != codec.Limit || !strings.Contains(err.Error(), "the limit is 100 pixels") {
		t.Errorf("it returned %v", err)
	}
}

// TestAnEndedContextStopsTheTracing ends it at each step that reports progress.
func TestAnEndedContextStopsTheTracing(t *testing.T) {
	in := codectest.NewInput("a.png", "", pngOf(t, landscape(40, 30)))
	for at := 0.05; at < 0.95; at += 0.1 {
		ctx, end := context.WithCancel(t.Context())
		sink := new(codectest.Sink)
		err := vectorize.New().Process(ctx, &codec.Work{Op: codec.Vectorize{}, In: []codec.Input{in}, Out: sink,
			Progress: func(p codec.Progress) {
				if p.Fraction >= at {
					end()
				}
			}})
		end()
		if !errors.Is(err, context.Canceled) || len(sink.Outputs())+len(sink.Open()) > 0 {
			t.Errorf("ended at %.2f it returned %v", at, err)
		}
	}
}

func TestHostileFilesAreSurvived(t *testing.T) {
	dir := filepath.Dir(codectest.Corpus(t, "hostile/sharp-truncated.jpg"))
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	policy := codec.Policy{Limits: codec.Limits{Pixels: 1 << 20}}
	for _, f := range files {
		data, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		for _, mediaType := range append([]string{""}, vectorize.New().Offers()[0].From...) {
			in := codectest.NewInput(f.Name(), mediaType, data)
			err := vectorize.New().Process(t.Context(), &codec.Work{Op: codec.Vectorize{Detail: 1},
				In: []codec.Input{in}, Out: new(codectest.Sink), Policy: policy})
			if err != nil && !codec.Permanent(err) {
				t.Errorf("%s as %s: %v of the class %s", f.Name(), in.Type(), err, codec.ClassOf(err))
			}
		}
	}
}
