package libav_test

import (
	"testing"
	"time"

	"github.com/spoolmedia/spool/codec/codectest"
	"github.com/spoolmedia/spool/codec/internal/command"
)

// printed runs a command and returns what it prints.
func printed(t testing.TB, name string, args ...string) []byte {
	t.Helper()
	out, err := command.Output(name, args...)
	if err != nil {
		t.Fatal(err)
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
	length, err := codectest.SoundLength(path)
	if err != nil {
		t.Fatal(err)
	}
	return length
}

// packetBytes is the size of all packets of the first stream of the kind.
func packetBytes(t testing.TB, path, kind string) (sum float64) {
	t.Helper()
	for _, p := range packets(t, path, kind) {
		sum += float64(p.Size)
	}
	return sum
}

// keyTimes returns when the key frames are shown, and how many pictures there are.
func keyTimes(t testing.TB, path string) (times []string, pictures int) {
	t.Helper()
	all := packets(t, path, "video")
	for _, p := range all {
		if p.Key {
			times = append(times, p.Time)
		}
	}
	return times, len(all)
}

func packets(t testing.TB, path, kind string) []codectest.Packet {
	t.Helper()
	all, err := codectest.Packets(path, kind)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
