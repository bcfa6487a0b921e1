package libav_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/codectest"
	"github.com/spoolmedia/spool/codec/libav"
)

// TestHostileInputsAreRefusedOrConverted reads every hostile file as what it is
// and as everything that it could be taken for. That it returns is the test.
func TestHostileInputsAreRefusedOrConverted(t *testing.T) {
	t.Parallel()
	dir := filepath.Dir(codectest.Corpus(t, "hostile/mutagen-ooming-header.flac"))
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	c := libav.New()
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		t.Run(e.Name(), func(t *testing.T) {
			harmless(t, c, codectest.NewInput(e.Name(), "", data), everything)
			// They all open the input in the same way.
			for _, mediaType := range c.Offers()[0].From {
				harmless(t, c, codectest.NewInput(e.Name(), mediaType, data), everything[:4])
			}
			for _, mediaType := range []string{"application/x-subrip", "text/vtt", "text/x-ssa"} {
				harmless(t, c, codectest.NewInput(e.Name(), mediaType, data),
					[]codec.Operation{codec.Convert{Format: "ass"}})
			}
		})
	}
}

// everything is each operation, those that go the furthest first.
var everything = []codec.Operation{
	codec.Convert{Format: "mp4", Width: 64}, codec.Convert{Format: "wav"}, codec.PosterFrame{},
	codec.Trim{Format: "mkv", Start: 0.5, Duration: 1, Mode: codec.TrimFast},
	codec.Convert{Format: "mkv"}, codec.ExtractAudio{}, codec.Inspect{}, codec.StripMetadata{},
	codec.Trim{Format: "mp4", Start: 0.5, Duration: 1}, codec.GIF{}, codec.Storyboard{},
	codec.AdaptiveStream{}, codec.Concat{}, codec.ConcatAudio{}, codec.Watermark{Text: "Ada"},
	codec.Adjust{Normalize: true, FadeOut: 1, Hue: 20}, codec.Compress{Quality: 20},
	codec.Transform{Rotate: 90, Width: 100, FrameRate: 5}, codec.Compress{TargetBytes: 1000},
	codec.Thumbnail{Timestamp: new(0.2), Format: "png"}, codec.ExtractSubtitles{},
	codec.BurnSubtitles{}, codec.Waveform{}, codec.Renditions{Outputs: []codec.Rendition{
		{Format: "mp4", Width: 32}, {Format: "mp3"}, {Format: "jpg"}}},
}

func harmless(t *testing.T, c *libav.Codec, in codec.Input, ops []codec.Operation) {
	t.Helper()
	for _, op := range ops {
		sink := new(codectest.Sink)
		policy := codec.Policy{Limits: codec.Limits{Pixels: 4 << 20}}
		err := c.Process(t.Context(), &codec.Work{Op: op, In: []codec.Input{in}, Out: sink,
			Policy: policy, Threads: 1})
		if err != nil && !codec.Permanent(err) {
			t.Errorf("%s as %s, %s: class %s: %v", in.Name(), in.Type(), op.Name(),
				codec.ClassOf(err), err)
		}
		if n := len(sink.Open()); n > 0 {
			t.Errorf("%d outputs left open", n)
		}
	}
}
