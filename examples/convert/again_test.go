package main

import (
	"bufio"
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestADurableRunThatIsDoneIsNotDoneAgain(t *testing.T) {
	dir, out, data := t.TempDir(), t.TempDir(), t.TempDir()
	in := picture(t, filepath.Join(dir, "a.png"), 64, 64)
	args := []string{"-to", "webp", "-out", out, "-data", data, in}
	var made os.FileInfo
	for range 2 {
		status, rows := runJSON(t, args...)
		if r := rows[in]; status != 0 || r.Status != "completed" || len(r.Outputs) != 1 {
			t.Fatalf("status %d, %+v", status, r)
		}
		info, err := os.Stat(filepath.Join(out, "a.webp"))
		if err != nil {
			t.Fatal(err)
		}
		if made != nil && !os.SameFile(made, info) {
			t.Error("the second run wrote the result again")
		}
		made = info
	}
	// A result that went away is delivered again, another one is kept.
	if err := os.Remove(filepath.Join(out, "a.webp")); err != nil {
		t.Fatal(err)
	}
	if status, _ := runJSON(t, args...); status != 0 {
		t.Errorf("status %d", status)
	}
	path := write(t, filepath.Join(out, "a.webp"), "precious")
	status, rows := runJSON(t, args...)
	if r := rows[in]; status != 1 || r.Error == nil || !strings.Contains(*r.Error, "exists already") {
		t.Errorf("status %d, %+v", status, r)
	}
	if b, err := os.ReadFile(path); err != nil || string(b) != "precious" {
		t.Errorf("the file holds %q, %v", b, err)
	}
}

// TestCtrlCEndsTheProcess sends the signal that a terminal sends.
func TestCtrlCEndsTheProcess(t *testing.T) {
	dir, out := t.TempDir(), t.TempDir()
	args := []string{"-json", "-to", "avif", "-workers", "1", "-out", out}
	for _, n := range []string{"a", "b", "c", "d", "e", "f"} {
		args = append(args, picture(t, filepath.Join(dir, n+".png"), 250, 250))
	}
	cmd := command(t, args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(stdout)
	first, err := lines.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	rows := decodeRows(t, lines)
	for in, r := range decodeRows(t, strings.NewReader(first)) {
		rows[in] = r
	}
	_ = cmd.Wait() // its status is looked at
	if status := cmd.ProcessState.ExitCode(); status != exitFailed {
		t.Errorf("status %d, want %d\n%s", status, exitFailed, stderr.String())
	}
	completed := 0
	for in, r := range rows {
		switch r.Status {
		case "completed":
			completed++
		case "cancelled":
		default:
			t.Errorf("%s: %+v", in, r)
		}
	}
	if left := names(t, out); len(rows) != 6 || completed == 6 || len(left) != completed {
		t.Errorf("%d rows, %d completed, in the output folder: %v", len(rows), completed, left)
	}
}
