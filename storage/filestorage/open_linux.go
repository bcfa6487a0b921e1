package filestorage

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/spoolmedia/spool/storage"
)

// openFile opens the file at path in the root, in one system call for the whole path
// where the kernel has openat2(2): an [os.Root] needs one for each folder. Whatever
// that refuses is left to the root.
func (s *Storage) openFile(path string, flag int) (*os.File, error) {
	fd, err := s.openAt(path, flag)
	switch {
	case err == nil:
		return os.NewFile(uintptr(fd), path), nil
	case errors.Is(err, fs.ErrNotExist):
		return nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	return s.root.OpenFile(path, flag, 0)
}

func (s *Storage) openAt(path string, flag int) (fd int, err error) {
	return unix.Openat2(int(s.dir.Fd()), path, &unix.OpenHow{
		Flags:   uint64(flag | unix.O_CLOEXEC),
		Resolve: unix.RESOLVE_BENEATH | unix.RESOLVE_NO_MAGICLINKS,
	})
}

// openBlob opens the regular file at path in the root for reading, and tells its size
// and time of change. An [os.File] costs as much again as the three system calls.
func (s *Storage) openBlob(path, key string) (handle, storage.Info, error) {
	fd, err := s.openAt(path, readFlags)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, storage.Info{}, err
	case err != nil:
		return s.openHandle(path, key)
	}
	var st unix.Stat_t
	if err = unix.Fstat(fd, &st); err == nil && st.Mode&unix.S_IFMT != unix.S_IFREG {
		err = storage.ErrNotFound
	}
	if err != nil {
		return nil, storage.Info{}, errors.Join(err, unix.Close(fd))
	}
	info := storage.Info{Key: key, Size: st.Size, Created: time.Unix(st.Mtim.Unix())}
	return &descriptor{fd: fd, path: path}, info, nil
}

// A descriptor is a file that is open for reading.
type descriptor struct {
	path string

	mu   sync.RWMutex // held for reading while fd is in use
	fd   int          // -1: closed, or in file
	file *os.File     // from when somebody has asked for it
}

// ReadAt implements [io.ReaderAt].
func (d *descriptor) ReadAt(p []byte, off int64) (n int, err error) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	if d.file != nil {
		return d.file.ReadAt(p, off)
	}
	if d.fd < 0 {
		return 0, os.ErrClosed
	}
	if off < 0 {
		return 0, fmt.Errorf("read at %d: %w", off, unix.EINVAL)
	}
	for n < len(p) {
		m, err := unix.Pread(d.fd, p[n:], off+int64(n))
		switch {
		case err == unix.EINTR:
		case err != nil:
			return n, os.NewSyscallError("pread", err)
		case m == 0:
			return n, io.EOF
		default:
			n += m
		}
	}
	return n, nil
}

// Close implements [io.Closer].
func (d *descriptor) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.file != nil {
		return d.file.Close()
	}
	if d.fd < 0 {
		return os.ErrClosed
	}
	fd := d.fd
	d.fd = -1
	return os.NewSyscallError("close", unix.Close(fd))
}

// File returns the same as a file, which d closes.
func (d *descriptor) File() *os.File {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.file == nil {
		d.file = os.NewFile(uintptr(d.fd), d.path) // nil if it is closed
		d.fd = -1
	}
	return d.file
}
