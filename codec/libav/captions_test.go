package libav_test

import (
	"strings"
	"testing"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/codectest"
	"github.com/spoolmedia/spool/codec/libav"
)

func TestTheFilmsOwnSubtitlesBecomeCaptions(t *testing.T) {
	t.Parallel()
	in := codectest.OpenInput(t, subtitled(t, "in.mkv"))
	stream := func(op codec.AdaptiveStream) (map[string]string, error) {
		op.Renditions = []codec.StreamRendition{{Height: 144}}
		sink := new(codectest.Sink)
		err := libav.New().Process(t.Context(), &codec.Work{Op: op, In: []codec.Input{in}, Out: sink})
		all := map[string]string{}
		for _, o := range sink.Outputs() {
			all[o.Name] = string(o.Data)
		}
		return all, err
	}
	given := codec.Caption{Label: "Deutsch", Language: "de", Content: "WEBVTT\n"}
	all, err := stream(codec.AdaptiveStream{SubtitleTracks: []string{"de", "2"},
		Captions: []codec.Caption{given}})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"captions-1.vtt": "WEBVTT", "captions-2.vtt": "00:01.",
		"captions-3.vtt": "00:00.500 --> 00:01.500\nHello",
		"master.m3u8":    `NAME="Deutsch 2"`, "manifest.mpd": `lang="en"`,
	} {
		if !strings.Contains(all[name], want) {
			t.Errorf("%s: there is no %q in %q", name, want, all[name])
		}
	}
	if _, more := all["captions-4.vtt"]; more ||
		!strings.Contains(all["master.m3u8"], `NAME="English"`) {
		t.Errorf("master.m3u8: %s", all["master.m3u8"])
	}
	all, err = stream(codec.AdaptiveStream{SubtitleTracks: []string{"en"},
		Clip: codec.Clip{Start: 0.3, Duration: 1}})
	if text := all["captions-1.vtt"]; err != nil || !strings.Contains(text, "00:00.200 --> ") {
		t.Errorf("of a part: %q, %v", text, err)
	}
	all, err = stream(codec.AdaptiveStream{SubtitleTracks: []string{"en"},
		Clip: codec.Clip{Duration: 0.3}})
	if text := all["captions-1.vtt"]; err != nil || text != "WEBVTT\n" {
		t.Errorf("of a part without words: %q, %v", text, err)
	}
	if all, err = stream(codec.AdaptiveStream{}); err != nil || all["captions-1.vtt"] != "" {
		t.Errorf("without a word: %q, %v", all["captions-1.vtt"], err)
	}
	_, err = stream(codec.AdaptiveStream{SubtitleTracks: []string{"fr"}})
	if codec.ClassOf(err) != codec.Invalid || !strings.Contains(err.Error(), "it has 2 eng, 3 ger") {
		t.Errorf("in French: %v", err)
	}
}
