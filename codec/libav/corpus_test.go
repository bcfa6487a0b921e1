package libav_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/codectest"
	"github.com/spoolmedia/spool/codec/libav"
)

// short are films of the corpus that take little to encode; large ones take much even
// for a moment.
var (
	short = []string{"androidx-bbb_176x144_128kbps_15fps_h263.3gp", "filetype-fixture.webm",
		"androidx-bear-vp9-odd-dimensions.webm", "filetype-fixture.wmv.asf", "androidx-sample_vvc.mp4"}
	large = []string{"androidx-portrait_4k60.mp4", "androidx-sample_edit_list.mp4",
		"androidx-hdr10-av1.mp4", "androidx-sample_av1.mkv", "androidx-dolbyVision-hdr.MOV"}
)

// TestEveryOperationTakesTheCorpus does each operation on each file. What comes out
// can be opened; what cannot be done says why.
func TestEveryOperationTakesTheCorpus(t *testing.T) {
	t.Parallel()
	moment := []codec.Operation{
		codec.Inspect{}, codec.PosterFrame{Timestamp: new(0.1), Width: 64},
		codec.Thumbnail{Width: 32, Timestamp: new(0.0)},
		codec.GIF{Duration: 0.3, FPS: 4, Width: 32},
		codec.Chain{Steps: codec.Steps{codec.Trim{Duration: 0.2}, codec.Transform{Width: 64, Rotate: 90},
			codec.Adjust{Saturation: new(0.5)}, codec.Watermark{Text: "Ada"},
			codec.Convert{Format: "mp4", Effort: 1}}},
	}
	whole := []codec.Operation{
		codec.StripMetadata{}, codec.Storyboard{Frames: 3, Width: 64},
		codec.Compress{Quality: 10, Effort: 1},
		codec.AdaptiveStream{Renditions: []codec.StreamRendition{{Height: 144}}}, codec.ConcatAudio{},
		codec.Adjust{Normalize: true},
	}
	c := libav.New()
	for _, file := range corpusMedia(t) {
		in := codectest.OpenInput(t, codectest.Corpus(t, file))
		ops := moment
		switch name := filepath.Base(file); {
		case slices.Contains(large, name):
			ops = moment[:2]
		case slices.Contains(short, name), strings.HasPrefix(file, "audio/"):
			ops = slices.Concat(moment, whole)
		}
		for _, op := range ops {
			if !slices.ContainsFunc(c.Offers(), func(o codec.Offer) bool { return o.Takes(op, in.Type()) }) {
				continue
			}
			sink := new(codectest.Sink)
			err := c.Process(t.Context(), &codec.Work{Op: op, In: []codec.Input{in}, Out: sink})
			if err != nil && !codec.Permanent(err) {
				t.Errorf("%s, %s: class %s: %v", file, op.Name(), codec.ClassOf(err), err)
			}
			if err != nil {
				t.Logf("%s, %s: %v", file, op.Name(), err)
			}
			for _, o := range sink.Outputs() {
				opens(t, c, op, o)
			}
		}
	}
}

// opens looks whether an output is what its account says.
func opens(t testing.TB, c *libav.Codec, op codec.Operation, o codectest.Output) {
	t.Helper()
	m := o.Result.Media
	switch filepath.Ext(o.Name) {
	case ".json", ".vtt", ".m3u8", ".mpd", ".m4s":
		return
	case ".jpg", ".gif":
		got, err := codectest.DecodeImage(o.Data)
		if err != nil || got.Bounds().Dx() != m.Width || got.Bounds().Dy() != m.Height {
			t.Errorf("%s, %s: %v, %+v", op.Name(), o.Name, err, m)
		}
		return
	}
	in := codectest.NewInput(o.Name, "", o.Data)
	got, _, err := c.Probe(t.Context(), &codec.Work{In: []codec.Input{in}})
	if err != nil || got.Width != m.Width || got.Height != m.Height {
		t.Errorf("%s, %s: %v: %+v, want %+v", op.Name(), o.Name, err, got, m)
	}
}
