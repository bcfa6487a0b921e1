package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// site is a server in a process of its own.
type site struct {
	binary, data string
	addr, key    string

	mu      sync.Mutex // guards what follows
	process *exec.Cmd
	peak    string        // memory of the process that was killed
	spent   time.Duration // by it
}

var greeting = regexp.MustCompile(`http://([^/]+)/#key=(\S+)`)

// start starts the server; the second time at the same address.
func (s *site) start() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	addr := s.addr
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	s.process = exec.Command(s.binary, "-addr", addr, "-data", s.data, "-max-queue", "100000")
	s.process.Stderr = os.Stderr
	out, err := s.process.StdoutPipe()
	if err != nil {
		return err
	}
	if err := s.process.Start(); err != nil {
		return err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	m := greeting.FindStringSubmatch(line)
	if m == nil {
		return fmt.Errorf("the server says %q, %w", line, err)
	}
	s.addr, s.key = m[1], m[2]
	return nil
}

func (s *site) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	_ = s.process.Process.Signal(syscall.SIGTERM)
	_ = s.process.Wait()
}

// killAfter kills the server and starts it again.
func (s *site) killAfter(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
	case <-ctx.Done():
		return errors.New("it ended before the kill")
	}
	memory, spent := s.memory(), s.processor()
	s.mu.Lock()
	s.peak, s.spent = memory, spent
	err := s.process.Process.Kill()
	_ = s.process.Wait() // it was killed
	s.mu.Unlock()
	began := time.Now()
	err = errors.Join(err, s.start())
	fmt.Printf("killed after %v; back after %v\n", d, time.Since(began).Round(time.Millisecond))
	return err
}

// processor tells how much time of processors the server has used, in all its
// processes.
func (s *site) processor() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.process.Process.Pid))
	_, rest, ok := strings.Cut(string(b), ") ")
	fields := strings.Fields(rest)
	if err != nil || !ok || len(fields) < 13 {
		return s.spent
	}
	// utime and stime, in hundredths of a second: proc(5).
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return s.spent + time.Duration(user+system)*10*time.Millisecond
}

// memory tells the resident memory of the process, now and at most.
func (s *site) memory() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.process.Process.Pid))
	if err != nil {
		return "unknown here"
	}
	var found []string
	for line := range strings.Lines(string(b)) {
		if name, value, _ := strings.Cut(line, ":"); name == "VmRSS" || name == "VmHWM" {
			found = append(found, name+" "+strings.TrimSpace(value))
		}
	}
	return strings.Join(found, ", ")
}
