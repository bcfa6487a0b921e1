package engine_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/engine"
	"github.com/spoolmedia/spool/engine/enginetest"
	"github.com/spoolmedia/spool/store"
	"github.com/spoolmedia/spool/store/memstore"
)

// slowOutcomes is a store that takes ten seconds of the bubble's time to commit what
// became of a task, and none for its claim.
type slowOutcomes struct {
	store.Store
	mu      sync.Mutex // guards claimed
	claimed map[store.Ref]bool
}

func (s *slowOutcomes) Unwrap() any { return s.Store }

func (s *slowOutcomes) Update(ctx context.Context, r store.Ref, fn func(*store.Tx) error) error {
	s.mu.Lock()
	outcome := s.claimed[r]
	s.claimed[r] = true
	s.mu.Unlock()
	if outcome {
		time.Sleep(10 * time.Second)
	}
	return s.Store.Update(ctx, r, fn)
}

// While one outcome is being committed a worker goes on, but only to the next: what
// is done and not committed would be lost with the process.
func TestAWorkerGoesOnWhileOneOutcomeIsCommitted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		jobs := memstore.New()
		defer jobs.Close()
		var begun []time.Duration
		start := time.Now()
		order := newCallOrder()
		work := order.Do
		order.Do = func(ctx context.Context, w *codec.Work) error {
			begun = append(begun, time.Since(start))
			return work(ctx, w)
		}
		eng := enginetest.Open(t, engine.Config{
			Store:   &slowOutcomes{Store: jobs, claimed: make(map[store.Ref]bool)},
			Codecs:  []codec.Codec{order},
			Workers: 1,
		})
		job := enginetest.Submit(t, eng, batch(3))
		time.Sleep(15 * time.Second) // of the bubble: in the middle of the second commit
		synctest.Wait()
		// The first is done after 1 s and committed after 11 s, the second after 21 s.
		want := []time.Duration{0, time.Second, 11 * time.Second}
		if !slices.Equal(begun, want) {
			t.Errorf("files were begun after %v, want %v", begun, want)
		}
		if err := eng.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); took != 31*time.Second {
			t.Errorf("Close returned after %v, want 31s: with the last outcome", took)
		}
		if j, err := jobs.Job(t.Context(), job.ID); err != nil || j.State.Status != store.Completed {
			t.Errorf("the job is %+v, %v; want completed", j.State, err)
		}
	})
}
