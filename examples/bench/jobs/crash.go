package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"time"
)

// crash kills a process at work, again and again, and then checks the books.
func crash(ctx context.Context, p plan, out io.Writer) error {
	dir, err := os.MkdirTemp("", "spool-jobs-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	b := newBooks()
	for range p.kills {
		if err := b.kill(ctx, dir, p.work); err != nil {
			return err
		}
	}
	if err := b.finish(ctx, dir); err != nil {
		return err
	}
	t := table{title: "kill -9 at work", head: []string{"", ""}}
	t.add("kills", grouped(p.kills))
	t.add("jobs that Submit accepted", grouped(len(b.accepted)))
	t.add("of them lost", grouped(b.lost()))
	t.add("runs of jobs", grouped(b.runs()))
	t.add("of them cut off by a kill", grouped(b.cutOff))
	t.add("of them repeated, as a kill came before their commit", grouped(b.again))
	t.add("from the start of a process until it repeats one, median",
		milliseconds(median(b.recovered)))
	t.add("at most", milliseconds(slices.Max(b.recovered)))
	t.note("8 submitters, 8 workers, 5 ms of work for a job, and 20 KiB of output")
	if err := t.print(out); err != nil {
		return err
	}
	if n := b.lost(); n > 0 {
		return fmt.Errorf("%d accepted jobs are lost", n)
	}
	return nil
}

// books are what the children said.
type books struct {
	accepted  map[string]bool   // IDs of jobs that Submit returned
	status    map[string]string // by ID, in the end
	begun     map[string]int    // how often an input was taken up, by name
	running   map[string]bool   // inputs that are being worked on
	cutOff    int               // inputs that were worked on when a kill came
	again     int               // times that an input was begun again
	recovered []time.Duration
}

func newBooks() *books {
	return &books{
		accepted: make(map[string]bool), status: make(map[string]string),
		begun: make(map[string]int), running: make(map[string]bool),
	}
}

// lost counts the accepted jobs that did not complete.
func (b *books) lost() int {
	n := 0
	for id := range b.accepted {
		if b.status[id] != "completed" {
			n++
		}
	}
	return n
}

func (b *books) runs() int {
	n := 0
	for _, times := range b.begun {
		n += times
	}
	return n
}

// note takes down a line of p. It reports whether a job came to its end.
func (b *books) note(p *process, line []string) (ended bool, err error) {
	switch line[0] {
	case "accepted":
		b.accepted[line[1]] = true
	case "job":
		b.status[line[1]] = line[2]
	case "end":
		delete(b.running, line[1])
		return true, nil
	case "begin":
		return false, b.begin(p, line[1], line[2])
	}
	return false, nil
}

func (b *books) begin(p *process, name, nanoseconds string) error {
	at, err := strconv.ParseInt(nanoseconds, 10, 64)
	if err != nil {
		return err
	}
	if b.begun[name]++; b.begun[name] > 1 {
		b.again++
		if !p.recovered {
			p.recovered = true
			b.recovered = append(b.recovered, time.Unix(0, at).Sub(p.begun))
		}
	}
	b.running[name] = true
	return nil
}

// kill has a process work, kills it after so many jobs, and notes what it cut off.
func (b *books) kill(ctx context.Context, dir string, jobs int) error {
	p, err := start(ctx, "work", dir)
	if err != nil {
		return err
	}
	for n := 0; n < jobs; {
		line, ok := p.next()
		if !ok {
			return fmt.Errorf("the child ended: %w", p.cmd.Wait())
		}
		ended, err := b.note(p, line)
		if err != nil {
			return err
		}
		if ended {
			n++
		}
	}
	said, err := p.kill()
	for _, line := range said {
		_, noted := b.note(p, line)
		err = errors.Join(err, noted)
	}
	b.cutOff += len(b.running)
	clear(b.running)
	return err
}

// finish has a process do what is left, and tell the outcome.
func (b *books) finish(ctx context.Context, dir string) error {
	p, err := start(ctx, "finish", dir)
	if err != nil {
		return err
	}
	for line, ok := p.next(); ok; line, ok = p.next() {
		if _, err := b.note(p, line); err != nil {
			return err
		}
	}
	return p.cmd.Wait()
}
