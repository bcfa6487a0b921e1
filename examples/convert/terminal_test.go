package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// terminal opens a pseudo terminal: what is written to the second file can be
// read from the first.
func terminal(t *testing.T) (outside, inside *os.File) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("pseudo terminals are opened in the way of Linux")
	}
	outside, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { outside.Close() })
	if err := unix.IoctlSetPointerInt(int(outside.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(int(outside.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	inside, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { inside.Close() })
	size := &unix.Winsize{Row: 24, Col: 100}
	if err := unix.IoctlSetWinsize(int(inside.Fd()), unix.TIOCSWINSZ, size); err != nil {
		t.Fatal(err)
	}
	return outside, inside
}

func TestATerminalShowsBarsAndThenATable(t *testing.T) {
	outside, inside := terminal(t)
	dir, out := t.TempDir(), t.TempDir()
	t.Chdir(dir)
	args := []string{"-to", "avif", "-workers", "1", "-out", out}
	for _, name := range []string{"first.png", "second.png"} {
		picture(t, filepath.Join(dir, name), 500, 500)
		args = append(args, name)
	}
	shown := make(chan []byte)
	go func() {
		b, _ := io.ReadAll(outside) // ends with EIO when the inside is closed
		shown <- b
	}()
	var stdout bytes.Buffer
	status := run(t.Context(), args, &stdout, inside)
	inside.Close()
	if bars := string(<-shown); status != 0 || !strings.Contains(bars, "total") ||
		!strings.Contains(bars, "first.png") || !strings.Contains(bars, "%") {
		t.Errorf("status %d, the terminal shows %q", status, bars)
	}
	for _, want := range []string{"first.png", "second.png", "completed", "500 × 500"} {
		if !strings.Contains(stdout.String(), want) {
			t.Errorf("the table lacks %q:\n%s", want, stdout.String())
		}
	}
}
