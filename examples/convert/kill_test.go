package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/storage/filestorage"
)

// TestAKilledBatchIsFinishedByTheNextRun kills the durable command line in the
// middle of a batch, several times, each at another place, and then lets it end.
func TestAKilledBatchIsFinishedByTheNextRun(t *testing.T) {
	dir, out, data := t.TempDir(), t.TempDir(), t.TempDir()
	const n = 12
	var want []string
	args := []string{"-json", "-to", "webp", "-out", out, "-data", data}
	for i := range n {
		name := fmt.Sprintf("%02d", i)
		args = append(args, picture(t, filepath.Join(dir, name+".png"), 300, 240))
		want = append(want, name+".webp")
	}
	for rows := range 3 {
		killAfter(t, rows+1, args)
	}
	cmd := command(t, args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("the last run: %v\n%s%s", err, stdout.String(), stderr.String())
	}
	rows := decodeRows(t, &stdout)
	for _, in := range args[len(args)-n:] {
		if rows[in].Status != "completed" {
			t.Errorf("%s: %+v", in, rows[in])
		}
	}
	if got := names(t, out); !slices.Equal(got, want) {
		t.Errorf("in the output folder: %v, want %v", got, want)
	}
	for _, name := range want {
		checkType(t, filepath.Join(out, name), "image/webp")
	}
	// Exactly one output each is left in storage, too: what killed attempts wrote
	// was swept.
	files, err := filestorage.Open(filepath.Join(data, "files"), filestorage.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = files.Close() }() // it was only read
	blobs := 0
	for _, err := range files.List(t.Context(), "out/", "") {
		if err != nil {
			t.Fatal(err)
		}
		blobs++
	}
	if blobs != n {
		t.Errorf("%d outputs in storage, want %d", blobs, n)
	}
}

// killAfter runs the command and kills it without warning when it has printed
// that many rows.
func killAfter(t *testing.T, rows int, args []string) {
	t.Helper()
	cmd := command(t, args...)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(stdout)
	for range rows {
		if !lines.Scan() {
			t.Fatal("the command ended before it was killed")
		}
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	err = cmd.Wait()
	exit, ok := errors.AsType[*exec.ExitError](err)
	if !ok || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		t.Fatalf("the command ended by itself: %v", err)
	}
}

func checkType(t *testing.T, path, want string) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := codec.Sniff(f, info.Size()); err != nil || got != want {
		t.Errorf("%s is %s, %v, want %s", path, got, err, want)
	}
}

// TestAFullDiskFailsTheFileAndLeavesNothing mounts a small file system, which
// takes root on Linux.
func TestAFullDiskFailsTheFileAndLeavesNothing(t *testing.T) {
	if runtime.GOOS != "linux" || os.Geteuid() != 0 {
		t.Skip("mounting a small file system takes root on Linux")
	}
	in := picture(t, filepath.Join(t.TempDir(), "big.png"), 800, 800)
	for name, flag := range map[string]string{"output folder": "-out", "data folder": "-data"} {
		t.Run(name, func(t *testing.T) {
			small, out := t.TempDir(), t.TempDir()
			if b, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", small).CombinedOutput(); err != nil {
				t.Skipf("mount: %v: %s", err, b)
			}
			t.Cleanup(func() {
				if err := exec.Command("umount", small).Run(); err != nil {
					t.Errorf("umount: %v", err)
				}
			})
			// tiff is large; whichever flag comes last counts.
			status, rows := runJSON(t, "-to", "tiff", "-out", out, flag, small, in)
			if r := rows[in]; status != 1 || r.Error == nil || !strings.Contains(*r.Error, "no space left") {
				t.Errorf("status %d, %+v", status, r)
			}
			if flag == "-out" {
				if left := names(t, small); len(left) > 0 {
					t.Errorf("left in the output folder: %v", left)
				}
			}
			if left := names(t, out); len(left) > 0 {
				t.Errorf("left in the output folder: %v", left)
			}
		})
	}
}
