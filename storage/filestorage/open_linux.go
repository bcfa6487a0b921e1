package filestorage

import (
	"errors"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// openFile opens the file at path in the root, in one system call for the whole path
// where the kernel has openat2(2): an [os.Root] needs one for each folder. Whatever
// that refuses is left to the root.
func (s *Storage) openFile(path string, flag int) (*os.File, error) {
	fd, err := unix.Openat2(int(s.dir.Fd()), path, &unix.OpenHow{
		Flags:   uint64(flag | unix.O_CLOEXEC),
		Resolve: unix.RESOLVE_BENEATH | unix.RESOLVE_NO_MAGICLINKS,
	})
	switch {
	case err == nil:
		return os.NewFile(uintptr(fd), path), nil
	case errors.Is(err, fs.ErrNotExist):
		return nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	return s.root.OpenFile(path, flag, 0)
}
