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
	"time"

	"golang.org/x/sys/unix"

	"github.com/spoolmedia/spool/engine"
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
	in := picture(t, filepath.Join(t.TempDir(), "a.png"), 64, 48)
	shown := make(chan []byte)
	go func() {
		b, _ := io.ReadAll(outside) // ends with EIO when the inside is closed
		shown <- b
	}()
	var stdout bytes.Buffer
	status := run(t.Context(), []string{"-to", "webp", "-out", t.TempDir(), in}, &stdout, inside)
	inside.Close()
	if bars := string(<-shown); status != 0 || !strings.Contains(bars, "total") {
		t.Errorf("status %d, the terminal shows %q", status, bars)
	}
	for _, want := range []string{in, "completed", "64 × 48"} {
		if !strings.Contains(stdout.String(), want) {
			t.Errorf("the table lacks %q:\n%s", want, stdout.String())
		}
	}
}

func TestEveryRunningFileHasABar(t *testing.T) {
	outside, inside := terminal(t)
	v := newBarView(io.Discard, inside)
	v.begin(2)
	for i, name := range []string{"first.png", "second.png"} {
		v.started(row{Input: name})
		v.progress(row{Input: name}, engine.Event{Progress: 0.25 * float64(i+1), Speed: 2, Left: time.Minute})
	}
	var bars []byte
	for _, want := range []string{"first.png", "25 %", "2.0 ×  1m0s left", "second.png", "50 %", "total",
		"38 %"} {
		for !bytes.Contains(bars, []byte(want)) { // the bars are drawn anew until they are seen
			b := make([]byte, 4096)
			n, err := outside.Read(b)
			if err != nil {
				t.Fatalf("%q is missing in %q: %v", want, bars, err)
			}
			bars = append(bars, b[:n]...)
		}
	}
	v.ended(row{Input: "first.png"})
	v.ended(row{Input: "second.png"})
	go func() { _, _ = io.Copy(io.Discard, outside) }() // ends when the test closes it
	v.close()
}
