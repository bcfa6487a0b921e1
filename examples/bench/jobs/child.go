package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"strconv"
	"time"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/engine"
)

// childVariable tells a process that it is a child, and what it is to do. A child
// tells what happens in lines, each written at once, so that nothing it said is
// lost when it is killed.
const childVariable = "SPOOL_JOBS_CHILD"

// children are what a process can be told to do in a folder with a spool.
var children = map[string]func(ctx context.Context, dir string) error{
	"fill": fill, "hold": hold, "work": work, "finish": finish,
}

// runChild does what a child is for, and reports whether this process is one.
func runChild() bool {
	run, ok := children[os.Getenv(childVariable)]
	if !ok {
		return false
	}
	if err := run(context.Background(), os.Args[1]); err != nil {
		log.Fatal(err)
	}
	return true
}

// say writes a line to the parent.
func say(format string, args ...any) { fmt.Fprintf(os.Stdout, format+"\n", args...) }

// sayBegin tells that work on an input begins.
func sayBegin(w *codec.Work) { say("begin %s %d", w.In[0].Name(), time.Now().UnixNano()) }

// hold takes up work that never ends, submits as many jobs as the parent says, and tells
// what the process needs by then.
func hold(ctx context.Context, dir string) error {
	more, err := strconv.Atoi(os.Args[2])
	if err != nil {
		return err
	}
	s, err := openHeld(dir, sayBegin)
	if err != nil {
		return err
	}
	err = submit(ctx, func(ctx context.Context, i int) error {
		_, err := s.referring(ctx, fmt.Sprintf("more-%d.jpg", i))
		return err
	}, more, 64)
	if err != nil {
		return err
	}
	m, err := json.Marshal(readMemory())
	if err != nil {
		return err
	}
	say("memory %s", m)
	_, err = io.Copy(io.Discard, os.Stdin) // until the parent wants no more, or kills
	return errors.Join(err, s.interrupt())
}

// work submits jobs and does them until it is killed. Each takes a while, so that
// some are always under way.
func work(ctx context.Context, dir string) error {
	s, err := openSpool(dir, setup{workers: 8, do: slowly})
	if err != nil {
		return err
	}
	pid := os.Getpid()
	return submit(ctx, func(ctx context.Context, i int) error {
		job, err := s.referring(ctx, fmt.Sprintf("%d-%d.jpg", pid, i))
		if err == nil {
			say("accepted %s", job.ID)
		}
		return err
	}, 1<<30, 8)
}

// slowly takes as long over an input as a thumbnail.
func slowly(ctx context.Context, w *codec.Work) error {
	sayBegin(w)
	select {
	case <-time.After(5 * time.Millisecond):
	case <-ctx.Done():
		return ctx.Err()
	}
	err := write(ctx, w, small)
	say("end %s", w.In[0].Name())
	return err
}

// finish does what is left, and tells how each job ended.
func finish(ctx context.Context, dir string) error {
	s, err := openSpool(dir, setup{workers: 8, do: slowly})
	if err != nil {
		return err
	}
	if err := s.wait(ctx); err != nil {
		return err
	}
	for job, err := range s.List(ctx, engine.Query{}) {
		if err != nil {
			return err
		}
		say("job %s %s", job.ID, job.Status)
	}
	return s.Close()
}
