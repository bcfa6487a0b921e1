package store_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/spoolmedia/spool/store"
	"github.com/spoolmedia/spool/store/memstore"
)

// Finishing a task is one Update: state, file, task and event change together. The
// token keeps a worker that has lost its claim from finishing it.
func Example() {
	ctx := context.Background()
	s := memstore.New()
	defer s.Close()
	ref := store.Ref{Job: "job-1", Task: store.FileTask(0)}
	file := func(yield func(store.File, store.Task) bool) {
		yield(store.File{Name: "hero.jpg"}, store.Task{Ref: ref, Token: 2})
	}
	if _, _, err := s.Create(ctx, store.Job{ID: ref.Job}, file); err != nil {
		fmt.Println(err)
		return
	}

	errLost := errors.New("the claim was lost")
	finish := func(token uint64) error {
		return s.Update(ctx, ref, func(tx *store.Tx) error {
			if tx.Task == nil || tx.Task.Token != token {
				return errLost
			}
			tx.Task = nil // it has ended
			tx.File.Status = store.Completed
			tx.Job.Status, tx.Job.Completed = store.Completed, 1
			tx.Events = append(tx.Events, store.Event{Kind: "completed", File: -1})
			return nil
		})
	}
	fmt.Println("token 1:", finish(1))
	fmt.Println("token 2:", finish(2))
	for e := range s.Events(ctx, store.EventQuery{Job: ref.Job}) {
		fmt.Println(e.Seq, e.Kind)
	}
	// Output:
	// token 1: the claim was lost
	// token 2: <nil>
	// 1 created
	// 2 completed
}
