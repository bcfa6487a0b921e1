package main

import (
	"bufio"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// cpuTime is what this process has used of all cores.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// memory is what a process needs, in bytes. Other systems than Linux tell the
// heap only.
type memory struct {
	Heap      int64 // of Go, in use
	Resident  int64 // all
	Anonymous int64 // what is no copy of a file: heap, stacks
	Mapped    int64 // pages of files, which the system can drop at any time
	Peak      int64 // of Resident
}

// readMemory looks at this process, after a collection of garbage.
func readMemory() (m memory) {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	m.Heap = int64(stats.HeapInuse)
	f, err := os.Open("/proc/self/status") // proc_pid_status(5)
	if err != nil {
		return m
	}
	defer f.Close()
	fields := map[string]*int64{
		"VmRSS": &m.Resident, "RssAnon": &m.Anonymous, "RssFile": &m.Mapped, "VmHWM": &m.Peak,
	}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		name, value, _ := strings.Cut(lines.Text(), ":")
		if field := fields[name]; field != nil {
			kibibytes, _ := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64)
			*field = kibibytes << 10
		}
	}
	return m
}
