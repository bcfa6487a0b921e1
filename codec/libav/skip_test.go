package libav_test

import (
	"bytes"
	"path/filepath"
	"testing"

	"github.com/spoolmedia/spool/codec"
)

// Pictures that no other refers to are left out on the way to the wanted one. A film of
// key frames alone has no way: it shows what must come out.
func TestAPictureFarFromAKeyFrameIsTheSameAsOneThatIsAKeyFrame(t *testing.T) {
	t.Parallel()
	films := []struct {
		name string
		args []string
	}{
		{"pyramid.mp4", []string{"-c:v", "libx264", "-g", "99", "-bf", "3", "-b_strategy", "0"}},
		{"open.mkv", []string{"-c:v", "libx264", "-g", "20", "-bf", "3", "-x264-params", "open-gop=1"}},
		{"fields.ts", []string{"-c:v", "libx264", "-bf", "2", "-x264-params", "interlaced=1"}},
		{"uneven.mp4", []string{"-vf", "select='not(mod(n,7))+not(mod(n,5))'", "-vsync", "vfr",
			"-c:v", "libx264", "-g", "99", "-bf", "2", "-b_strategy", "0"}},
		{"h265.mp4", []string{"-c:v", "libx265", "-x265-params", "log-level=none:bframes=4:keyint=99"}},
		{"vp9.webm", []string{"-c:v", "libvpx-vp9", "-g", "99", "-cpu-used", "8",
			"-auto-alt-ref", "1", "-lag-in-frames", "16"}},
		{"av1.mp4", []string{"-c:v", "libaom-av1", "-g", "99", "-cpu-used", "8", "-usage", "realtime"}},
		{"mpeg4.mp4", []string{"-c:v", "mpeg4", "-g", "99", "-bf", "2"}},
		{"mpeg2.ts", []string{"-c:v", "mpeg2video", "-g", "40", "-bf", "2"}},
	}
	dir := t.TempDir()
	made, keys := []string{"-f", "lavfi", "-i", "testsrc2=s=96x64:r=25:d=1.4,format=yuv420p"},
		[]string{}
	for _, f := range films {
		made = append(append(made, f.args...), filepath.Join(dir, f.name))
		keys = append(keys, "-i", filepath.Join(dir, f.name))
	}
	// One call makes all of them: the last is what the helper names.
	ffmpeg(t, "none.mkv", append(made, "-c:v", "ffv1", "-frames:v", "1")...)
	for i, f := range films {
		keys = append(keys, "-map", string(rune('0'+i)), "-c:v", "ffv1", "-g", "1", "-fps_mode",
			"passthrough", filepath.Join(dir, f.name+".mkv"))
	}
	ffmpeg(t, "none.mkv", append(keys, "-map", "0", "-c:v", "ffv1", "-frames:v", "1")...)
	for _, f := range films {
		film := filepath.Join(dir, f.name)
		for at := 0.145; at < 1.2; at += 0.26 {
			op := codec.PosterFrame{Timestamp: &at, Format: "png"}
			if !bytes.Equal(pictureOf(t, film, op).Data, pictureOf(t, film+".mkv", op).Data) {
				t.Errorf("%s at %v s: it is another picture", f.name, at)
			}
		}
	}
}
