package memstore_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/spoolmedia/spool/store"
	"github.com/spoolmedia/spool/store/memstore"
)

// The feeder's query, over 1,000,000 ready tasks of 50 accounts.
func BenchmarkWindowOver1000000Tasks(b *testing.B) {
	s := memstore.New()
	defer s.Close()
	for i := range 50 {
		j := store.Job{ID: fmt.Sprint("j", i), Account: fmt.Sprint("a", i)}
		_, _, err := s.Create(b.Context(), j, func(yield func(store.File, store.Task) bool) {
			for i := range 20_000 {
				t := store.Task{Ref: store.Ref{Task: store.FileTask(i)}, Lane: "image"}
				if !yield(store.File{Index: i}, t) {
					return
				}
			}
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	q := store.TaskQuery{Lanes: []string{"image"}, PerAccount: 16, Limit: 64, Due: time.Now()}
	for b.Loop() {
		n := 0
		for range s.Tasks(b.Context(), q) {
			n++
		}
		if n != 64 {
			b.Fatalf("got %d tasks, want 64", n)
		}
	}
}

func BenchmarkUpdate(b *testing.B) {
	s := memstore.New()
	defer s.Close()
	_, _, err := s.Create(b.Context(), store.Job{ID: "j"},
		func(yield func(store.File, store.Task) bool) {
			yield(store.File{}, store.Task{Ref: store.Ref{Task: "f/0"}})
		})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		err := s.Update(b.Context(), store.Ref{Job: "j", Task: "f/0"}, func(tx *store.Tx) error {
			tx.Job.Completed++
			tx.Task.Token++
			tx.File.Size++
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}
