package main

import (
	"context"
	"os"
	"runtime"
	"strconv"
	"testing"
)

func envInt(k string, d int) int {
	if v, err := strconv.Atoi(os.Getenv(k)); err == nil {
		return v
	}
	return d
}

func BenchmarkZ(b *testing.B) {
	one := contests[0].contenders[0]
	if os.Getenv("FILES") != "" {
		one = contests[1].contenders[0]
	}
	if os.Getenv("PEER") == "backlite" {
		one = contests[0].contenders[2]
	}
	if os.Getenv("PEER") == "goqite" {
		one = contests[0].contenders[1]
	}
	workers := envInt("WORKERS", 64)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	n := b.N
	p, err := run(context.Background(), one, workers, n, 64)
	if err != nil {
		b.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	b.ReportMetric(p.rate, "jobs/s")
	b.ReportMetric(float64(p.cpu.Microseconds()), "cpu-us/job")
	b.ReportMetric(float64(after.Mallocs-before.Mallocs)/float64(n), "allocs/job")
	b.ReportMetric(float64(after.TotalAlloc-before.TotalAlloc)/float64(n), "B/job")
}
