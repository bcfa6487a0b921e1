package engine_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/engine"
	"github.com/spoolmedia/spool/engine/enginetest"
	"github.com/spoolmedia/spool/store"
	"github.com/spoolmedia/spool/store/memstore"
)

// heldOutcomes is a store that waits before and after the commit of what became of a
// task, and calls read between reading a job and returning it.
type heldOutcomes struct {
	store.Store
	before, after chan struct{}
	read          func() // set and called by who looks

	mu      sync.Mutex // guards claimed
	claimed map[store.Ref]bool
}

func (s *heldOutcomes) Unwrap() any { return s.Store }

func (s *heldOutcomes) Update(ctx context.Context, r store.Ref, fn func(*store.Tx) error) error {
	s.mu.Lock()
	_, file := r.File()
	outcome := file && s.claimed[r]
	s.claimed[r] = true
	s.mu.Unlock()
	if !outcome {
		return s.Store.Update(ctx, r, fn)
	}
	<-s.before
	defer func() { <-s.after }()
	return s.Store.Update(ctx, r, fn)
}

func (s *heldOutcomes) Job(ctx context.Context, id string) (store.Job, error) {
	j, err := s.Store.Job(ctx, id)
	if read := s.read; read != nil {
		s.read = nil
		read()
	}
	return j, err
}

func TestProgressOfAJobDoesNotFall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		jobs := memstore.New()
		defer jobs.Close()
		held := &heldOutcomes{
			Store: jobs, claimed: make(map[store.Ref]bool),
			before: make(chan struct{}), after: make(chan struct{}),
		}
		release := make(chan struct{})
		half := &enginetest.Codec{Do: func(ctx context.Context, w *codec.Work) error {
			w.Report(0.5 / 0.99) // 0.01 is for the commit
			<-release
			return enginetest.Write(ctx, w, "o", nil)
		}}
		eng := enginetest.Open(t, engine.Config{
			Store: held, Codecs: []codec.Codec{half}, Workers: 1,
		})
		job := enginetest.Submit(t, eng, batch(2))
		var got []float64
		look := func() {
			synctest.Wait()
			j, err := eng.Status(t.Context(), job.ID)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, j.Progress)
		}
		look()                // the first file is half done
		release <- struct{}{} // it waits for its commit, and the second is half done
		look()
		held.before <- struct{}{} // it is committed, and the worker does not know
		look()
		held.after <- struct{}{} // the worker knows
		look()
		release <- struct{}{} // the second waits for its commit
		look()
		held.read = func() { // which comes while somebody looks
			held.before <- struct{}{}
			held.after <- struct{}{}
			synctest.Wait()
		}
		look()
		look()
		want := []float64{0.25, 0.5, 0.75, 0.75, 0.75, 0.999, 1}
		if !slices.Equal(got, want) {
			t.Errorf("progress was %v, want %v", got, want)
		}
	})
}
