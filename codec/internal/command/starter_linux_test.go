package command_test

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/spoolmedia/spool/codec/codectest"
	"github.com/spoolmedia/spool/codec/internal/command"
)

// TestProgramsAreForked looks at the process that forks, and at what it is left with.
func TestProgramsAreForked(t *testing.T) {
	codectest.NeedCommands(t, "ffprobe")
	before, pid := 0, 0
	for i := range 3 {
		if _, err := command.Output("ffprobe", "-version"); err != nil {
			t.Fatal(err)
		}
		pids := command.Idle("ffprobe")
		if len(pids) != 1 || i > 0 && pids[0] != pid {
			t.Fatalf("%v wait for a request, before %d", pids, pid)
		}
		pid = pids[0]
		if n := held(t, pid); i > 0 && n != before {
			t.Errorf("it holds %d files, and then %d", before, n)
		} else {
			before = n
		}
	}
}

// held is how many files a process holds that has no child.
func held(t *testing.T, pid int) int {
	t.Helper()
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
	codectest.NeedCommands(t, "vips")
	version := func() (string, error) {
		out, err := command.Output("vips", "--version")
		return string(out), err
	}
	if _, err := version(); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(command.Idle("vips")[0], syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if _, err := version(); err == nil || !strings.Contains(err.Error(), "by a fork") {
		t.Errorf("it returned %v", err)
	}
	if out, err := version(); err != nil || !strings.HasPrefix(out, "vips-") {
		t.Errorf("the next one: %q, %v", out, err)
	}
}
