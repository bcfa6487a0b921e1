package boltstore

import (
	"bytes"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// mapped is how many bytes of address space are set aside for the file. As long as it is
// shorter, it grows without being mapped anew, for which a checkpoint would copy what
// it is about to write, and wait for those who read. It takes no memory.
const mapped = 64 << 20

// fileMemory returns how many bytes of files are in the memory of the process: the
// third field of proc_pid_statm(5).
func fileMemory() (int64, bool) {
	statm, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0, false
	}
	fields := bytes.Fields(statm)
	if len(fields) < 3 {
		return 0, false
	}
	pages, err := strconv.ParseInt(string(fields[2]), 10, 64)
	return pages * int64(os.Getpagesize()), err == nil
}

// dropMapped takes pages of a file that is mapped there out of the memory of the
// process, see madvise(2). Whoever reads them next gets them from the system again.
func dropMapped(address uintptr, size int64) {
	_, _, _ = unix.Syscall(unix.SYS_MADVISE, address, uintptr(size), unix.MADV_DONTNEED)
}
