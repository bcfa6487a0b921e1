package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/spoolmedia/spool/codec"
)

// holders are the workers of an engine that is busy for ever.
const holders = 2

// backlog measures with jobs pending: Submit, memory, and how soon work begins.
func backlog(ctx context.Context, p plan, out io.Writer) error {
	dir, err := os.MkdirTemp("", "spool-jobs-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	folders := make([]string, len(p.pending))
	for i, n := range p.pending {
		// Some more, for those that the workers hold.
		folders[i] = filepath.Join(dir, strconv.Itoa(n))
		if err := os.Mkdir(folders[i], 0o700); err != nil {
			return err
		}
		child, err := start(ctx, "fill", folders[i], strconv.Itoa(n+holders))
		if err == nil {
			err = child.end()
		}
		if err != nil {
			return fmt.Errorf("submit %d jobs: %w", n, err)
		}
	}
	if err := submitLatency(ctx, p, folders, out); err != nil {
		return err
	}
	return residence(ctx, p, folders, out)
}

// submitLatency prints how long Submit takes, as the engines take turns.
func submitLatency(ctx context.Context, p plan, folders []string, out io.Writer) (err error) {
	spools := make([]*spool, len(folders))
	for i, folder := range folders {
		if spools[i], err = openHeld(folder, func(*codec.Work) {}); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, spools[i].interrupt()) }()
	}
	t := table{title: "How long Submit takes", head: []string{"pending"}}
	for _, n := range p.pending {
		t.add(grouped(n))
	}
	const turns = 16
	for _, submitters := range []int{1, p.submitters} {
		all := make([]latencies, len(spools))
		for range turns {
			for i, s := range spools {
				l, err := s.latencies(ctx, p.samples/turns, submitters)
				if err != nil {
					return err
				}
				all[i] = append(all[i], l...)
			}
		}
		who := fmt.Sprintf("%d at once", submitters)
		t.head = append(t.head, who+", p50", "p99", "p99 to that of the first row")
		for i, l := range all {
			t.rows[i] = append(t.rows[i], milliseconds(l.p50()), milliseconds(l.p99()),
				fmt.Sprintf("%.2f", float64(l.p99())/float64(all[0].p99())))
		}
	}
	t.note("the input is in storage; %d calls for each figure, in %d turns; all workers are busy",
		p.samples, turns)
	t.note("pending is what was there before: what is measured adds up to %d", 2*p.samples)
	return t.print(out)
}

// openHeld opens a spool whose workers are all busy, for ever. It calls begin for
// each task that they take up.
func openHeld(dir string, begin func(*codec.Work)) (*spool, error) {
	busy := make(chan struct{}, holders)
	s, err := openSpool(dir, setup{
		workers: holders, do: func(ctx context.Context, w *codec.Work) error {
			begin(w)
			busy <- struct{}{}
			<-ctx.Done()
			return ctx.Err()
		},
	})
	if err != nil {
		return nil, err
	}
	for range holders {
		<-busy
	}
	return s, nil
}

// latencies measures n calls of Submit.
func (s *spool) latencies(ctx context.Context, n, submitters int) (latencies, error) {
	var mu sync.Mutex // guards all
	var all latencies
	err := submit(ctx, func(ctx context.Context, i int) error {
		begin := time.Now()
		_, err := s.referring(ctx, "more.jpg")
		d := time.Since(begin)
		mu.Lock()
		defer mu.Unlock()
		all = append(all, d)
		return err
	}, n, submitters)
	return all, err
}

// residence prints what it takes to hold a backlog and to open it.
func residence(ctx context.Context, p plan, folders []string, out io.Writer) error {
	t := table{
		title: "A process that opens a store with jobs pending",
		head: []string{"pending", "file", "heap", "resident", "of it anonymous", "of it mapped",
			"resident at most", "until the first task runs", "the same after kill -9"},
	}
	for i, n := range p.pending {
		info, err := os.Stat(filepath.Join(folders[i], "jobs.db"))
		if err != nil {
			return err
		}
		var starts [2]time.Duration
		var m memory
		for j := range starts {
			if starts[j], m, err = holdAndKill(ctx, folders[i], p.more); err != nil {
				return err
			}
		}
		t.add(grouped(n), mebibytes(info.Size()), mebibytes(m.Heap), mebibytes(m.Resident),
			mebibytes(m.Anonymous), mebibytes(m.Mapped), mebibytes(m.Peak),
			milliseconds(starts[0]), milliseconds(starts[1]))
	}
	t.note("times are from the start of the process; after the kill, an interrupted task is the first")
	t.note("before the kill it submits %s jobs, so that there is something in the log of the store",
		grouped(p.more))
	t.note("mapped are pages of the file, which the system takes back when it needs the memory")
	return t.print(out)
}

// holdAndKill starts a process that holds tasks, has it submit more jobs, and kills it.
// It returns how soon it began and what it needed.
func holdAndKill(
	ctx context.Context, dir string, more int,
) (begun time.Duration, m memory, err error) {
	child, err := start(ctx, "hold", dir, strconv.Itoa(more))
	if err != nil {
		return 0, m, err
	}
	begin, err := child.until("begin")
	if err != nil {
		return 0, m, err
	}
	at, err := strconv.ParseInt(begin[1], 10, 64)
	if err != nil {
		return 0, m, err
	}
	line, err := child.until("memory")
	if err != nil {
		return 0, m, err
	}
	if err := json.Unmarshal([]byte(line[0]), &m); err != nil {
		return 0, m, err
	}
	_, err = child.kill()
	return time.Unix(0, at).Sub(child.begun), m, err
}
