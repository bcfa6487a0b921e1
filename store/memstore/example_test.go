package memstore_test

import (
	"context"
	"fmt"
	"time"

	"github.com/spoolmedia/spool/store"
	"github.com/spoolmedia/spool/store/memstore"
)

// A job of two files is created, and its first ready task is claimed.
func Example() {
	ctx := context.Background()
	s := memstore.New()
	defer s.Close()

	files := func(yield func(store.File, store.Task) bool) {
		for i, name := range []string{"hero.jpg", "team.png"} {
			file := store.File{Index: i, Name: name, Status: store.Pending}
			task := store.Task{Ref: store.Ref{Task: store.FileTask(i)}, Lane: "image"}
			if !yield(file, task) {
				return
			}
		}
	}
	job := store.Job{ID: "job-1", State: store.State{Status: store.Pending, Total: 2}}
	if _, _, err := s.Create(ctx, job, files); err != nil {
		fmt.Println(err)
		return
	}
	session, err := s.Session(ctx, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	ready := store.TaskQuery{Lanes: []string{"image"}, Due: time.Now()}
	for task, err := range s.Tasks(ctx, ready) {
		if err != nil {
			fmt.Println(err)
			return
		}
		err = s.Update(ctx, task.Ref, func(tx *store.Tx) error {
			tx.Task.Session = session.ID()
			tx.Task.Token++
			tx.Job.Status, tx.File.Status = store.Processing, store.Processing
			return nil
		})
		fmt.Println("claimed", task.Ref, err)
		break
	}
	for task := range s.Tasks(ctx, ready) {
		fmt.Println("ready  ", task.Ref)
	}
	// Output:
	// claimed job-1/f/0 <nil>
	// ready   job-1/f/1
}
