package libav_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/codectest"
)

// asAsked fails if a film is not H.265 of 10 bits, with so many pictures, of which every
// fourth at least is a key frame, made with the least effort.
func asAsked(t *testing.T, name string, o output, pictures int) {
	t.Helper()
	s := pictureStream(t, o.path)
	keys, n := keyTimes(t, o.path)
	if s.Codec != "hevc" || s.Pixels != codec.PixelYUV420P10 || n != pictures ||
		len(keys) != (pictures+3)/4 {
		t.Errorf("%s: %s, %s, %d pictures, %d key frames", name, s.Codec, s.Pixels, n, len(keys))
	}
	if got := o.Streams[0].Options["preset"]; got != "ultrafast" {
		t.Errorf("%s: the preset is %q", name, got)
	}
}

func TestEveryOperationOnFilmsEncodesAsAskedFor(t *testing.T) {
	t.Parallel()
	in := moving(t) // 1.2 s
	v := codec.VideoEncoding{Codec: codec.VideoH265, PixelFormat: codec.PixelYUV420P10,
		KeyInterval: 0.4, MaxFrameRate: 10}
	for _, op := range []codec.Operation{
		codec.Trim{Duration: 1.2, Mode: codec.TrimFast, Effort: 1, Video: v},
		codec.Transform{Width: 64, Effort: 1, Video: v},
		codec.Watermark{Text: "Ada", Effort: 1, Video: v},
		codec.Adjust{Volume: new(0.9), Effort: 1, Video: v},
		codec.BurnSubtitles{Subtitles: "k", Effort: 1, Video: v},
		codec.Chain{Steps: codec.Steps{codec.Trim{Duration: 5},
			codec.Transform{Flop: true, Effort: 1, Video: v}}},
		codec.Chain{Steps: codec.Steps{codec.Transform{Flop: true},
			codec.Convert{Format: "mkv", Effort: 1, Video: v}}},
	} {
		refs := map[string]codec.Input{"subtitles": codectest.NewInput("a.srt", "", []byte(english))}
		asAsked(t, op.Name(), adorn(t, in, op, refs), 12)
	}
	asAsked(t, "trim", do(t, in, codec.Trim{Duration: 0.8, Effort: 1, Video: v}), 8)
	asAsked(t, "concat", join(t, codec.Concat{Effort: 1, Video: v}, in, in), 24)
	all := rendered(t, codectest.OpenInput(t, in), codec.Renditions{Outputs: []codec.Rendition{
		{Format: "mp4", Width: 64, Effort: 1, Video: v},
		{Format: "mp4", Video: codec.VideoEncoding{Profile: "baseline"}}}})
	asAsked(t, "renditions", all["moving-64.mp4"], 12)
	if s := pictureStream(t, all["moving-original.mp4"].path); s.Profile != "Constrained Baseline" {
		t.Errorf("the other rendition: %+v, of %v", s, slices.Collect(maps.Keys(all)))
	}
}

func TestAnEncodingOfFilmsIsNotedWhereThereIsNone(t *testing.T) {
	t.Parallel()
	o, err := process(t.Context(), codectest.NewInput("tone.wav", "", wave(0.1)),
		codec.Adjust{Volume: new(0.5), Video: codec.VideoEncoding{Hardware: true}})
	if got := strings.Join(o.Result.Notes, "\n"); err != nil ||
		got != "video was not used: it is for films." {
		t.Errorf("notes %q, %v", got, err)
	}
}
