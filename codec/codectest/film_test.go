package codectest_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/spoolmedia/spool/codec/codectest"
)

func TestFramesAndStreamsAreCompared(t *testing.T) {
	codectest.NeedCommands(t, "ffmpeg", "ffprobe")
	dir := t.TempDir()
	want := film(t, dir, "want.mp4", "-f", "lavfi", "-i", "testsrc=d=2:s=160x120:r=25",
		"-f", "lavfi", "-i", "sine=d=2", "-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac")
	const ms = time.Millisecond
	copied := film(t, dir, "copied.mkv", "-i", want, "-map", "0", "-c", "copy")
	again := film(t, dir, "again.mp4", "-i", want,
		"-c:v", "libx264", "-preset", "veryfast", "-crf", "30")
	short := film(t, dir, "short.mp4", "-i", want, "-frames:v", "49", "-c:v", "libx264", "-an")
	slow := film(t, dir, "slow.mp4", "-i", want, "-vf", "setpts=1.1*PTS", "-fps_mode", "passthrough",
		"-c:v", "libx264", "-an")

	verdict(t, "frames of a copy", true, codectest.SameFrames(copied, want, ms))
	verdict(t, "frames of a new encode", true, codectest.SameFrames(again, want, ms))
	verdict(t, "one frame less", false, codectest.SameFrames(short, want, ms))
	verdict(t, "frames that are slower", false, codectest.SameFrames(slow, want, ms))
	verdict(t, "streams of a copy", true, codectest.SameStreams(copied, want))
	verdict(t, "streams of a new encode", false, codectest.SameStreams(again, want))
	verdict(t, "streams without sound", false, codectest.SameStreams(short, want))
	verdict(t, "duration", true, codectest.HasDuration(copied, 2*time.Second, 40*ms))
	verdict(t, "duration of the slow one", false, codectest.HasDuration(slow, 2*time.Second, 40*ms))

	p, err := codectest.ProbeFile(want)
	if err != nil {
		t.Fatal(err)
	}
	v, ok := p.Stream("video")
	if !ok || v.Codec != "h264" || v.Width != 160 || v.Rotation() != 0 {
		t.Errorf("the video stream is %+v", v)
	}
	if a, ok := p.Stream("audio"); !ok || a.Codec != "aac" {
		t.Errorf("the audio stream is %+v", a)
	}
	if _, ok := p.Stream("subtitle"); ok {
		t.Error("there are subtitles")
	}
	packets, err := codectest.Packets(want, "video")
	if err != nil || len(packets) != 50 || !packets[0].Key || packets[1].Key || packets[1].Size == 0 ||
		packets[0].Time != "0.000000" {
		t.Errorf("the packets are %+v, %v", packets, err)
	}
	if _, err := codectest.Packets(short, "audio"); err == nil {
		t.Error("a file without sound has packets of it")
	}
	length, err := codectest.SoundLength(want)
	if (length-2*time.Second).Abs() > 22*ms || err != nil {
		t.Errorf("the sound lasts %v, %v", length, err)
	}
	if err := os.Rename(short, want); err != nil {
		t.Fatal(err)
	}
	verdict(t, "a file that has changed", false, codectest.SameFrames(want, copied, ms))
}

func TestFrameOfEachTellsFilmsAndTimesApart(t *testing.T) {
	codectest.NeedCommands(t, "ffmpeg")
	dir := t.TempDir()
	film(t, dir, "a.mkv", "-f", "lavfi", "-i", "color=black:s=32x32:d=1,drawbox=c=white:t=fill:"+
		"enable='gte(t,0.5)'")
	film(t, dir, "c.mkv", "-f", "lavfi", "-i", "color=0x808080:s=32x32:d=1")
	for at, want := range map[float64][]uint32{0.2: {0, 0x80}, 0.7: {0xff, 0x80}} {
		all, err := codectest.FrameOfEach(at, filepath.Join(dir, "a.mkv"), filepath.Join(dir, "c.mkv"))
		if err != nil || len(all) != 2 {
			t.Fatal(len(all), err)
		}
		for i, m := range all {
			r, _, _, _ := m.At(9, 9).RGBA()
			if d := int(r>>8) - int(want[i]); d < -6 || d > 6 {
				t.Errorf("film %d at %v is %#x, want %#x", i, at, r>>8, want[i])
			}
		}
	}
	if _, err := codectest.Frame(filepath.Join(dir, "a.mkv"), 7); err == nil {
		t.Error("there is a picture behind the end")
	}
}
