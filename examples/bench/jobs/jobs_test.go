package main

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/spoolmedia/spool/engine"
)

func TestMain(m *testing.M) {
	if runChild() {
		return
	}
	os.Exit(m.Run())
}

func TestQuickMeasurementPrintsEveryTable(t *testing.T) {
	for name, want := range map[string][]string{
		"throughput": {"| spool ", "| goqite ", "| backlite ", "| River ", "| goqite and files "},
		"backlog":    {"| 0 ", "| 500 ", "after kill -9"},
		"crash":      {"| of them lost ", "| kills "},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			if err := measure(t.Context(), quick, []string{name}, &out); err != nil {
				t.Fatal(err)
			}
			for _, text := range want {
				if !strings.Contains(out.String(), text) {
					t.Errorf("no %q in\n%s", text, out.String())
				}
			}
		})
	}
}

func TestBooksFindLostAndRepeatedJobs(t *testing.T) {
	b := newBooks()
	p := &process{begun: time.Unix(0, 0)}
	for _, line := range []string{
		"accepted 1", "accepted 2", "accepted 3", "begin a 5", "end a",
		"begin b 6", "end b", "begin b 7", "job 1 completed", "job 2 failed",
	} {
		if _, err := b.note(p, strings.SplitN(line, " ", 3)); err != nil {
			t.Fatal(err)
		}
	}
	if b.lost() != 2 || b.runs() != 3 || b.again != 1 || len(b.running) != 1 {
		t.Errorf("lost %d, runs %d, again %d, running %v; want 2, 3, 1 and one",
			b.lost(), b.runs(), b.again, b.running)
	}
	if len(b.recovered) != 1 || b.recovered[0] != 7 {
		t.Errorf("recovered after %v, want 7 ns", b.recovered)
	}
}

func TestQuantile(t *testing.T) {
	list := []int{5, 1, 4, 2, 3}
	for q, want := range map[float64]int{0: 1, 0.5: 3, 0.99: 5, 1: 5} {
		if got := quantile(list, q); got != want {
			t.Errorf("quantile %g is %d, want %d", q, got, want)
		}
	}
}

func TestTableIsMarkdown(t *testing.T) {
	tab := table{title: "T", head: []string{"", "jobs"}}
	tab.add("ünder", "1")
	tab.note("by %s", "hand")
	var out strings.Builder
	if err := tab.print(&out); err != nil {
		t.Fatal(err)
	}
	const want = `
**T**

|       | jobs |
| ----- | ---- |
| ünder | 1    |

- by hand
`
	if out.String() != want {
		t.Errorf("got %s", out.String())
	}
}

// The engine alone, for profiles.
func BenchmarkSpool(b *testing.B) {
	slog.SetDefault(slog.New(slog.DiscardHandler))
	referring := openContending(engine.FromStorage, nothing)
	bringing := openContending(nil, copying)
	for _, bench := range []struct {
		name    string
		workers int
		open    func(ctx context.Context, dir string, workers int) (running, error)
	}{
		{"accepted", 0, referring}, {"completed", 64, referring},
		{"accepted 20 KiB", 0, bringing}, {"completed 20 KiB", 64, bringing},
	} {
		b.Run(bench.name, func(b *testing.B) {
			c := contender{open: bench.open}
			p, err := run(b.Context(), c, bench.workers, b.N, 64)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(p.rate, "jobs/s")
			b.ReportMetric(float64(p.cpu.Microseconds()), "cpu-µs/job")
		})
	}
}
