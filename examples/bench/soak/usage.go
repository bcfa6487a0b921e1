package main

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spoolmedia/spool/codec/vips"
)

// usage is what the process holds.
type usage struct {
	resident, inUse                  int64 // bytes; the latter by C
	descriptors, threads, goroutines int
}

// measure reads the usage, on Linux from /proc, after Go and the C library have given back
// what they hold in reserve.
func measure() (usage, error) {
	debug.FreeOSMemory()
	vips.FreeMemory()
	open, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return usage{}, err
	}
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return usage{}, err
	}
	u := usage{inUse: inUse(), descriptors: len(open) - 1, goroutines: runtime.NumGoroutine()}
	for line := range strings.Lines(string(status)) {
		name, value, _ := strings.Cut(line, ":")
		switch name {
		case "VmRSS": // proc_pid_status(5): in kB, which are KiB
			_, err = fmt.Sscanf(value, "%d kB", &u.resident)
		case "Threads":
			_, err = fmt.Sscanf(value, "%d", &u.threads)
		}
		if err != nil {
			return usage{}, fmt.Errorf("/proc/self/status says %q: %w", line, err)
		}
	}
	u.resident <<= 10
	return u, nil
}

// leaked compares the last quarter of all measurements with the second one, in
// the mean: the first is for caches and allocators to fill.
func leaked(after []usage) error {
	const least = 8
	if len(after) < least {
		return fmt.Errorf("%d measurements are too few to find a leak; %d would do", len(after), least)
	}
	quarter := len(after) / 4
	before, now := mean(after[quarter:2*quarter]), mean(after[len(after)-quarter:])
	const few = 3 // what the runtime starts and ends as it likes
	switch {
	case now.resident > before.resident+before.resident/10:
		return fmt.Errorf("memory grew from %d to %d MiB", before.resident>>20, now.resident>>20)
	case now.inUse > before.inUse+before.inUse/10:
		return fmt.Errorf("what C holds grew from %d to %d KiB", before.inUse>>10, now.inUse>>10)
	case now.descriptors > before.descriptors+few:
		return fmt.Errorf("descriptors grew from %d to %d", before.descriptors, now.descriptors)
	case now.threads > before.threads+few:
		return fmt.Errorf("threads grew from %d to %d", before.threads, now.threads)
	case now.goroutines > before.goroutines+few:
		return fmt.Errorf("goroutines grew from %d to %d", before.goroutines, now.goroutines)
	}
	return nil
}

func mean(all []usage) usage {
	var sum usage
	for _, u := range all {
		sum.resident += u.resident
		sum.inUse += u.inUse
		sum.descriptors += u.descriptors
		sum.threads += u.threads
		sum.goroutines += u.goroutines
	}
	n := len(all)
	return usage{sum.resident / int64(n), sum.inUse / int64(n), sum.descriptors / n,
		sum.threads / n, sum.goroutines / n}
}
