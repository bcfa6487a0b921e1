package libav_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/codectest"
	"github.com/spoolmedia/spool/codec/libav"
)

// strictly does op on in as a host asks that has no use for damaged media.
func strictly(t *testing.T, in codec.Input, op codec.Operation) error {
	t.Helper()
	return libav.New().Process(t.Context(), &codec.Work{Op: op, In: []codec.Input{in},
		Out: new(codectest.Sink), Policy: codec.Policy{Strict: true}})
}

// holed returns data with noise in the middle of it.
func holed(data []byte) []byte {
	data = bytes.Clone(data)
	for i := len(data) / 2; i < len(data)*5/8; i++ {
		data[i] = byte(i * 7919 >> 3)
	}
	return data
}

func TestStrictWorkEndsAtDamage(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		file string
		op   codec.Operation
	}{
		{"video/androidx-sample.mp4", codec.Convert{Format: "mp4", Width: 64}},
		{"video/androidx-sample_with_srt.mkv", codec.Convert{Format: "mp4", Width: 64}},
		{"video/androidx-sample_h264_mpeg_audio.ts", codec.Convert{Format: "mp4", Width: 64}},
		{"video/androidx-sample.mp4", codec.AdaptiveStream{Profile: codec.ProfileBasic}},
		{"audio/mediabunny-sample.flac", codec.Convert{Format: "wav"}},
	} {
		t.Run(c.file+" "+c.op.Name(), func(t *testing.T) {
			t.Parallel()
			data, err := os.ReadFile(codectest.Corpus(t, c.file))
			if err != nil {
				t.Fatal(err)
			}
			in := codectest.NewInput(filepath.Base(c.file), "", holed(data))
			sink := new(codectest.Sink)
			err = libav.New().Process(t.Context(), &codec.Work{Op: c.op, In: []codec.Input{in}, Out: sink})
			if err != nil {
				t.Fatalf("what can be decoded is not: %v", err)
			}
			var notes []string
			for _, o := range sink.Outputs() {
				notes = append(notes, o.Result.Notes...)
			}
			if len(notes) == 0 {
				t.Error("the damage is not noted")
			}
			err = strictly(t, in, c.op)
			if codec.ClassOf(err) != codec.Invalid || !strings.Contains(err.Error(), "damaged") {
				t.Errorf("strict work returns %v", err)
			}
		})
	}
}

func TestStrictWorkTakesWhatIsWhole(t *testing.T) {
	t.Parallel()
	for _, folder := range []string{"video", "audio"} {
		all, err := filepath.Glob(filepath.Join(codectest.Corpus(t, folder), "*"))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range all {
			info, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			if info.IsDir() || info.Size() > 2<<20 {
				continue
			}
			in := codectest.OpenInput(t, path)
			op := codec.Trim{Format: "wav", Start: 0.1, Duration: 0.3, Effort: 1}
			if folder == "video" {
				op.Format = "mp4"
			}
			lax := libav.New().Process(t.Context(), &codec.Work{Op: op, In: []codec.Input{in},
				Out: new(codectest.Sink)})
			if err := strictly(t, in, op); (err == nil) != (lax == nil) {
				t.Errorf("%s: strict work returns %v, otherwise it is %v", filepath.Base(path), err, lax)
			}
		}
	}
}

func TestProgressTellsHowMuchOfAFilmIsDone(t *testing.T) {
	t.Parallel()
	var last codec.Progress
	err := libav.New().Process(t.Context(), &codec.Work{
		Op: codec.Convert{Format: "webm"}, Out: new(codectest.Sink),
		In:       []codec.Input{codectest.NewInput("walk.gif", "", animation(t, 120, 32, 32))},
		Progress: func(p codec.Progress) { last.Media = max(last.Media, p.Media) },
	})
	if err != nil {
		t.Fatal(err)
	}
	if last.Media < 6*time.Second || last.Media > 12*time.Second {
		t.Errorf("near the end %v of 12 s were done", last.Media)
	}
}
