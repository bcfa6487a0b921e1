package wal

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// syncData writes the content of the file to the disk, see fdatasync(2).
func syncData(f *os.File) error {
	for {
		err := unix.Fdatasync(int(f.Fd()))
		if !errors.Is(err, unix.EINTR) {
			return os.NewSyscallError("fdatasync", err)
		}
	}
}
