package libav_test

import (
	"encoding/binary"
	"math"
	"strings"
	"testing"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/codectest"
)

// tones are the pitches of the six channels of surround, in its order: left, right,
// centre, low, left and right behind.
var tones = []float64{400, 600, 800, 100, 1000, 1200}

// surround is 5.1 with a tone in each channel, half as loud as can be.
func surround(t testing.TB, name string, args ...string) string {
	t.Helper()
	const source = "aevalsrc=0.5*sin(800*PI*t)|0.5*sin(1200*PI*t)|0.5*sin(1600*PI*t)|" +
		"0.5*sin(200*PI*t)|0.5*sin(2000*PI*t)|0.5*sin(2400*PI*t):c=5.1:s=48000:d=0.6"
	return ffmpeg(t, name, append([]string{"-f", "lavfi", "-i", source}, args...)...)
}

// levels are how loud each tone is in each channel of a file, compared with its source.
func levels(t testing.TB, path string, channels int) [][]float64 {
	t.Helper()
	const rate, from, to = 48000, 4800, 24000 // whole periods of all tones
	data := printed(t, "ffmpeg", "-v", "error", "-i", path, "-map", "0:a", "-f", "s16le",
		"-ar", "48000", "-")
	if len(data) < 2*channels*to {
		t.Fatalf("%s: %d bytes of sound", path, len(data))
	}
	all := make([][]float64, channels)
	for c := range all {
		for _, pitch := range tones {
			var re, im float64
			for i := from; i < to; i++ {
				v := float64(int16(binary.LittleEndian.Uint16(data[2*(i*channels+c):]))) / 32768
				sin, cos := math.Sincos(2 * math.Pi * pitch * float64(i) / rate)
				re, im = re+v*cos, im+v*sin
			}
			all[c] = append(all[c], math.Hypot(re, im)*2/(to-from)/0.5)
		}
	}
	return all
}

// Levels of a mix in which nothing is clipped: of what goes into a channel, the centre and
// what is behind have the weight of √½ beside that of 1 for left and right.
var (
	most    = 1 / (1 + 2*math.Sqrt2/2)
	inMono  = []float64{0.2070, 0.2070, 0.2929, 0, 0.1464, 0.1464}
	inLeft  = []float64{most, 0, most * math.Sqrt2 / 2, 0, most * math.Sqrt2 / 2, 0}
	inRight = []float64{0, most, most * math.Sqrt2 / 2, 0, 0, most * math.Sqrt2 / 2}
)

func TestSoundHasTheChannelsThatAreAskedFor(t *testing.T) {
	t.Parallel()
	stereo := [][]float64{inLeft, inRight}
	same := make([][]float64, 6)
	for c := range same {
		same[c] = make([]float64, 6)
		same[c][c] = 1
	}
	wide := surround(t, "wide.mkv", "-f", "lavfi", "-i", "color=black:s=32x32:r=10:d=0.6",
		"-c:a", "flac")
	pair := ffmpeg(t, "pair.wav", "-f", "lavfi", "-i",
		"aevalsrc=0.5*sin(800*PI*t)|0.5*sin(1200*PI*t):s=48000:d=0.6")
	single := ffmpeg(t, "single.wav", "-f", "lavfi", "-i", "aevalsrc=0.5*sin(800*PI*t):s=48000:d=0.6")
	none, half := make([]float64, 6), []float64{math.Sqrt2 / 2, 0, 0, 0, 0, 0}
	for name, test := range map[string]struct {
		in     string
		op     codec.Operation
		action string
		want   [][]float64
	}{
		"mp4":  {wide, codec.Convert{Format: "mp4", Channels: 2}, codec.Encoded, stereo},
		"webm": {wide, codec.Convert{Format: "webm", Channels: 2}, codec.Encoded, stereo},
		"mkv":  {wide, codec.Convert{Format: "mkv", Channels: 2}, codec.Encoded, stereo},
		"ogg":  {wide, codec.Convert{Format: "ogg", Channels: 2}, codec.Encoded, stereo},
		"opus": {wide, codec.Convert{Format: "opus", Channels: 2}, codec.Encoded, stereo},
		"flac": {wide, codec.ExtractAudio{Format: "flac", Channels: 2}, codec.Encoded, stereo},
		"wav":  {wide, codec.ExtractAudio{Format: "wav", Channels: 2}, codec.Encoded, stereo},
		"m4a":  {wide, codec.ExtractAudio{Format: "m4a", Channels: 2}, codec.Encoded, stereo},
		"mp3":  {wide, codec.ExtractAudio{}, codec.Encoded, stereo},
		"mono": {wide, codec.ExtractAudio{Format: "m4a", Channels: 1}, codec.Encoded,
			[][]float64{inMono}},
		"copied":     {wide, codec.ExtractAudio{Format: "flac"}, codec.Copied, same},
		"six of six": {wide, codec.Convert{Format: "mkv", Channels: 6}, codec.Copied, same},
		"mono of two": {pair, codec.Convert{Format: "ogg", Channels: 1}, codec.Encoded,
			[][]float64{{0.5, 0.5, 0, 0, 0, 0}}},
		"stereo of one": {single, codec.Convert{Format: "m4a", Channels: 2}, codec.Encoded,
			[][]float64{half, half}},
		"six of two": {pair, codec.Convert{Format: "flac", Channels: 6}, codec.Encoded,
			[][]float64{same[0], same[1], none, none, none, none}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := do(t, test.in, test.op)
			for _, s := range o.Streams {
				if s.Kind == "audio" && s.Action != test.action {
					t.Errorf("%+v", s)
				}
			}
			sameLevels(t, o.path, test.want)
		})
	}
}

func sameLevels(t testing.TB, path string, want [][]float64) {
	t.Helper()
	p, err := codectest.ProbeFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if s, _ := p.Stream("audio"); s.Channels != len(want) {
		t.Fatalf("%d channels, want %d", s.Channels, len(want))
	}
	for c, tones := range levels(t, path, len(want)) {
		for i, got := range tones {
			if math.Abs(got-want[c][i]) > 0.03 {
				t.Errorf("channel %d, tone %d: %.3f, want %.3f", c, i, got, want[c][i])
			}
		}
	}
}

// TestChannelsOfWhatIsJoinedReplacedAndMeasured: what several operations do with sound
// goes by the channels of the output.
func TestChannelsOfWhatIsJoinedReplacedAndMeasured(t *testing.T) {
	t.Parallel()
	wide := surround(t, "wide.flac")
	single := ffmpeg(t, "single.wav", "-f", "lavfi", "-i", "anullsrc=r=48000:cl=mono:d=0.1")
	film := ffmpeg(t, "film.mp4", "-f", "lavfi", "-i", "color=black:s=32x32:r=10:d=0.6")
	sameLevels(t, join(t, codec.ConcatAudio{Format: "m4a", Channels: 2}, wide, single).path,
		[][]float64{inLeft, inRight})
	o, err := withSound(t, film, wide, codec.Convert{Format: "mp4", Sound: "key", Channels: 1})
	if err != nil {
		t.Fatal(err)
	}
	sameLevels(t, o.path, [][]float64{inMono})
	for path, want := range map[string]string{film: "channels was not used: there is no sound.",
		wide: "The sound has 2 channels instead of 6: libmp3lame takes no more."} {
		format := map[string]string{film: "mkv", wide: "mp3"}[path]
		o := do(t, path, codec.Convert{Format: format, Channels: 6})
		if got := strings.Join(o.Notes, " "); got != want {
			t.Errorf("%s: notes %q", format, got)
		}
	}
	all := rendered(t, codectest.OpenInput(t, wide), codec.Renditions{Outputs: []codec.Rendition{
		{Format: "m4a", Channels: 2, Suffix: "two"}, {Format: "m4a", Channels: 1, Suffix: "one"}}})
	sameLevels(t, all["wide-two.m4a"].path, [][]float64{inLeft, inRight})
	sameLevels(t, all["wide-one.m4a"].path, [][]float64{inMono})
	loud := codec.Chain{Steps: codec.Steps{codec.Adjust{Normalize: true},
		codec.Convert{Format: "wav", Channels: 1}}}
	if got, _ := measured(t, do(t, wide, loud).path); math.Abs(got+16) > 0.5 {
		t.Errorf("%.1f LUFS in mono", got)
	}
}
