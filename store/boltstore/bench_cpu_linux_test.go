package boltstore_test

import (
	"syscall"
	"testing"
	"time"
)

// reportCPU returns a function that reports the processor time of an operation since.
func reportCPU(b *testing.B) func() {
	before := processorTime(b)
	return func() {
		per := (processorTime(b) - before) / time.Duration(b.N)
		b.ReportMetric(float64(per.Nanoseconds())/1000, "cpu-us/op")
	}
}

func processorTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
