package filestorage

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"

	"github.com/spoolmedia/spool/storage"
)

var (
	_ storage.Blob  = (*blob)(nil)
	_ storage.Filer = (*blob)(nil)
)

// A blob is an open file.
type blob struct {
	handle
	info storage.Info
}

// A handle is what a blob is read through. After Close its methods fail with
// [os.ErrClosed].
type handle interface {
	io.ReaderAt
	io.Closer
	File() *os.File
}

// readFlags are those that blobs are opened with. One of them keeps us from waiting
// at a named pipe; it does nothing to files.
const readFlags = os.O_RDONLY | syscall.O_NONBLOCK

func (s *Storage) open(path, key string) (*blob, error) {
	h, info, err := s.openBlob(path, key)
	if err != nil {
		return nil, openError(err)
	}
	return &blob{h, info}, nil
}

// openHandle opens the regular file at path in the root for reading, and tells its
// size and time of change.
func (s *Storage) openHandle(path, key string) (handle, storage.Info, error) {
	file, err := s.openFile(path, readFlags)
	if err != nil {
		return nil, storage.Info{}, err
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = storage.ErrNotFound
	}
	if err != nil {
		return nil, storage.Info{}, errors.Join(err, file.Close())
	}
	return fileHandle{file}, infoOf(key, info), nil
}

type (
	osFile = os.File
	// A fileHandle is an [os.File].
	fileHandle struct{ *osFile }
)

// File returns it.
func (f fileHandle) File() *os.File { return f.osFile }

func openError(err error) error {
	if missing(err) {
		return storage.ErrNotFound
	}
	return err
}

func infoOf(key string, info fs.FileInfo) storage.Info {
	return storage.Info{Key: key, Size: info.Size(), Created: info.ModTime()}
}

// ReadAt implements [io.ReaderAt].
func (b *blob) ReadAt(p []byte, off int64) (int, error) {
	n, err := b.handle.ReadAt(p, off)
	if err == nil || err == io.EOF {
		return n, err
	}
	if errors.Is(err, os.ErrClosed) {
		err = storage.ErrClosed
	}
	return n, fmt.Errorf("filestorage: read %q: %w", b.info.Key, err)
}

// Close implements [io.Closer]. Closing twice is no error.
func (b *blob) Close() error {
	if err := b.handle.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
		return fmt.Errorf("filestorage: close %q: %w", b.info.Key, err)
	}
	return nil
}

// Info implements [storage.Blob].
func (b *blob) Info() storage.Info { return b.info }
