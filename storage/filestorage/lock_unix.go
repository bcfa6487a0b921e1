//go:build unix && !solaris && !aix

package filestorage

import (
	"errors"
	"os"
	"syscall"
)

// lock takes the lock of the file, which ends with the file or the process.
func lock(file *os.File) error {
	for {
		err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return ErrLocked
		}
		if err != syscall.EINTR {
			return os.NewSyscallError("flock", err)
		}
	}
}

// syncDir makes the names in a folder durable.
func syncDir(dir *os.File) error { return dir.Sync() }
