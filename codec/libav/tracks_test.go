package libav_test

import (
	"encoding/base64"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/codectest"
	"github.com/spoolmedia/spool/codec/libav"
)

// spoken is a film with three sounds, the third of which is quiet, and two subtitles.
func spoken(t testing.TB) string {
	t.Helper()
	texts := "data:text/plain;base64," +
		base64.StdEncoding.EncodeToString([]byte("1\n00:00:00,200 --> 00:00:00,600\nHello\n"))
	return ffmpeg(t, "spoken.mkv", "-f", "lavfi", "-i", "testsrc2=s=64x48:r=25:d=1",
		"-f", "lavfi", "-i",
		"sine=r=48000:d=1", "-f", "lavfi", "-i", "sine=f=880:r=48000:d=1", "-f", "lavfi", "-i",
		"sine=r=48000:d=1,volume=0.1", "-f", "srt", "-i", texts,
		"-map", "0", "-map", "1", "-map", "2", "-map", "3",
		"-map", "4", "-map", "4", "-c:v", "libx264", "-c:a", "aac", "-metadata:s:a:0", "language=eng",
		"-metadata:s:a:1", "language=ger", "-metadata:s:a:2", "language=fre", "-metadata:s:s:0",
		"language=eng", "-metadata:s:s:1", "language=ger")
}

// languages are the kinds and the languages of the streams of a file.
func languages(t testing.TB, path string) string {
	t.Helper()
	p, err := codectest.ProbeFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, s := range p.Streams {
		all = append(all, strings.TrimRight(s.Kind[:1]+" "+s.Tags["language"], " "))
	}
	return strings.Join(all, ",")
}

func TestTracksAreChosenByNumberAndLanguage(t *testing.T) {
	t.Parallel()
	in := spoken(t)
	for _, test := range []struct {
		op   codec.Convert
		want string
	}{
		{codec.Convert{}, "v,a eng,a ger,a fre,s eng,s ger"},
		{codec.Convert{AudioTracks: []string{"de"}}, "v,a ger,s eng,s ger"},
		{codec.Convert{AudioTracks: []string{"deu", "1"}}, "v,a ger,a eng,s eng,s ger"},
		{codec.Convert{AudioTracks: []string{"fr-CA", "fr"}, SubtitleTracks: []string{"5"}},
			"v,a fre,s ger"},
		{codec.Convert{Mute: true, SubtitleTracks: []string{"en"}}, "v,s eng"},
	} {
		test.op.Format = "mkv"
		o := do(t, in, test.op)
		if got := languages(t, o.path); got != test.want {
			t.Errorf("%+v: %s, want %s", test.op, got, test.want)
		}
		for _, s := range o.Streams {
			if s.Action == codec.Encoded || s.Action == codec.Dropped && s.Reason == "" {
				t.Errorf("%+v: %+v", test.op, s)
			}
		}
	}
	mov := do(t, in, codec.Convert{Format: "mov"})
	if got := languages(t, mov.path); got != "v,a eng,a ger,a fra,s eng,s ger" {
		t.Errorf("QuickTime has %s", got)
	}
	for name, op := range map[string]codec.Operation{
		`has no sound "it": it has 1 eng, 2 ger, 3 fre`: codec.Convert{Format: "mp4",
			AudioTracks: []string{"it"}},
		`has no sound "0": it has 1`:     codec.ExtractAudio{Track: "0"},
		`has no subtitles "1": it has 4`: codec.Convert{Format: "mkv", SubtitleTracks: []string{"1"}},
	} {
		_, err := process(t.Context(), codectest.OpenInput(t, in), op)
		if codec.ClassOf(err) != codec.Invalid || !strings.Contains(err.Error(), name) {
			t.Errorf("%+v: %v", op, err)
		}
	}
}

func TestTheChosenSoundIsExtracted(t *testing.T) {
	t.Parallel()
	in := spoken(t)
	loud, _ := measured(t, do(t, in, codec.ExtractAudio{Format: "m4a"}).path)
	quiet, _ := measured(t, do(t, in, codec.ExtractAudio{Format: "m4a", Track: "fr"}).path)
	if got := loud - quiet; math.Abs(got-20) > 1 {
		t.Errorf("the sounds differ by %.1f LU, want 20", got)
	}
}

func TestACoverIsNeverTheVideo(t *testing.T) {
	t.Parallel()
	cover := ffmpeg(t, "cover.jpg", "-f", "lavfi", "-i", "color=red:s=320x240", "-frames:v", "1")
	in := ffmpeg(t, "covered.mp4", "-i", cover, "-i", moving(t), "-map", "0", "-map", "1",
		"-c", "copy",
		"-disposition:v:0", "attached_pic")
	for _, format := range []string{"mp4", "webm", "mkv"} {
		o := do(t, in, codec.Convert{Format: format, Quality: 60})
		if o.Media.Width != 128 || o.Media.Height != 96 {
			t.Errorf("%s: %+v", format, o.Media)
		}
		if want := format != "webm"; want != strings.Contains(described(t, o.path), "attached_pic=1") {
			t.Errorf("%s: a cover: %t, want %t", format, !want, want)
		}
	}
	sound := ffmpeg(t, "covered.m4a", "-i", cover, "-i", moving(t), "-map", "0", "-map", "1:a",
		"-c", "copy",
		"-disposition:v:0", "attached_pic")
	o := do(t, sound, codec.ExtractAudio{Format: "opus"})
	sameCovers(t, o, sound)
	sameCovers(t, do(t, o.path, codec.Trim{Duration: 0.3}), sound)
	for name, r := range rendered(t, codectest.OpenInput(t, sound),
		codec.Renditions{Outputs: []codec.Rendition{{Format: "ogg"}, {Format: "m4a"}}}) {
		for _, s := range r.Streams {
			if s.Kind == string(codec.Image) && s.Action != codec.Dropped {
				t.Errorf("%s, of the main sound alone: %+v", name, s)
			}
		}
	}
	_, err := process(t.Context(), codectest.OpenInput(t, sound), codec.PosterFrame{})
	if err == nil {
		t.Error("a cover was taken for a film")
	}
}

func TestCoversThatDoNotFitAreLeftOutWithANote(t *testing.T) {
	t.Parallel()
	cover := ffmpeg(t, "cover.jpg", "-f", "lavfi", "-i", "color=red:s=320x240", "-frames:v", "1")
	data, err := os.ReadFile(cover)
	if err != nil {
		t.Fatal(err)
	}
	huge := filepath.Join(t.TempDir(), "huge.jpg")
	if err := os.WriteFile(huge, append(data, make([]byte, 8<<20)...), 0o600); err != nil {
		t.Fatal(err)
	}
	large := ffmpeg(t, "large.mp3", "-f", "lavfi", "-i", "sine=d=0.2", "-i", huge, "-map", "0", "-map",
		"1", "-c:v", "copy")
	two := codectest.Corpus(t, "audio/mutagen-has-tags.m4a")
	for _, test := range []struct {
		path, format, says string
		kept               int
	}{
		{two, "ogg", "hold one only.", 1},
		{large, "opus", "do not hold one of more than 8 MiB.", 0},
		{large, "mkv", "do not hold one of more than 8 MiB.", 0},
		{large, "m4a", "", 1},
	} {
		o := do(t, test.path, codec.Convert{Format: test.format})
		if notes := strings.Join(o.Notes, "\n"); !strings.Contains(notes, test.says) {
			t.Errorf("%s: the notes are %q, want %q", test.format, notes, test.says)
		}
		kept := 0
		for _, s := range o.Streams {
			if s.Kind == string(codec.Image) && s.Action == codec.Copied {
				kept++
			}
		}
		got := strings.Count(described(t, o.path), "attached_pic=1")
		if kept != test.kept || got != kept {
			t.Errorf("%s: %d covers are said to be copied, %d are there, want %d", test.format, kept,
				got, test.kept)
		}
	}
}

// withSound converts the film at path with another sound.
func withSound(t testing.TB, path, sound string, op codec.Operation) (output, error) {
	t.Helper()
	sink := new(codectest.Sink)
	name := "sound"
	if _, chained := op.(codec.Chain); chained {
		name = "steps[1].sound"
	}
	err := libav.New().Process(t.Context(), &codec.Work{Op: op, Out: sink,
		In:   []codec.Input{codectest.OpenInput(t, path)},
		Refs: map[string]codec.Input{name: codectest.OpenInput(t, sound)}})
	if err != nil {
		return output{}, err
	}
	return save(t, sink.Outputs()[0]), nil
}

func TestAnotherSoundTakesThePlaceOfTheFilms(t *testing.T) {
	t.Parallel()
	film := clapper(t, "silent.mp4", "-af", "volume=0", "-c:v", "libx264", "-preset", "ultrafast",
		"-g", "25")
	clicks := "aevalsrc='if(between(mod(t,1),0.48,0.52),sin(6000*t),0)':s=48000:d="
	long := ffmpeg(t, "long.m4a", "-f", "lavfi", "-i", clicks+"9", "-c:a", "aac")
	wav := ffmpeg(t, "long.wav", "-f", "lavfi", "-i", clicks+"9")
	short := ffmpeg(t, "short.m4a", "-f", "lavfi", "-i", clicks+"2", "-c:a", "aac")
	for name, test := range map[string]struct {
		sound  string
		op     codec.Operation
		copied bool
		length time.Duration // of the sound
	}{
		"copied":             {long, codec.Convert{Format: "mp4"}, true, 4 * time.Second},
		"encoded":            {wav, codec.Convert{Format: "mp4"}, false, 4 * time.Second},
		"with a new picture": {long, codec.Convert{Format: "mkv", Quality: 50}, false, 4 * time.Second},
		"webm": {wav, codec.Convert{Format: "webm", Effort: 1, Width: 80}, false,
			4 * time.Second},
		"in a chain": {long, codec.Chain{Steps: codec.Steps{codec.Trim{Start: 1, Duration: 2},
			codec.Convert{Format: "mp4", Sound: "key"}}}, true, 2 * time.Second},
	} {
		if op, plain := test.op.(codec.Convert); plain {
			op.Sound = "key"
			test.op = op
		}
		o, err := withSound(t, film, test.sound, test.op)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := codectest.InSync(o.path, 20*time.Millisecond); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got := soundLength(t, o.path); (got - test.length).Abs() > 60*time.Millisecond {
			t.Errorf("%s: the sound lasts %v, want %v", name, got, test.length)
		}
		if notes := strings.Join(o.Notes, " "); strings.Contains(notes, "copied") != test.copied {
			t.Errorf("%s: notes = %q", name, notes)
		}
		if !slices.ContainsFunc(o.Streams, func(s codec.Stream) bool {
			return s.Kind == "audio" && s.Action == codec.Dropped
		}) {
			t.Errorf("%s: streams = %+v", name, o.Streams)
		}
	}
	o, err := withSound(t, film, short, codec.Convert{Format: "mp4", Sound: "key"})
	if err != nil {
		t.Fatal(err)
	}
	if got := soundLength(t, o.path); (got - 2*time.Second).Abs() > 60*time.Millisecond {
		t.Errorf("a short sound lasts %v", got)
	}
	if err := lasts(o.path, 4*time.Second, 40*time.Millisecond); err != nil {
		t.Error(err)
	}
	mute := do(t, film, codec.Convert{Format: "mp4", Mute: true}).path
	_, err = withSound(t, film, mute, codec.Convert{Format: "mp4", Sound: "key"})
	if codec.ClassOf(err) != codec.Invalid || !strings.Contains(err.Error(), "has no sound") {
		t.Errorf("a film without sound as the sound: %v", err)
	}
}

func TestSpeedChangesTimeAndKeepsPitch(t *testing.T) {
	t.Parallel()
	in := clapper(t, "in.mp4", "-c:v", "libx264", "-preset", "ultrafast")
	for _, speed := range []float64{0.5, 0.8, 1.37, 4} {
		o := do(t, in, codec.Adjust{Speed: speed, Quality: 50})
		length := seconds(4 / speed)
		if err := lasts(o.path, length, 45*time.Millisecond); err != nil {
			t.Errorf("speed %v: %v", speed, err)
		}
		if got := soundLength(t, o.path); (got - length).Abs() > 60*time.Millisecond {
			t.Errorf("speed %v: the sound lasts %v, want %v", speed, got, length)
		}
		pictures := 100
		if speed > 1 { // no more a second than before
			pictures = int(100 / speed)
		}
		if n := len(luma(t, o.path)); n < pictures-1 || n > pictures+1 {
			t.Errorf("speed %v: %d pictures, want %d", speed, n, pictures)
		}
		if (o.Media.Duration - length).Abs() > 60*time.Millisecond {
			t.Errorf("speed %v: the result says %v", speed, o.Media.Duration)
		}
		if speed > 0.5 && speed < 2 { // beyond, a click is heard more than once
			if err := codectest.InSync(o.path, 45*time.Millisecond); err != nil {
				t.Errorf("speed %v: %v", speed, err)
			}
		}
	}
	tone := codectest.NewInput("tone.wav", "", wave(2))
	for _, speed := range []float64{0.25, 3} {
		o, err := process(t.Context(), tone, codec.Adjust{Speed: speed})
		if err != nil {
			t.Fatal(err)
		}
		path := save(t, o).path
		got, want := soundLength(t, path), seconds(2/speed)
		if (got - want).Abs() > 120*time.Millisecond {
			t.Errorf("speed %v: the tone lasts %v, want %v", speed, got, want)
		}
		if got := pitch(t, path); math.Abs(got-440) > 5 {
			t.Errorf("speed %v: the tone has %.0f Hz", speed, got)
		}
	}
}

// pitch counts how often a tone crosses zero upwards, by the second.
func pitch(t testing.TB, path string) float64 {
	t.Helper()
	raw := printed(t, "ffmpeg", "-v", "error", "-i", path, "-ac", "1", "-ar", "44100", "-f", "u8", "-")
	n := 0
	for i := 1; i < len(raw); i++ {
		if raw[i-1] < 128 && raw[i] >= 128 {
			n++
		}
	}
	return float64(n) * 44100 / float64(len(raw))
}

func TestSubtitlesAndChaptersFollowTheSpeed(t *testing.T) {
	t.Parallel()
	in := spoken(t)
	o := do(t, in, codec.Adjust{Format: "mkv", Speed: 2, Quality: 50})
	first := func(path, stream string) (at, length float64) {
		text := string(printed(t, "ffprobe", "-v", "error", "-select_streams", stream, "-show_entries",
			"packet=pts_time,duration_time", "-of", "csv=p=0", path))
		start, duration, _ := strings.Cut(strings.Split(text, "\n")[0], ",")
		return number64(start), number64(strings.Trim(duration, ","))
	}
	picture, _ := first(in, "v:0")
	text, length := first(in, "s:0")
	pictureAfter, _ := first(o.path, "v:0")
	textAfter, lengthAfter := first(o.path, "s:0")
	if got, want := textAfter-pictureAfter, (text-picture)/2; math.Abs(got-want) > 0.02 ||
		math.Abs(lengthAfter-length/2) > 0.002 {
		t.Errorf("the text comes after %v for %v, want %v and %v", got, lengthAfter, want, length/2)
	}
	film := codectest.Corpus(t, "video/astiav-video_with_chapters.mp4")
	before, after := report(t, film), report(t, do(t, film, codec.Adjust{Speed: 4, Quality: 20}).path)
	for i, c := range before.Chapters {
		if got := after.Chapters[i].End; math.Abs(got-c.End/4) > 0.01 {
			t.Errorf("chapter %d ends at %v, want %v", i, got, c.End/4)
		}
	}
}
