package libav_test

import (
	"fmt"
	"image"
	"image/draw"
	"strings"
	"testing"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/codectest"
	"github.com/spoolmedia/spool/codec/libav"
)

// storyboard does op on the film at path.
func storyboard(t testing.TB, path string,
	op codec.Storyboard) (sheet codectest.Output, text string) {
	t.Helper()
	sink := new(codectest.Sink)
	err := libav.New().Process(t.Context(), &codec.Work{Op: op, Out: sink,
		In: []codec.Input{codectest.OpenInput(t, path)}})
	if err != nil {
		t.Fatal(err)
	}
	o := sink.Outputs()
	if len(o) != 2 || o[1].Type != "text/vtt" {
		t.Fatalf("outputs = %v", o)
	}
	return o[0], string(o[1].Data)
}

// tiles cuts a sheet as the text says, and returns the pictures' numbers.
func tiles(t testing.TB, sheet codectest.Output, text string) (numbers []int, size image.Point) {
	t.Helper()
	m := picture(t, sheet)
	for line := range strings.Lines(text) {
		name, where, found := strings.Cut(strings.TrimSpace(line), "#xywh=")
		if !found {
			continue
		}
		var x, y, w, h int
		if _, err := fmt.Sscanf(where, "%d,%d,%d,%d", &x, &y, &w, &h); err != nil || name != sheet.Name {
			t.Fatalf("%s: %v", line, err)
		}
		r := image.Rect(x, y, x+w, y+h)
		if !r.In(m.Bounds()) {
			t.Fatalf("%v is not in %v", r, m.Bounds())
		}
		tile := image.NewRGBA(image.Rect(0, 0, w, h))
		draw.Draw(tile, tile.Rect, m, r.Min, draw.Src)
		numbers, size = append(numbers, pictureNumber(tile)), r.Size()
	}
	return numbers, size
}

func TestAStoryboardShowsEachPartOfTheFilm(t *testing.T) {
	t.Parallel()
	keys := strip(t, "in.mp4")                 // a key frame each second
	oneKey := strip(t, "in.mkv", "-g", "1000") // the later option wins
	for _, test := range []struct {
		film  string
		op    codec.Storyboard
		first int // number of the first picture
		step  int
		count int
		size  image.Point // of a tile
		sheet image.Point
	}{
		{keys, codec.Storyboard{Frames: 6, Columns: 3, Width: 64}, 0, 25, 6, image.Pt(64, 48),
			image.Pt(192, 96)},
		{keys, codec.Storyboard{Format: "png"}, 6, 12, 12, image.Pt(240, 180), image.Pt(960, 540)},
		{oneKey, codec.Storyboard{Frames: 6, Columns: 4, Width: 32, Format: "png"}, 12, 25, 6,
			image.Pt(32, 24), image.Pt(128, 48)},
		{keys, codec.Storyboard{Interval: 2, Width: 64, Columns: 1}, 25, 50, 3, image.Pt(64, 48),
			image.Pt(64, 144)},
		{keys, codec.Storyboard{Interval: 0.1, Frames: 3, Width: 64}, 25, 50, 3, image.Pt(64, 48),
			image.Pt(192, 48)},
	} {
		sheet, text := storyboard(t, test.film, test.op)
		numbers, size := tiles(t, sheet, text)
		if len(numbers) != test.count || size != test.size {
			t.Errorf("%+v: %d pictures of %v", test.op, len(numbers), size)
		}
		if m := sheet.Result.Media; image.Pt(m.Width, m.Height) != test.sheet {
			t.Errorf("%+v: the sheet is %+v, want %v", test.op, m, test.sheet)
		}
		for i, n := range numbers {
			want := test.first + test.step*i
			if test.film == oneKey && i == 0 {
				want = 0 // the only key frame
			}
			if n < want-8 || n > want+8 {
				t.Errorf("%+v: picture %d is %d, want about %d", test.op, i, n, want)
			}
		}
		if !strings.HasPrefix(text, "WEBVTT\n\n00:00:00.000 --> ") ||
			!strings.Contains(text, "--> 00:00:06.0") {
			t.Errorf("%+v: %s", test.op, text)
		}
	}
}

func TestAStoryboardKeepsItsLimitsAndItsQuality(t *testing.T) {
	t.Parallel()
	in := codectest.NewInput("walk.mp4", "", film(t))
	_, err := process(t.Context(), in, codec.Storyboard{Frames: 400, Columns: 1, Width: 1920})
	if codec.ClassOf(err) != codec.Limit {
		t.Error(err)
	}
	noisy := busy(t, "in.mp4", "-c:v", "libx264")
	small, _ := storyboard(t, noisy, codec.Storyboard{Frames: 2, Quality: 5})
	large, _ := storyboard(t, noisy, codec.Storyboard{Frames: 2, Quality: 100})
	if len(small.Data) >= len(large.Data) {
		t.Errorf("quality 5 has %d bytes, 100 %d", len(small.Data), len(large.Data))
	}
}
