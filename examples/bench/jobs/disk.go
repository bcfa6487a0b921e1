package main

import (
	"os"
	"time"
)

// syncTimes measures how long the disk takes to make 4 KiB durable: what every
// engine here waits for, and what other programs can make slow.
func syncTimes(n int) (latencies, error) {
	f, err := os.CreateTemp("", "spool-jobs-sync-")
	if err != nil {
		return nil, err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	page := make([]byte, 4<<10)
	var all latencies
	for range n {
		if _, err := f.Write(page); err != nil {
			return nil, err
		}
		begin := time.Now()
		if err := f.Sync(); err != nil {
			return nil, err
		}
		all = append(all, time.Since(begin))
	}
	return all, nil
}
