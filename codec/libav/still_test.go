package libav_test

import (
	"errors"
	"fmt"
	"image"
	"maps"
	"math"
	"strings"
	"testing"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/codectest"
)

// picture decodes an output with another library.
func picture(t testing.TB, o codectest.Output) image.Image {
	t.Helper()
	m, err := codectest.DecodeImage(o.Data)
	if err != nil {
		t.Fatal(err)
	}
	if z := m.Bounds().Size(); z.X != o.Result.Media.Width || z.Y != o.Result.Media.Height {
		t.Errorf("the picture is %v, the result says %+v", z, o.Result.Media)
	}
	return m
}

// pictureOf does op on the film at path.
func pictureOf(t testing.TB, path string, op codec.Operation) codectest.Output {
	t.Helper()
	o, err := process(t.Context(), codectest.OpenInput(t, path), op)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// brightness is the mean grey of a picture, of 255.
func brightness(m image.Image) float64 {
	var sum float64
	b := m.Bounds()
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			_, g, _, _ := m.At(x, y).RGBA()
			sum += float64(g) / 257
		}
	}
	return sum / float64(b.Dx()*b.Dy())
}

// pictureNumber is which picture of the strip it is.
func pictureNumber(m image.Image) int { return int(math.Round(brightness(m) * 219 / 255)) }

func TestAPosterFrameIsThePictureThatIsShownAtItsTime(t *testing.T) {
	t.Parallel()
	films := map[string]string{}
	for _, test := range []struct {
		source string
		args   []string
		at     float64
		want   int
	}{
		{"in.mp4", nil, 0, 0}, {"in.mp4", nil, 1, 25}, {"in.mp4", nil, 2.5, 62},
		{"in.mp4", nil, 2.52, 63}, {"in.mp4", nil, 5.99, 149}, {"in.mkv", nil, 3.235, 80},
		{"in.mov", nil, 0.99, 24}, {"in.ts", nil, 2.53, 62}, {"in.webm", []string{"-c:v", "libvpx",
			"-b:v", "4M", "-bf", "0", "-c:a", "libvorbis"}, 4.1, 102},
		{"in.mp4", []string{"-t", "3", "-af", "apad=pad_dur=4", "-c:a", "aac"}, 2.98, 74},
	} {
		key := fmt.Sprint(test.source, test.args)
		if films[key] == "" {
			films[key] = strip(t, test.source, test.args...)
		}
		o := pictureOf(t, films[key], codec.PosterFrame{Timestamp: &test.at, Format: "png"})
		got := pictureNumber(picture(t, o))
		if off := got - test.want; off != 0 && !(test.source == "in.webm" && off*off == 1) {
			t.Errorf("%s at %v: it is picture %d, want %d", key, test.at, got, test.want)
		}
	}
}

func TestAPosterFrameBehindTheLastPictureIsThatPicture(t *testing.T) {
	t.Parallel()
	in := ffmpeg(t, "in.mp4", "-f", "lavfi", "-i", "color=black:s=64x48:r=25:d=2,format=yuv420p,"+
		"geq=lum='16+N':cb=128:cr=128", "-f", "lavfi", "-i", "sine=r=48000:d=4",
		"-c:v", "libx264", "-qp", "1", "-c:a", "aac")
	o := pictureOf(t, in, codec.PosterFrame{Timestamp: new(3.5), Format: "png"})
	if got := pictureNumber(picture(t, o)); got != 49 {
		t.Errorf("it is picture %d, want 49", got)
	}
	_, err := process(t.Context(), codectest.OpenInput(t, in), codec.PosterFrame{Timestamp: new(5.0)})
	if codec.ClassOf(err) != codec.Invalid || !strings.Contains(err.Error(), "nothing at 5s") {
		t.Errorf("behind the end: %v", err)
	}
}

func TestStillsHaveTheColoursOfTheFilm(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, matrix, label, rng string }{
		{"BT.601", "bt601", "smpte170m", "tv"}, {"BT.709", "bt709", "bt709", "tv"},
		{"full range", "bt709", "bt709", "pc"},
	} {
		in := fields(t, "in.mp4", test.matrix, test.label, test.rng)
		for _, format := range []string{"jpg", "png", "webp", "avif"} {
			t.Run(test.name+" as "+format, func(t *testing.T) {
				o := pictureOf(t, in, codec.PosterFrame{Format: format, Quality: 95, Timestamp: new(0.4)})
				if err := codectest.ColourPatches(picture(t, o), patches(), 6); err != nil {
					t.Error(err)
				}
			})
		}
	}
	in := fields(t, "in.mp4", "bt601", "bt709", "tv")
	o := pictureOf(t, in, codec.PosterFrame{Format: "png", Timestamp: new(0.4)})
	if codectest.ColourPatches(picture(t, o), patches(), 6) == nil {
		t.Error("a film with the wrong matrix passes")
	}
}

func TestStillsOfTurnedFilmsStandUpright(t *testing.T) {
	t.Parallel()
	upright := fields(t, "in.mp4", "bt709", "bt709", "tv")
	want := shown(t, upright)
	for name, m := range orientations {
		o, err := process(t.Context(), turned(t, upright, m), codec.PosterFrame{Format: "png",
			Timestamp: new(0.4)})
		if err != nil {
			t.Fatal(err)
		}
		got := picture(t, o)
		if err := codectest.SamePicture(got, transformed(want, m), 4); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if name != "upright" && codectest.SamePicture(got, want, 4) == nil {
			t.Errorf("%s: a picture that is not turned passes", name)
		}
	}
}

func TestStillsHaveTheAskedSize(t *testing.T) {
	t.Parallel()
	const film = "video/astiav-video_with_chapters.mp4" // 320 × 180
	for _, test := range []struct {
		file string
		op   codec.Operation
		want image.Point
	}{
		{film, codec.PosterFrame{}, image.Pt(320, 180)}, // never enlarged
		{film, codec.PosterFrame{Width: 100}, image.Pt(100, 56)},
		{film, codec.PosterFrame{Height: 45}, image.Pt(80, 45)},
		{film, codec.PosterFrame{Width: 101, Height: 45}, image.Pt(80, 45)},
		{film, codec.Thumbnail{}, image.Pt(320, 180)},
		{film, codec.Thumbnail{Width: 101, Height: 101}, image.Pt(101, 101)},
		{film, codec.Thumbnail{Width: 101}, image.Pt(101, 57)},
		{film, codec.Thumbnail{Width: 90, Height: 90, Fit: codec.FitInside}, image.Pt(90, 51)},
		{film, codec.Thumbnail{Width: 90, Height: 90, Fit: codec.FitContain}, image.Pt(90, 90)},
		{film, codec.Thumbnail{Width: 90, Height: 80, Fit: codec.FitFill}, image.Pt(90, 80)},
		{film, codec.Thumbnail{Width: 90, Height: 90, Fit: codec.FitOutside}, image.Pt(160, 90)},
		{"video/mediabunny-sar_2x1.mp4", codec.PosterFrame{Width: 640}, image.Pt(640, 180)},
		{"video/androidx-dolbyVision-hdr.MOV", codec.Thumbnail{Width: 72}, image.Pt(72, 128)},
		{"video/androidx-bear-vp9-odd-dimensions.webm", codec.PosterFrame{}, image.Pt(161, 121)},
	} {
		o := pictureOf(t, codectest.Corpus(t, test.file), test.op)
		if got := picture(t, o).Bounds().Size(); got != test.want {
			t.Errorf("%s, %+v: %v, want %v", test.file, test.op, got, test.want)
		}
	}
}

func TestAThumbnailKeepsWhatIsAskedOf(t *testing.T) {
	t.Parallel()
	in := fields(t, "in.mp4", "bt709", "bt709", "tv") // 192 × 128
	corner := func(gravity string) codec.Thumbnail {
		return codec.Thumbnail{Width: 40, Height: 128, Gravity: gravity, Format: "png",
			Timestamp: new(0.0)}
	}
	for i, gravity := range []string{codec.GravityWest, codec.GravityEast} {
		got := picture(t, pictureOf(t, in, corner(gravity)))
		patch := codectest.Patch{X0: .1, Y0: .1, X1: .9, Y1: .4, Colour: quarters[i]}
		if err := codectest.ColourPatches(got, []codectest.Patch{patch}, 6); err != nil {
			t.Errorf("%s: %v", gravity, err)
		}
	}
	for _, colour := range []string{"#ff0000", "#0000ff"} {
		op := codec.Thumbnail{Width: 100, Height: 100, Fit: codec.FitContain, Background: colour,
			Format: "png", Timestamp: new(0.0)}
		r, _, b, _ := picture(t, pictureOf(t, in, op)).At(50, 2).RGBA()
		if (r > b) != (colour == "#ff0000") {
			t.Errorf("%s: the border is red %x, blue %x", colour, r, b)
		}
	}
	film := codectest.Corpus(t, "video/mediabunny-sar_2x1.mp4")
	for _, format := range []string{"jpg", "webp", "avif"} {
		small := pictureOf(t, film, codec.PosterFrame{Format: format, Quality: 30, Timestamp: new(1.0)})
		large := pictureOf(t, film, codec.PosterFrame{Format: format, Quality: 95, Timestamp: new(1.0)})
		if len(small.Data)*3 > len(large.Data)*2 {
			t.Errorf("%s: quality 30 has %d bytes, 95 %d", format, len(small.Data), len(large.Data))
		}
	}
}

func TestTheChosenPictureIsNeverEmptyAndStandsForTheFilm(t *testing.T) {
	t.Parallel()
	const scene = "testsrc=s=128x96:r=25"
	for _, test := range []struct{ name, graph, gop string }{
		{"black start, many keys", "color=black:s=128x96:r=25:d=3[a];" + scene + ":d=5[b];" +
			"[a][b]concat", "25"},
		{"black start, one key", "color=black:s=128x96:r=25:d=3[a];" + scene + ":d=3[b];[a][b]concat",
			"1000"},
		{"black between", scene + ":d=1[a];color=black:s=128x96:r=25:d=6[b];" + scene + ":d=1[c];" +
			"[a][b][c]concat=n=3", "10"},
		{"white start", "color=white:s=128x96:r=25:d=3[a];" + scene + ":d=1[b];[a][b]concat", "25"},
	} {
		in := ffmpeg(t, "in.mp4", "-filter_complex", test.graph+",format=yuv420p", "-c:v", "libx264",
			"-g", test.gop)
		for _, op := range []codec.Operation{codec.PosterFrame{Format: "png"},
			codec.Thumbnail{Format: "png"}} {
			m := picture(t, pictureOf(t, in, op))
			if b := brightness(m); b < 40 || b > 220 {
				t.Errorf("%s, %s: the brightness is %.0f", test.name, op.Name(), b)
			}
		}
		if b := brightness(picture(t, posterOf(t, in))); b < 40 || b > 220 {
			t.Errorf("%s: the brightness of the poster is %.0f", test.name, b)
		}
	}
	// Nine tenths are one scene, a tenth another.
	in := ffmpeg(t, "in.mp4", "-filter_complex", "mandelbrot=s=128x96:r=25,trim=0:1[a];"+
		"smptebars=s=128x96:r=25:d=9[b];[a]format=yuv420p[c];[c][b]concat,format=yuv420p",
		"-c:v", "libx264", "-g", "12")
	bars := pictureOf(t, in, codec.PosterFrame{Timestamp: new(8.0)})
	chosen := pictureOf(t, in, codec.PosterFrame{})
	for name, o := range map[string]codectest.Output{"poster frame": chosen,
		"poster of a stream": posterOf(t, in)} {
		if err := codectest.SamePicture(picture(t, o), picture(t, bars), 3); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// posterOf is the poster of an adaptive stream of the film at path.
func posterOf(t testing.TB, path string) codectest.Output {
	t.Helper()
	_, outputs := streamed(t, path, codec.AdaptiveStream{PackageFormats: []string{"hls"},
		Renditions: []codec.StreamRendition{{Height: 48, Bitrate: 50_000}}})
	return named(t, outputs, "poster.jpg")
}

func TestAPosterFrameReadsOnlyWhatItNeeds(t *testing.T) {
	t.Parallel()
	in := ffmpeg(t, "in.mp4", "-f", "lavfi", "-i", "testsrc=s=192x108:r=25:d=40,noise=alls=40:allf=t",
		"-c:v", "libx264", "-preset", "ultrafast", "-g", "25", "-movflags", "faststart")
	for _, at := range []*float64{new(31.5), nil} {
		counted := codectest.Count(codectest.OpenInput(t, in))
		if _, err := process(t.Context(), counted, codec.PosterFrame{Timestamp: at}); err != nil {
			t.Fatal(err)
		}
		if counted.Bytes() > counted.Size()/2 {
			t.Errorf("%d of %d bytes were read", counted.Bytes(), counted.Size())
		}
	}
}

func TestStillsOfHDRAreMappedToStandardRange(t *testing.T) {
	t.Parallel()
	o := pictureOf(t, codectest.Corpus(t, "video/androidx-hdr10-av1.mp4"),
		codec.Thumbnail{Width: 72, Format: "png", Timestamp: new(0.5)})
	if notes := strings.Join(o.Result.Notes, "\n"); !strings.Contains(notes, "mapped to standard") {
		t.Errorf("notes = %q", notes)
	}
	if b := brightness(picture(t, o)); b < 80 || b > 190 {
		t.Errorf("the brightness is %.0f", b)
	}
	sound := codectest.NewInput("tone.mp4", "video/mp4", wave(1))
	_, err := process(t.Context(), sound, codec.PosterFrame{})
	if codec.ClassOf(err) != codec.Invalid {
		t.Errorf("of sound: %v", err)
	}
}

func TestAQualityThatIsNotUsedIsNoted(t *testing.T) {
	t.Parallel()
	in := codectest.NewInput("tone.wav", "audio/wav", wave(0.1))
	for format, said := range map[string]bool{"flac": true, "wav": true, "mp3": false} {
		o, err := process(t.Context(), in, codec.Convert{Format: format, Quality: 50})
		if err != nil {
			t.Fatal(err)
		}
		notes := strings.Join(o.Result.Notes, "\n")
		if strings.Contains(notes, "quality was not used: "+format+" has none") != said {
			t.Errorf("%s: notes are %q", format, notes)
		}
	}
	film := strip(t, "in.mp4", "-t", "0.4")
	all := rendered(t, codectest.OpenInput(t, film), codec.Renditions{Outputs: []codec.Rendition{
		{Format: "png", Quality: 50}, {Format: "jpg", Quality: 50}, {Format: "wav"}}})
	all["board"] = do(t, film, codec.Storyboard{Frames: 2, Format: "png", Quality: 50})
	for name, said := range map[string]bool{"in-original.png": true, "in-original.jpg": false,
		"board": true} {
		if notes := strings.Join(all[name].Result.Notes, "\n"); strings.Contains(notes,
			"quality was not used: png has none") != said {
			t.Errorf("%s: notes are %q", name, notes)
		}
	}
}

func TestFilmsHaveTheUsualQualityInPlaceOfAnAutomaticOne(t *testing.T) {
	t.Parallel()
	in := codectest.OpenInput(t, strip(t, "in.mp4", "-t", "0.4"))
	for _, test := range []struct{ auto, usual codec.Operation }{
		{codec.Thumbnail{AutoQuality: true}, codec.Thumbnail{}},
		{codec.Transform{Flip: true, AutoQuality: true}, codec.Transform{Flip: true}},
		{codec.Convert{Format: "mkv", Effort: 1, AutoQuality: true},
			codec.Convert{Format: "mkv", Effort: 1}},
		{codec.Renditions{Outputs: []codec.Rendition{{Format: "jpg", AutoQuality: true}}},
			codec.Renditions{Outputs: []codec.Rendition{{Format: "jpg"}}}},
	} {
		auto, err := process(t.Context(), in, test.auto)
		usual, err2 := process(t.Context(), in, test.usual)
		if err := errors.Join(err, err2); err != nil {
			t.Fatal(err)
		}
		if !maps.Equal(auto.Result.Streams[0].Options, usual.Result.Streams[0].Options) {
			t.Errorf("%s: %v and %v", test.auto.Name(), auto.Result.Streams[0].Options,
				usual.Result.Streams[0].Options)
		}
		if notes := strings.Join(auto.Result.Notes, "\n"); !strings.Contains(notes,
			"autoQuality was not used") {
			t.Errorf("%s: notes are %q", test.auto.Name(), notes)
		}
	}
	_, err := process(t.Context(), in, codec.Renditions{Outputs: []codec.Rendition{
		{Format: codec.FormatAuto}}})
	if codec.ClassOf(err) != codec.Unsupported || !strings.Contains(err.Error(), "for pictures") {
		t.Errorf("the format auto of a film: %v", err)
	}
}
