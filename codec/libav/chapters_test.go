package libav_test

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/codectest"
)

// chapters are those of a file: title and start, to a tenth of a second.
func chapters(t testing.TB, path string) string {
	t.Helper()
	p, err := codectest.ProbeFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, c := range p.Chapters {
		all = append(all, fmt.Sprintf("%s %.1f-%.1f", c.Tags["title"],
			math.Abs(number64(c.Start)), number64(c.End)))
	}
	return strings.Join(all, ", ")
}

// twoChapters is metadata for ffmpeg: chapters of 0.4 and 0.6 seconds.
func twoChapters(t testing.TB) string {
	t.Helper()
	return textFile(t, "words", ";FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/10\nSTART=0\nEND=4\n"+
		"title=one\n[CHAPTER]\nTIMEBASE=1/10\nSTART=4\nEND=10\ntitle=two\n")
}

func TestJoinedInputsKeepAndBecomeChapters(t *testing.T) {
	t.Parallel()
	words := twoChapters(t)
	film := []string{"-f", "lavfi", "-i", "color=black:s=64x48:r=10:d=1", "-f", "lavfi", "-i",
		"sine=d=1"}
	plain := ffmpeg(t, "plain.mp4", film...)
	told := ffmpeg(t, "told.mkv", append(film, "-i", words, "-map_metadata", "2", "-c:a", "flac")...)
	sound := ffmpeg(t, "sound.wav", "-f", "lavfi", "-i", "sine=d=1")
	for _, test := range []struct {
		op    codec.Operation
		paths []string
		want  string
	}{
		{codec.Concat{}, []string{plain, told}, "plain 0.0-1.0, one 1.0-1.4, two 1.4-2.0"},
		{codec.Concat{Format: "mkv", Chapters: true}, []string{told, plain, plain},
			"one 0.0-0.4, two 0.4-1.0, plain 1.0-2.0, plain 2.0-3.0"},
		{codec.Concat{}, []string{plain, plain}, ""},
		{codec.ConcatAudio{Format: "m4a", Gap: 0.5, Chapters: true}, []string{sound, told},
			"sound 0.0-1.5, one 1.5-1.9, two 1.9-2.5"},
		{codec.ConcatAudio{Format: "mp3", Gap: 0.5, Chapters: true}, []string{sound, told},
			"sound 0.0-1.5, one 1.5-1.9, two 1.9-2.5"},
		{codec.ConcatAudio{Format: "opus", Chapters: true}, []string{sound, sound},
			"sound 0.0-1.0, sound 1.0-2.0"},
		{codec.ConcatAudio{Format: "ogg", Gap: 0.5, Chapters: true}, []string{sound, told},
			"sound 0.0-1.5, one 1.5-1.9, two 1.9-2.5"},
		{codec.ConcatAudio{Format: "flac", Chapters: true}, []string{sound, sound}, ""},
	} {
		if got := chapters(t, join(t, test.op, test.paths...).path); got != test.want {
			t.Errorf("%+v: chapters %s, want %s", test.op, got, test.want)
		}
	}
}

func TestOggHasChaptersBesideACoverInTheSameBytes(t *testing.T) {
	t.Parallel()
	words := twoChapters(t)
	cover := ffmpeg(t, "cover.jpg", "-f", "lavfi", "-i", "color=red:s=320x240", "-frames:v", "1")
	in := ffmpeg(t, "all.mp3", "-f", "lavfi", "-i", "sine=d=1", "-i", cover, "-i", words, "-map", "0",
		"-map", "1", "-map_metadata", "2", "-c:v", "copy")
	for _, op := range []codec.Operation{codec.Convert{Format: "ogg"}, codec.Convert{Format: "opus"}} {
		o := do(t, in, op)
		sameCovers(t, o, in)
		if got := chapters(t, o.path); got != "one 0.0-0.4, two 0.4-1.0" {
			t.Errorf("%+v: chapters %s", op, got)
		}
		again, err := process(t.Context(), codectest.OpenInput(t, in), op)
		if err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(o.path)
		if err != nil || !bytes.Equal(data, again.Data) || bytes.Contains(data, []byte("Lavf")) {
			t.Errorf("%+v: %v, other bytes or the name of software", op, err)
		}
		if got := chapters(t, do(t, o.path, codec.StripMetadata{}).path); got != " 0.0-0.4,  0.4-1.0" {
			t.Errorf("%+v: stripped, chapters %s", op, got)
		}
		clip := do(t, o.path, codec.Trim{Start: 0.5, Duration: 0.3})
		if got := chapters(t, clip.path); got != "two 0.0-0.3" {
			t.Errorf("%+v: of a clip, chapters %s", op, got)
		}
	}
}

func TestOggTellsOfChaptersThatItCannotNumber(t *testing.T) {
	t.Parallel()
	words := ";FFMETADATA1\n"
	for i := range 1002 {
		words += fmt.Sprintf("[CHAPTER]\nTIMEBASE=1/1000\nSTART=%d\nEND=%d\ntitle=c%d\n", i, i+1, i)
	}
	in := ffmpeg(t, "many.mkv", "-f", "lavfi", "-i", "sine=d=1.1", "-i", textFile(t, "words", words),
		"-map_metadata", "1", "-c:a", "flac")
	for _, test := range []struct {
		op   codec.Operation
		note string
		last string
	}{
		{codec.Convert{Format: "ogg"}, "The last 2 of 1002 chapters were left out: Ogg holds 1000.",
			"c999 "},
		{codec.Trim{Format: "ogg", Duration: 1, Mode: codec.TrimFast}, "", "c999 "},
		{codec.Convert{Format: "mkv"}, "", "c1001 "},
	} {
		o := do(t, in, test.op)
		all := strings.Split(chapters(t, o.path), ", ")
		if got := strings.Join(o.Result.Notes, " "); got != test.note {
			t.Errorf("%+v: notes %q, want %q", test.op, got, test.note)
		}
		if last := all[len(all)-1]; !strings.HasPrefix(last, test.last) {
			t.Errorf("%+v: %d chapters to %s", test.op, len(all), last)
		}
	}
}
