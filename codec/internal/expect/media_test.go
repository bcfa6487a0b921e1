package expect_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spoolmedia/spool/codec/codectest"
	"github.com/spoolmedia/spool/codec/internal/command"
	"github.com/spoolmedia/spool/codec/internal/expect"
)

// A film of BT.601 whose picture changes all the time, and whose sound comes and goes.
const (
	pictures = "testsrc2=s=96x64:r=25:d=1.2,scale=out_color_matrix=bt601:out_range=tv," +
		"format=yuv420p,setparams=colorspace=smpte170m:range=tv"
	sound = "aevalsrc='if(between(mod(t,0.4),0.1,0.25),sin(3000*t)/4)':s=48000:d=1.2"
)

// outputs are what is made of the film, by the name of the file, and the faults that must
// be found in it: good ones and wrong ones.
var outputs = map[string]struct {
	args   []string
	faults []string
}{
	"good.mp4":  {nil, nil},
	"short.mkv": {[]string{"-frames:v", "29", "-c:a", "flac"}, []string{"pictures"}},
	"early.mkv": {[]string{"-vf", "setpts='PTS-if(eq(N,20),0.01/TB,0)'", "-fps_mode", "passthrough",
		"-enc_time_base", "1/1000", "-c:a", "flac"}, []string{"times"}},
	"late.mkv": {[]string{"-af", "adelay=100:all=1,atrim=end=1.2", "-c:a", "flac"}, []string{"sync"}},
	"long.mkv": {[]string{"-af", "apad=pad_dur=0.1", "-c:a", "flac"},
		[]string{"duration", "duration"}},
	"quiet.mkv": {[]string{"-af", "volume=0.5", "-c:a", "flac"}, []string{"loudness"}},
	"mute.mkv":  {[]string{"-an"}, []string{"sound"}},
	// Pixels of BT.601 that say they are BT.709, and others that say they are BT.601.
	"matrix.mp4": {[]string{"-vf", "setparams=colorspace=bt709", "-colorspace", "bt709"},
		[]string{"colour tags", "colours"}},
	"pixels.mp4": {[]string{"-vf", "scale=out_color_matrix=bt709,setparams=colorspace=smpte170m"},
		[]string{"colours"}},
	"size.mp4": {[]string{"-vf", "scale=96:62"}, []string{"size"}},
	"side.mp4": {[]string{"-vf", "transpose=1"}, []string{"size", "likeness", "colours"}},
	"half.mp4": {[]string{"-vf", "hflip,vflip"}, []string{"likeness", "colours"}},
	"bad.mp4":  {[]string{"-qp", "44"}, []string{"likeness", "colours"}},
}

func TestWrongOutputsAreFound(t *testing.T) {
	t.Parallel()
	codectest.NeedCommands(t, "ffmpeg", "ffprobe")
	dir := t.TempDir()
	in := filepath.Join(dir, "in.mkv")
	args := []string{"-v", "error", "-nostdin", "-f", "lavfi", "-i", pictures,
		"-f", "lavfi", "-i", sound}
	for name, o := range outputs {
		args = append(args, "-map", "0:v", "-map", "1:a", "-c:v", "libx264", "-qp", "10", "-preset",
			"veryfast", "-colorspace", "smpte170m", "-b:a", "192k")
		args = append(append(args, o.args...), filepath.Join(dir, name))
	}
	args = append(args, "-map", "0:v", "-map", "1:a", "-c:v", "ffv1", "-c:a", "flac",
		"-colorspace", "smpte170m", "-color_range", "tv", in)
	if _, err := command.Said("ffmpeg", args...); err != nil {
		t.Fatal(err)
	}
	source, err := expect.Read(in)
	if err != nil {
		t.Fatal(err)
	}
	want := expect.Same(source)
	want.SSIM, want.Apart = 0.95, 2
	for name, o := range outputs {
		var faults []string
		if _, err := want.Check(filepath.Join(dir, name), source); err != nil {
			for line := range strings.Lines(err.Error()) {
				fault, _, _ := strings.Cut(line, ":")
				faults = append(faults, fault)
			}
			t.Logf("%s: %v", name, err)
		}
		if !slices.Equal(faults, o.faults) {
			t.Errorf("%s: the faults are %q, want %q", name, faults, o.faults)
		}
	}
}
