package acceptance_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/codectest"
)

// hostile makes the test binary a child that does every operation on the files of the
// command line and tells what became of it: what crashes takes only the child along,
// and its peak of memory is that of the operations alone.
var hostile = flag.Bool("hostile", false, "be the child of TestHostileFiles…")

func TestMain(m *testing.M) {
	flag.Parse()
	if *hostile {
		if err := survive(flag.Args()); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// What the child may take: of time for one operation, and of memory in all.
const (
	patience   = 30 * time.Second
	mostMemory = 512 << 20
)

// every is one of each operation that codecs for pictures, documents and archives
// offer.
var every = map[string]codec.Operation{
	"adjust":  codec.Adjust{Saturation: new(1.5), Hue: 40, Sharpen: true, Format: "jpg"},
	"archive": codec.Archive{},
	"chain": codec.Chain{
		Steps: codec.Steps{codec.Transform{Width: 90}, codec.Adjust{Hue: 9}}},
	"compress":    codec.Compress{Quality: 60},
	"convert":     codec.Convert{Format: "webp", Width: 160},
	"extract":     codec.Extract{},
	"inspect":     codec.Inspect{},
	"pdf-preview": codec.PDFPreview{Width: 200},
	"renditions": codec.Renditions{BlurHash: true,
		Outputs: []codec.Rendition{{Format: "jpg", Width: 120}, {Format: "png", Width: 40}}},
	"image-to-pdf":   codec.ImageToPDF{},
	"strip-metadata": codec.StripMetadata{},
	"thumbnail":      codec.Thumbnail{Width: 160, Height: 90, Gravity: codec.GravityAttention},
	"transform":      codec.Transform{Rotate: 10, Width: 100},
	"vectorize":      codec.Vectorize{Detail: 20},
	"watermark":      codec.Watermark{Text: "© Ada", Tile: true, Format: "jpg"},
}

// outcome is what became of one operation on one file.
type outcome struct {
	File, Op string
	Began    bool `json:",omitempty"` // it is about to begin
	Class    codec.Class
	Message  string
	Taken    time.Duration
	Memory   int64 // at the peak, so far
}

func TestEveryOperationIsTriedOnHostileFiles(t *testing.T) {
	for _, name := range codec.NewRegistry().Names() {
		if ours(name) && every[name] == nil {
			t.Errorf("%s is not among them", name)
		}
	}
}

// ours reports whether a codec other than that of films offers the operation.
func ours(op string) bool {
	return slices.ContainsFunc(codecs(), func(c codec.Codec) bool {
		return c.Name() != "libav" && slices.ContainsFunc(c.Offers(), func(o codec.Offer) bool {
			return o.Op == op
		})
	})
}

func TestHostileFilesThroughEveryOperation(t *testing.T) {
	t.Parallel()
	paths := files(t, "hostile", "sharp-truncated.jpg")
	batches := [][]string{slices.DeleteFunc(slices.Clone(paths), isFilm)}
	if *whole { // each on its own, to see what each takes
		batches = slices.Collect(slices.Chunk(paths, 1))
	}
	classes := map[codec.Class]int{}
	var highest int64
	var slowest outcome
	for _, batch := range batches {
		all, memory := child(t, batch)
		highest = max(highest, memory)
		for _, o := range all {
			classes[o.Class]++
			if o.Taken > slowest.Taken {
				slowest = o
			}
			switch o.Class {
			case "", codec.Invalid, codec.Unsupported, codec.Limit:
			default:
				t.Errorf("%s of %s: %s: %s", o.Op, o.File, o.Class, o.Message)
			}
		}
		if memory > mostMemory {
			t.Errorf("%s took %d MiB", filepath.Base(batch[0]), memory>>20)
		}
		if *whole {
			t.Logf("%s: %d operations, %d MiB", filepath.Base(batch[0]), len(all), memory>>20)
		}
	}
	for _, class := range slices.Sorted(maps.Keys(classes)) {
		t.Logf("%d operations: %s", classes[class], class)
	}
	t.Logf("%d MiB at the peak; the slowest: %s of %s, %v", highest>>20, slowest.Op, slowest.File,
		slowest.Taken.Round(time.Millisecond))
}

// isFilm tells film and sound by their names: codec/libav tries all of its operations
// on them, too.
func isFilm(path string) bool {
	films := []string{".mp3", ".mp4", ".m4b", ".webm", ".mkv", ".flac", ".srt", ".m3u8"}
	return slices.Contains(films, filepath.Ext(path))
}

// child runs the operations on the files in a process of its own and returns what
// became of them, and the most memory that it held.
func child(t *testing.T, paths []string) ([]outcome, int64) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("the peak of memory is read from /proc")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, append([]string{"-hostile", "--"}, paths...)...)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var all []outcome
	var running outcome
	for lines := bufio.NewScanner(out); lines.Scan(); {
		var o outcome
		if err := json.Unmarshal(lines.Bytes(), &o); err != nil {
			t.Errorf("the child printed %q", lines.Text())
			continue
		}
		if running = o; !o.Began {
			all = append(all, o)
		}
	}
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%s of %s ended the process: %v\n%s", running.Op, running.File, err, said.Bytes())
	}
	return all, all[len(all)-1].Memory
}

// peak is the most memory that this process has held. The account that the parent gets
// of a child (getrusage(2)) begins with what the parent held itself.
func peak() (bytes int64, err error) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(status)) {
		if value, ok := strings.CutPrefix(line, "VmHWM:"); ok { // proc_pid_status(5)
			_, err = fmt.Sscanf(value, "%d kB", &bytes)
			return bytes << 10, err
		}
	}
	return 0, errors.New("/proc/self/status tells no VmHWM")
}

// survive is what the child does.
func survive(paths []string) error {
	dir, err := os.MkdirTemp("", "acceptance-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	w := json.NewEncoder(os.Stdout)
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		in := codectest.NewInput(filepath.Base(path), "", data)
		for _, name := range slices.Sorted(maps.Keys(every)) {
			c := codecFor(every[name], in.Type())
			if c == nil {
				continue
			}
			o := outcome{File: in.Name(), Op: name}
			o.Began = true
			if err := w.Encode(o); err != nil {
				return err
			}
			o.Began = false
			begin := time.Now()
			if err := attempt(c, every[name], in, dir); err != nil {
				o.Class, o.Message = codec.ClassOf(err), err.Error()
			}
			o.Taken = time.Since(begin)
			if o.Memory, err = peak(); err != nil {
				return err
			}
			if err := w.Encode(o); err != nil {
				return err
			}
		}
	}
	return nil
}

// attempt does what the engine does: a probe, its limits, and the operation.
func attempt(c codec.Codec, op codec.Operation, in codec.Input, dir string) error {
	policy := trusting
	policy.Limits = codec.Limits{Time: patience, Pixels: 64 << 20, OutputBytes: 256 << 20}
	sink := &folder{dir: dir}
	defer sink.clear()
	w := &codec.Work{Op: op, In: []codec.Input{in}, Out: sink, Policy: policy, Threads: 1}
	media, _, err := c.Probe(context.Background(), w)
	if err == nil {
		err = policy.Limits.Check(in.Name(), media)
	}
	if err != nil {
		return err
	}
	return c.Process(context.Background(), w)
}

// folder is a sink of temporary files, so that outputs take no memory.
type folder struct {
	dir   string
	paths []string
}

func (f *folder) Create(context.Context, codec.OutSpec) (codec.Writer, error) {
	file, err := os.CreateTemp(f.dir, "out")
	if err != nil {
		return nil, err
	}
	f.paths = append(f.paths, file.Name())
	return outFile{file}, nil
}

func (f *folder) clear() {
	for _, path := range f.paths {
		os.Remove(path)
	}
}

type outFile struct{ *os.File }

func (o outFile) Commit(codec.Result) error { return o.Close() }
func (o outFile) Abort() error              { o.Close(); return nil }
