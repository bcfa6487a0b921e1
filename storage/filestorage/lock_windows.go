package filestorage

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// lock takes the lock of the file, which ends with the file or the process.
func lock(file *os.File) error {
	const flags = windows.LOCKFILE_EXCLUSIVE_LOCK | windows.LOCKFILE_FAIL_IMMEDIATELY
	handle := windows.Handle(file.Fd())
	err := windows.LockFileEx(handle, flags, 0, 1, 0, new(windows.Overlapped))
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) {
		return ErrLocked
	}
	return os.NewSyscallError("LockFileEx", err)
}

// syncDir does nothing: Windows has no such call, NTFS journals its names.
func syncDir(*os.File) error { return nil }
