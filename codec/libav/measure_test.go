package libav_test

import (
	"encoding/binary"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// printed runs a command and returns what it prints.
func printed(t testing.TB, name string, args ...string) []byte {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), name, args...).Output()
	if err != nil {
		t.Fatalf("%s %s: %v", name, strings.Join(args, " "), err)
	}
	return out
}

// luma decodes a film and returns the brightness of each picture.
func luma(t testing.TB, path string) []int {
	t.Helper()
	var all []int
	for _, b := range printed(t, "ffmpeg", "-v", "error", "-i", path, "-map", "v:0", "-vf",
		"scale=1:1:flags=area:in_range=tv:out_range=tv,format=yuv420p,extractplanes=y", "-fps_mode",
		"passthrough", "-f", "rawvideo", "-") {
		all = append(all, int(b))
	}
	if len(all) == 0 {
		t.Fatalf("%s has no pictures", path)
	}
	return all
}

// soundLength decodes the sound and counts its samples.
func soundLength(t testing.TB, path string) time.Duration {
	t.Helper()
	const header = 44 // of a wav file with nothing but its sound
	wav := printed(t, "ffmpeg", "-v", "error", "-i", path, "-map", "a:0", "-ac", "1",
		"-c:a", "pcm_s16le", "-bitexact", "-map_metadata", "-1", "-f", "wav", "-")
	if len(wav) < header || string(wav[header-8:header-4]) != "data" {
		t.Fatalf("%s: not such a wav file: %q", path, wav[:min(len(wav), header)])
	}
	rate := binary.LittleEndian.Uint32(wav[24:])
	return time.Duration(len(wav)-header) / 2 * time.Second / time.Duration(rate)
}

// packetBytes is the size of all packets of the sound.
func packetBytes(t testing.TB, path string) float64 {
	t.Helper()
	return packetBytesOf(t, path, "a:0")
}

func packetBytesOf(t testing.TB, path, stream string) float64 {
	t.Helper()
	sum := 0
	out := printed(t, "ffprobe", "-v", "error", "-select_streams", stream,
		"-show_entries", "packet=size", "-of", "csv=p=0", path)
	for line := range strings.Lines(string(out)) {
		text, _, _ := strings.Cut(strings.TrimSpace(line), ",")
		if text == "" {
			continue
		}
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal(err)
		}
		sum += n
	}
	return float64(sum)
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
