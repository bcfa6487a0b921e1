package crashtest

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"time"

	"github.com/spoolmedia/spool/engine/enginetest"
	"github.com/spoolmedia/spool/storage/filestorage"
	"github.com/spoolmedia/spool/store/boltstore"
)

// childArg is the argument that makes this program a child.
const childArg = "crashtest-child"

// plan is what a child is told, as the first line of its standard input. The
// input stays open as long as the parent lives.
type plan struct {
	Folder folder
	Life   int
	Kill   enginetest.Call // where the child kills itself; no Method: nowhere
	Laps   int             // how often it opens and closes an engine; 0: many times
	Port   int             // of the parent's site
	Drain  bool            // work until nothing is left to do, and no new jobs
}

// end is how a child ended. One that was not killed prints it.
type end struct {
	Calls  map[string]int // of the backends
	killed bool
}

// What a child prints while it lives.
const (
	lineBegun = "begun" // the process runs
	lineOpen  = "open"  // the engine is open
)

// faultCode is the exit code of a child that found a fault.
const faultCode = 3

// patience is how long a child may take: the last one has all the others left to do.
// One that is not killed by then hangs.
func (p plan) patience() time.Duration {
	if p.Drain {
		return 10 * time.Minute
	}
	return 2 * time.Minute
}

// child is a running process.
type child struct {
	cmd    *exec.Cmd
	lines  *bufio.Scanner
	stderr bytes.Buffer
}

// live starts a child, has meanwhile done what is to be done, and returns how it
// ended.
func (p *parent) live(
	ctx context.Context, plan plan, meanwhile func(*child) error,
) (end, error) {
	p.lives++
	p.report.Lives = p.lives
	plan.Folder, plan.Life, plan.Port = p.folder, p.lives, p.site.port
	ctx, cancel := context.WithTimeout(ctx, plan.patience())
	defer cancel()
	exe, err := os.Executable()
	if err != nil {
		return end{}, err
	}
	c := &child{cmd: exec.CommandContext(ctx, exe, childArg)}
	c.cmd.Stderr = &c.stderr
	in, err := c.cmd.StdinPipe()
	if err != nil {
		return end{}, err
	}
	defer in.Close()
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return end{}, err
	}
	c.lines = bufio.NewScanner(out)
	if err := c.cmd.Start(); err != nil {
		return end{}, err
	}
	err = json.NewEncoder(in).Encode(plan)
	if err == nil && c.next(lineBegun) && meanwhile != nil {
		err = meanwhile(c)
	}
	if err != nil {
		err = errors.Join(err, c.kill())
	}
	e, ended := c.wait(ctx)
	return e, errors.Join(err, ended)
}

// next reads the next line of the child and reports whether it is that one.
func (c *child) next(line string) bool { return c.lines.Scan() && c.lines.Text() == line }

// kill kills the child, unless it has ended.
func (c *child) kill() error {
	if err := c.cmd.Process.Kill(); !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	return nil
}

// wait returns how the child ended. That it was killed is no error.
func (c *child) wait(ctx context.Context) (e end, err error) {
	for c.lines.Scan() {
		if line := c.lines.Bytes(); len(line) > 0 && line[0] == '{' {
			err = errors.Join(err, json.Unmarshal(line, &e))
		}
	}
	ended := c.cmd.Wait()
	if ctx.Err() != nil {
		return e, fmt.Errorf("it hangs: %w\n%s", ctx.Err(), c.stderr.Bytes())
	}
	var exit *exec.ExitError
	if errors.As(ended, &exit) && !exit.Exited() {
		e.killed = true
		ended = nil
	}
	if ended != nil {
		ended = fmt.Errorf("%w\n%s", ended, c.stderr.Bytes())
	}
	return e, errors.Join(err, ended)
}

// tryToShare opens the folder of a child that has it open.
func (p *parent) tryToShare(c *child) error {
	if !c.next(lineOpen) {
		return nil // wait says why
	}
	var errs []error
	jobs, err := boltstore.Open(p.folder.jobs(), boltstore.Config{})
	if !errors.Is(err, boltstore.ErrLocked) {
		errs = append(errs, fmt.Errorf("a second process opened the jobs: %v, %w", jobs, err))
	}
	blobs, err := filestorage.Open(p.folder.blobs(), filestorage.Config{})
	if !errors.Is(err, filestorage.ErrLocked) {
		errs = append(errs, fmt.Errorf("a second process opened the blobs: %v, %w", blobs, err))
	}
	return errors.Join(errs...)
}
