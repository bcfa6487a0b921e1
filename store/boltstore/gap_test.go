package boltstore_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/spoolmedia/spool/store"
	"github.com/spoolmedia/spool/store/boltstore"
)

// However many tasks have ended that are still in the file, of one account or of many,
// whoever looks for ready ones again and again meets each of them about once.
func TestReadyTasksAreFoundBehindThoseThatHaveEnded(t *testing.T) {
	const large, small, tasks = 4, 100, 60
	dir := t.TempDir()
	path := filepath.Join(dir, "jobs.db")
	s := openWith(t, dir, boltstore.Config{NoSync: true})
	for i := range large + small {
		n := 1
		if i < large {
			n = tasks
		}
		createFor(t, s, i, n)
	}
	if err := s.Close(); err != nil { // so that all are in the file
		t.Fatal(err)
	}
	s, err := boltstore.OpenTuned(path, boltstore.Config{NoSync: true}, 0, 0, nil)
	s = opened(t, s, err)
	for i := range small {
		end(t, s, large+i, 0)
	}
	met := small
	for round := range tasks - 1 {
		for i := range large {
			end(t, s, i, round)
			met++
		}
		var got []string
		q := store.TaskQuery{Lanes: []string{"image"}, Limit: large}
		for task, err := range s.Tasks(t.Context(), q) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, task.Task)
		}
		for _, name := range got {
			if want := store.FileTask(round + 1); len(got) != large || name != want {
				t.Errorf("round %d: got tasks %v, want each %s", round, got, want)
			}
		}
		met += 2 * (large + 1) // the beginning of each gap, and of that of the small ones
	}
	if n := s.Passed(); n > met {
		t.Errorf("met %d tasks that have ended, want at most %d", n, met)
	}
}

// However many jobs are pending no longer, the oldest that is will be found behind each
// of them about once.
func TestTheOldestPendingJobIsFoundBehindThoseThatHaveBegun(t *testing.T) {
	const jobs = 200
	dir := t.TempDir()
	s := openWith(t, dir, boltstore.Config{NoSync: true})
	for i := range jobs {
		createFor(t, s, i, 1)
	}
	if err := s.Close(); err != nil { // so that all are in the file
		t.Fatal(err)
	}
	s = openWith(t, dir, boltstore.Config{NoSync: true})
	for i := range jobs - 1 {
		ref := store.Ref{Job: fmt.Sprintf("%03d", i)}
		err := s.Update(t.Context(), ref, func(tx *store.Tx) error {
			tx.Job.Status = store.Processing
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		want := fmt.Sprintf("%03d", i+1)
		for j, err := range s.List(t.Context(), store.Query{
			Status: store.Pending, Oldest: true, Limit: 1,
		}) {
			if err != nil || j.ID != want {
				t.Fatalf("got job %q, %v, want %q", j.ID, err, want)
			}
		}
	}
	if n, most := s.Passed(), 3*jobs; n == 0 || n > most { // itself, and where the gap begins
		t.Errorf("met %d jobs that are pending no longer, want some, but at most %d", n, most)
	}
}

// createFor creates a job of n files for an account of its own.
func createFor(t *testing.T, s *boltstore.Store, number, n int) {
	t.Helper()
	id := fmt.Sprintf("%03d", number)
	j := store.Job{ID: id, Account: id, State: store.State{Status: store.Pending}}
	_, _, err := s.Create(t.Context(), j, func(yield func(store.File, store.Task) bool) {
		for f, task := range imageFiles(n) {
			task.Account = id
			if !yield(f, task) {
				return
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}

// end ends a task of such a job.
func end(t *testing.T, s *boltstore.Store, number, file int) {
	t.Helper()
	r := store.Ref{Job: fmt.Sprintf("%03d", number), Task: store.FileTask(file)}
	err := s.Update(t.Context(), r, func(tx *store.Tx) error {
		tx.Task = nil
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
