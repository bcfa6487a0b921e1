package memstorage

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/spoolmedia/spool/storage"
)

var (
	_ storage.Writer = (*writer)(nil)
	_ storage.Seeker = (*writer)(nil)
)

// A writer is a blob that is not visible yet.
type writer struct {
	storage *Storage
	key     string
	ctxErr  func() error // of the context of Create
	data    []byte
	offset  int64 // of the next Write; may be past the end
	done    bool  // committed or aborted
}

// Write implements [io.Writer].
func (w *writer) Write(p []byte) (int, error) {
	if err := w.check(); err != nil {
		return 0, fmt.Errorf("memstorage: write %q: %w", w.key, err)
	}
	if len(p) == 0 {
		return 0, nil
	}
	size, end := int64(len(w.data)), w.offset+int64(len(p))
	if end < 0 {
		return 0, fmt.Errorf("memstorage: write %q: offset out of range", w.key)
	}
	if end > size {
		w.data = slices.Grow(w.data, int(end-size))[:end]
		clear(w.data[size:max(size, w.offset)]) // what Grow gives is not zeroed
	}
	copy(w.data[w.offset:], p)
	w.offset = end
	return len(p), nil
}

// Seek implements [io.Seeker].
func (w *writer) Seek(offset int64, whence int) (int64, error) {
	if err := w.check(); err != nil {
		return 0, fmt.Errorf("memstorage: seek %q: %w", w.key, err)
	}
	switch whence {
	case io.SeekStart:
	case io.SeekCurrent:
		offset += w.offset
	case io.SeekEnd:
		offset += int64(len(w.data))
	default:
		return 0, fmt.Errorf("memstorage: seek %q: bad whence %d", w.key, whence)
	}
	if offset < 0 {
		return 0, fmt.Errorf("memstorage: seek %q: %w", w.key, errNegative)
	}
	w.offset = offset
	return offset, nil
}

// ReadAt implements [io.ReaderAt].
func (w *writer) ReadAt(p []byte, off int64) (int, error) {
	if err := w.check(); err != nil {
		return 0, fmt.Errorf("memstorage: read %q: %w", w.key, err)
	}
	return readAt(w.data, p, off)
}

// Commit implements [storage.Writer].
func (w *writer) Commit() (storage.Info, error) {
	if err := w.check(); err != nil {
		return storage.Info{}, fmt.Errorf("memstorage: commit %q: %w", w.key, err)
	}
	sum := sha256.Sum256(w.data)
	e := entry{data: w.data, info: storage.Info{
		Key:     w.key,
		SHA256:  hex.EncodeToString(sum[:]),
		Size:    int64(len(w.data)),
		Created: time.Now(),
	}}
	w.done, w.data = true, nil
	if err := w.storage.add(e); err != nil {
		return storage.Info{}, fmt.Errorf("memstorage: commit %q: %w", w.key, err)
	}
	return e.info, nil
}

// Abort implements [storage.Writer].
func (w *writer) Abort() error {
	w.done, w.data = true, nil
	return nil
}

// check says whether the writer may be used.
func (w *writer) check() error {
	if w.done {
		return storage.ErrClosed
	}
	return w.ctxErr()
}

var errNegative = errors.New("negative offset")

func readAt(data, p []byte, off int64) (int, error) {
	if off < 0 {
		return 0, fmt.Errorf("memstorage: read: %w", errNegative)
	}
	return bytes.NewReader(data).ReadAt(p, off)
}
