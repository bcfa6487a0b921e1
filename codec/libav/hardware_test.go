package libav

import (
	"strings"
	"testing"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/codectest"
)

// TestHardwareFallsBackToSoftware has encoders of software stand in for hardware:
// no machine of ours has any. H.263 takes the trial's size, and not the film's; MPEG-4
// does not take the time base of a feed. VAAPI finds no driver, as TestMain has it.
func TestHardwareFallsBackToSoftware(t *testing.T) {
	t.Parallel()
	// 161 × 121
	film := codectest.OpenInput(t, codectest.Corpus(t, "video/androidx-bear-vp9-odd-dimensions.webm"))
	moment := new(codectest.Sink)
	err := New().Process(t.Context(), &codec.Work{In: []codec.Input{film}, Out: moment,
		Op: codec.Trim{Duration: 0.3, Mode: codec.TrimFast}})
	if err != nil {
		t.Fatal(err)
	}
	in := codectest.NewInput("moment.webm", "", moment.Outputs()[0].Data)
	convert := func(v codec.VideoEncoding) codec.Operation {
		return codec.Convert{Format: "mp4", Quality: 30, Effort: 1, Video: v}
	}
	concat := func(v codec.VideoEncoding) codec.Operation {
		return codec.Concat{Format: "mkv", Quality: 30, Effort: 1, Video: v}
	}
	rendition := func(v codec.VideoEncoding) codec.Operation {
		return codec.Renditions{Outputs: []codec.Rendition{{Format: "mkv", Quality: 30, Effort: 1,
			Video: v}}}
	}
	for name, test := range map[string]struct {
		candidates []string
		video      codec.VideoEncoding
		encoder    string
		says       string // "": nothing
		op         func(codec.VideoEncoding) codec.Operation
	}{
		"nothing is there": {[]string{"h264_none", "pcm_s16le"}, codec.VideoEncoding{}, "libx264",
			"no hardware here encodes H.264", convert},
		"no driver": {[]string{"h264_vaapi"}, codec.VideoEncoding{}, "libx264",
			"no hardware here encodes H.264", convert},
		"the driver is gone": {[]string{"h264_vaapi"}, codec.VideoEncoding{}, "libx264",
			"h264_vaapi failed", convert},
		"the second works": {[]string{"h264_none", "mpeg4"}, codec.VideoEncoding{}, "mpeg4", "",
			convert},
		"it fails later": {[]string{"h263"}, codec.VideoEncoding{}, "libx264", "h263 failed", convert},
		"more is asked for": {[]string{"mpeg4"}, codec.VideoEncoding{Profile: "main"}, "libx264",
			"as asked for", convert},
		"it joins":         {[]string{"libvpx"}, codec.VideoEncoding{}, "libvpx", "", concat},
		"it fails to join": {[]string{"h263"}, codec.VideoEncoding{}, "libx264", "h263 failed", concat},
		"a rendition":      {[]string{"libvpx"}, codec.VideoEncoding{}, "libvpx", "", rendition},
		"a rendition fails": {[]string{"h263"}, codec.VideoEncoding{}, "libx264", "h263 failed",
			rendition},
	} {
		c, try := New(), encodesPicture
		if name == "the driver is gone" {
			try = func(string) (string, bool) { return "nv12", true }
		}
		c.hardware = tryHardware(map[string][]string{codec.VideoH264: test.candidates}, try)
		test.video.Hardware = true
		sink := new(codectest.Sink)
		err := c.Process(t.Context(), &codec.Work{In: []codec.Input{in}, Out: sink,
			Op: test.op(test.video)})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		outputs := sink.Outputs()
		if len(outputs) != 1 || len(sink.Open()) > 0 {
			t.Fatalf("%s: %d outputs", name, len(outputs))
		}
		r := outputs[0].Result
		if got := r.Streams[0].Encoder; got != test.encoder {
			t.Errorf("%s: it was encoded by %s, want %s", name, got, test.encoder)
		}
		notes := strings.Join(r.Notes, "\n")
		if !strings.Contains(notes, test.says) || test.says == "" && strings.Contains(notes, "software") {
			t.Errorf("%s: notes = %q, want %q", name, notes, test.says)
		}
		m, _, err := c.Probe(t.Context(), &codec.Work{
			In: []codec.Input{codectest.NewInput("out.mp4", "", outputs[0].Data)}})
		if err != nil || m.Width/2 != 80 || m.Duration == 0 {
			t.Errorf("%s: %+v, %v", name, m, err)
		}
	}
}

func TestVAAPIIsGivenPicturesItCanUpload(t *testing.T) {
	t.Parallel()
	pixels, works := encodesPicture("h264_vaapi")
	if works || hasEncoder("h264_vaapi") && pixels != "nv12" {
		t.Errorf("pixels = %q, works without a driver = %v", pixels, works)
	}
}

func TestAnEncoderThatTheBuildLacksIsNamed(t *testing.T) {
	op := request{Convert: codec.Convert{Format: "mp4", Video: codec.VideoEncoding{Codec: "h265"}}}
	_, err := chooseEncoder(op, func(string) bool { return false })
	if codec.ClassOf(err) != codec.Unsupported ||
		!strings.Contains(err.Error(), "no encoder of H.265") {
		t.Error(err)
	}
	name, err := chooseEncoder(op, func(name string) bool { return name == "libx265" })
	if name != "libx265" || err != nil {
		t.Error(name, err)
	}
}
