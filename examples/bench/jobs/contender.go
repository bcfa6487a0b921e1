package main

import (
	"context"
	"encoding/json"
	"os"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

// A contender is a way to have jobs done.
type contender struct {
	name     string
	settings string // for the reader of the table
	workers  []int  // numbers to try
	// open starts it in an empty folder. Without workers it only accepts jobs.
	open func(ctx context.Context, dir string, workers int) (running, error)
}

// running is a contender at work.
type running interface {
	// Submit returns when a new job is on the disk. Number makes names.
	Submit(ctx context.Context, number int) error
	// Wait returns when n jobs are done, and on the disk as done.
	Wait(ctx context.Context, n int) error
	Close() error
}

// reference is what the jobs of the others carry: which blob, and what to do with
// it, as spool would note it.
type reference struct {
	Key       string          `json:"key"`
	Operation json.RawMessage `json:"operation"`
}

func referTo(key string) reference {
	return reference{key, json.RawMessage(
		`{"op":"convert","v":1,"params":{"format":"webp","quality":82}}`)}
}

// pace is how a contender went about its jobs.
type pace struct {
	rate float64       // jobs in a second
	cpu  time.Duration // of all cores, for a job
}

// run has c take n jobs from many submitters and, if it has workers, do them, in a
// folder of its own.
func run(ctx context.Context, c contender, workers, n, submitters int) (p pace, err error) {
	dir, err := os.MkdirTemp("", "spool-jobs-")
	if err != nil {
		return p, err
	}
	defer os.RemoveAll(dir)
	r, err := c.open(ctx, dir, workers)
	if err != nil {
		return p, err
	}
	defer r.Close()
	begin, cpu := time.Now(), cpuTime()
	if err := submit(ctx, r.Submit, n, submitters); err != nil {
		return p, err
	}
	if workers > 0 {
		if err := r.Wait(ctx, n); err != nil {
			return p, err
		}
	}
	p.rate = float64(n) / time.Since(begin).Seconds()
	p.cpu = (cpuTime() - cpu) / time.Duration(n)
	return p, r.Close()
}

// submit calls fn with the numbers below n, from many goroutines.
func submit(
	ctx context.Context, fn func(context.Context, int) error, n, submitters int,
) error {
	var next atomic.Int64
	g, ctx := errgroup.WithContext(ctx)
	for range submitters {
		g.Go(func() error {
			for {
				i := int(next.Add(1)) - 1
				if i >= n {
					return nil
				}
				if err := fn(ctx, i); err != nil {
					return err
				}
			}
		})
	}
	return g.Wait()
}

// until calls done again and again, until it says so.
func until(ctx context.Context, done func() (bool, error)) error {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		if ok, err := done(); ok || err != nil {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
