//go:build linux

package command

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"
)

// TestProgramsAreForked looks at the process that forks, and at what it is left with.
func TestProgramsAreForked(t *testing.T) {
	version := func() {
		if _, err := Output("ffprobe", "-version"); err != nil {
			t.Skip(err) // other tests fail where CI lacks it
		}
	}
	version()
	before := held(t, "ffprobe")
	version()
	version()
	if after := held(t, "ffprobe"); after != before {
		t.Errorf("it holds %d files, and then %d", before, after)
	}
}

// held is how many files the only process of that name holds that forks; it has no child.
func held(t *testing.T, name string) int {
	t.Helper()
	all := starters.idle[name]
	if len(all) != 1 {
		t.Fatalf("%d processes wait for a request", len(all))
	}
	pid := all[0].process.Process.Pid
	children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	if err != nil || len(bytes.TrimSpace(children)) > 0 {
		t.Errorf("it has the children %q, %v", children, err)
	}
	files, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	if err != nil {
		t.Fatal(err)
	}
	return len(files)
}

// TestABrokenStarterIsAnError ends the process that forks.
func TestABrokenStarterIsAnError(t *testing.T) {
	if _, err := Output("vips", "--version"); err != nil {
		t.Skip(err)
	}
	s := starters.idle["vips"][0]
	if err := s.process.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if _, err := Output("vips", "--version"); err == nil || !strings.Contains(err.Error(), "by a fork") {
		t.Errorf("it returned %v", err)
	}
	if out, err := Output("vips", "--version"); err != nil || !strings.HasPrefix(string(out), "vips-") {
		t.Errorf("the next one: %q, %v", out, err)
	}
}
