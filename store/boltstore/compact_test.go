package boltstore_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spoolmedia/spool/store"
	"github.com/spoolmedia/spool/store/boltstore"
)

// A year of jobs, each kept for some days, takes the space of those that are kept.
func TestFileStaysNearWhatIsKept(t *testing.T) {
	const days, kept, perDay = 365, 15, 1
	dir := t.TempDir()
	path := filepath.Join(dir, "jobs.db")
	s, err := boltstore.OpenTuned( // with most of it in the file at any time
		path, boltstore.Config{NoSync: true}, 128<<10, 128<<10, nil)
	s = opened(t, s, err)
	var early, written int64
	for day := range days {
		for i := range perDay {
			written += year(t, s, fmt.Sprintf("%04d-%d", day, i), 1+(day*7+i*13)%10)
			if day < kept {
				continue
			}
			if err := s.Delete(t.Context(), fmt.Sprintf("%04d-%d", day-kept, i)); err != nil {
				t.Fatal(err)
			}
		}
		if day == 2*kept {
			early = size(t, path)
		}
	}
	late := size(t, path)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	compacted := filepath.Join(dir, "new.db")
	if err := boltstore.Compact(path, compacted); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d bytes written in %d days; the file had %d after %d, %d at the end, %d compacted",
		written, days, early, 2*kept, late, size(t, compacted))
	if late > 2*early || late > written/4 { // it grows by doubling at first
		t.Errorf("got %d bytes after %d days and %d after %d", early, 2*kept, late, days)
	}
}

// year makes a job, finishes one of its files, and returns how large its files are.
func year(t *testing.T, s *boltstore.Store, id string, files int) int64 {
	t.Helper()
	probe, err := json.Marshal(strings.Repeat("x", 16_000))
	if err != nil {
		t.Fatal(err)
	}
	j := store.Job{ID: id, Account: "a", Key: id, State: store.State{Status: store.Pending}}
	_, _, err = s.Create(t.Context(), j, func(yield func(store.File, store.Task) bool) {
		for f, task := range imageFiles(files) {
			f.Probe = probe
			if !yield(f, task) {
				return
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	err = s.Update(t.Context(), store.Ref{Job: id, Task: "f/0"}, func(tx *store.Tx) error {
		tx.Task, tx.Job.Status = nil, store.Completed
		tx.File.Outputs = []store.Output{{Name: "o", SHA256: fmt.Sprintf("%064d", files)}}
		tx.Events = []store.Event{{Kind: "completed", Time: time.Unix(0, 0)}}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return int64(files * len(probe))
}

func size(t *testing.T, path string) int64 {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

func TestCompactKeepsTheJobsAndFreesTheRest(t *testing.T) {
	dir := t.TempDir()
	path, to := filepath.Join(dir, "jobs.db"), filepath.Join(dir, "new", "jobs.db")
	if err := os.Mkdir(filepath.Dir(to), 0o700); err != nil {
		t.Fatal(err)
	}
	s := openWith(t, dir, boltstore.Config{})
	for _, id := range []string{"large", "small"} {
		year(t, s, id, map[string]int{"large": 2000, "small": 3}[id])
	}
	if err := s.Delete(t.Context(), "large"); err != nil {
		t.Fatal(err)
	}
	if err := boltstore.Compact(path, to); !errors.Is(err, boltstore.ErrLocked) {
		t.Errorf("in use: got %v, want ErrLocked", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := boltstore.Compact(path, to); err != nil {
		t.Fatal(err)
	}
	if err := boltstore.Compact(path, to); !errors.Is(err, fs.ErrExist) {
		t.Errorf("over a file: got %v, want fs.ErrExist", err)
	}
	if before, after := size(t, path), size(t, to); after > before/4 {
		t.Errorf("got %d bytes of %d", after, before)
	}
	s = openWith(t, filepath.Dir(to), boltstore.Config{})
	free := 0
	for _, err := range s.Tasks(t.Context(), store.TaskQuery{Lanes: []string{"image"}}) {
		if err != nil {
			t.Fatal(err)
		}
		free++
	}
	if free != 2 {
		t.Errorf("got %d ready tasks, want 2", free)
	}
	var kinds []string
	for e, err := range s.Events(t.Context(), store.EventQuery{}) {
		if err != nil {
			t.Fatal(err)
		}
		kinds = append(kinds, e.Job+":"+e.Kind)
	}
	if got, want := fmt.Sprint(kinds), "[small:created small:completed]"; got != want {
		t.Errorf("got events %v, want %v", got, want)
	}
	year(t, s, "next", 1) // with numbers of events that were not used before
}

func TestCompactRefusesWhatIsNoStore(t *testing.T) {
	dir := t.TempDir()
	path, to := filepath.Join(dir, "jobs.db"), filepath.Join(dir, "new.db")
	if err := boltstore.Compact(path, to); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: got %v, want fs.ErrNotExist", err)
	}
	if err := os.WriteFile(path, make([]byte, 64<<10), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := boltstore.Compact(path, to); !errors.Is(err, boltstore.ErrDamaged) {
		t.Errorf("zeroes: got %v, want ErrDamaged", err)
	}
	if _, err := os.Stat(to); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want no file left", err)
	}
}
