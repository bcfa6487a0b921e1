package filestorage

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"

	"github.com/spoolmedia/spool/storage"
)

var (
	_ storage.Writer = (*writer)(nil)
	_ storage.Seeker = (*writer)(nil)
	_ storage.Filer  = (*writer)(nil)
)

// A writer is a temporary file that becomes a blob.
type writer struct {
	storage *Storage
	key     string
	ctxErr  func() error // of the context of Create
	file    *os.File
	temp    string // path of file in the root
	offset  int64  // of the next Write
	fault   error  // of the first Write that failed: the bytes are not whole
	done    bool   // committed or aborted

	sum    hash.Hash
	summed int64 // how many bytes, from the first, went into sum
	stale  bool  // the file was changed in a way that sum did not see
}

func newWriter(ctx context.Context, s *Storage, file *os.File, temp, key string) *writer {
	return &writer{
		storage: s, key: key, ctxErr: ctx.Err, file: file, temp: temp, sum: sha256.New(),
	}
}

// Write implements [io.Writer].
func (w *writer) Write(p []byte) (int, error) {
	if err := w.check(); err != nil {
		return 0, w.wrap("write", err)
	}
	n, err := w.file.WriteAt(p, w.offset)
	if w.offset != w.summed {
		w.stale = w.stale || n > 0
	} else if !w.stale {
		w.sum.Write(p[:n])
		w.summed += int64(n)
	}
	w.offset += int64(n)
	if err != nil {
		w.fault = err
		return n, w.wrap("write", err)
	}
	return n, nil
}

// Seek implements [io.Seeker].
func (w *writer) Seek(offset int64, whence int) (int64, error) {
	if err := w.check(); err != nil {
		return 0, w.wrap("seek", err)
	}
	switch whence {
	case io.SeekStart:
	case io.SeekCurrent:
		offset += w.offset
	case io.SeekEnd:
		info, err := w.file.Stat()
		if err != nil {
			return 0, w.wrap("seek", err)
		}
		offset += info.Size()
	default:
		return 0, w.wrap("seek", fmt.Errorf("bad whence %d", whence))
	}
	if offset < 0 {
		return 0, w.wrap("seek", errors.New("negative offset"))
	}
	w.offset = offset
	return offset, nil
}

// ReadAt implements [io.ReaderAt].
func (w *writer) ReadAt(p []byte, off int64) (int, error) {
	if err := w.check(); err != nil {
		return 0, w.wrap("read", err)
	}
	n, err := w.file.ReadAt(p, off)
	if err != nil && !errors.Is(err, io.EOF) {
		err = w.wrap("read", err)
	}
	return n, err
}

// File implements [storage.Filer]. What is written to the file counts, but the
// place of the next Write is the writer's own.
func (w *writer) File() *os.File {
	w.stale = true
	return w.file
}

// Commit implements [storage.Writer].
func (w *writer) Commit() (storage.Info, error) {
	if w.done {
		return storage.Info{}, w.wrap("commit", storage.ErrClosed)
	}
	info, err := w.commit()
	if err != nil {
		_ = w.drop() // err is why
		return storage.Info{}, w.wrap("commit", err)
	}
	return info, nil
}

// commit publishes the file; if it fails, the writer is still to be dropped.
func (w *writer) commit() (storage.Info, error) {
	if err := errors.Join(w.fault, w.ctxErr()); err != nil {
		return storage.Info{}, err
	}
	if err := w.storage.enter(); err != nil {
		return storage.Info{}, err
	}
	defer w.storage.mu.RUnlock()
	if err := w.resum(); err != nil {
		return storage.Info{}, err
	}
	stat, err := w.file.Stat()
	if err != nil {
		return storage.Info{}, err
	}
	if err := w.storage.publish(w.file, w.temp, keyPath(w.key)); err != nil {
		return storage.Info{}, err
	}
	w.done = true
	info := infoOf(w.key, stat)
	info.SHA256 = hex.EncodeToString(w.sum.Sum(nil))
	return info, nil
}

// resum reads the file again if it was not written from its start to its end.
func (w *writer) resum() error {
	if !w.stale {
		return nil
	}
	w.sum.Reset()
	stat, err := w.file.Stat()
	if err == nil {
		_, err = io.Copy(w.sum, io.NewSectionReader(w, 0, stat.Size()))
	}
	return err
}

// Abort implements [storage.Writer].
func (w *writer) Abort() error {
	if w.done {
		return nil
	}
	if err := w.drop(); err != nil {
		return w.wrap("abort", err)
	}
	return nil
}

// drop closes and removes the file. If the storage was closed, the next Open
// removes it.
func (w *writer) drop() error {
	w.done = true
	err := w.file.Close()
	if errors.Is(err, os.ErrClosed) {
		err = nil // publish closes it
	}
	if w.storage.enter() != nil {
		return err
	}
	defer w.storage.mu.RUnlock()
	rerr := w.storage.root.Remove(w.temp)
	if missing(rerr) {
		rerr = nil
	}
	return errors.Join(err, rerr)
}

// check says whether the writer may be used.
func (w *writer) check() error {
	if w.done {
		return storage.ErrClosed
	}
	return w.ctxErr()
}

func (w *writer) wrap(verb string, err error) error {
	return fmt.Errorf("filestorage: %s %q: %w", verb, w.key, err)
}
