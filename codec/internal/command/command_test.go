package command_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/spoolmedia/spool/codec/codectest"
	"github.com/spoolmedia/spool/codec/internal/command"
)

func TestOutputIsWhatIsPrinted(t *testing.T) {
	out, err := command.Output("sh", "-c", "echo heard; echo not heard >&2")
	if err != nil || string(out) != "heard\n" {
		t.Errorf("%q, %v", out, err)
	}
	out, err = command.Said("sh", "-c", "echo heard; echo complained >&2")
	if err != nil || string(out) != "heard\ncomplained\n" {
		t.Errorf("%q, %v", out, err)
	}
}

func TestAFailureSaysWhatTheProgramSaid(t *testing.T) {
	out, err := command.Output("sh", "-c", "echo heard; echo no such film >&2; exit 3")
	if out != nil || err == nil || !strings.Contains(err.Error(), "no such film") {
		t.Errorf("%q, %v", out, err)
	}
	if _, err := command.Output("no-such-program"); err == nil ||
		!strings.Contains(err.Error(), exec.ErrNotFound.Error()) {
		t.Errorf("a program that is not there: %v", err)
	}
}

// TestAForkDoesWhatTheProgramDoes compares runs with those of os/exec.
func TestAForkDoesWhatTheProgramDoes(t *testing.T) {
	codectest.NeedCommands(t, "ffmpeg")
	for name, args := range map[string][]string{
		// More than a pipe holds.
		"much": {"-v", "info", "-f", "lavfi", "-i", "sine=d=40", "-f", "s16le", "-"},
		"a fault": {"-v", "error", "-f", "lavfi", "-i", "sine=d=1", "-i", "no such film", "-f", "null",
			"-"},
	} {
		c := exec.Command("ffmpeg", args...)
		var said bytes.Buffer
		c.Stderr = &said
		want, wantErr := c.Output()
		for range 2 {
			got, err := command.Output("ffmpeg", args...)
			if !bytes.Equal(got, want) || (err == nil) != (wantErr == nil) {
				t.Errorf("%s: %d bytes and %v, want %d and %v", name, len(got), err, len(want), wantErr)
			}
			if err != nil && (!strings.Contains(err.Error(), wantErr.Error()) ||
				!strings.Contains(err.Error(), strings.TrimSpace(said.String()))) {
				t.Errorf("%s: %v, want %v: %s", name, err, wantErr, &said)
			}
		}
	}
}

func TestForksRunBesideEachOther(t *testing.T) {
	codectest.NeedCommands(t, "ffmpeg")
	dir := t.TempDir()
	t.Chdir(dir)
	var all sync.WaitGroup
	for i := range 4 {
		all.Go(func() {
			said, err := command.Said("ffmpeg", "-v", "info", "-f", "lavfi", "-i",
				"sine=d="+strconv.Itoa(i+1), strconv.Itoa(i)+".wav")
			if err != nil || !strings.Contains(string(said), "time=00:00:0"+strconv.Itoa(i+1)) {
				t.Errorf("%d: %s, %v", i, said, err)
			}
		})
	}
	all.Wait()
	for i := range 4 {
		info, err := os.Stat(filepath.Join(dir, strconv.Itoa(i)+".wav"))
		if err != nil || info.Size()/88200 != int64(i+1) {
			t.Errorf("%d: %v, %v", i, info, err)
		}
	}
}

// TestRequestsOfAnySizeAreRun has one that no starter takes.
func TestRequestsOfAnySizeAreRun(t *testing.T) {
	codectest.NeedCommands(t, "ffmpeg")
	for _, n := range []int{3000, 9000} {
		args := []string{"-v", "error", "-f", "lavfi", "-i", "sine=d=0.1"}
		for range n {
			args = append(args, "-nostats")
		}
		if _, err := command.Output("ffmpeg", append(args, "-f", "null", "-")...); err != nil {
			t.Errorf("%d arguments: %v", n, err)
		}
	}
}
