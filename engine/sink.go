package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/storage"
	"github.com/spoolmedia/spool/store"
)

// blobPrefix begins the keys of everything that one attempt at a task makes. What
// a lost attempt left is a whole prefix, known from the task and the token.
func blobPrefix(r store.Ref, token uint64) string {
	return taskPrefix(r) + strconv.FormatUint(token, 10) + "/"
}

// taskPrefix begins the keys of all attempts at a task: out/<job>/<file>/,
// fetch/<job>/<file>/ or archive/<job>/<run>/.
func taskPrefix(r store.Ref) string {
	index, ok := r.File()
	switch {
	case !ok:
		return archivePrefix + r.Job + "/" + strings.TrimPrefix(r.Task, archiveName+"/") + "/"
	case isFetch(r):
		return fetchPrefix + r.Job + "/" + strconv.Itoa(index) + "/"
	}
	return outputPrefix + r.Job + "/" + strconv.Itoa(index) + "/"
}

// What the keys of the engine begin with; the ID of a job follows.
const (
	outputPrefix  = "out/"
	fetchPrefix   = "fetch/"
	archivePrefix = "archive/"
)

// sink is the codec.Sink of one attempt: it puts outputs into storage.
type sink struct {
	storage storage.Storage
	tempDir string
	prefix  string

	mu      sync.Mutex         // guards what follows
	named   map[string]*output // all that there ever were; nil: no longer open
	outputs []store.Output
	err     error // the first fault of storage
}

func newSink(s storage.Storage, tempDir, prefix string) *sink {
	return &sink{storage: s, tempDir: tempDir, prefix: prefix}
}

// Create implements [codec.Sink].
func (s *sink) Create(ctx context.Context, spec codec.OutSpec) (codec.Writer, error) {
	key := s.prefix + spec.Name
	if !storage.ValidKey(key) || strings.HasPrefix(spec.Name, ".") {
		return nil, codec.Errorf(codec.Internal, "%q cannot be the name of an output", spec.Name)
	}
	if !s.name(spec.Name, nil) {
		return nil, codec.Errorf(codec.Internal, "there are two outputs called %q", spec.Name)
	}
	w, err := s.storage.Create(ctx, key)
	if err != nil {
		return nil, s.fault(err)
	}
	o := &output{sink: s, spec: spec, w: w}
	s.name(spec.Name, o)
	if !spec.Seekable {
		return o, nil
	}
	return o.seekable(s.tempDir)
}

// name gives the name to o, and reports whether it was free.
func (s *sink) name(name string, o *output) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, taken := s.named[name]
	if s.named == nil {
		s.named = make(map[string]*output)
	}
	s.named[name] = o
	return !taken
}

// fault keeps the first error of storage: it is why the attempt fails, whatever
// a native library makes of it.
func (s *sink) fault(err error) error {
	if err == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		s.err = err
	}
	return err
}

// close aborts what the codec left open, and returns the outputs that it
// committed, in that order, and the first fault of storage.
func (s *sink) close() ([]store.Output, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for name, o := range s.named {
		if o != nil {
			s.named[name] = nil
			_ = o.abort() // the attempt has failed already
		}
	}
	return s.outputs, s.err
}

// output is one codec.Writer of a sink.
type output struct {
	sink *sink
	spec codec.OutSpec
	w    storage.Writer
}

// Write implements [io.Writer].
func (o *output) Write(b []byte) (int, error) {
	n, err := o.w.Write(b)
	return n, o.sink.fault(err)
}

// Commit implements [codec.Writer].
func (o *output) Commit(r codec.Result) error {
	media, err := json.Marshal(r)
	if err != nil {
		return err
	}
	info, err := o.w.Commit()
	if err != nil {
		return o.sink.fault(err)
	}
	o.sink.mu.Lock()
	defer o.sink.mu.Unlock()
	o.sink.named[o.spec.Name] = nil
	o.sink.outputs = append(o.sink.outputs, store.Output{
		Name: o.spec.Name, Key: info.Key, Type: o.spec.Type,
		SHA256: info.SHA256, Size: info.Size, Media: media,
	})
	return nil
}

// Abort implements [codec.Writer].
func (o *output) Abort() error {
	o.sink.name(o.spec.Name, nil)
	return o.abort()
}

func (o *output) abort() error { return o.w.Abort() }

// seekable returns o as a codec.SeekableWriter: by the storage's own ability, or
// with a temporary file.
func (o *output) seekable(tempDir string) (codec.Writer, error) {
	if seeker, ok := storage.As[storage.Seeker](o.w); ok {
		return &struct {
			*output
			storage.Seeker
		}{o, seeker}, nil
	}
	f, err := os.CreateTemp(tempDir, "spool-*")
	if err != nil {
		return nil, o.sink.fault(errors.Join(err, o.Abort()))
	}
	o.w = &tempWriter{f, o.w}
	return &struct {
		*output
		storage.Seeker
	}{o, f}, nil
}

// tempWriter is a storage.Writer that is built in a temporary file.
type tempWriter struct {
	file *os.File
	w    storage.Writer
}

// Write implements [io.Writer].
func (t *tempWriter) Write(b []byte) (int, error) { return t.file.Write(b) }

// Commit copies the file into storage.
func (t *tempWriter) Commit() (storage.Info, error) {
	defer t.remove()
	if _, err := t.file.Seek(0, io.SeekStart); err != nil {
		return storage.Info{}, err
	}
	if _, err := io.Copy(t.w, t.file); err != nil {
		return storage.Info{}, errors.Join(err, t.w.Abort())
	}
	return t.w.Commit()
}

// Abort implements [storage.Writer].
func (t *tempWriter) Abort() error {
	t.remove()
	return t.w.Abort()
}

// remove closes and removes the file; doing so again does nothing.
func (t *tempWriter) remove() {
	_ = t.file.Close()
	_ = os.Remove(t.file.Name())
}

// Outputs beyond these bounds go into a manifest blob, so that no record grows
// with them.
const (
	maxOutputs     = 64
	maxOutputBytes = 32 << 10
)

// publish returns the outputs as they go into the file's record: as they are, or
// as the key of a manifest.
func (s *sink) publish(
	ctx context.Context, outputs []store.Output,
) (inline []store.Output, manifest string, err error) {
	if len(outputs) <= maxOutputs && bytesOf(outputs) <= maxOutputBytes {
		return outputs, "", nil
	}
	b, err := json.Marshal(outputs)
	if err != nil {
		return nil, "", err
	}
	w, err := s.storage.Create(ctx, s.prefix+".manifest.json")
	if err != nil {
		return nil, "", err
	}
	defer w.Abort()
	if _, err := w.Write(b); err != nil {
		return nil, "", err
	}
	info, err := w.Commit()
	return nil, info.Key, err
}

// bytesOf returns about how many bytes the outputs take in a record.
func bytesOf(outputs []store.Output) int {
	size := 0
	for _, o := range outputs {
		const numbers = 32 // and what tells the fields apart
		size += len(o.Name) + len(o.Key) + len(o.Type) + len(o.SHA256) + len(o.Media) + numbers
	}
	return size
}

// readManifest returns the outputs that publish put into a manifest.
func (e *Engine) readManifest(ctx context.Context, key string) ([]store.Output, error) {
	b, err := e.config.Storage.Open(ctx, key)
	if err != nil {
		return nil, fmt.Errorf("engine: outputs: %w", err)
	}
	defer b.Close()
	var outputs []store.Output
	err = json.NewDecoder(io.NewSectionReader(b, 0, b.Info().Size)).Decode(&outputs)
	if err != nil {
		return nil, fmt.Errorf("engine: outputs in %s: %w", key, err)
	}
	return outputs, nil
}
