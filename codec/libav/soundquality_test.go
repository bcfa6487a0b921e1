package libav_test

import (
	"bytes"
	"os"
	"testing"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/codectest"
)

// spread is how many sizes the packets of the sound have: at a constant bit rate two, with
// and without a byte of padding, and often another at the start.
func spread(t *testing.T, path string) int {
	t.Helper()
	sizes := map[int64]bool{}
	for _, p := range packets(t, path, "audio") {
		sizes[int64(p.Size)] = true
	}
	return len(sizes)
}

// TestAnMP3ByQualityVaries: what the quality decides is LAME's variable bit rate, which
// the file says at its start; an asked bit rate is constant.
func TestAnMP3ByQualityVaries(t *testing.T) {
	t.Parallel()
	in := ffmpeg(t, "in.wav", "-f", "lavfi", "-i",
		"anoisesrc=r=44100:d=1:a=0.3:c=pink:seed=1,tremolo=f=3:d=0.9", "-ac", "2")
	last := 0.0
	for _, test := range []struct {
		quality int
		value   string // of global_quality
	}{{1, "826"}, {82, "236"}, {100, "0"}} {
		o := do(t, in, codec.Convert{Format: "mp3", Quality: test.quality})
		options := o.Streams[0].Options
		if options["global_quality"] != test.value || options["flags"] != "+qscale" || len(options) != 2 {
			t.Errorf("quality %d: options = %v", test.quality, options)
		}
		size := packetBytes(t, o.path, "audio")
		if size <= 1.2*last || spread(t, o.path) < 4 {
			t.Errorf("quality %d: %.0f bytes in packets of %d sizes, %.0f before", test.quality, size,
				spread(t, o.path), last)
		}
		last = size
		data, err := os.ReadFile(o.path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(data[:4096], []byte("Xing")) {
			t.Errorf("quality %d: the file does not say that its bit rate varies", test.quality)
		}
		if got, want := soundLength(t, o.path), soundLength(t, in); got != want {
			t.Errorf("quality %d: the sound lasts %v, want %v", test.quality, got, want)
		}
		again := ffmpeg(t, "again.mp3", "-i", in, "-sample_fmt", "fltp",
			"-flags:a", options["flags"], "-global_quality:a", options["global_quality"])
		if err := codectest.SameStreams(again, o.path); err != nil {
			t.Errorf("quality %d: ffmpeg with the options makes something else: %v", test.quality, err)
		}
	}
	o := do(t, in, codec.ExtractAudio{BitrateKbps: 128})
	if n := spread(t, o.path); n > 3 {
		t.Errorf("at 128 kbit/s the packets are of %d sizes", n)
	}
}
