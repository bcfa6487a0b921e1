package codectest

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/spoolmedia/spool/codec"
)

// input is a [codec.Input] of anything that can be read by range.
type input struct {
	io.ReaderAt
	size             int64
	name, typeOfFile string
}

var _ codec.Input = (*input)(nil)

func (in *input) Size() int64  { return in.size }
func (in *input) Name() string { return in.name }
func (in *input) Type() string { return in.typeOfFile }

// NewInput returns an input of data. An empty mediaType means what [codec.Sniff]
// finds.
func NewInput(name, mediaType string, data []byte) codec.Input {
	r := bytes.NewReader(data)
	if mediaType == "" {
		mediaType, _ = codec.Sniff(r, int64(len(data))) // memory does not fail
	}
	return &input{r, int64(len(data)), name, mediaType}
}

// OpenInput returns an input that reads the file at path, which is closed when
// the test ends. Its type is what [codec.Sniff] finds.
func OpenInput(t testing.TB, path string) codec.Input {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	mediaType, err := codec.Sniff(f, info.Size())
	if err != nil {
		t.Fatal(err)
	}
	return &input{f, info.Size(), filepath.Base(path), mediaType}
}

// CountingInput counts what is read from an input. It is safe for use by many
// goroutines.
type CountingInput struct {
	codec.Input
	bytes, calls atomic.Int64
}

// Count returns in with counters.
func Count(in codec.Input) *CountingInput { return &CountingInput{Input: in} }

// ReadAt implements [io.ReaderAt].
func (c *CountingInput) ReadAt(p []byte, off int64) (int, error) {
	n, err := c.Input.ReadAt(p, off)
	c.calls.Add(1)
	c.bytes.Add(int64(n))
	return n, err
}

// Bytes returns how many bytes have been read, those read twice twice.
func (c *CountingInput) Bytes() int64 { return c.bytes.Load() }

// Calls returns how often ReadAt was called.
func (c *CountingInput) Calls() int64 { return c.calls.Load() }

// FailingInput fails every read that touches the byte at From or one behind it.
type FailingInput struct {
	codec.Input
	From int64
	Err  error

	hit atomic.Bool
}

// ReadAt implements [io.ReaderAt].
func (f *FailingInput) ReadAt(p []byte, off int64) (int, error) {
	if off+int64(len(p)) > f.From {
		f.hit.Store(true)
		return 0, f.Err
	}
	return f.Input.ReadAt(p, off)
}

// Hit reports whether a read has failed.
func (f *FailingInput) Hit() bool { return f.hit.Load() }

// hookedInput calls a function with each read.
type hookedInput struct {
	codec.Input
	hook func()
}

func (h hookedInput) ReadAt(p []byte, off int64) (int, error) {
	h.hook()
	return h.Input.ReadAt(p, off)
}
