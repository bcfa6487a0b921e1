// Command jobs measures spool as a job engine beside those that a Go program can
// embed today: goqite, backlite, and River on SQLite. Nothing here decodes media:
// the work of a job is nothing, so that what is left is the engine.
//
//	go run ./jobs           # a quarter of an hour
//	go run ./jobs -quick    # seconds, and figures that mean little
//
// It prints Markdown. Throughput comes as ratios from rounds in which the engines
// take turns, in one run on one machine, each with the number of workers that
// suits it best. Everybody syncs each commit to the disk before a job counts as
// accepted or as done. The other tables are about spool alone: how long Submit
// takes with a million jobs pending, what they cost in memory, how soon work
// begins after a start and after kill -9, and what a kill loses.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"
)

// plan is how much is measured.
type plan struct {
	rounds     int           // in which engines take turns
	trial      int           // jobs to find the best number of workers with
	limit      time.Duration // of a trial
	round      time.Duration // that an engine is busy in a round, about
	submitters int
	pending    []int // jobs, the backlogs to measure with
	samples    int   // calls of Submit for each backlog and kind
	more       int   // jobs submitted before a kill beside a backlog
	kills      int
	work       int // jobs done between kills
}

var (
	long = plan{
		rounds: 7, trial: 640, limit: 10 * time.Second, round: 2 * time.Second,
		submitters: 64,
		pending:    []int{0, 100_000, 1_000_000}, samples: 6400, more: 10_000,
		kills: 10, work: 300,
	}
	quick = plan{
		rounds: 1, trial: 32, limit: time.Second, round: 50 * time.Millisecond, submitters: 16,
		pending: []int{0, 500}, samples: 64, more: 100, kills: 2, work: 30,
	}
)

// part is one of the tables.
type part struct {
	name string
	run  func(context.Context, plan, io.Writer) error
}

var parts = []part{
	{"throughput", throughput}, {"backlog", backlog}, {"crash", crash},
}

func main() {
	log.SetFlags(0)
	if runChild() {
		return
	}
	short := flag.Bool("quick", false, "measure in seconds, to see that everything works")
	only := flag.String("only", "throughput,backlog,crash", "the parts to run")
	rounds := flag.Int("rounds", 0, "rounds in which the engines take turns; 0: 7, or 1 if quick")
	flag.Parse()
	p := long
	if *short {
		p = quick
	}
	if *rounds > 0 {
		p.rounds = *rounds
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := measure(ctx, p, strings.Split(*only, ","), os.Stdout); err != nil {
		log.Fatal(err)
	}
}

// measure runs the parts with these names.
func measure(ctx context.Context, p plan, names []string, out io.Writer) error {
	for _, part := range parts {
		if !slices.Contains(names, part.name) {
			continue
		}
		if err := part.run(ctx, p, out); err != nil {
			return fmt.Errorf("%s: %w", part.name, err)
		}
	}
	return nil
}
