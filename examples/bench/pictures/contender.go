package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"
)

// task is what a contender does: Runs times a photograph to a width, Workers at a
// time. The last result is to be in Out.
type task struct {
	Photo, Out, Format   string
	Width, Workers, Runs int
	Options              map[string]string // of spool's encoder
	Sharp                string            // the folder that sharp is installed in
	Stage                string            // one stage alone: see [stages]
	Outputs              int               // of renditions: see [renditionsOf]
	Again                string            // renditions of this format are made again; "all"
	Separate             bool              // each rendition in a job of its own
}

// took is what a contender tells when it is done.
type took struct {
	Seconds float64
	CPU     float64           // seconds of a core, those of its own processes among them
	Peak    int64             // of memory, in bytes
	Options map[string]string // that spool's encoder was told
}

// contenders by name; each does one picture, into Out.
var contenders = map[string]func(ctx context.Context, t task) (one func(context.Context) error,
	done func(*took) error, err error){
	"spool": spool, "vipsthumbnail": vipsthumbnail, "Go, x/image/draw": pure,
	"renditions": spoolRenditions, "same size": sameSize,
}

// beChild runs the contender of that name and prints what it took.
func beChild(ctx context.Context, name, arg string) error {
	var t task
	if err := json.Unmarshal([]byte(arg), &t); err != nil {
		return err
	}
	one, done, err := contenders[name](ctx, t)
	if err != nil {
		return err
	}
	if err := one(ctx); err != nil { // warm up
		return err
	}
	begin, used := time.Now(), cpu()
	g, running := errgroup.WithContext(ctx)
	g.SetLimit(t.Workers)
	for range t.Runs {
		g.Go(func() error { return one(running) })
	}
	if err := g.Wait(); err != nil {
		return err
	}
	all := took{Seconds: time.Since(begin).Seconds(), CPU: (cpu() - used).Seconds()}
	if all.Peak, err = peak(); err != nil {
		return err
	}
	if err := done(&all); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(all)
}

// cpu is what this process has used of the cores, and the processes that it started
// and that have ended.
func cpu() time.Duration {
	var sum int64
	for _, who := range []int{syscall.RUSAGE_SELF, syscall.RUSAGE_CHILDREN} {
		var u syscall.Rusage
		if syscall.Getrusage(who, &u) == nil {
			sum += u.Utime.Nano() + u.Stime.Nano()
		}
	}
	return time.Duration(sum)
}

// measure runs a contender in a process of its own.
func measure(ctx context.Context, name string, t task) (took, error) {
	arg, err := json.Marshal(t)
	if err != nil {
		return took{}, err
	}
	self, err := os.Executable()
	if err != nil {
		return took{}, err
	}
	cmd := exec.CommandContext(ctx, self, "-child", name, string(arg))
	if name == "sharp" {
		cmd = sharpCommand(ctx, t, string(arg))
	}
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		return took{}, fmt.Errorf("%s: %w: %s", name, err, said.Bytes())
	}
	var all took
	if err := json.Unmarshal(out, &all); err != nil {
		return took{}, fmt.Errorf("%s printed %q: %w", name, out, err)
	}
	return all, nil
}

// least measures the task some times, and returns the measurement that took the least of
// the cores: what else a machine does adds to it. The parts of a job are differences of
// such figures, which a single one would blur.
func least(ctx context.Context, name string, t task) (took, error) {
	rounds := 3
	if t.Format == "avif" { // which takes twenty times as long, and so long that it is sure
		rounds = 1
	}
	var best took
	for i := range rounds {
		all, err := measure(ctx, name, t)
		if err != nil {
			return took{}, err
		}
		if i == 0 || all.CPU < best.CPU {
			best = all
		}
	}
	return best, nil
}

// peak is the most memory that this process has held. What the parent learns of it
// (getrusage(2)) begins with what the parent held itself.
func peak() (bytes int64, err error) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(status)) {
		if value, ok := strings.CutPrefix(line, "VmHWM:"); ok { // proc_pid_status(5)
			_, err = fmt.Sscanf(value, "%d kB", &bytes)
			return bytes << 10, err
		}
	}
	return 0, errors.New("/proc/self/status tells no VmHWM")
}
