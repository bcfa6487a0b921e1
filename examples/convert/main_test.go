package main

import (
	"bytes"
	"context"
	"encoding/json"
	"image"
	"image/png"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestMain is also the command itself, in the processes that tests start.
func TestMain(m *testing.M) {
	if os.Getenv("SPOOL_CONVERT") != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// command is the command line in a process of its own.
func command(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], args...)
	cmd.Env = append(os.Environ(), "SPOOL_CONVERT=1")
	return cmd
}

// runJSON runs the command in this process and returns its exit status and its
// rows by input.
func runJSON(t *testing.T, args ...string) (int, map[string]row) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	status := run(t.Context(), append([]string{"-json"}, args...), &stdout, &stderr)
	if stderr.Len() > 0 {
		t.Logf("stderr: %s", stderr.String())
	}
	return status, decodeRows(t, &stdout)
}

func decodeRows(t *testing.T, r io.Reader) map[string]row {
	t.Helper()
	rows := map[string]row{}
	d := json.NewDecoder(r)
	d.DisallowUnknownFields()
	for {
		var r row
		if err := d.Decode(&r); err == io.EOF {
			return rows
		} else if err != nil {
			t.Fatalf("standard output is not JSON objects: %v", err)
		}
		if _, ok := rows[r.Input]; ok {
			t.Errorf("%s comes twice", r.Input)
		}
		rows[r.Input] = r
	}
}

// picture writes a noisy picture, so that encoders have something to do.
func picture(t *testing.T, path string, width, height int) string {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, width, height))
	noise := make([]byte, len(m.Pix))
	_, _ = rand.NewChaCha8([32]byte{}).Read(noise) // never fails
	for i := range m.Pix {
		m.Pix[i] = noise[i]/4 + uint8(i/64) | uint8(i&3/3*255) // the fourth is alpha
	}
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(f, m); err != nil {
		t.Fatal(err)
	}
	return path
}

func write(t *testing.T, path, content string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// names returns the names of the files in dir.
func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

func TestWrongUsageIsStatus2AndSaysWhatIsWrong(t *testing.T) {
	in := picture(t, filepath.Join(t.TempDir(), "a.png"), 8, 8)
	for name, tt := range map[string]struct {
		args []string
		says string
	}{
		"no files":          {[]string{"-to", "webp"}, "no files given"},
		"no format":         {[]string{in}, `format: "" is not a format`},
		"unknown format":    {[]string{"-to", "docx", in}, `format: "docx" is not a format`},
		"negative width":    {[]string{"-to", "webp", "-width", "-1", in}, "invalid value \"-1\" for flag -width"},
		"quality":           {[]string{"-to", "webp", "-quality", "101", in}, "quality: 101 is not between 1 and 100"},
		"fit":               {[]string{"-to", "webp", "-fit", "round", in}, `fit: "round" is not one of`},
		"unknown field":     {[]string{"-to", "webp", "-p", "colour=blue", in}, "colour: there is no such field"},
		"field without =":   {[]string{"-to", "webp", "-p", "colour", in}, "want name=value"},
		"wrong type":        {[]string{"-to", "webp", "-p", "enlarge=maybe", in}, `enlarge: "maybe" is not true or false`},
		"unknown operation": {[]string{"-op", "fold", in}, `unknown operation "fold"`},
		"no workers":        {[]string{"-to", "webp", "-workers", "-1", in}, "-workers: -1 is less than 1"},
		"json too":          {[]string{"-json", "-to", "docx", in}, "is not a format"},
		"unknown flag":      {[]string{"-speed", "9", in}, "flag provided but not defined"},
		"nobody makes it":   {[]string{"-to", "svg", in}, `no codec here makes "svg"`},
	} {
		t.Run(name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			out := t.TempDir()
			status := run(t.Context(), append([]string{"-out", out}, tt.args...), &stdout, &stderr)
			if status != 2 || !strings.Contains(stderr.String(), tt.says) {
				t.Errorf("status %d, %q; want 2 and %q", status, stderr.String(), tt.says)
			}
			if stdout.Len() > 0 {
				t.Errorf("on standard output: %q", stdout.String())
			}
			if left := names(t, out); len(left) > 0 {
				t.Errorf("left in the output folder: %v", left)
			}
		})
	}
}

func TestExistingFilesAreKeptUnlessForced(t *testing.T) {
	dir, out := t.TempDir(), t.TempDir()
	in := picture(t, filepath.Join(dir, "a.png"), 16, 16)
	path := write(t, filepath.Join(out, "a.webp"), "precious")
	status, rows := runJSON(t, "-to", "webp", "-out", out, in)
	if r := rows[in]; status != 1 || r.Error == nil || !strings.Contains(*r.Error, "exists already") {
		t.Errorf("status %d, %+v", status, r)
	}
	if b, err := os.ReadFile(path); err != nil || string(b) != "precious" {
		t.Errorf("the file holds %q, %v", b, err)
	}
	if status, _ := runJSON(t, "-to", "webp", "-out", out, "-force", in); status != 0 {
		t.Errorf("forced: status %d", status)
	}
	if b, _ := os.ReadFile(path); !bytes.HasPrefix(b, []byte("RIFF")) {
		t.Errorf("forced: the file holds %.20q", b)
	}
	if left := names(t, out); len(left) != 1 {
		t.Errorf("in the output folder: %v", left)
	}
}

func TestAnOutputFolderThatCannotBeWrittenFailsEachFile(t *testing.T) {
	dir := t.TempDir()
	in := picture(t, filepath.Join(dir, "a.png"), 16, 16)
	file := write(t, filepath.Join(dir, "file"), "")
	status, rows := runJSON(t, "-to", "webp", "-out", file, in)
	if r := rows[in]; status != 1 || r.Error == nil || !strings.Contains(*r.Error, "output folder") {
		t.Errorf("status %d, %+v", status, r)
	}
}

func TestTextOutputIsATable(t *testing.T) {
	dir := t.TempDir()
	in := picture(t, filepath.Join(dir, "a.png"), 16, 16)
	var stdout, stderr bytes.Buffer
	if status := run(t.Context(), []string{"-to", "webp", "-out", dir, in}, &stdout, &stderr); status != 0 {
		t.Errorf("status %d: %s", status, stderr.String())
	}
	for _, want := range []string{in, "completed", filepath.Join(dir, "a.webp"), "16 × 16"} {
		if !strings.Contains(stdout.String(), want) {
			t.Errorf("the table lacks %q:\n%s", want, stdout.String())
		}
	}
}

func TestAnInterruptCancelsCleanly(t *testing.T) {
	for name, data := range map[string]string{"memory": "", "durable": t.TempDir()} {
		t.Run(name, func(t *testing.T) {
			dir, out := t.TempDir(), t.TempDir()
			var inputs []string
			for _, n := range []string{"a", "b", "c", "d", "e", "f"} {
				inputs = append(inputs, picture(t, filepath.Join(dir, n+".png"), 200, 200))
			}
			ctx, interrupt := context.WithCancel(t.Context())
			var stdout interrupter
			stdout.interrupt = interrupt
			args := append([]string{"-json", "-to", "avif", "-workers", "1", "-out", out, "-data", data}, inputs...)
			if status := run(ctx, args, &stdout, io.Discard); status != 1 {
				t.Errorf("status %d, want 1", status)
			}
			rows := decodeRows(t, &stdout.buffer)
			completed := 0
			for _, in := range inputs {
				switch rows[in].Status {
				case "completed":
					completed++
				case "cancelled":
				default:
					t.Errorf("%s: %+v", in, rows[in])
				}
			}
			if left := names(t, out); len(left) != completed || completed == len(inputs) {
				t.Errorf("%d completed, in the output folder: %v", completed, left)
			}
		})
	}
}

// interrupter interrupts the run when the first row is printed.
type interrupter struct {
	buffer    bytes.Buffer
	interrupt func()
}

func (w *interrupter) Write(b []byte) (int, error) {
	w.interrupt()
	return w.buffer.Write(b)
}

func TestFlagsAndFieldsReachTheOperation(t *testing.T) {
	in := picture(t, filepath.Join(t.TempDir(), "a.png"), 64, 48)
	for _, tt := range []struct {
		args          []string
		width, height int
	}{
		{nil, 64, 48},
		{[]string{"-width", "32"}, 32, 24},
		{[]string{"-width", "20", "-height", "20"}, 20, 20},
		{[]string{"-width", "20", "-height", "20", "-fit", "inside"}, 20, 15},
		{[]string{"-width", "128"}, 64, 48},
		{[]string{"-width", "128", "-p", "enlarge=true"}, 128, 96},
		{[]string{"-op", "convert", "-p", "width=16"}, 16, 12},
	} {
		args := append([]string{"-to", "jpg", "-out", t.TempDir()}, tt.args...)
		_, rows := runJSON(t, append(args, in)...)
		r := rows[in]
		if len(r.Outputs) != 1 || r.Outputs[0].Width != tt.width || r.Outputs[0].Height != tt.height {
			t.Errorf("%q: %+v, want %d × %d", tt.args, r, tt.width, tt.height)
		}
	}
}
