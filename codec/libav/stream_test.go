package libav_test

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/codectest"
	"github.com/spoolmedia/spool/codec/libav"
)

// streamed makes an adaptive stream of the film at path and returns its folder.
func streamed(t testing.TB, path string,
	op codec.AdaptiveStream) (dir string, outputs []codectest.Output) {
	t.Helper()
	sink := new(codectest.Sink)
	err := libav.New().Process(t.Context(), &codec.Work{Op: op, Out: sink,
		In: []codec.Input{codectest.OpenInput(t, path)}})
	if err != nil {
		t.Fatal(err)
	}
	dir = t.TempDir()
	for _, o := range sink.Outputs() {
		if err := os.WriteFile(filepath.Join(dir, o.Name), o.Data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir, sink.Outputs()
}

// named is the output of that name.
func named(t testing.TB, outputs []codectest.Output, name string) codectest.Output {
	t.Helper()
	i := slices.IndexFunc(outputs, func(o codectest.Output) bool { return o.Name == name })
	if i < 0 {
		t.Fatalf("there is no %s", name)
	}
	return outputs[i]
}

func TestALadderIsCutAtTheSameKeyFrames(t *testing.T) {
	t.Parallel()
	in := busy(t, "in.mp4") // 160 × 120
	for _, seconds := range []int{2, 3} {
		dir, outputs := streamed(t, in, codec.AdaptiveStream{SegmentDuration: seconds,
			Renditions: []codec.StreamRendition{{Height: 90}, {Height: 120}, {Height: 180}}})
		var want []string
		for _, id := range []string{"90p", "120p"} {
			keys, pictures := keyTimes(t, filepath.Join(dir, id+".m3u8"))
			if pictures != 75 || want != nil && !slices.Equal(keys, want) {
				t.Errorf("%s has %d pictures and key frames at %v, want %v", id, pictures, keys, want)
			}
			want = keys
		}
		if n := (3 + seconds - 1) / seconds; len(want) != n || want[0] != "0.000000" ||
			n > 1 && want[1] != "2.000000" {
			t.Errorf("segments of %d s: key frames at %v", seconds, want)
		}
		if _, err := os.Stat(filepath.Join(dir, "180p.m3u8")); err == nil {
			t.Error("there is a rendition above the film's height")
		}
		decodeAlone(t, dir, outputs)
	}
}

// decodeAlone decodes each segment with nothing but its init segment before it.
func decodeAlone(t testing.TB, dir string, outputs []codectest.Output) {
	t.Helper()
	var in, out, names []string
	for _, o := range outputs {
		track, isSegment := strings.CutSuffix(o.Name, ".m4s")
		if !isSegment {
			continue
		}
		id, _, _ := strings.Cut(track, "-")
		head, err := os.ReadFile(filepath.Join(dir, id+"-init.mp4"))
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "alone.mp4")
		if err := os.WriteFile(path, append(head, o.Data...), 0o600); err != nil {
			t.Fatal(err)
		}
		in = append(in, "-i", path)
		out = append(out, "-map", strconv.Itoa(len(names)), "-f", "framemd5", path+".md5")
		names = append(names, path+".md5")
		if o.Result.Media.Type == "video/mp4" && o.Result.Media.Duration <= 0 {
			t.Errorf("%s: %+v", o.Name, o.Result.Media)
		}
	}
	faults := said(t, slices.Concat([]string{"-v", "error", "-xerror"}, in, out)...)
	if faults != "" || len(names) == 0 {
		t.Errorf("%d segments alone: %s", len(names), faults)
	}
	for _, name := range names {
		frames, err := os.ReadFile(name)
		if err != nil || strings.Count(string(frames), "\n") < 10 {
			t.Errorf("%s alone: %v: %s", name, err, frames)
		}
	}
}

func TestAStreamPlaysInSyncFromBothManifests(t *testing.T) {
	t.Parallel()
	in := clapper(t, "in.mp4", "-vf", "scale=320:240")
	dir, _ := streamed(t, in, codec.AdaptiveStream{SegmentDuration: 2,
		Renditions: []codec.StreamRendition{{Height: 180, Bitrate: 200_000}, {Height: 240}}})
	for _, manifest := range []string{"master.m3u8", "manifest.mpd"} {
		played := ffmpeg(t, "played.mkv", "-i", filepath.Join(dir, manifest), "-map", "v:1", "-map",
			"a:0", "-c", "copy")
		if err := codectest.InSync(played, 20*time.Millisecond); err != nil {
			t.Errorf("%s: %v", manifest, err)
		}
		p, err := codectest.ProbeFile(filepath.Join(dir, manifest))
		if err != nil {
			t.Fatal(err)
		}
		var heights []int
		for _, s := range p.Streams {
			if s.Height > 0 {
				heights = append(heights, s.Height)
			}
		}
		slices.Sort(heights)
		if !slices.Equal(slices.Compact(heights), []int{180, 240}) {
			t.Errorf("%s has the heights %v", manifest, heights)
		}
	}
	master, err := os.ReadFile(filepath.Join(dir, "master.m3u8"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"CODECS=\"avc1.6400", "mp4a.40.2\"", "RESOLUTION=240x180",
		"RESOLUTION=320x240",
		"FRAME-RATE=25.000"} {
		if !strings.Contains(string(master), want) {
			t.Errorf("%s is missing in %s", want, master)
		}
	}
}

func TestAStreamHasWhatWasAskedFor(t *testing.T) {
	t.Parallel()
	in := strip(t, "in.mp4", "-t", "2") // 64 × 48, below every rendition
	words := "WEBVTT\n\n00:00.000 --> 00:01.000\nHello\n"
	for _, test := range []struct {
		op    codec.AdaptiveStream
		has   []string
		lacks []string
	}{
		{codec.AdaptiveStream{}, []string{"master.m3u8", "manifest.mpd", "48p.m3u8", "48p-init.mp4",
			"48p-00001.m4s", "audio.m3u8", "audio-00001.m4s", "poster.jpg"}, []string{"360p.m3u8"}},
		{codec.AdaptiveStream{PackageFormats: []string{"dash"}}, []string{"manifest.mpd"},
			[]string{"master.m3u8", "48p.m3u8"}},
		{codec.AdaptiveStream{PackageFormats: []string{"hls"}, Captions: []codec.Caption{
			{Label: "English", Language: "en", Content: words}}},
			[]string{"master.m3u8", "captions-1.vtt", "captions-1.m3u8"}, []string{"manifest.mpd"}},
	} {
		dir, _ := streamed(t, in, test.op)
		for _, name := range test.has {
			if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
				t.Error(err)
			}
		}
		for _, name := range test.lacks {
			if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
				t.Errorf("there is a %s", name)
			}
		}
	}
}

func TestALadderDecodesItsSourceOnce(t *testing.T) {
	t.Parallel()
	in := codectest.Count(codectest.OpenInput(t, busy(t, "in.mp4", "-c:v", "libx264", "-crf", "5",
		"-g", "12")))
	op := codec.AdaptiveStream{Renditions: []codec.StreamRendition{{Height: 144, Bitrate: 100_000},
		{Height: 150, Bitrate: 100_000}, {Height: 156, Bitrate: 100_000}},
		PackageFormats: []string{"hls"}}
	err := libav.New().Process(t.Context(), &codec.Work{Op: op, Out: new(codectest.Sink), Threads: 1,
		In: []codec.Input{in}})
	if err != nil {
		t.Fatal(err)
	}
	// The headers are read twice.
	if read := in.Bytes(); read < in.Size() || read > in.Size()*3/2 {
		t.Errorf("%d bytes of %d were read", read, in.Size())
	}
}

func TestAStreamOfAClip(t *testing.T) {
	// A key frame at each second; the picture that is shown says its number.
	in := strip(t, "in.mp4")
	for name, test := range map[string]struct {
		clip           codec.Clip
		first, seconds float64
	}{
		"between key frames":   {codec.Clip{Start: 1.48, Duration: 2.2}, 37, 2.2},
		"up to a time":         {codec.Clip{Start: 2, End: 3}, 50, 1},
		"up to the film's end": {codec.Clip{Start: 4.6}, 115, 1.4},
		"from the start":       {codec.Clip{End: 0.8}, 0, 0.8},
		"from a key frame": {
			codec.Clip{Start: 1.48, Duration: 2.2, Mode: codec.TrimFast}, 25, 2.68},
	} {
		t.Run(name, func(t *testing.T) {
			dir, outputs := streamed(t, in, codec.AdaptiveStream{Clip: test.clip, SegmentDuration: 2})
			master := filepath.Join(dir, "master.m3u8")
			all := luma(t, master)
			if got := all[0] - 16; math.Abs(float64(got)-test.first) > 1 {
				t.Errorf("it begins with picture %d, want %v", got, test.first)
			}
			film := float64(len(all)) / 25
			sound := soundLength(t, filepath.Join(dir, "audio.m3u8")).Seconds()
			if math.Abs(film-test.seconds) > 0.05 || math.Abs(sound-test.seconds) > 0.07 {
				t.Errorf("pictures of %v s and sound of %v s, want %v s", film, sound, test.seconds)
			}
			poster := float64(pictureNumber(picture(t, named(t, outputs, "poster.jpg"))))
			if poster < test.first-2 || poster > test.first+25*test.seconds+2 {
				t.Errorf("the poster is picture %v, outside of the clip", poster)
			}
		})
	}
}

// TestAStreamWithoutTheSoundOfItsFilm streams a clip behind the end of the sound.
func TestAStreamWithoutTheSoundOfItsFilm(t *testing.T) {
	in := ffmpeg(t, "in.mp4", "-f", "lavfi", "-i", "testsrc2=s=64x48:r=25:d=3", "-f", "lavfi", "-i",
		"sine=d=0.5", "-g", "25")
	dir, outputs := streamed(t, in, codec.AdaptiveStream{Clip: codec.Clip{Start: 1}})
	for _, o := range outputs {
		if strings.HasPrefix(o.Name, "audio") {
			t.Errorf("there is %s", o.Name)
		}
	}
	if n := len(luma(t, filepath.Join(dir, "master.m3u8"))); n != 50 {
		t.Errorf("%d pictures", n)
	}
	poster := named(t, outputs, "poster.jpg").Result
	if !slices.Contains(poster.Notes,
		"The sound was left out: there is no sound in what is streamed.") {
		t.Errorf("notes: %q", poster.Notes)
	}
	master := named(t, outputs, "master.m3u8")
	if s := master.Result.Streams; len(s) != 2 || s[1].Action != codec.Dropped ||
		strings.Contains(string(master.Data), "mp4a") {
		t.Errorf("streams: %+v in %s", s, master.Data)
	}
}

func TestAStreamOfAClipBehindTheEnd(t *testing.T) {
	err := libav.New().Process(t.Context(), &codec.Work{Out: new(codectest.Sink),
		Op: codec.AdaptiveStream{Clip: codec.Clip{Start: 60}},
		In: []codec.Input{codectest.OpenInput(t, strip(t, "in.mp4", "-t", "1"))}})
	if codec.ClassOf(err) != codec.Invalid || !strings.Contains(err.Error(), "nothing at 1m0s") {
		t.Errorf("got %v", err)
	}
}

func TestAStreamEndsWithTheFaultOfItsSink(t *testing.T) {
	t.Parallel()
	in := busy(t, "in.mp4")
	full := errors.New("no space")
	for name, sink := range map[string]*codectest.Sink{"a write": {WriteErr: full},
		"a commit": {CommitErr: full}} {
		err := libav.New().Process(t.Context(), &codec.Work{Out: sink, In: []codec.Input{
			codectest.OpenInput(t, in)}, Op: codec.AdaptiveStream{SegmentDuration: 2,
			Renditions: []codec.StreamRendition{{Height: 60}, {Height: 120}}}})
		if !errors.Is(err, full) {
			t.Errorf("%s: %v", name, err)
		}
		if open := sink.Open(); len(open) > 0 {
			t.Errorf("%s: %d outputs were left open", name, len(open))
		}
	}
}
