package libav_test

import (
	"bytes"
	"image/gif"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/codectest"
	"github.com/spoolmedia/spool/codec/libav"
)

func TestAGIFShowsItsPartOfTheFilm(t *testing.T) {
	t.Parallel()
	in := strip(t, "in.mp4")
	for _, test := range []struct {
		op                   codec.GIF
		frames, width, first int
		hundredths           int
	}{
		{codec.GIF{}, 48, 64, 0, 400}, // not enlarged
		{codec.GIF{Start: 2.02, Duration: 1, FPS: 5, Width: 32}, 5, 32, 50, 100},
		{codec.GIF{Start: 5.02, Duration: 10, FPS: 10}, 9, 64, 125, 90}, // to the end
		{codec.GIF{Start: 0.5, Duration: 1, FPS: 25, Width: 17}, 25, 17, 12, 100},
	} {
		o := pictureOf(t, in, test.op)
		g, err := gif.DecodeAll(bytes.NewReader(o.Data))
		if err != nil {
			t.Fatal(err)
		}
		total := 0
		for _, d := range g.Delay {
			total += d
		}
		if n := len(g.Image); n < test.frames || n > test.frames+1 || g.Config.Width != test.width ||
			total < test.hundredths-2 || total > test.hundredths+12 || g.LoopCount != 0 {
			t.Errorf("%+v: %d pictures of %d pixels, %d hundredths, loop %d", test.op, n, g.Config.Width,
				total, g.LoopCount)
		}
		if got := pictureNumber(g.Image[0]); got < test.first-1 || got > test.first+1 {
			t.Errorf("%+v: the first picture is %d, want %d", test.op, got, test.first)
		}
		m := o.Result.Media
		if m.Frames != len(g.Image) || m.Width != test.width || m.Type != "image/gif" {
			t.Errorf("%+v: media = %+v", test.op, m)
		}
	}
}

func TestAGIFHasThePaletteOfItsFilm(t *testing.T) {
	t.Parallel()
	in := fields(t, "in.mp4", "bt709", "bt709", "tv")
	o := pictureOf(t, in, codec.GIF{Duration: 0.5})
	m, err := codectest.DecodeImage(o.Data)
	if err != nil {
		t.Fatal(err)
	}
	if err := codectest.ColourPatches(m, patches(), 8); err != nil {
		t.Error(err)
	}
}

func TestAnAnimatedWebPLoopsAndShowsItsPart(t *testing.T) {
	t.Parallel()
	in := busy(t, "in.mp4", "-c:v", "libx264", "-crf", "10")
	size := map[int]int{}
	for _, quality := range []int{10, 90} {
		o := pictureOf(t, in, codec.GIF{Format: "webp", Start: 1, Duration: 1, FPS: 8, Quality: quality})
		size[quality] = len(o.Data)
		path := save(t, o).path
		about := string(printed(t, "vipsheader", "-a", path))
		for _, want := range []string{"width: 160", "n-pages: 8", "loop: 0", "delay: 125 125"} {
			if !strings.Contains(about, want) {
				t.Errorf("%q is missing in %s", want, about)
			}
		}
		if m := o.Result.Media; m.Frames != 8 || m.Duration != 1e9 {
			t.Errorf("media = %+v", m)
		}
	}
	if size[10]*2 > size[90] {
		t.Errorf("bytes by quality: %v", size)
	}
}

func TestAnAnimatedWebPTellsItsProgress(t *testing.T) {
	t.Parallel()
	in := ffmpeg(t, "in.mp4", "-f", "lavfi", "-i", "testsrc=s=64x48:r=50:d=4", "-c:v", "libx264",
		"-preset", "ultrafast")
	var told []float64
	sink := new(codectest.Sink)
	err := libav.New().Process(t.Context(), &codec.Work{Op: codec.GIF{Format: "webp", Duration: 4},
		In: []codec.Input{codectest.OpenInput(t, in)}, Out: sink,
		Progress: func(p codec.Progress) { told = append(told, p.Fraction) }})
	if err != nil {
		t.Fatal(err)
	}
	between := slices.DeleteFunc(slices.Clone(told), func(done float64) bool {
		return done <= 0.1 || done >= 0.9
	})
	if len(between) < 3 || !slices.IsSorted(told) {
		t.Errorf("of 200 pictures %v was told", told)
	}
}

// TestPicturesOfASlowFilmAreMadeOneByOne looks for what FFmpeg says of a hundred that wait.
func TestPicturesOfASlowFilmAreMadeOneByOne(t *testing.T) {
	t.Parallel()
	in := ffmpeg(t, "in.mp4", "-f", "lavfi", "-i", "testsrc2=s=64x48:r=1/20:d=40", "-c:v", "libx264")
	o := pictureOf(t, in, codec.GIF{Format: "webp", Duration: 4, FPS: 50})
	if r := o.Result; r.Media.Frames != 200 || len(r.Notes) > 0 {
		t.Errorf("%d pictures, and notes: %q", r.Media.Frames, r.Notes)
	}
}

func TestAVIFSequenceBecomesAFilm(t *testing.T) {
	in := codectest.Corpus(t, "image/pillow-star.avifs")
	for _, format := range []string{"mp4", "webm"} {
		out := do(t, in, codec.Convert{Format: format})
		if m := out.Result.Media; m.Width != 159 || m.Duration != 200*time.Millisecond {
			t.Errorf("%s: %+v", format, m)
		}
	}
}

func TestAStillAVIFIsNoFilm(t *testing.T) {
	in := codectest.OpenInput(t, codectest.Corpus(t, "image/pillow-transparency.avif"))
	for _, op := range []codec.Operation{codec.Convert{Format: "mp4"}, codec.GIF{},
		codec.Concat{}, codec.AdaptiveStream{}, codec.Transform{Format: "webm"},
		codec.PosterFrame{}, codec.Storyboard{}} {
		_, err := process(t.Context(), in, op)
		if codec.ClassOf(err) != codec.Unsupported || !strings.Contains(err.Error(), "still picture") {
			t.Errorf("%s: %v", op.Name(), err)
		}
	}
	for _, op := range []codec.Operation{codec.Thumbnail{},
		codec.Chain{Steps: codec.Steps{codec.Convert{Format: "webp"}}}} {
		if offered(libav.New(), op, "image/avif") {
			t.Errorf("%s of a picture is offered", op.Name())
		}
	}
}
