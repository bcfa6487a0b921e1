package boltstore_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/spoolmedia/spool/store"
	"github.com/spoolmedia/spool/store/boltstore"
)

// The environment tells the test binary to be the child that is killed, and at which
// moment it is to do so itself: "append 12" is the twelfth time that it appends.
const (
	crashEnv  = "BOLTSTORE_CRASH_FILE"
	momentEnv = "BOLTSTORE_CRASH_MOMENT"
)

// crashJobFiles is how many files the child's jobs have: several chunks, so that
// the kill can hit a Create.
const crashJobFiles = 2200

// filesAt is how many those have that kill themselves at a moment, as there are many.
const filesAt = 1100

// A store that is killed at any moment has all that it acknowledged, and nothing
// by halves.
func TestKilledProcessLosesNothingAcknowledged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "jobs.db")
	for round := range 5 {
		prefix := fmt.Sprint("r", round)
		acked := make(map[string]int)
		runUntilKilled(t, crashRun{path: path, prefix: prefix, lines: 15 + 40*round}, acked)
		checkAfterCrash(t, path, prefix, crashJobFiles, acked)
	}
}

// The same at moments that matter: in the log, in a checkpoint, and while Open brings
// what is left of both into the file, which is what each child begins with.
func TestKilledAtNamedMomentsLosesNothingAcknowledged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "jobs.db")
	acked := make(map[string]int)
	for round, moment := range []string{
		"append 40", "sync 40", "synced 40", "turn 3", "checkpoint 3", "replay 1",
		"transaction 1", "written 1", "transaction 60", "written 60",
	} {
		t.Logf("killed at %s, %d jobs acknowledged before", moment, len(acked))
		prefix := fmt.Sprint("m", round)
		runUntilKilled(t, crashRun{path: path, prefix: prefix, moment: moment, lines: -1}, acked)
	}
	checkAfterCrash(t, path, "m", filesAt, acked)
}

// A crashRun is the life of one child.
type crashRun struct {
	path, prefix string
	lines        int    // it is killed after so many
	moment       string // or kills itself then
}

// runUntilKilled runs the child and kills it after some lines. It adds what the
// child acknowledged to acked: the updates of each job, 0 for its creation.
func runUntilKilled(t *testing.T, r crashRun, acked map[string]int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], r.prefix)
	cmd.Env = append(os.Environ(), crashEnv+"="+r.path, momentEnv+"="+r.moment)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	scanner := bufio.NewScanner(out)
	for n := 0; scanner.Scan(); n++ {
		if n == r.lines {
			if err := cmd.Process.Signal(syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
		}
		var id string
		var updates int
		// A last line without its end was not acknowledged in full.
		if _, err := fmt.Sscanf(scanner.Text(), "%s %d .", &id, &updates); err == nil {
			acked[id] = max(acked[id], updates)
		}
	}
	_ = cmd.Wait()
	if s := cmd.ProcessState.Sys().(syscall.WaitStatus); s.Signal() != syscall.SIGKILL {
		t.Fatalf("the child ended by itself (%v), want it killed", cmd.ProcessState)
	}
}

// checkAfterCrash looks at the jobs that the last child made.
func checkAfterCrash(
	t *testing.T, path, prefix string, files int, acked map[string]int,
) {
	t.Helper()
	ctx := t.Context()
	s, err := boltstore.Open(path, boltstore.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for id, updates := range acked {
		j, err := s.Job(ctx, id)
		if err != nil {
			t.Fatalf("acknowledged job: %v", err)
		}
		if j.State.Completed < updates {
			t.Errorf("job %s: got %d updates, want at least %d", id, j.State.Completed, updates)
		}
	}
	visible := 0
	for j, err := range s.List(ctx, store.Query{}) {
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(j.ID, prefix) {
			visible++
			checkWhole(t, s, j, files)
		}
	}
	if len(acked) == 0 || visible < len(acked) {
		t.Errorf("got %d jobs, want %d or more", visible, max(1, len(acked)))
	}
	free := 0
	for task, err := range s.Tasks(ctx, store.TaskQuery{Lanes: []string{"image"}, Limit: 5000}) {
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Job(ctx, task.Job); err != nil {
			t.Fatalf("task %v: %v", task.Ref, err)
		}
		free++
	}
	if free == 0 {
		t.Error("got no free tasks")
	}
}

// checkWhole checks that the records of a job agree with each other.
func checkWhole(t *testing.T, s *boltstore.Store, j store.Job, all int) {
	t.Helper()
	ctx := t.Context()
	files, done := 0, 0
	for f, err := range s.Files(ctx, j.ID, 0) {
		if err != nil {
			t.Fatal(err)
		}
		files++
		if f.Status == store.Completed {
			done++
		}
	}
	tasks, events := 0, 0
	for _, err := range s.Tasks(ctx, store.TaskQuery{Under: store.Ref{Job: j.ID}}) {
		if err != nil {
			t.Fatal(err)
		}
		tasks++
	}
	for _, err := range s.Events(ctx, store.EventQuery{Job: j.ID}) {
		if err != nil {
			t.Fatal(err)
		}
		events++
	}
	n := j.State.Completed
	got := [4]int{files, done, tasks, events}
	if want := [4]int{all, n, all - n, n + 1}; got != want {
		t.Errorf("job %s: got files, done, tasks, events %v, want %v", j.ID, got, want)
	}
}

// crashChild is the child: it creates and updates jobs, and prints what is
// acknowledged, until it is killed. In the parent it does nothing.
func crashChild() {
	path := os.Getenv(crashEnv)
	if path == "" {
		return
	}
	if err := crash(path, os.Args[len(os.Args)-1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(0) // which the parent takes for a fault
}

func crash(path, prefix string) error {
	files, moment := crashJobFiles, os.Getenv(momentEnv)
	if moment != "" {
		files = filesAt
	}
	s, err := openToCrash(path, moment)
	if err != nil {
		return err
	}
	var wg sync.WaitGroup
	for worker := range 4 {
		wg.Go(func() {
			for i := 0; ; i++ {
				if err := crashJob(s, fmt.Sprintf("%s-%d-%d", prefix, worker, i), files); err != nil {
					fmt.Fprintln(os.Stderr, err)
					return
				}
			}
		})
	}
	wg.Wait()
	return nil
}

// openToCrash opens a store that, if there is a moment, kills the process then.
func openToCrash(path, moment string) (*boltstore.Store, error) {
	if moment == "" {
		return boltstore.Open(path, boltstore.Config{})
	}
	var name string
	var times int64
	if _, err := fmt.Sscanf(moment, "%s %d", &name, &times); err != nil {
		return nil, err
	}
	var count atomic.Int64
	return boltstore.OpenTuned(path, boltstore.Config{NoSync: true}, 16<<10, 8<<10, func(now string) {
		if now == name && count.Add(1) == times {
			if self, err := os.FindProcess(os.Getpid()); err == nil {
				_ = self.Kill()
			}
			select {} // it takes a moment
		}
	})
}

// crashJob makes a job and finishes 40 of its files.
func crashJob(s *boltstore.Store, id string, files int) error {
	ctx := context.Background()
	j := store.Job{ID: id, Key: id, State: store.State{Status: store.Pending}}
	if _, _, err := s.Create(ctx, j, imageFiles(files)); err != nil {
		return err
	}
	acknowledge(id, 0)
	for i := range 40 {
		r := store.Ref{Job: id, Task: store.FileTask(i)}
		err := s.Update(ctx, r, func(tx *store.Tx) error {
			tx.Job.Completed++
			tx.File.Status = store.Completed
			tx.Task = nil
			tx.Events = []store.Event{{Kind: "file.completed", File: i}}
			return nil
		})
		if err != nil {
			return err
		}
		acknowledge(id, i+1)
	}
	return nil
}

// acknowledge prints a line in one write.
func acknowledge(id string, updates int) {
	_, _ = os.Stdout.WriteString(strings.Join([]string{id, fmt.Sprint(updates), ".\n"}, " "))
}

// imageFiles yields n files, each with its task.
func imageFiles(n int) func(yield func(store.File, store.Task) bool) {
	return func(yield func(store.File, store.Task) bool) {
		for i := range n {
			f := store.File{Index: i, Name: fmt.Sprintf("%d.png", i), Status: store.Pending}
			t := store.Task{Ref: store.Ref{Task: store.FileTask(i)}, Kind: "file", Lane: "image"}
			if !yield(f, t) {
				return
			}
		}
	}
}
