package filestorage

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"

	"github.com/spoolmedia/spool/storage"
)

// A folder is an open folder of the root. What is done in it takes one system call,
// where an [os.Root] takes one more for each folder of a path.
type folder struct {
	storage *Storage
	path    string
	file    *os.File
	above   *folder // that it was made in, still open; nil if it was found
}

func (s *Storage) openFolder(path string) (*folder, error) {
	file, err := s.openFile(path, unix.O_RDONLY|unix.O_DIRECTORY)
	if err != nil {
		return nil, err
	}
	return &folder{storage: s, path: path, file: file}, nil
}

// make makes a folder in f, which is closed with it.
func (f *folder) make(name string) (*folder, error) {
	path := f.path + "/" + name
	if err := unix.Mkdirat(f.fd(), name, 0o700); err != nil {
		return nil, &os.PathError{Op: "mkdirat", Path: path, Err: err}
	}
	const flags = unix.O_RDONLY | unix.O_DIRECTORY | unix.O_NOFOLLOW | unix.O_CLOEXEC
	fd, err := unix.Openat(f.fd(), name, flags, 0)
	if err != nil {
		return nil, &os.PathError{Op: "openat", Path: path, Err: err}
	}
	return &folder{f.storage, path, os.NewFile(uintptr(fd), path), f}, nil
}

// place moves temp to a free name in f, in one step.
func (f *folder) place(temp, name string) error {
	err := f.storage.rename(int(f.storage.tmp.Fd()), baseOf(temp), f.fd(), name)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, unix.EEXIST):
		return storage.ErrExist
	case errors.Is(err, unix.EINVAL), errors.Is(err, unix.ENOSYS), errors.Is(err, unix.EPERM):
		// Not every file system and sandbox knows the flag.
		return f.storage.linkOrMove(temp, f.path+"/"+name)
	}
	return &os.LinkError{Op: "renameat2", Old: temp, New: f.path + "/" + name, Err: err}
}

// renameExclusive renames a file unless the new name is taken.
func renameExclusive(oldDir int, oldName string, newDir int, newName string) error {
	return unix.Renameat2(oldDir, oldName, newDir, newName, unix.RENAME_NOREPLACE)
}

func (f *folder) sync() error { return syncDir(f.file) }

func (f *folder) fd() int { return int(f.file.Fd()) }

// close closes the folder and those above it that are open with it.
func (f *folder) close() {
	for ; f != nil; f = f.above {
		_ = f.file.Close() // nothing was written through it
	}
}
