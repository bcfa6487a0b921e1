package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
)

// process is a child of this one.
type process struct {
	cmd   *exec.Cmd
	stdin io.Closer
	lines *bufio.Scanner
	begun time.Time

	recovered bool // it took up what another had left
}

// start has a child do something in a folder.
func start(ctx context.Context, what string, args ...string) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p := &process{cmd: exec.CommandContext(ctx, self, args...), begun: time.Now()}
	p.cmd.Env = append(os.Environ(), childVariable+"="+what)
	p.cmd.Stderr = os.Stderr
	if p.stdin, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.lines = bufio.NewScanner(out)
	return p, p.cmd.Start()
}

// next returns the words of the next line, and false when there are no more.
func (p *process) next() ([]string, bool) {
	if !p.lines.Scan() {
		return nil, false
	}
	return strings.SplitN(p.lines.Text(), " ", 3), true
}

// until returns the rest of the first line that begins with word.
func (p *process) until(word string) ([]string, error) {
	for {
		line, ok := p.next()
		if !ok {
			return nil, fmt.Errorf("the child ended before it said %q: %w", word, p.cmd.Wait())
		}
		if line[0] == word {
			return line[1:], nil
		}
	}
}

// kill ends the child as kill -9 does, and returns what it said before.
func (p *process) kill() (said [][]string, err error) {
	if err := p.cmd.Process.Kill(); err != nil {
		return nil, err
	}
	for line, ok := p.next(); ok; line, ok = p.next() {
		said = append(said, line)
	}
	_ = p.cmd.Wait() // it was killed
	return said, p.lines.Err()
}

// end lets the child come to its end.
func (p *process) end() error {
	p.stdin.Close()
	for _, ok := p.next(); ok; {
		_, ok = p.next()
	}
	return p.cmd.Wait()
}
