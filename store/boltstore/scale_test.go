package boltstore_test

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/spoolmedia/spool/store"
	"github.com/spoolmedia/spool/store/boltstore"
)

// BenchmarkPending measures what a backlog costs: for each size of it the file is
// made, then opened after Close and after a crash, and worked on.
//
//	go test ./store/boltstore -run '^$' -bench Pending -benchtime 1x
func BenchmarkPending(b *testing.B) {
	for _, jobs := range []int{1000, 100_000, 1_000_000} {
		b.Run(strconv.Itoa(jobs), func(b *testing.B) {
			for range b.N {
				benchPending(b, jobs)
			}
		})
	}
}

func benchPending(b *testing.B, jobs int) {
	dir := b.TempDir()
	path := filepath.Join(dir, "jobs.db")
	s := openWith(b, dir, boltstore.Config{NoSync: true})
	start := time.Now()
	benchFill(b, s, jobs)
	b.ReportMetric(float64(jobs)/time.Since(start).Seconds(), "filled/s")
	crashed := filepath.Join(b.TempDir(), "jobs.db")
	if err := s.Settle(b.Context()); err != nil {
		b.Fatal(err)
	}
	for _, suffix := range []string{"", "-wal0", "-wal1"} {
		copyFile(b, path+suffix, crashed+suffix)
	}
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(info.Size())/float64(jobs), "B/job")

	s = benchOpen(b, crashed, "crash")
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	if err := benchOpen(b, path, "nosync").Close(); err != nil { // as that does not count as closed
		b.Fatal(err)
	}
	s = benchOpen(b, path, "open")
	defer s.Close()
	benchLatency(b, "create", 500, func() { benchSubmit(b, s) })
	benchLatency(b, "tasks", 500, func() { benchReady(b, s, 64) })
	reportMemory(b, "latency")
	benchWork(b, s, benchReady(b, s, min(jobs, 50_000)))
	reportMemory(b, "work")
}

// benchFill makes pending jobs of one file.
func benchFill(b *testing.B, s *boltstore.Store, jobs int) {
	var wg sync.WaitGroup
	var left atomic.Int64
	left.Store(int64(jobs))
	for range 64 {
		wg.Go(func() {
			for left.Add(-1) >= 0 {
				benchSubmit(b, s)
			}
		})
	}
	wg.Wait()
}

// benchWork claims and finishes the jobs of the tasks.
func benchWork(b *testing.B, s *boltstore.Store, tasks []store.Ref) {
	var wg sync.WaitGroup
	for refs := range slices.Chunk(tasks, (len(tasks)+63)/64) {
		wg.Go(func() {
			for _, r := range refs {
				benchClaim(b, s, r.Job)
				benchFinish(b, s, r.Job)
			}
		})
	}
	wg.Wait()
}

// benchOpen opens the file and reports how long it takes until the first task.
func benchOpen(b *testing.B, path, name string) *boltstore.Store {
	debug.FreeOSMemory()
	start := time.Now()
	s, err := boltstore.Open(path, boltstore.Config{})
	if err != nil {
		b.Fatal(err)
	}
	opened := time.Since(start)
	benchReady(b, s, 1)
	b.ReportMetric(float64(opened.Milliseconds()), name+"-ms")
	b.ReportMetric(float64(time.Since(start).Milliseconds()), name+"-task-ms")
	reportMemory(b, name)
	return s
}

// benchReady returns n ready tasks, as the feeder asks for them.
func benchReady(b *testing.B, s *boltstore.Store, n int) []store.Ref {
	var refs []store.Ref
	q := store.TaskQuery{Lanes: []string{"image"}, Limit: n, Due: time.Now()}
	for t, err := range s.Tasks(b.Context(), q) {
		if err != nil {
			b.Fatal(err)
		}
		refs = append(refs, t.Ref)
	}
	if len(refs) != n {
		b.Fatalf("got %d ready tasks, want %d", len(refs), n)
	}
	return refs
}

func benchLatency(b *testing.B, name string, times int, fn func()) {
	took := make([]time.Duration, times)
	for i := range took {
		start := time.Now()
		fn()
		took[i] = time.Since(start)
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[times/2].Microseconds()), name+"-p50-us")
	b.ReportMetric(float64(took[times*99/100].Microseconds()), name+"-p99-us")
}

// reportMemory reports the memory of the process: what is its own, and what of the
// mapped file is in it.
func reportMemory(b *testing.B, name string) {
	if runtime.GOOS != "linux" {
		return
	}
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		b.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		var kb float64
		if _, err := fmt.Sscanf(line, "RssAnon: %f kB", &kb); err == nil {
			b.ReportMetric(kb/1024, name+"-anon-MiB")
		}
		if _, err := fmt.Sscanf(line, "RssFile: %f kB", &kb); err == nil {
			b.ReportMetric(kb/1024, name+"-file-MiB")
		}
	}
}

func copyFile(b *testing.B, from, to string) {
	in, err := os.Open(from)
	if err != nil {
		b.Fatal(err)
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		b.Fatal(err)
	}
	if _, err := io.Copy(out, in); err != nil {
		b.Fatal(err)
	}
	if err := out.Close(); err != nil {
		b.Fatal(err)
	}
}
