package boltstore_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spoolmedia/spool/store"
	"github.com/spoolmedia/spool/store/boltstore"
)

// A job outlives the process that made it, and so does the claim of its task,
// which is orphaned: the file is open, so whoever held it is gone.
func Example() {
	dir, err := os.MkdirTemp("", "boltstore")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "jobs.db")

	if err := firstLife(path); err != nil {
		fmt.Println(err)
		return
	}
	s, err := boltstore.Open(path, boltstore.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()
	if _, err := boltstore.Open(path, boltstore.Config{}); errors.Is(err, boltstore.ErrLocked) {
		fmt.Println("only one store at a time")
	}
	for task, err := range s.Tasks(context.Background(), store.TaskQuery{Orphaned: true}) {
		fmt.Println("orphaned:", task.Ref, "token", task.Token, err)
	}
	// Output:
	// only one store at a time
	// orphaned: job-1/f/0 token 1 <nil>
}

// firstLife makes a job and claims its task.
func firstLife(path string) error {
	ctx := context.Background()
	s, err := boltstore.Open(path, boltstore.Config{})
	if err != nil {
		return err
	}
	defer s.Close()
	file := func(yield func(store.File, store.Task) bool) {
		yield(store.File{Name: "hero.jpg"}, store.Task{Ref: store.Ref{Task: "f/0"}, Lane: "image"})
	}
	if _, _, err := s.Create(ctx, store.Job{ID: "job-1"}, file); err != nil {
		return err
	}
	session, err := s.Session(ctx, nil)
	if err != nil {
		return err
	}
	return s.Update(ctx, store.Ref{Job: "job-1", Task: "f/0"}, func(tx *store.Tx) error {
		tx.Task.Session = session.ID()
		tx.Task.Token++
		return nil
	})
}
