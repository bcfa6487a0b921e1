package boltstore_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/spoolmedia/spool/store"
	"github.com/spoolmedia/spool/store/boltstore"
)

// When the disk is full, Updates fail, nothing that was acknowledged is lost, and there
// is a way on when there is space again: be it the log that is too large, or the file.
func TestFullDiskFailsUpdatesUntilThereIsSpace(t *testing.T) {
	for name, log := range map[string]int{"log": 16 << 20, "file": 32 << 10} {
		t.Run(name, func(t *testing.T) { fillDisk(t, log) })
	}
}

func fillDisk(t *testing.T, log int) {
	dir := smallDisk(t, "size=1m")
	path, ballast := filepath.Join(dir, "jobs.db"), filepath.Join(dir, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 256<<10), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := boltstore.OpenTuned(path, boltstore.Config{}, log, 8<<10, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	n := 0
	create := func() error {
		_, _, err := s.Create(t.Context(), store.Job{ID: fmt.Sprintf("j%05d", n)}, imageFiles(20))
		return err
	}
	for ; n < 2000; n++ {
		if err = create(); err != nil {
			break
		}
	}
	for range 3 {
		if !errors.Is(err, syscall.ENOSPC) {
			t.Fatalf("got %v after %d jobs, want ENOSPC", err, n)
		}
		err = create()
	}
	check(t, s, n)
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	for more := range 3 {
		if err := create(); err != nil {
			t.Fatalf("got %v for job %d after there was space", err, more)
		}
		n++
	}
	check(t, s, n)
	whole := filesIn(t, dir)
	err = s.Close()
	t.Logf("full with %d jobs; close: %v", n, err)
	if err != nil && !errors.Is(err, syscall.ENOSPC) {
		t.Error(err)
	}
	for _, files := range []map[string][]byte{whole, filesIn(t, dir)} { // killed, and closed
		larger := t.TempDir()
		putFiles(t, larger, files)
		check(t, openWith(t, larger, boltstore.Config{}), n)
	}
}

// check checks that there are n jobs with all of their files.
func check(t *testing.T, s *boltstore.Store, n int) {
	t.Helper()
	jobs := 0
	for j, err := range s.List(t.Context(), store.Query{}) {
		if err != nil {
			t.Fatal(err)
		}
		jobs++
		files := 0
		for _, err := range s.Files(t.Context(), j.ID, 0) {
			if err != nil {
				t.Fatal(err)
			}
			files++
		}
		if files != 20 {
			t.Errorf("job %s: got %d files, want 20", j.ID, files)
		}
	}
	if jobs != n {
		t.Errorf("got %d jobs, want %d", jobs, n)
	}
}

// smallDisk returns a folder on a file system of its own.
func smallDisk(t *testing.T, options string) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, options); err != nil {
		t.Skip("mounting a small file system:", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	return dir
}
