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
	file *os.File
	info storage.Info
}

func (s *Storage) open(path, key string) (*blob, error) {
	// The flag keeps us from waiting at a named pipe. It does nothing to files.
	file, err := s.openFile(path, os.O_RDONLY|syscall.O_NONBLOCK)
	if err != nil {
		return nil, openError(err)
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = storage.ErrNotFound
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return &blob{file: file, info: infoOf(key, info)}, nil
}

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
	n, err := b.file.ReadAt(p, off)
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
	if err := b.file.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
		return fmt.Errorf("filestorage: close %q: %w", b.info.Key, err)
	}
	return nil
}

// Info implements [storage.Blob].
func (b *blob) Info() storage.Info { return b.info }

// File implements [storage.Filer]. The file is open for reading.
func (b *blob) File() *os.File { return b.file }
