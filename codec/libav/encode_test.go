package libav_test

import (
	"bytes"
	"testing"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/codectest"
	"github.com/spoolmedia/spool/codec/libav"
)

func TestEncodedVideoKeepsEveryFrameAndItsTime(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ file, format string }{
		{"video/androidx-sample.mp4", "webm"},
		{"video/androidx-sample_edit_list.mp4", "webm"}, // variable rate, rotated, HLG
		{"video/androidx-bbb_176x144_128kbps_15fps_h263.3gp", "mp4"},
		{"video/androidx-sample.avi", "mp4"},
		{"video/androidx-sample_h265.ts", "webm"},
		{"video/filetype-fixture.webm", "mp4"},
		{"video/mediabunny-sar_2x1.mp4", "webm"},
	} {
		t.Run(test.file+" to "+test.format, func(t *testing.T) {
			in := codectest.Corpus(t, test.file)
			o := mustConvert(t, test.file, codec.Convert{Format: test.format, Width: 160,
				Effort: 1})
			if err := codectest.SameFrames(o.path, in, tick); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestPicturesAreShownAtTheSizeThatIsReported(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		file          string
		op            codec.Convert
		width, height int
	}{
		{"video/androidx-dolbyVision-hdr.MOV", codec.Convert{Format: "webm"}, 720, 1280},
		{"video/androidx-portrait_4k60.mp4", codec.Convert{Format: "mp4", Width: 270}, 270, 480},
		{"video/mediabunny-sar_2x1.mp4", codec.Convert{Format: "mp4"}, 1280, 360},
		{"video/mediabunny-sar_2x1.mp4", codec.Convert{Format: "mp4", Width: 320}, 320, 90},
		{"video/androidx-bear-vp9-odd-dimensions.webm", codec.Convert{Format: "mp4", Quality: 70}, 160,
			120},
		{"video/astiav-video_with_chapters.mp4",
			codec.Convert{Format: "mp4", Width: 100, Height: 100}, 100, 100},
		{"video/astiav-video_with_chapters.mp4",
			codec.Convert{Format: "mp4", Width: 200, Height: 200, Fit: codec.FitContain}, 200, 200},
		{"video/astiav-video_with_chapters.mp4",
			codec.Convert{Format: "webm", Width: 200, Height: 200, Fit: codec.FitInside}, 200, 112},
		{"video/astiav-video_with_chapters.mp4",
			codec.Convert{Format: "mp4", Width: 640, Enlarge: true}, 640, 360},
	} {
		t.Run(test.file, func(t *testing.T) {
			test.op.Effort = 1
			o := mustConvert(t, test.file, test.op)
			if o.Media.Width != test.width || o.Media.Height != test.height {
				t.Errorf("size = %d×%d, want %d×%d", o.Media.Width, o.Media.Height,
					test.width, test.height)
			}
			m := probe(t, o.path)
			if m.Width != test.width || m.Height != test.height {
				t.Errorf("shown = %d×%d, want %d×%d", m.Width, m.Height, test.width, test.height)
			}
		})
	}
}

// x264 writes into its output how many threads it has.
func TestX264HasAsManyThreadsAsKeepTheCoresBusy(t *testing.T) {
	t.Parallel()
	film := codectest.OpenInput(t, moving(t))
	for cores, threads := range map[int]string{1: "threads=1 ", 2: "threads=3 ", 4: "threads=6 "} {
		sink := new(codectest.Sink)
		err := libav.New().Process(t.Context(), &codec.Work{In: []codec.Input{film}, Out: sink,
			Op: codec.Convert{Format: "mp4", Effort: 1, Mute: true}, Threads: cores})
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(sink.Outputs()[0].Data, []byte(" "+threads)) {
			t.Errorf("for %d cores x264 has not %s", cores, threads)
		}
	}
}

func TestAProfileThatHasNoFieldsIsKept(t *testing.T) {
	t.Parallel()
	o := do(t, interlaced(t), codec.Convert{Format: "mp4", Deinterlace: new(false),
		Video: codec.VideoEncoding{Profile: "baseline"}})
	profile := printed(t, "ffprobe", "-v", "error", "-select_streams", "v", "-show_entries",
		"stream=profile", "-of", "csv=p=0", o.path)
	if !bytes.Contains(profile, []byte("Baseline")) {
		t.Errorf("the profile is %s", profile)
	}
}
