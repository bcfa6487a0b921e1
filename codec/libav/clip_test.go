package libav_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/codectest"
)

// do does op on the file at path and returns its only output.
func do(t testing.TB, path string, op codec.Operation) output {
	t.Helper()
	o, err := process(t.Context(), codectest.OpenInput(t, path), op)
	if err != nil {
		t.Fatal(err)
	}
	return save(t, o)
}

// strip is a film whose pictures tell their number: picture n of 25 a second has
// the brightness n. A key frame comes every second, two pictures are reordered.
func strip(t testing.TB, name string, args ...string) string {
	t.Helper()
	return ffmpeg(t, name, append([]string{
		"-f", "lavfi", "-i", "color=black:s=64x48:r=25:d=6,format=yuv420p,geq=lum='16+N':cb=128:cr=128",
		"-f", "lavfi", "-i", "sine=f=440:r=48000:d=6",
		"-c:v", "libx264", "-g", "25", "-bf", "2", "-qp", "1", "-c:a", "aac"}, args...)...)
}

// number is which picture of the strip is shown first.
func number(t testing.TB, path string) int {
	t.Helper()
	return luma(t, path)[0] - 16
}

func TestAnAccurateTrimIsTheAskedPartToAPicture(t *testing.T) {
	t.Parallel()
	const frame = 40 * time.Millisecond
	for _, test := range []struct {
		source, format  string
		args            []string
		start, duration float64
		first           int // number of the first picture
	}{
		{"in.mp4", "", nil, 0, 1, 0},
		{"in.mp4", "", nil, 1, 2, 25},
		{"in.mp4", "mp4", nil, 2.5, 1.2, 62}, // between two key frames, in a picture
		{"in.mp4", "webm", nil, 3.32, 0.4, 83},
		{"in.mkv", "", nil, 2.04, 1, 51},
		{"in.mov", "mkv", nil, 4.96, 0.5, 124},
		{"in.ts", "mp4", nil, 2.2, 2, 55}, // starts late, has no index
		{"in.mp4", "", nil, 5, 10, 125},   // ends with the input
	} {
		t.Run(test.source+" to "+test.format, func(t *testing.T) {
			in := strip(t, test.source, test.args...)
			o := do(t, in, codec.Trim{Format: test.format, Start: test.start, Duration: test.duration})
			length := min(test.duration, 6-test.start)
			if err := lasts(o.path, seconds(length), frame); err != nil {
				t.Error(err)
			}
			pictures := luma(t, o.path)
			if got := pictures[0] - 16; got > test.first+1 || got < test.first-1 {
				t.Errorf("the first picture is %d, want %d", got, test.first)
			}
			want := int(length*25 + 0.999)
			if n := len(pictures); n < want || n > want+1 {
				t.Errorf("%d pictures, want %d", n, want)
			}
		})
	}
}

func TestATrimKeepsSoundAndPictureTogether(t *testing.T) {
	t.Parallel()
	for name, op := range map[string]codec.Trim{
		"accurate":      {Start: 0.7, Duration: 2.6},
		"accurate webm": {Format: "webm", Start: 1.2, Duration: 2},
		"copied":        {Start: 2, Duration: 2},
		"fast":          {Start: 1.9, Duration: 2, Mode: codec.TrimFast},
	} {
		in := clapper(t, "in.mp4", "-g", "25")
		if err := codectest.InSync(do(t, in, op).path, 20*time.Millisecond); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAFastTrimCopiesFromTheKeyFrameBefore(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		source, format string
		start          float64
		first          int
	}{
		{"in.mp4", "", 2.5, 50}, {"in.mp4", "mkv", 2, 50}, {"in.mkv", "mp4", 3.9, 75},
		{"in.ts", "mp4", 1.5, 25}, {"in.mp4", "", 0, 0},
	} {
		t.Run(test.source+" to "+test.format, func(t *testing.T) {
			in := strip(t, test.source)
			o := do(t, in, codec.Trim{Format: test.format, Start: test.start, Duration: 1.5,
				Mode: codec.TrimFast})
			changed := func(s codec.Stream) bool { return s.Action != codec.Copied }
			if slices.ContainsFunc(o.Streams, changed) {
				t.Errorf("streams = %+v, want all copied", o.Streams)
			}
			if got := number(t, o.path); got != test.first {
				t.Errorf("the first picture is %d, want %d", got, test.first)
			}
			want := seconds(test.start + 1.5 - float64(test.first)/25)
			if err := lasts(o.path, want, 130*time.Millisecond); err != nil {
				t.Error(err) // three pictures are reordered
			}
		})
	}
}

func TestSoundIsTrimmedBetweenItsSamples(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		file, format string
		tolerance    time.Duration
	}{
		{"audio/mediabunny-sample.flac", "", 0}, {"audio/mediabunny-sample.flac", "wav", 0},
		{"audio/androidx-bear-id3.mp3", "", 30 * time.Millisecond},
		{"audio/androidx-bear.opus", "", time.Millisecond},
		{"audio/androidx-bear_vorbis.ogg", "m4a", 24 * time.Millisecond},
	} {
		t.Run(test.file+" to "+test.format, func(t *testing.T) {
			o := do(t, codectest.Corpus(t, test.file), codec.Trim{Format: test.format, Start: 1.1,
				Duration: 0.7})
			if got := soundLength(t, o.path); (got - 700*time.Millisecond).Abs() > test.tolerance {
				t.Errorf("the sound lasts %v", got)
			}
		})
	}
}

func TestATrimBehindTheEndSaysHowLongTheInputIs(t *testing.T) {
	t.Parallel()
	in := codectest.NewInput("tone.wav", "", wave(1))
	_, err := process(t.Context(), in, codec.Trim{Start: 7})
	want := "tone.wav lasts 1s: there is nothing at 7s"
	if err == nil || err.Error() != want || codec.ClassOf(err) != codec.Invalid {
		t.Errorf("%v, want %s", err, want)
	}
}

func TestSoundIsExtracted(t *testing.T) {
	t.Parallel()
	const film = "video/androidx-sample.mp4" // H.264 and AAC
	for _, test := range []struct {
		file   string
		op     codec.ExtractAudio
		codec  string
		action string
		note   string
	}{
		{film, codec.ExtractAudio{}, "mp3", codec.Encoded, ""},
		{film, codec.ExtractAudio{Format: "m4a"}, "aac", codec.Copied, ""},
		{film, codec.ExtractAudio{Format: "m4a", BitrateKbps: 96}, "aac", codec.Encoded, ""},
		{film, codec.ExtractAudio{Format: "wav", BitrateKbps: 96}, "pcm_s16le", codec.Encoded,
			"without loss"},
		{film, codec.ExtractAudio{Format: "opus"}, "opus", codec.Encoded, ""},
		{film, codec.ExtractAudio{Format: "mp3", BitrateKbps: 512}, "mp3", codec.Encoded, "320 kbit/s"},
		{"video/androidx-sample_with_srt.mkv", codec.ExtractAudio{Format: "flac"}, "flac",
			codec.Encoded, ""},
		{"video/filetype-fixture.webm", codec.ExtractAudio{Format: "ogg"}, "vorbis", codec.Copied, ""},
		{"audio/androidx-bear_vorbis.ogg", codec.ExtractAudio{Format: "ogg"}, "vorbis", codec.Copied, ""},
		// of 8 kHz
		{"audio/mutagen-with-id3.aif", codec.ExtractAudio{Format: "ogg"}, "vorbis", codec.Encoded, ""},
	} {
		t.Run(test.op.Format+" of "+test.file, func(t *testing.T) {
			in := codectest.Corpus(t, test.file)
			o := do(t, in, test.op)
			p, err := codectest.ProbeFile(o.path)
			if err != nil {
				t.Fatal(err)
			}
			if s, _ := p.Stream("audio"); s.Codec != test.codec {
				t.Errorf("the sound is %s, want %s", s.Codec, test.codec)
			}
			if _, ok := p.Stream("video"); ok || o.Media.Width != 0 {
				t.Errorf("there are pictures in it")
			}
			actions := map[string]string{}
			for _, s := range o.Streams {
				actions[s.Kind] = s.Action
			}
			if actions["audio"] != test.action {
				t.Errorf("streams = %+v, want sound %s", o.Streams, test.action)
			}
			if notes := strings.Join(o.Notes, "\n"); !strings.Contains(notes, test.note) ||
				test.note == "" && notes != "" {
				t.Errorf("notes = %q, want %q", notes, test.note)
			}
			got, want := soundLength(t, o.path), soundLength(t, in)
			if (got - want).Abs() > 50*time.Millisecond {
				t.Errorf("the sound lasts %v, want %v", got, want)
			}
		})
	}
}

func TestTheBitRateDecidesTheSize(t *testing.T) {
	t.Parallel()
	in := codectest.Corpus(t, "audio/androidx-bear_with_picture.flac")
	for _, format := range []string{"mp3", "m4a", "ogg", "opus"} {
		last := 0.0
		for _, kbps := range []int{64, 128, 256} {
			o := do(t, in, codec.ExtractAudio{Format: format, BitrateKbps: kbps})
			got := packetBytes(t, o.path, "audio") * 8 / 1000 / soundLength(t, o.path).Seconds()
			if got <= last || got < 0.6*float64(kbps) || got > 1.5*float64(kbps) {
				t.Errorf("%s at %d kbit/s has %.0f", format, kbps, got)
			}
			last = got
		}
	}
}

// TestAnAnimationIsCutFromItsStart: a seek to before the first picture drops what was read
// to find out what the file is, which may be all of it.
func TestAnAnimationIsCutFromItsStart(t *testing.T) {
	t.Parallel()
	in := codectest.NewInput("walk.gif", "", animation(t, 6, 64, 48))
	o, err := process(t.Context(), in, codec.Trim{Start: 0.2, Duration: 0.3, Format: "mp4"})
	if err != nil {
		t.Fatal(err)
	}
	if err := codectest.HasDuration(save(t, o).path, 300*time.Millisecond,
		10*time.Millisecond); err != nil {
		t.Error(err)
	}
}
