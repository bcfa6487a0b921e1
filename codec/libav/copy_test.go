package libav_test

import (
	"slices"
	"testing"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/codectest"
)

func TestStreamsThatFitAreCopiedUnchanged(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ file, format string }{
		{"video/androidx-sample.mp4", "mov"},
		{"video/androidx-sample.mp4", "mkv"},
		{"video/androidx-h265_bframes.mp4", "mov"},
		{"video/androidx-h265_bframes.mp4", "mkv"},
		{"video/androidx-sample_fragmented.mp4", "mp4"},
		{"video/androidx-sample_with_srt.mkv", "mkv"},
		{"video/androidx-sample_with_pgs_subtitles.mkv", "mkv"},
		{"video/androidx-sample_av1.mkv", "webm"},
		{"video/androidx-portrait_4k60.mp4", "mp4"},
		{"video/mediabunny-sar_2x1.mp4", "mov"},
		{"audio/androidx-bbb_6ch_8kHz_opus.ogg", "opus"},
		{"audio/androidx-bear_vorbis.ogg", "ogg"},
		{"audio/mutagen-alac.m4a", "m4a"},
	} {
		t.Run(test.file+" to "+test.format, func(t *testing.T) {
			o := mustConvert(t, test.file, codec.Convert{Format: test.format})
			if slices.ContainsFunc(o.Streams, func(s codec.Stream) bool {
				return s.Action == codec.Encoded
			}) {
				t.Fatalf("streams = %+v, want none encoded", o.Streams)
			}
			in := codectest.Corpus(t, test.file)
			if !slices.ContainsFunc(o.Streams, func(s codec.Stream) bool {
				return s.Action == codec.Dropped
			}) {
				if err := codectest.SameStreams(o.path, in); err != nil {
					t.Error(err)
				}
			}
			if o.Media.Width > 0 {
				if err := codectest.SameFrames(o.path, in, tick); err != nil {
					t.Error(err)
				}
			}
		})
	}
}
