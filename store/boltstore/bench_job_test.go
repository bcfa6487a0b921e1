package boltstore_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/spoolmedia/spool/store"
	"github.com/spoolmedia/spool/store/boltstore"
)

// Jobs of one file as the engine makes them, from 64 goroutines: created only, and
// created, claimed and finished.
func BenchmarkJobs64(b *testing.B) {
	for name, write := range map[string]func(b *testing.B, s *boltstore.Store){
		"create": func(b *testing.B, s *boltstore.Store) { benchSubmit(b, s) },
		"all": func(b *testing.B, s *boltstore.Store) {
			id := benchSubmit(b, s)
			benchClaim(b, s, id)
			benchFinish(b, s, id)
		},
	} {
		b.Run(name, func(b *testing.B) {
			s := openWith(b, b.TempDir(), boltstore.Config{})
			b.SetParallelism(32) // times GOMAXPROCS, 2 where this was measured
			b.ReportAllocs()
			cpu := reportCPU(b)
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					write(b, s)
				}
			})
			cpu()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "jobs/s")
		})
	}
}

var benchNumber atomic.Int64

// benchSubmit does what Submit does in the store, and returns the job's ID.
func benchSubmit(b *testing.B, s *boltstore.Store) string {
	id := uuid.Must(uuid.NewV7()).String()
	account := fmt.Sprint("account-", benchNumber.Add(1)%10)
	now := time.Now().UTC()
	j := store.Job{
		Version: 1, ID: id, Account: account, Created: now,
		Request: []byte(`{"operation":{"op":"convert","v":1,"params":{"format":"webp","quality":82}}}`),
		Digest:  "b5bb9d8014a0f9b1d61e21e796d78dccdf1352f23cd32812f4850b878ae4944c",
		State: store.State{
			Version: 1, Account: account, Status: store.Pending, Run: 1, Total: 1, Open: 1,
		},
	}
	_, _, err := s.Create(b.Context(), j, func(yield func(store.File, store.Task) bool) {
		yield(store.File{
			Version: 1, Name: "hero.png", Type: "image/png", Size: 123456, Status: store.Pending,
			Blob: "in/0f8fad5b-d9cb-469f-a165-70867728950e/" + id + "/0",
		}, store.Task{
			Ref: store.Ref{Job: id, Task: "f/0"}, Version: 1, Account: account, Kind: "file", Lane: "image",
		})
	})
	if err != nil {
		b.Error(err)
	}
	return id
}

func benchClaim(b *testing.B, s *boltstore.Store, id string) {
	now := time.Now().UTC()
	err := s.Update(b.Context(), store.Ref{Job: id, Task: "f/0"}, func(tx *store.Tx) error {
		tx.Task.Token++
		tx.Task.Attempt++
		tx.Task.Session = "0f8fad5b-d9cb-469f-a165-70867728950e"
		tx.Job.Status, tx.Job.Started = store.Processing, now
		tx.File.Status, tx.File.Started = store.Processing, now
		tx.Events = []store.Event{
			{Version: 1, Account: tx.Job.Account, Kind: "started", File: -1, Run: 1, Time: now},
			{Version: 1, Account: tx.Job.Account, Kind: "file.started", Run: 1, Time: now},
		}
		return nil
	})
	if err != nil {
		b.Error(err)
	}
}

func benchFinish(b *testing.B, s *boltstore.Store, id string) {
	now := time.Now().UTC()
	err := s.Update(b.Context(), store.Ref{Job: id, Task: "f/0"}, func(tx *store.Tx) error {
		tx.File.Status, tx.File.Ended, tx.File.Token = store.Completed, now, tx.Task.Token
		tx.File.Probe = []byte(`{"type":"image/png","width":1920,"height":1080,"frames":1}`)
		tx.File.Outputs = []store.Output{{
			Name: "hero.webp", Key: "out/" + id + "/0/1/hero.webp", Type: "image/webp", Size: 65432,
			SHA256: "b5bb9d8014a0f9b1d61e21e796d78dccdf1352f23cd32812f4850b878ae4944c",
		}}
		tx.Job.Completed++
		tx.Job.Open--
		tx.Job.Status, tx.Job.Ended = store.Completed, now
		tx.Task = nil
		tx.Events = []store.Event{
			{Version: 1, Account: tx.Job.Account, Kind: "file.completed", Run: 1, Time: now},
			{Version: 1, Account: tx.Job.Account, Kind: "completed", File: -1, Run: 1, Time: now},
		}
		return nil
	})
	if err != nil {
		b.Error(err)
	}
}
