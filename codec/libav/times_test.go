package libav_test

import (
	"encoding/json"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// pictureTimes returns the times at which the packets of the main video stream
// are shown, in order, according to ffprobe.
func pictureTimes(t testing.TB, path string) []time.Duration {
	t.Helper()
	out, err := exec.Command("ffprobe", "-v", "error", "-select_streams", "v:0",
		"-show_entries", "packet=pts_time,flags", "-of", "json", path).Output()
	if err != nil {
		t.Fatal(err)
	}
	var found struct {
		Packets []struct {
			Time  string `json:"pts_time"`
			Flags string `json:"flags"`
		}
	}
	if err := json.Unmarshal(out, &found); err != nil {
		t.Fatal(err)
	}
	var times []time.Duration
	for _, p := range found.Packets {
		if strings.Contains(p.Flags, "D") {
			continue // cut off by an edit list
		}
		seconds, err := strconv.ParseFloat(p.Time, 64)
		if err != nil {
			t.Fatalf("%s: a packet has the time %q", path, p.Time)
		}
		times = append(times, time.Duration(seconds*1e9))
	}
	slices.Sort(times)
	return times
}

// sameTimes checks that the pictures of two files are shown at the same times
// after the first, give or take a tick of a Matroska clock at each end.
func sameTimes(t *testing.T, got, want string) {
	t.Helper()
	const tolerance = 3 * time.Millisecond
	g, w := pictureTimes(t, got), pictureTimes(t, want)
	if len(g) != len(w) || len(g) == 0 {
		t.Fatalf("%d pictures, want %d", len(g), len(w))
	}
	for i := range g {
		if is, should := g[i]-g[0], w[i]-w[0]; (is - should).Abs() > tolerance {
			t.Fatalf("picture %d comes after %v, want %v", i, is, should)
		}
	}
}
