package boltstore_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/spoolmedia/spool/store"
	"github.com/spoolmedia/spool/store/boltstore"
)

// bump counts one more completed file of the job j.
func bump(t *testing.T, s *boltstore.Store) error {
	t.Helper()
	return s.Update(t.Context(), store.Ref{Job: "j"}, func(tx *store.Tx) error {
		tx.Job.Completed++
		tx.Events = []store.Event{{Kind: "x"}}
		return nil
	})
}

// completed returns what bump has counted, and checks that the events are as many.
func completed(t *testing.T, s *boltstore.Store) int {
	t.Helper()
	j, err := s.Job(t.Context(), "j")
	if err != nil {
		t.Fatal(err)
	}
	events := 0
	for _, err := range s.Events(t.Context(), store.EventQuery{Job: "j"}) {
		if err != nil {
			t.Fatal(err)
		}
		events++
	}
	if events != j.State.Completed+1 {
		t.Errorf("got %d events of %d updates", events, j.State.Completed)
	}
	return j.State.Completed
}

func createJ(t *testing.T, s *boltstore.Store) {
	t.Helper()
	if _, _, err := s.Create(t.Context(), store.Job{ID: "j"}, imageFiles(2)); err != nil {
		t.Fatal(err)
	}
}

// unclosed returns the files of a store that was killed, as it were, after n bumps.
func unclosed(t *testing.T, n int) map[string][]byte {
	t.Helper()
	dir := t.TempDir()
	s := openTuned(t, dir, boltstore.Config{})
	createJ(t, s)
	for range n {
		if err := bump(t, s); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	return filesIn(t, dir)
}

// A closed store is one file.
func TestCloseLeavesOneFile(t *testing.T) {
	dir := t.TempDir()
	s := openWith(t, dir, boltstore.Config{})
	createJ(t, s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if files := filesIn(t, dir); len(files) != 1 || files["jobs.db"] == nil {
		t.Errorf("got %d files, want jobs.db only", len(files))
	}
}

// Whatever part of it is in the file, the log brings all that was acknowledged.
func TestOpenReplaysTheLog(t *testing.T) {
	for _, n := range []int{0, 1, 30, 300} {
		dir := t.TempDir()
		putFiles(t, dir, unclosed(t, n))
		for range 2 {
			s := openWith(t, dir, boltstore.Config{})
			if got := completed(t, s); got != n {
				t.Errorf("got %d updates, want %d", got, n)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// Killed again and again, a store goes on with the log that it finds, and does not
// write to the file before there is need to.
func TestOpenGoesOnWithTheLog(t *testing.T) {
	for name, log := range map[string]int{"large": 1 << 20, "small": 1 << 10} {
		t.Run(name, func(t *testing.T) {
			dir, bumps := t.TempDir(), 0
			var written atomic.Int64
			createJ(t, openWith(t, dir, boltstore.Config{NoSync: true}))
			for range 6 {
				crashed := t.TempDir()
				putFiles(t, crashed, filesIn(t, dir))
				dir = crashed
				s, err := boltstore.OpenTuned(filepath.Join(dir, "jobs.db"),
					boltstore.Config{NoSync: true}, log, 1<<10, func(moment string) {
						if moment == "transaction" {
							written.Add(1)
						}
					})
				s = opened(t, s, err)
				for range 9 {
					if err := bump(t, s); err != nil {
						t.Fatal(err)
					}
				}
				bumps += 9
				if got := completed(t, s); got != bumps {
					t.Errorf("got %d updates, want %d", got, bumps)
				}
				if err := s.Settle(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			if n := written.Load(); (n > 0) != (name == "small") {
				t.Errorf("got %d transactions on the file", n)
			}
		})
	}
}

// A log that is not whole, or not that of the file, is an error, and nothing is changed.
func TestOpenRefusesAnotherLog(t *testing.T) {
	files, other := unclosed(t, 100), unclosed(t, 100)
	closed := map[string][]byte{}
	func() {
		dir := t.TempDir()
		if err := openWith(t, dir, boltstore.Config{}).Close(); err != nil {
			t.Fatal(err)
		}
		closed = filesIn(t, dir)
	}()
	for name, c := range map[string]struct{ db, wal0, wal1 map[string][]byte }{
		"without a file":          {nil, files, files},
		"without a log":           {files, nil, nil},
		"without half of it":      {files, files, nil},
		"with another":            {files, other, other},
		"with half of another":    {files, other, files},
		"beside a closed store":   {closed, files, files},
		"with the log of another": {other, files, files},
	} {
		t.Run(name, func(t *testing.T) {
			bad := make(map[string][]byte)
			for name, from := range map[string]map[string][]byte{
				"jobs.db": c.db, "jobs.db-wal0": c.wal0, "jobs.db-wal1": c.wal1,
			} {
				if from != nil {
					bad[name] = from[name]
				}
			}
			dir := t.TempDir()
			putFiles(t, dir, bad)
			_, err := boltstore.Open(filepath.Join(dir, "jobs.db"), boltstore.Config{})
			if !errors.Is(err, boltstore.ErrDamaged) || !strings.Contains(err.Error(), "log") {
				t.Errorf("got %v, want ErrDamaged about the log", err)
			}
			for name, after := range filesIn(t, dir) {
				if string(after) != string(bad[name]) {
					t.Errorf("%s was changed", name)
				}
			}
		})
	}
}

func TestCompactRefusesAStoreThatWasNotClosed(t *testing.T) {
	dir := t.TempDir()
	putFiles(t, dir, unclosed(t, 3))
	path, to := filepath.Join(dir, "jobs.db"), filepath.Join(dir, "new.db")
	if err := boltstore.Compact(path, to); !errors.Is(err, boltstore.ErrUnclosed) {
		t.Errorf("got %v, want ErrUnclosed", err)
	}
	if _, err := os.Stat(to); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want no file", err)
	}
}

// What is on its way to the disk is there for the next Update to build on, but for
// nobody to see; and if it does not get there, both have failed.
func TestNothingIsSeenBeforeItIsDurable(t *testing.T) {
	for _, fails := range []bool{false, true} {
		t.Run(fmt.Sprint("fails=", fails), func(t *testing.T) { seenWhenDurable(t, fails) })
	}
}

func seenWhenDurable(t *testing.T, fails bool) {
	var s *boltstore.Store
	hold, held := make(chan struct{}), make(chan struct{}, 9)
	var armed sync.Map
	path := filepath.Join(t.TempDir(), "jobs.db")
	s, err := boltstore.OpenTuned(path, boltstore.Config{}, 0, 0, func(moment string) {
		if _, ok := armed.Load("sync"); !ok || moment != "sync" {
			return
		}
		held <- struct{}{}
		<-hold
		if fails {
			s.CloseLog()
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	createJ(t, s)
	armed.Store("sync", true)
	results := make(chan error, 2)
	go func() { results <- bump(t, s) }()
	<-held
	ran := make(chan int)
	go func() {
		results <- s.Update(t.Context(), store.Ref{Job: "j"}, func(tx *store.Tx) error {
			tx.Job.Completed++
			tx.Events = []store.Event{{Kind: "x"}}
			ran <- tx.Job.Completed
			return nil
		})
	}()
	if got := <-ran; got != 2 {
		t.Errorf("the second update makes it %d, want 2", got)
	}
	if got := completed(t, s); got != 0 {
		t.Errorf("got %d updates before any was on disk", got)
	}
	select {
	case err := <-results:
		t.Errorf("an Update returned before it was on disk: %v", err)
	default:
	}
	close(hold)
	for range 2 {
		if err := <-results; (err != nil) != fails {
			t.Errorf("got %v", err)
		}
	}
	want := 2
	if fails {
		want = 0
		if err := bump(t, s); err == nil {
			t.Error("got no error of an Update after a sync that failed")
		}
	}
	if got := completed(t, s); got != want {
		t.Errorf("got %d updates, want %d", got, want)
	}
	if err := s.Close(); (err != nil) != fails {
		t.Errorf("close: got %v", err)
	}
	s = openWith(t, filepath.Dir(path), boltstore.Config{})
	if got := completed(t, s); got != want {
		t.Errorf("after Open: got %d updates, want %d", got, want)
	}
}

// A crash in the middle of a checkpoint leaves keys in the file that the log goes on to
// delete: they are deleted again.
func TestOpenReplaysTheLogOverHalfACheckpoint(t *testing.T) {
	const files, ended = 300, 30
	for written := 1; written <= 25; written += 6 {
		for name, n := range keysIn(t, halfCheckpoint(t, written, files, ended)) {
			want := map[string]int{"ready": files - ended, "task": files - ended, "file": files}[name]
			if want != 0 && n != want {
				t.Errorf("crash after transaction %d: got %d keys of %s, want %d", written, n, name, want)
			}
		}
	}
}

// halfCheckpoint returns the path of a store that was killed, as it were, when a
// checkpoint had done so many transactions, and was then opened and closed. It has a
// job, some of whose tasks were ended while the checkpoint was under way.
func halfCheckpoint(t *testing.T, written, files, ended int) string {
	t.Helper()
	dir, crashed := t.TempDir(), t.TempDir()
	reached, goOn := make(chan struct{}), make(chan struct{})
	count := 0
	s, err := boltstore.OpenTuned(filepath.Join(dir, "jobs.db"), boltstore.Config{NoSync: true},
		16<<10, 1<<10, func(moment string) {
			if moment != "written" {
				return
			}
			if count++; count == written {
				close(reached)
				<-goOn
			}
		})
	s = opened(t, s, err)
	if _, _, err := s.Create(t.Context(), store.Job{ID: "j"}, imageFiles(files)); err != nil {
		t.Fatal(err)
	}
	for i := range ended {
		r := store.Ref{Job: "j", Task: store.FileTask(i)}
		err := s.Update(t.Context(), r, func(tx *store.Tx) error {
			tx.Task = nil
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	<-reached
	putFiles(t, crashed, filesIn(t, dir))
	close(goOn)
	if err := openWith(t, crashed, boltstore.Config{NoSync: true}).Close(); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(crashed, "jobs.db")
}
