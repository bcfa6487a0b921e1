package main

import (
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/codectest"
)

func TestThePeersOfALadderMakeWhatItMakes(t *testing.T) {
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Skip("ffmpeg is not installed")
	}
	in := filepath.Join(t.TempDir(), "in.mp4")
	err := run(t.Context(), "ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=s=128x96:r=10:d=1",
		"-f", "lavfi", "-i", "sine=d=1", in)
	if err != nil {
		t.Fatal(err)
	}
	steps := []codec.StreamRendition{{Height: 32, Bitrate: 50_000, AudioBitrate: 64_000},
		{Height: 48, Bitrate: 50_000, AudioBitrate: 64_000}}
	split, single := t.TempDir(), t.TempDir()
	for _, args := range [][]string{splitCall(in, split, "", steps), singleCall(in, single, "", steps[0], true),
		singleCall(in, single, "", steps[1], false)} {
		if err := run(t.Context(), "ffmpeg", args...); err != nil {
			t.Fatal(err)
		}
	}
	for _, dir := range []string{split, single} {
		for name, height := range map[string]int{"32": 32, "48": 48, "sound": 0} {
			p, err := codectest.ProbeFile(filepath.Join(dir, name+".m3u8"))
			if err != nil || len(p.Streams) != 1 || p.Streams[0].Height != height {
				t.Errorf("%s: %+v, %v", name, p, err)
			}
		}
	}
}
