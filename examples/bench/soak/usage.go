package main

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
)

// usage is what the process holds.
type usage struct {
	resident                int64 // bytes
	descriptors, goroutines int
}

// measure reads the usage, on Linux from /proc.
func measure() (usage, error) {
	runtime.GC()
	open, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return usage{}, err
	}
	statm, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return usage{}, err
	}
	fields := strings.Fields(string(statm))
	if len(fields) < 2 {
		return usage{}, fmt.Errorf("/proc/self/statm says %q", statm)
	}
	pages, err := strconv.ParseInt(fields[1], 10, 64)
	if err != nil {
		return usage{}, err
	}
	return usage{pages * int64(os.Getpagesize()), len(open) - 1, runtime.NumGoroutine()}, nil
}

// leaked compares the end with the time when all caches had filled.
func leaked(after []usage) error {
	if len(after) < 5 {
		return nil // too short to tell
	}
	first, last := after[len(after)/5], after[len(after)-1]
	const (
		someBytes = 64 << 20 // of the allocators
		few       = 8        // threads of the runtime that come and go
	)
	switch {
	case last.resident > first.resident+first.resident/4+someBytes:
		return fmt.Errorf("memory grew from %d to %d MiB", first.resident>>20, last.resident>>20)
	case last.descriptors > first.descriptors+few:
		return fmt.Errorf("descriptors grew from %d to %d", first.descriptors, last.descriptors)
	case last.goroutines > first.goroutines+few:
		return fmt.Errorf("goroutines grew from %d to %d", first.goroutines, last.goroutines)
	}
	return nil
}
