package libav_test

import (
	"image"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/codectest"
	"github.com/spoolmedia/spool/codec/libav"
)

// inked is the part of the picture at a time, in seconds, that is brighter than the
// dark film, and its colour: the medians of the channels.
func inked(t testing.TB, path string, at float64) (where image.Rectangle, colour [3]int) {
	t.Helper()
	m, err := codectest.Frame(path, at)
	if err != nil {
		t.Fatal(err)
	}
	var channels [3][]int
	for y := range m.Bounds().Dy() {
		for x := range m.Bounds().Dx() {
			r, g, b, _ := m.At(x, y).RGBA()
			if max(r, g, b) < 0xa000 {
				continue
			}
			where = where.Union(image.Rect(x, y, x+1, y+1))
			for i, v := range []uint32{r, g, b} {
				channels[i] = append(channels[i], int(v>>8))
			}
		}
	}
	for i, all := range channels {
		if len(all) > 0 {
			slices.Sort(all)
			colour[i] = all[len(all)/2]
		}
	}
	return where, colour
}

const styled = `[Script Info]
ScriptType: v4.00+
PlayResX: 320
PlayResY: 180

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, Bold, Outline, Shadow, Alignment
Style: Loud,No Such Font,60,&H0000FFFF,0,0,0,5

[Fonts]
fontname: nothing.ttf
!!!!

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Dialogue: 0,0:00:00.50,0:00:01.50,Loud,,0,0,0,,{\fnNeither This}MMM
`

func TestBurntSubtitlesAreInThePictures(t *testing.T) {
	t.Parallel()
	in := subtitled(t, "in.mkv")
	lower, middle := image.Rect(0, 120, 320, 180), image.Rect(0, 60, 320, 120)
	upper := image.Rect(0, 0, 320, 60)
	for _, test := range []struct {
		name      string
		op        codec.Operation
		file      string // that is burnt
		on, off   float64
		in        image.Rectangle
		colour    [3]int
		tolerance int
	}{
		{"a file", codec.BurnSubtitles{Subtitles: "k", FontSize: 25}, english, 1, 1.7, lower,
			[3]int{255, 255, 255}, 50},
		{"on top, in green", codec.BurnSubtitles{Subtitles: "k", Position: codec.PositionTop,
			Color:    "#00e000",
			FontSize: 40, Font: codec.FontBold}, english, 1, 1.7, upper, [3]int{0, 224, 0}, 30},
		{"its own", codec.BurnSubtitles{Language: "de"}, "", 1.4, 0.7, lower, [3]int{255, 255, 255}, 80},
		{"with styles", codec.BurnSubtitles{Subtitles: "k", Format: "webm"}, styled, 1, 1.7, middle,
			[3]int{255, 255, 0}, 30},
		{"of a part", codec.Chain{Steps: codec.Steps{codec.Trim{Start: 1.7, Duration: 1},
			codec.BurnSubtitles{Subtitles: "k"}, codec.Convert{Format: "mp4"}}}, english, 0.6, 0, lower,
			[3]int{255, 255, 255}, 80},
	} {
		t.Run(test.name, func(t *testing.T) {
			refs := map[string]codec.Input{}
			if r := test.op.(codec.References); test.file != "" {
				for field := range r.Blobs() {
					refs[field] = codectest.NewInput("words", "", []byte(test.file))
				}
			}
			o := adorn(t, in, test.op, refs)
			where, got := inked(t, o.path, test.on)
			if where.Empty() || !where.In(test.in) {
				t.Errorf("at %v there is something in %v, want it in %v", test.on, where, test.in)
			}
			for i, want := range test.colour {
				if got[i] < want-test.tolerance || got[i] > want+test.tolerance {
					t.Errorf("its colour is %v, want %v", got, test.colour)
					break
				}
			}
			if where, _ := inked(t, o.path, test.off); !where.Empty() {
				t.Errorf("at %v there is something in %v", test.off, where)
			}
		})
	}
}

func TestTheFontSizeOfBurntSubtitlesIsInPixels(t *testing.T) {
	t.Parallel()
	in := subtitled(t, "in.mp4", "-c:s", "mov_text")
	height := func(pixels int) int {
		op := codec.BurnSubtitles{Subtitles: "k", FontSize: pixels}
		o := adorn(t, in, op, map[string]codec.Input{
			"subtitles": codectest.NewInput("a.srt", "", []byte("1\n00:00:00,000 --> 00:00:02,000\nXXX\n"))})
		where, _ := inked(t, o.path, 1)
		return where.Dy()
	}
	if small, large := height(20), height(60); small < 10 || small > 20 || large < 5*small/2 ||
		large > 60 {
		t.Errorf("letters of 20 and 60 pixels are %d and %d high", small, large)
	}
}

func TestNothingIsLeftOfBurntSubtitles(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir+"/it's [a], b;c:d")
	if err := os.Mkdir(os.Getenv("TMPDIR"), 0o700); err != nil {
		t.Fatal(err)
	}
	in := subtitled(t, "in.mkv", "-t", "1")
	if where, _ := inked(t, do(t, in, codec.BurnSubtitles{Format: "mp4"}).path, 0.8); where.Empty() {
		t.Error("nothing was burnt")
	}
	left, err := os.ReadDir(os.Getenv("TMPDIR"))
	spool := slices.ContainsFunc(left, func(e os.DirEntry) bool {
		return strings.HasPrefix(e.Name(), "spool-")
	})
	if err != nil || spool {
		t.Errorf("left over: %v, %v", left, err)
	}
	if !offered(libav.New(), codec.BurnSubtitles{}, "video/mp4") {
		t.Error("burn-subtitles is not offered")
	}
}

func offered(c *libav.Codec, op codec.Operation, mediaType string) bool {
	return slices.ContainsFunc(c.Offers(), func(o codec.Offer) bool { return o.Takes(op, mediaType) })
}
