package libav_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/codectest"
	"github.com/spoolmedia/spool/codec/libav"
)

const english = "1\n00:00:00,500 --> 00:00:01,500\nHello <i>there</i>\n\n" +
	"2\n00:00:02,000 --> 00:00:03,000\ntwo\nlines\n\n"

const german = "1\n00:00:01,000 --> 00:00:02,000\nGrüß dich\n\n"

// spoken are the cues of a text as an independent reader shows them.
const (
	englishCues = "00:00:00,5 --> 00:00:01,5 Hello <i>there</i>|00:00:02,0 --> 00:00:03,0 two lines"
	germanCues  = "00:00:01,0 --> 00:00:02,0 Grüß dich"
)

// subtitled is a dark film of four seconds with English and German subtitles.
func subtitled(t testing.TB, name string, args ...string) string {
	t.Helper()
	return ffmpeg(t, name, append([]string{
		"-f", "lavfi", "-i", "color=0x303030:s=320x180:r=10:d=4", "-f", "lavfi", "-i", "sine=d=4",
		"-i", textFile(t, "en.srt", english), "-i", textFile(t, "de.srt", german),
		"-map", "0", "-map", "1", "-map", "2", "-map", "3", "-metadata:s:s:0", "language=eng",
		"-metadata:s:s:1", "language=ger", "-c:a", "flac", "-strict", "-2", "-preset", "ultrafast"},
		args...)...)
}

var milliseconds = regexp.MustCompile(`,(\d)\d\d\b`)

// cues are the subtitles of a file, one after the other, with times to a tenth of a
// second: some players and ffmpeg move a film by what its sound encoder adds.
func cues(t testing.TB, path string, tracks ...int) (found []string) {
	t.Helper()
	dir := t.TempDir()
	file := func(track int) string { return filepath.Join(dir, strconv.Itoa(track)) }
	args := []string{"-v", "error", "-i", path}
	for _, track := range tracks {
		args = append(args, "-map", "s:"+strconv.Itoa(track), "-f", "srt", file(track))
	}
	printed(t, "ffmpeg", args...)
	for _, track := range tracks {
		text, err := os.ReadFile(file(track))
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, cuesIn(string(text)))
	}
	return found
}

// cuesIn are the times and words of a file of SubRip.
func cuesIn(text string) string {
	var all []string
	for block := range strings.SplitSeq(strings.TrimSpace(strings.ReplaceAll(text, "\r", "")),
		"\n\n") {
		lines := strings.Split(block, "\n")
		lines[1] = milliseconds.ReplaceAllString(lines[1], ",$1")
		all = append(all, strings.Join(lines[1:], " "))
	}
	return strings.Join(all, "|")
}

func streamsOf(t testing.TB, path, kind string) []codectest.ProbeStream {
	t.Helper()
	p, err := codectest.ProbeFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(slices.Clone(p.Streams),
		func(s codectest.ProbeStream) bool { return s.Kind != kind })
}

func TestSubtitlesBecomeWhatTheFormatHolds(t *testing.T) {
	t.Parallel()
	mkv := subtitled(t, "in.mkv", "-c:s:0", "ass", "-c:s:1", "subrip")
	mp4 := subtitled(t, "in.mp4", "-c:s", "mov_text")
	for _, test := range []struct {
		in, format    string
		first, second string // codecs
	}{
		{mkv, "mp4", "mov_text", "mov_text"}, {mkv, "mov", "mov_text", "mov_text"},
		{mkv, "webm", "webvtt", "webvtt"}, {mkv, "mkv", "ass", "subrip"},
		{mp4, "mkv", "subrip", "subrip"}, {mp4, "mp4", "mov_text", "mov_text"},
	} {
		o := do(t, test.in, codec.Convert{Format: test.format})
		got := streamsOf(t, o.path, "subtitle")
		if len(got) != 2 || got[0].Codec != test.first || got[1].Codec != test.second ||
			got[0].Tags["language"] != "eng" || got[1].Tags["language"] != "ger" {
			t.Errorf("%s to %s: %+v", filepath.Ext(test.in), test.format, got)
			continue
		}
		want := []string{englishCues, germanCues}
		if got := cues(t, o.path, 0, 1); !slices.Equal(got, want) {
			t.Errorf("%s to %s: %s, want %s", filepath.Ext(test.in), test.format, got, want)
		}
	}
}

func TestATrimCutsSubtitlesToo(t *testing.T) {
	t.Parallel()
	in := subtitled(t, "in.mkv")
	o := do(t, in, codec.Trim{Format: "mp4", Start: 1, Duration: 1.5})
	const want = "00:00:00,0 --> 00:00:00,5 Hello <i>there</i>|00:00:01,0 --> 00:00:01,5 two lines"
	if got := cues(t, o.path, 0)[0]; got != want {
		t.Errorf("cues %s, want %s", got, want)
	}
}

func TestPictureSubtitlesAreKeptWhereTheyCanBe(t *testing.T) {
	t.Parallel()
	in := codectest.Corpus(t, "video/androidx-sample_with_pgs_subtitles.mkv")
	if err := codectest.SameStreams(do(t, in, codec.Convert{Format: "mkv"}).path, in); err != nil {
		t.Error(err)
	}
	o := do(t, in, codec.Convert{Format: "mp4"})
	const note = "Subtitles were left out: mp4 does not hold Blu-ray subtitles."
	if len(streamsOf(t, o.path, "subtitle")) > 0 || !slices.Contains(o.Notes, note) {
		t.Errorf("notes %q, want %q", o.Notes, note)
	}
}

func TestSubtitlesAreExtracted(t *testing.T) {
	t.Parallel()
	in := subtitled(t, "in.mkv", "-disposition:s:1", "default")
	for _, test := range []struct {
		op   codec.ExtractSubtitles
		name string
		want string
	}{
		{codec.ExtractSubtitles{}, "in.srt", germanCues}, // they are the default
		{codec.ExtractSubtitles{Track: 1}, "in.srt", englishCues},
		{codec.ExtractSubtitles{Language: "en", Format: "vtt"}, "in.vtt", englishCues},
		{codec.ExtractSubtitles{Language: "de-AT", Format: "ass"}, "in.ass", germanCues},
	} {
		o := do(t, in, test.op)
		if got := cues(t, o.path, 0)[0]; got != test.want || filepath.Base(o.path) != test.name {
			t.Errorf("%+v: %s: %s, want %s", test.op, o.path, got, test.want)
		}
	}
	pgs := codectest.Corpus(t, "video/androidx-sample_with_pgs_subtitles.mkv")
	for _, test := range []struct {
		in   string
		op   codec.ExtractSubtitles
		says string
	}{
		{in, codec.ExtractSubtitles{Track: 3}, "has 2 tracks of subtitles, and no 3"},
		{in, codec.ExtractSubtitles{Language: "fr"}, `no subtitles in "fr"`},
		{pgs, codec.ExtractSubtitles{}, "are pictures"},
		{strip(t, "in.mp4", "-t", "0.2"), codec.ExtractSubtitles{}, "has no subtitles"},
	} {
		_, err := process(t.Context(), codectest.OpenInput(t, test.in), test.op)
		if err == nil || !codec.Permanent(err) || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%+v: %v, want %q", test.op, err, test.says)
		}
	}
}

func TestFilesOfSubtitlesAreConverted(t *testing.T) {
	t.Parallel()
	utf16le := "\xff\xfe"
	for _, u := range utf16.Encode([]rune(german)) {
		utf16le += string([]byte{byte(u), byte(u >> 8)})
	}
	for _, test := range []struct{ name, text, want string }{
		{"utf8.srt", english, englishCues},
		{"mark.srt", "\uFEFF" + german, germanCues},
		{"utf16.srt", utf16le, germanCues},
		{"western.srt", strings.NewReplacer("ü", "\xfc", "ß", "\xdf").Replace(german), germanCues},
		{"words.vtt", "WEBVTT\n\n00:01.000 --> 00:02.000\nGrüß dich\n", germanCues},
	} {
		for _, format := range []string{"srt", "vtt", "ass"} {
			in := codectest.NewInput(test.name, "", []byte(test.text))
			o, err := convert(t.Context(), in, codec.Convert{Format: format})
			if err != nil {
				t.Errorf("%s to %s: %v", test.name, format, err)
				continue
			}
			want, _ := codec.LookupFormat(format)
			if o.Result.Media.Type != want.Type {
				t.Errorf("%s to %s is %s", test.name, format, o.Result.Media.Type)
			}
			if got := cues(t, save(t, o).path, 0)[0]; got != test.want {
				t.Errorf("%s to %s: %s, want %s", test.name, format, got, test.want)
			}
			if guessed := len(o.Result.Notes) > 0; guessed != (test.name == "western.srt") {
				t.Errorf("%s to %s: notes %q", test.name, format, o.Result.Notes)
			}
		}
	}
	_, err := convert(t.Context(), codectest.NewInput("empty.vtt", "", []byte("WEBVTT\n")),
		codec.Convert{Format: "srt"})
	if err == nil || codec.ClassOf(err) != codec.Invalid {
		t.Errorf("without cues: %v", err)
	}
}

// adorn does op, which refers to a file of subtitles, on the film at path.
func adorn(t testing.TB, path string, op codec.Operation, refs map[string]codec.Input) output {
	t.Helper()
	sink := new(codectest.Sink)
	err := libav.New().Process(t.Context(), &codec.Work{Op: op, Refs: refs, Out: sink,
		In: []codec.Input{codectest.OpenInput(t, path)}})
	if err != nil {
		t.Fatal(err)
	}
	return save(t, sink.Outputs()[0])
}

func TestSubtitlesAreAddedToThoseThatAreThere(t *testing.T) {
	t.Parallel()
	in := subtitled(t, "in.mkv", "-disposition:s:0", "default")
	file := codectest.NewInput("fr.srt", "", []byte("1\n00:00:00,200 --> 00:00:03,800\nÇa va ?\n"))
	for _, format := range []string{"mp4", "mkv"} {
		op := codec.AddSubtitles{Subtitles: "key", Language: "fr-CA", Title: "Français", Default: true,
			Format: format}
		if format == "mkv" {
			op.Forced = true
		}
		o := adorn(t, in, op, map[string]codec.Input{"subtitles": file})
		all := streamsOf(t, o.path, "subtitle")
		if len(all) != 3 {
			t.Fatalf("%s: %+v", format, all)
		}
		last := all[2]
		if last.Disposition["default"] != 1 || all[0].Disposition["default"] != 0 ||
			format == "mkv" && (last.Disposition["forced"] != 1 || last.Tags["title"] != "Français") ||
			format == "mp4" && (last.Tags["handler_name"] != "Français" || last.Tags["language"] != "fra") ||
			format == "mkv" && last.Tags["language"] != "fra" {
			t.Errorf("%s: %+v", format, last)
		}
		want := []string{englishCues, germanCues, "00:00:00,2 --> 00:00:03,8 Ça va ?"}
		if got := cues(t, o.path, 0, 1, 2); !slices.Equal(got, want) {
			t.Errorf("%s: %s, want %s", format, got, want)
		}
		hashes, err := codectest.StreamHashes(o.path, in)
		if err != nil || !slices.Equal(hashes[0][:2], hashes[1][:2]) {
			t.Errorf("%s: picture and sound are %v: %v", format, hashes, err)
		}
	}
	for name, file := range map[string]codec.Input{
		"a picture": codectest.NewInput("a.gif", "", animation(t, 2, 16, 16)),
		"nothing":   nil,
	} {
		refs := map[string]codec.Input{"subtitles": file}
		if file == nil {
			refs = nil
		}
		err := libav.New().Process(t.Context(), &codec.Work{Op: codec.AddSubtitles{Subtitles: "key"},
			Refs: refs, Out: new(codectest.Sink), In: []codec.Input{codectest.OpenInput(t, in)}})
		if err == nil || !codec.Permanent(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSubtitlesKeepUpWithAFasterFilm(t *testing.T) {
	t.Parallel()
	o := do(t, subtitled(t, "in.mkv"), codec.Adjust{Format: "mp4", Speed: 2})
	if got := cues(t, o.path, 1)[0]; got != "00:00:00,5 --> 00:00:01,0 Grüß dich" {
		t.Errorf("cues %s", got)
	}
}
