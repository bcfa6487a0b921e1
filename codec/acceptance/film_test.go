package acceptance_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/codectest"
	"github.com/spoolmedia/spool/codec/internal/expect"
)

// filmSample are the films and sounds that make test goes through: a film in HDR that
// stands upright only when it is turned, one of two pictures, a transport stream, which
// does not start at zero, and a sound.
var filmSample = []string{"androidx-dolbyVision-hdr.MOV", "filetype-fixture.webm",
	"androidx-sample_h264_mpeg_audio.ts", "androidx-bear.opus"}

// filmTargets are the formats of films, and what pictures of them must be: the least
// SSIM, and how far the colours may lie apart.
var filmTargets = map[string]tolerance{
	"mp4": {0.92, 2}, "mov": {0.92, 2}, "mkv": {0.92, 2}, "webm": {0.92, 3},
}

// soundTargets are the formats of sound.
var soundTargets = []string{"mp3", "m4a", "ogg", "opus", "flac", "wav"}

// excusedFilms are what need not come out, and why.
var excusedFilms = map[string]string{
	"androidx-sample_vvc.mp4":   "no FFmpeg of ours decodes VVC",
	"mutagen-nero-chapters.m4b": "it is cut off",
	"filetype-fixture.wmv.asf":  "it is one picture, and sound without times",
	"filetype-fixture2.mpg":     "an elementary stream has no times",
	"androidx-sample_with_pgs_subtitles.mkv": "its pictures last 2 ms, and two of them have no " +
		"time",
}

func TestEveryFilmAndSoundToEveryFormat(t *testing.T) {
	t.Parallel()
	codectest.NeedCommands(t, "ffmpeg", "ffprobe")
	worst := map[string]tolerance{}
	for _, path := range films(t) {
		t.Run(filepath.Base(path), func(t *testing.T) {
			in := codectest.OpenInput(t, path)
			if why := excusedFilms[in.Name()]; why != "" {
				t.Skip(why)
			}
			source, err := expect.Read(path)
			if err != nil {
				t.Fatal(err)
			}
			targets := soundTargets
			if source.HasVideo() {
				targets = slices.Sorted(maps.Keys(filmTargets))
			}
			if source.Duration > time.Minute {
				targets = targets[:1] // one is long enough
			}
			for _, format := range targets {
				found, err := remade(t, in, format, source)
				if err != nil {
					t.Errorf("to %s: %v", format, err)
				}
				if w, ok := worst[format]; ok {
					found = found.worse(w)
				}
				if source.HasVideo() {
					worst[format] = found
				}
			}
		})
	}
	for _, format := range slices.Sorted(maps.Keys(worst)) {
		t.Logf("%s: at worst %v", format, worst[format])
	}
}

// films are the files with pictures or sound that this run goes through.
func films(t *testing.T) []string {
	t.Helper()
	all := slices.Concat(files(t, "video", "androidx-sample.mp4"),
		files(t, "audio", "androidx-sample.wav"))
	return slices.DeleteFunc(all, func(path string) bool {
		switch filepath.Ext(path) {
		case ".srt", ".ssa", ".vtt", "":
			return true
		}
		return !*whole && !slices.Contains(filmSample, filepath.Base(path))
	})
}

// remade makes the format of in and compares what comes out with its source.
func remade(
	t *testing.T, in codec.Input, format string, source *expect.Reading,
) (tolerance, error) {
	t.Helper()
	op := codec.Convert{Format: format}
	if source.HasVideo() {
		op.Width = width
	}
	outputs, err := do(t.Context(), op, nil, in)
	if err != nil {
		return tolerance{}, err
	}
	if len(outputs) != 1 {
		return tolerance{}, fmt.Errorf("%d outputs", len(outputs))
	}
	path := filepath.Join(t.TempDir(), outputs[0].Name)
	if err := os.WriteFile(path, outputs[0].Data, 0o600); err != nil {
		return tolerance{}, err
	}
	l, err := wanted(source, format).Check(path, source)
	return tolerance{l.SSIM, l.Apart}, err
}

// wanted is what the format of a source must be.
func wanted(source *expect.Reading, format string) expect.Media {
	m := expect.Same(source)
	if !source.HasVideo() {
		return m
	}
	to := filmTargets[format]
	m.SSIM, m.Apart = to.ssim, to.colour
	w := min(width, source.Width)
	h := (source.Height*w*2 + source.Width) / (2 * source.Width)
	m.Width, m.Height = w&^1, h&^1
	if source.Colour.HDR() && format != "webm" {
		m.Colour = expect.Colour{Range: "tv", Matrix: "bt709", Transfer: "bt709", Primaries: "bt709"}
	}
	if format == "webm" {
		m.Colour.Range = "tv" // VP9 knows no other
	}
	return m
}
