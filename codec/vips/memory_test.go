package vips_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/codectest"
	"github.com/spoolmedia/spool/codec/vips"
)

// input is bytes in memory with a media type.
type input struct {
	*bytes.Reader
	name, mediaType string
}

func (i input) Size() int64  { return i.Reader.Size() }
func (i input) Name() string { return i.name }
func (i input) Type() string { return i.mediaType }

func newInput(name, mediaType string, data []byte) input {
	return input{bytes.NewReader(data), name, mediaType}
}

// sink keeps outputs in memory.
type sink struct {
	outputs []*output
	open    int // writers neither committed nor aborted
}

// output is one output of a sink; it can be read back and rewritten.
type output struct {
	sink      *sink
	spec      codec.OutSpec
	data      []byte
	pos       int64
	result    codec.Result
	committed bool
	done      bool
}

func (s *sink) Create(_ context.Context, spec codec.OutSpec) (codec.Writer, error) {
	o := &output{sink: s, spec: spec}
	s.outputs = append(s.outputs, o)
	s.open++
	return o, nil
}

func (o *output) Write(p []byte) (int, error) {
	if end := int(o.pos) + len(p); end > len(o.data) {
		o.data = append(o.data, make([]byte, end-len(o.data))...)
	}
	copy(o.data[o.pos:], p)
	o.pos += int64(len(p))
	return len(p), nil
}

func (o *output) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += o.pos
	case io.SeekEnd:
		offset += int64(len(o.data))
	}
	if offset < 0 {
		return 0, errors.New("seek before the start")
	}
	o.pos = offset
	return offset, nil
}

func (o *output) ReadAt(p []byte, off int64) (int, error) {
	return bytes.NewReader(o.data).ReadAt(p, off)
}

func (o *output) Commit(r codec.Result) error {
	o.result, o.committed = r, true
	o.end()
	return nil
}

func (o *output) Abort() error {
	o.end()
	return nil
}

func (o *output) end() {
	if !o.done {
		o.done = true
		o.sink.open--
	}
}

// convert does op on the bytes and returns the output.
func convert(
	ctx context.Context, in codec.Input, op codec.Operation, policy codec.Policy,
) (*output, error) {
	out, err := process(ctx, &codec.Work{Op: op, In: []codec.Input{in}, Policy: policy})
	if err != nil {
		return nil, err
	}
	return out[0], nil
}

// process does w and returns the outputs that were committed.
func process(ctx context.Context, w *codec.Work) ([]*output, error) {
	out := new(sink)
	w.Out = out
	err := vips.New().Process(ctx, w)
	if out.open != 0 {
		return nil, errors.Join(err, errors.New("a writer was neither committed nor aborted"))
	}
	return slices.DeleteFunc(out.outputs, func(o *output) bool { return !o.committed }), err
}

func mustConvert(t *testing.T, in codec.Input, op codec.Operation) *output {
	t.Helper()
	out, err := convert(t.Context(), in, op, trusting)
	if err != nil {
		t.Fatalf("%+v of %s: %v", op, in.Name(), err)
	}
	return out
}

// trusting is the policy of a host that knows where its files come from.
var trusting = codec.Policy{Untrusted: []string{"image/svg+xml", "application/pdf", "image/jp2"}}

var corpusDir = filepath.Join("..", "..", "..", "shared", "corpus")

// corpus returns a file of the shared corpus, under the type of its extension.
func corpus(t *testing.T, path string) input {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(corpusDir, path))
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skipf("the corpus is not here: %v", err)
	}
	return newInput(filepath.Base(path), typeOf(path), data)
}

var types = map[string]string{
	".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".apng": "image/apng",
	".webp": "image/webp", ".gif": "image/gif", ".tif": "image/tiff", ".tiff": "image/tiff",
	".avif": "image/avif", ".avifs": "image/avif", ".heic": "image/heif", ".jxl": "image/jxl",
	".jp2": "image/jp2", ".svg": "image/svg+xml", ".pdf": "application/pdf",
}

// typeOf is what the corpus's file names say, for files that tell the truth.
func typeOf(path string) string {
	if t, ok := types[strings.ToLower(filepath.Ext(path))]; ok {
		return t
	}
	return codec.Unknown
}

func TestFreeMemoryGivesBackWhatWorksLeave(t *testing.T) {
	resident := func() (pages int) {
		if runtime.GOOS != "linux" {
			t.Skip("resident memory is read from Linux's /proc")
		}
		data, err := os.ReadFile("/proc/self/statm") // proc_pid_statm(5)
		if err == nil {
			_, err = fmt.Sscanf(string(data), "%d %d", new(int), &pages)
		}
		if err != nil {
			t.Fatal(err)
		}
		return pages
	}
	in := codectest.OpenInput(t, codectest.Corpus(t, "image/sharp-Landscape_1.jpg"))
	for range 5 {
		err := vips.New().Process(t.Context(), &codec.Work{Op: codec.Convert{Format: "webp"},
			In: []codec.Input{in}, Out: new(codectest.Sink)})
		if err != nil {
			t.Fatal(err)
		}
	}
	before := resident()
	vips.FreeMemory()
	if after := resident(); after >= before {
		t.Errorf("%d pages were resident, and then %d", before, after)
	}
}
