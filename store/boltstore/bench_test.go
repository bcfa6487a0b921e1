package boltstore_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/spoolmedia/spool/store"
	"github.com/spoolmedia/spool/store/boltstore"
)

// One Update at a time: the cost of a commit with its syncs.
func BenchmarkUpdateAlone(b *testing.B) {
	s := openWith(b, b.TempDir(), boltstore.Config{})
	benchCreate(b, s, "j", "", 1)
	for b.Loop() {
		benchUpdate(b, s, store.Ref{Job: "j", Task: "f/0"})
	}
}

// Many Updates of different files of one job share commits.
func BenchmarkUpdate64OfOneJob(b *testing.B) {
	s := openWith(b, b.TempDir(), boltstore.Config{})
	benchCreate(b, s, "j", "", 64)
	var worker atomic.Int64
	b.SetParallelism(32) // times GOMAXPROCS, 2 where this was measured
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		r := store.Ref{Job: "j", Task: store.FileTask(int(worker.Add(1)-1) % 64)}
		for pb.Next() {
			benchUpdate(b, s, r)
		}
	})
}

func BenchmarkCreate100000Files(b *testing.B) {
	s := openWith(b, b.TempDir(), boltstore.Config{})
	i := 0
	for b.Loop() {
		benchCreate(b, s, fmt.Sprint("j", i), "", 100_000)
		i++
	}
}

// The feeder's query, over 1,000,000 ready tasks of 50 accounts.
func BenchmarkWindowOver1000000Tasks(b *testing.B) {
	dir := b.TempDir()
	s := openWith(b, dir, boltstore.Config{NoSync: true})
	for i := range 50 {
		benchCreate(b, s, fmt.Sprint("j", i), fmt.Sprint("a", i), 20_000)
	}
	b.Run("window", func(b *testing.B) {
		q := store.TaskQuery{Lanes: []string{"image"}, PerAccount: 16, Limit: 64, Due: time.Now()}
		for b.Loop() {
			n := 0
			for _, err := range s.Tasks(b.Context(), q) {
				if err != nil {
					b.Fatal(err)
				}
				n++
			}
			if n != 64 {
				b.Fatalf("got %d tasks, want 64", n)
			}
		}
	})
	b.Run("reopen", func(b *testing.B) {
		for b.Loop() {
			if err := s.Close(); err != nil {
				b.Fatal(err)
			}
			s = openWith(b, dir, boltstore.Config{NoSync: true})
		}
	})
}

func benchCreate(b *testing.B, s *boltstore.Store, id, account string, files int) {
	b.Helper()
	j := store.Job{ID: id, Account: account, State: store.State{Status: store.Pending}}
	if _, _, err := s.Create(b.Context(), j, imageFiles(files)); err != nil {
		b.Fatal(err)
	}
}

// benchUpdate does what finishing a file does, but keeps the task.
func benchUpdate(b *testing.B, s *boltstore.Store, r store.Ref) {
	err := s.Update(b.Context(), r, func(tx *store.Tx) error {
		tx.Job.Completed++
		tx.Task.Token++
		tx.File.Size++
		tx.Events = []store.Event{{Kind: "file.completed", Time: time.Unix(0, 0)}}
		return nil
	})
	if err != nil {
		b.Error(err)
	}
}
