package boltstore_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/spoolmedia/spool/store"
	"github.com/spoolmedia/spool/store/boltstore"
)

func TestOpenRefusesAFileInUse(t *testing.T) {
	dir := t.TempDir()
	s := openWith(t, dir, boltstore.Config{NoSync: true})
	path := filepath.Join(dir, "jobs.db")
	for _, timeout := range []time.Duration{0, 60 * time.Millisecond} {
		other, err := boltstore.Open(path, boltstore.Config{LockTimeout: timeout})
		if !errors.Is(err, boltstore.ErrLocked) {
			t.Errorf("timeout %v: got %v, %v, want ErrLocked", timeout, other, err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	openWith(t, dir, boltstore.Config{})
}

func TestOpenFailsWhereThereIsNoFolder(t *testing.T) {
	_, err := boltstore.Open(filepath.Join(t.TempDir(), "none", "jobs.db"), boltstore.Config{})
	if !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v, want it to be os.ErrNotExist", err)
	}
}

func TestOpenRefusesOtherFormats(t *testing.T) {
	path := written(t, 1)
	for version, want := range map[byte]error{
		99: boltstore.ErrNewer, 2: boltstore.ErrDamaged,
	} {
		editFile(t, path, func(tx *bolt.Tx) error {
			return tx.Bucket([]byte("meta")).Put([]byte("format"), []byte{0, 0, 0, version})
		})
		if _, err := boltstore.Open(path, boltstore.Config{}); !errors.Is(err, want) {
			t.Errorf("format %d: got %v, want %v", version, err, want)
		}
	}
}

func TestOpenRefusesWhatIsNoStore(t *testing.T) {
	for name, content := range map[string][]byte{
		"text":   bytes.Repeat([]byte("no store\n"), 10_000),
		"short":  []byte("x"),
		"zeroes": make([]byte, 64<<10),
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "jobs.db")
			if err := os.WriteFile(path, content, 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := boltstore.Open(path, boltstore.Config{})
			if !errors.Is(err, boltstore.ErrDamaged) {
				t.Errorf("got %v, want ErrDamaged", err)
			}
			after, err := os.ReadFile(path)
			if err != nil || !bytes.Equal(after, content) {
				t.Errorf("the file was changed (%v)", err)
			}
		})
	}
}

func TestOpenRefusesAnotherBboltFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "jobs.db")
	editFile(t, path, func(tx *bolt.Tx) error {
		_, err := tx.CreateBucket([]byte("job"))
		return err
	})
	if _, err := boltstore.Open(path, boltstore.Config{}); !errors.Is(err, boltstore.ErrDamaged) {
		t.Errorf("got %v, want ErrDamaged", err)
	}
}

// After a crash, too, a file with many free pages is opened without reading all of it:
// leaves that are damaged are found when they are used.
func TestOpenReadsFewLeaves(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "jobs.db")
	s := openWith(t, dir, boltstore.Config{NoSync: true})
	if _, _, err := s.Create(t.Context(), store.Job{ID: "j"}, imageFiles(500)); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	large := make([]byte, 20<<20)
	for _, edit := range []func(*bolt.Bucket) error{
		func(b *bolt.Bucket) error { return b.Put([]byte("large"), large) },
		func(b *bolt.Bucket) error { return b.Delete([]byte("large")) },
	} {
		editFile(t, path, func(tx *bolt.Tx) error { return edit(tx.Bucket([]byte("paused"))) })
	}
	openWith(t, dir, boltstore.Config{NoSync: true})
	files := filesIn(t, dir)
	spoilt := 0
	for page := range slices.Chunk(files["jobs.db"], os.Getpagesize()) {
		if page[8] == 2 && bytes.Contains(page, []byte("299.png")) {
			page[8] = 0x40 // a kind of page that there is not
			spoilt++
		}
	}
	crashed := t.TempDir()
	putFiles(t, crashed, files)
	s, err := boltstore.Open(filepath.Join(crashed, "jobs.db"), boltstore.Config{NoSync: true})
	if err != nil {
		t.Fatalf("%d damaged leaves: %v", spoilt, err)
	}
	if _, _, err := s.Create(t.Context(), store.Job{ID: "k"}, imageFiles(1)); err != nil {
		t.Error(err)
	}
	for _, err = range s.Files(t.Context(), "j", 0) {
	}
	if !errors.Is(err, boltstore.ErrDamaged) {
		t.Errorf("reading all files: got %v, want ErrDamaged", err)
	}
	_ = s.Close()
}

// What is left of a Delete or Create, however it ended, is an empty file.
func TestNothingIsLeftBehind(t *testing.T) {
	ctx := t.Context()
	dir := t.TempDir()
	path := filepath.Join(dir, "jobs.db")
	s := openWith(t, dir, boltstore.Config{NoSync: true})
	job := store.Job{ID: "j", Account: "a", Key: "k"}
	if _, _, err := s.Create(ctx, job, imageFiles(2500)); err != nil {
		t.Fatal(err)
	}
	for i := range 4 {
		r := store.Ref{Job: "j", Task: store.FileTask(i)}
		err := s.Update(ctx, r, func(tx *store.Tx) error {
			tx.Job.Status = store.Processing
			switch i {
			case 0:
				tx.Task.Session = "s"
			case 1:
				tx.Task.NotBefore = time.Unix(1, 0)
			case 2:
				tx.Task.Done = true
			default:
				tx.Task.Priority, tx.Task.Lane = 7, "av"
			}
			tx.Events = []store.Event{{Kind: "x"}}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for range s.Tasks(ctx, store.TaskQuery{Due: time.Unix(2, 0)}) { // promotes what is later
	}
	if err := s.Delete(ctx, "j"); err != nil {
		t.Fatal(err)
	}
	_, _, err := s.Create(ctx, job, func(yield func(store.File, store.Task) bool) {
		for f, task := range imageFiles(2500) {
			if f.Index == 2200 {
				if err := s.Close(); err != nil {
					t.Fatal(err)
				}
			}
			if !yield(f, task) {
				return
			}
		}
	})
	if !errors.Is(err, store.ErrClosed) {
		t.Fatalf("create: got %v, want ErrClosed", err)
	}
	if n := keysIn(t, path); n["headless"] != 1 || n["file"] != 2000 {
		t.Errorf("after Close: got keys %v, want those of a job without head", n)
	}
	if err := openWith(t, dir, boltstore.Config{NoSync: true}).Close(); err != nil {
		t.Fatal(err)
	}
	if n := keysIn(t, path); len(n) != 1 || n["meta"] != 3 {
		t.Errorf("after Open: got keys %v, want none but the three about the file", n)
	}
}

// A function that ends its goroutine, as t.FailNow does, fails its Update only.
func TestUpdateSurvivesGoexit(t *testing.T) {
	s := openWith(t, t.TempDir(), boltstore.Config{NoSync: true})
	err := s.Update(t.Context(), store.Ref{Job: "j"}, func(*store.Tx) error {
		runtime.Goexit()
		return nil
	})
	if err == nil {
		t.Error("got no error")
	}
	if _, _, err := s.Create(t.Context(), store.Job{ID: "j"}, imageFiles(3)); err != nil {
		t.Error(err)
	}
}

// An Update whose ctx ends while it waits is dropped: its function never runs.
func TestUpdateThatWaitsEndsWithCtx(t *testing.T) {
	s := openWith(t, t.TempDir(), boltstore.Config{NoSync: true})
	ctx, cancel := context.WithCancel(t.Context())
	running, dropped := make(chan struct{}), make(chan error)
	go func() {
		<-running
		go cancel()
		dropped <- s.Update(ctx, store.Ref{Job: "j"}, func(*store.Tx) error {
			t.Error("the function of a dropped Update ran")
			return nil
		})
	}()
	err := s.Update(t.Context(), store.Ref{Job: "j"}, func(*store.Tx) error {
		close(running)
		if err := <-dropped; !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want context.Canceled", err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// written returns the path of a store that holds one job with n files.
func written(t *testing.T, n int) string {
	t.Helper()
	dir := t.TempDir()
	s := openWith(t, dir, boltstore.Config{NoSync: true})
	if _, _, err := s.Create(t.Context(), store.Job{ID: "j"}, imageFiles(n)); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "jobs.db")
}

func editFile(t *testing.T, path string, fn func(tx *bolt.Tx) error) {
	t.Helper()
	db, err := bolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(db.Update(fn), db.Close()); err != nil {
		t.Fatal(err)
	}
}

// keysIn counts the keys in each bucket that is not empty.
func keysIn(t *testing.T, path string) map[string]int {
	t.Helper()
	counts := make(map[string]int)
	editFile(t, path, func(tx *bolt.Tx) error {
		return tx.ForEach(func(name []byte, b *bolt.Bucket) error {
			return b.ForEach(func(_, _ []byte) error {
				counts[string(name)]++
				return nil
			})
		})
	})
	return counts
}
