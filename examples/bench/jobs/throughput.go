package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/engine"
)

// contest is a table: spool first, then those that it is measured beside.
type contest struct {
	title      string
	contenders []contender
}

var counts = []int{1, 8, 64}

var contests = []contest{
	{"Jobs per second, the input is in storage, the work is nothing", []contender{
		{"spool", "boltstore and filestorage, as they are by default; outputs are not kept",
			counts, openContending(engine.FromStorage, nothing)},
		{"goqite", sqliteSettings + "; polls each millisecond", counts, openGoqite(false)},
		// It waits 100 ms whenever all workers are busy: more of them suit it.
		{"backlite", sqliteSettings, append(slices.Clone(counts), 512), openBacklite},
		{"River", sqliteSettings + "; fetches each millisecond", counts, openRiver},
	}},
	{"Jobs per second, 20 KiB come with the job and go out again", []contender{
		{"spool", "boltstore and filestorage, as they are by default",
			counts, openContending(nil, copying)},
		{"goqite and files", sqliteSettings + "; each file and its folder synced",
			counts, openGoqite(true)},
	}},
}

// measure of a contest: whether jobs are only accepted, or done as well.
type discipline struct {
	name string
	work bool
}

var disciplines = []discipline{{"accepted", false}, {"from Submit to completed", true}}

// throughput prints the contests.
func throughput(ctx context.Context, p plan, out io.Writer) error {
	for _, c := range contests {
		t := table{title: c.title, head: []string{""}, rows: make([][]string, len(c.contenders))}
		for i, one := range c.contenders {
			t.rows[i] = []string{one.name}
			t.note("%s: %s", one.name, one.settings)
		}
		for _, d := range disciplines {
			if err := c.compete(ctx, p, d, &t); err != nil {
				return err
			}
		}
		t.note("%d submitters; medians of %d rounds in which the engines take turns, and of the "+
			"ratios of each round (least to greatest)", p.submitters, p.rounds)
		if err := t.print(out); err != nil {
			return err
		}
	}
	return nil
}

// compete adds the columns of a discipline to the table.
func (c contest) compete(ctx context.Context, p plan, d discipline, t *table) error {
	entries := make([]entry, len(c.contenders))
	for i, one := range c.contenders {
		e, err := qualify(ctx, p, one, d.work)
		if err != nil {
			return fmt.Errorf("%s: %w", one.name, err)
		}
		entries[i] = e
	}
	var syncs latencies
	for range p.rounds {
		l, err := syncTimes(20)
		if err != nil {
			return err
		}
		syncs = append(syncs, l...)
		for i := range entries {
			e := &entries[i]
			one, err := run(ctx, e.contender, e.workers, e.jobs, p.submitters)
			if err != nil {
				return fmt.Errorf("%s: %w", e.name, err)
			}
			e.rates, e.cpu = append(e.rates, one.rate), append(e.cpu, one.cpu)
		}
	}
	t.note("%s: a sync of 4 KiB took %s between the rounds, at the 99th percentile %s",
		d.name, milliseconds(syncs.p50()), milliseconds(syncs.p99()))
	t.head = append(t.head, d.name, "CPU of a job", "spool is")
	for i, e := range entries {
		figure, faster := fmt.Sprintf("%s/s", grouped(int(median(e.rates)))), ""
		if d.work {
			figure += fmt.Sprintf(", %d workers", e.workers)
		}
		if i > 0 {
			r := ratios(entries[0].rates, e.rates)
			faster = fmt.Sprintf("%.1f times as fast (%.1f to %.1f)",
				median(r), slices.Min(r), slices.Max(r))
		}
		t.rows[i] = append(t.rows[i], figure, milliseconds(median(e.cpu)), faster)
	}
	return nil
}

// entry is a contender with what suits it best.
type entry struct {
	contender
	workers, jobs int
	rates         []float64       // jobs per second, by round
	cpu           []time.Duration // of a job, by round
}

// qualify finds the best number of workers, and how many jobs fill a round. Those
// that take too long over the trial are out, but for the last.
func qualify(ctx context.Context, p plan, c contender, work bool) (entry, error) {
	e := entry{contender: c, jobs: p.trial}
	counts := []int{0}
	if work {
		counts = c.workers
	}
	e.workers = counts[len(counts)-1]
	best := 0.0
	for _, workers := range counts {
		limited, cancel := context.WithTimeout(ctx, p.limit)
		one, err := run(limited, c, workers, p.trial, p.submitters)
		slow := limited.Err() != nil && ctx.Err() == nil
		cancel()
		if err != nil && !slow {
			return e, err
		}
		if !slow && one.rate > best {
			best, e.workers = one.rate, workers
		}
	}
	e.jobs = max(p.trial, int(best*p.round.Seconds()))
	return e, nil
}

// openContending opens a spool whose jobs refer to an input in storage or, if
// refer is nil, bring it along and keep their outputs.
func openContending(
	refer func(key string) engine.Input, do func(context.Context, *codec.Work) error,
) func(context.Context, string, int) (running, error) {
	return func(_ context.Context, dir string, workers int) (running, error) {
		c := &contending{input: inline}
		if refer != nil {
			c.input = func() engine.Input { return refer(inputKey) }
		}
		s, err := openSpool(dir, setup{
			workers: workers, nowhere: refer != nil,
			do: func(ctx context.Context, w *codec.Work) error {
				err := do(ctx, w)
				c.done.Add(1)
				return err
			},
		})
		c.spool = s
		return c, err
	}
}
