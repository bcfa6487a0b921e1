package faststart_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/spoolmedia/spool/codec/codectest"
	"github.com/spoolmedia/spool/codec/internal/command"
	"github.com/spoolmedia/spool/codec/libav/internal/faststart"
)

// run runs a command and returns what it prints.
func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := command.Output(name, args...)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// hashes returns a hash of the packets of each stream.
func hashes(t *testing.T, path string) string {
	return run(t, "ffmpeg", "-v", "error", "-i", path, "-map", "0", "-c", "copy",
		"-f", "streamhash", "-")
}

func TestRelocateEqualsFFmpeg(t *testing.T) {
	codectest.NeedCommands(t, "ffmpeg")
	for name, args := range map[string][]string{
		"film.mp4": {"-c:v", "mpeg4", "-c:a", "aac"},
		"film.mov": {"-c:v", "mjpeg", "-c:a", "pcm_s16le"},
		"book.m4a": {"-vn", "-c:a", "aac"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			plain, want := filepath.Join(dir, "plain-"+name), filepath.Join(dir, "want-"+name)
			run(t, "ffmpeg", slices.Concat([]string{"-v", "error",
				"-f", "lavfi", "-i", "testsrc=d=3:s=320x240:r=25",
				"-f", "lavfi", "-i", "sine=d=3", "-metadata", "title=test"}, args, []string{plain})...)
			run(t, "ffmpeg", "-v", "error", "-i", plain, "-map", "0", "-c", "copy",
				"-movflags", "+faststart", want)
			hash := hashes(t, plain)

			f, err := os.OpenFile(plain, os.O_RDWR, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			info, err := f.Stat()
			if err != nil {
				t.Fatal(err)
			}
			if before := readKinds(t, plain); slices.Index(before, "moov") < slices.Index(before, "mdat") {
				t.Fatalf("the fixture has the boxes %v: nothing to move", before)
			}
			if err := faststart.Relocate(f, info.Size()); err != nil {
				t.Fatal(err)
			}
			if got, want := readKinds(t, plain), readKinds(t, want); !slices.Equal(got, want) {
				t.Errorf("boxes %v, those of FFmpeg are %v", got, want)
			}
			if got := hashes(t, plain); got != hash {
				t.Errorf("packets %s, want %s", got, hash)
			}
			if out := run(t, "ffprobe", "-v", "error", "-show_format", plain); out == "" {
				t.Error("ffprobe says nothing")
			}
			run(t, "ffmpeg", "-v", "error", "-xerror", "-i", plain, "-f", "null", "-")
		})
	}
}

func readKinds(t *testing.T, path string) []string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return kinds(t, data)
}
