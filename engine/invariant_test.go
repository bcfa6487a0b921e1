package engine_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/engine"
	"github.com/spoolmedia/spool/engine/enginetest"
	"github.com/spoolmedia/spool/queue"
	"github.com/spoolmedia/spool/queue/memqueue"
	"github.com/spoolmedia/spool/storage/memstorage"
	"github.com/spoolmedia/spool/store"
	"github.com/spoolmedia/spool/store/memstore"
)

// batch is a request of n small files.
func batch(n int) engine.Request {
	r := engine.Request{Operation: toPNG}
	for i := range n {
		r.Inputs = append(r.Inputs, text(fmt.Sprintf("%05d.txt", i), "x"))
	}
	return r
}

// badQueue loses every second hint that is pulled, and gives every third twice.
type badQueue struct {
	queue.Queue
	pulls atomic.Int64
	again chan string
}

func (q *badQueue) Pull(ctx context.Context, lanes ...string) (string, func(), error) {
	select {
	case hint := <-q.again:
		return hint, func() {}, nil
	default:
	}
	for {
		hint, ack, err := q.Queue.Pull(ctx, lanes...)
		if err != nil {
			return "", nil, err
		}
		n := q.pulls.Add(1)
		if n%2 == 0 {
			ack() // lost
			continue
		}
		if n%3 == 0 {
			select {
			case q.again <- hint:
			default:
			}
		}
		return hint, ack, nil
	}
}

func TestAQueueThatLosesAndRepeatsHintsCostsTimeNotWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := memqueue.New(memqueue.Config{})
		t.Cleanup(func() { q.Close() })
		fake := &enginetest.Codec{}
		eng := enginetest.Open(t, engine.Config{
			Queue: &badQueue{Queue: q, again: make(chan string, 1)}, Workers: 3,
			Codecs: []codec.Codec{fake},
		})
		job := enginetest.Submit(t, eng, batch(100))
		if job = enginetest.Wait(t, eng, job.ID); job.Completed != 100 {
			t.Errorf("job: %+v", job)
		}
		if got := fake.Calls(); got != 100 {
			t.Errorf("%d calls for 100 files", got)
		}
	})
}

// countingStore counts what is written for the files of jobs.
type countingStore struct {
	*memstore.Store
	updates atomic.Int64
}

func (s *countingStore) Update(ctx context.Context, r store.Ref, fn func(*store.Tx) error) error {
	err := s.Store.Update(ctx, r, fn)
	if _, ok := r.File(); ok && err == nil {
		s.updates.Add(1)
	}
	return err
}

func TestABatchOfNFilesCostsTwoUpdatesEach(t *testing.T) {
	const n = 500
	jobs := &countingStore{Store: memstore.New()}
	t.Cleanup(func() { jobs.Close() })
	eng := enginetest.Open(t, engine.Config{Store: jobs})
	job := enginetest.Submit(t, eng, batch(n))
	enginetest.Wait(t, eng, job.ID)
	if err := eng.Close(t.Context()); err != nil { // the last update has returned
		t.Fatal(err)
	}
	if got := jobs.updates.Load(); got != 2*n {
		t.Errorf("%d updates for %d files, want a claim and an end each", got, n)
	}
}

func TestMemoryDoesNotGrowWithTheInput(t *testing.T) {
	path := filepath.Join(t.TempDir(), "huge.txt")
	const size = 10 << 30
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(f, "a text with a very long tail of nothing\n"); err != nil {
		t.Fatal(err)
	}
	if err := f.Truncate(size); err != nil {
		t.Skipf("no sparse files here: %v", err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	eng := enginetest.Open(t, engine.Config{Codecs: []codec.Codec{&enginetest.Codec{
		From: []string{codec.Unknown, "text/plain"},
		Do: func(ctx context.Context, w *codec.Work) error {
			tail := make([]byte, 16)
			if n, err := w.In[0].ReadAt(tail, size-8); n != 8 || !errors.Is(err, io.EOF) {
				return fmt.Errorf("read %d bytes at the end: %w", n, err)
			}
			return enginetest.Write(ctx, w, "o", tail)
		},
	}}})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	job := enginetest.Submit(t, eng, engine.Request{
		Inputs: []engine.Input{engine.FromFile(path).InPlace()}, Operation: toPNG,
	})
	if job = enginetest.Wait(t, eng, job.ID); job.Status != engine.Completed {
		t.Fatalf("job: %v", job.Error)
	}
	runtime.ReadMemStats(&after)
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 8<<20 {
		t.Errorf("%d bytes were allocated for an input of %d", grown, int64(size))
	}
}

func TestASlowSubscriberSlowsNobodyAndMissesNoEnd(t *testing.T) {
	const n = 300
	eng := enginetest.Open(t, engine.Config{})
	job := enginetest.Submit(t, eng, batch(n))
	ends, first := 0, true
	for event, err := range eng.Subscribe(t.Context(), engine.Filter{Job: job.ID}) {
		if err != nil {
			t.Fatal(err)
		}
		if first {
			// It sits on its first event until everything is over.
			enginetest.Wait(t, eng, job.ID)
			first = false
		}
		if event.Kind == engine.FileCompleted {
			ends++
		}
	}
	if ends != n {
		t.Errorf("saw %d files end, want %d", ends, n)
	}
}

func TestAStoreThatFailsForAWhileLosesNoOutcome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		jobs := &flakyStore{Store: memstore.New()}
		t.Cleanup(func() { jobs.Close() })
		eng := enginetest.Open(t, engine.Config{Store: jobs, Storage: memstorage.New()})
		job := enginetest.Submit(t, eng, batch(20))
		jobs.failing.Store(true)
		synctest.Wait()
		jobs.failing.Store(false)
		if job = enginetest.Wait(t, eng, job.ID); job.Completed != 20 {
			t.Errorf("job: %+v", job)
		}
	})
}

// flakyStore refuses every other update of a file while it fails.
type flakyStore struct {
	*memstore.Store
	failing atomic.Bool
	updates atomic.Int64
}

func (s *flakyStore) Update(ctx context.Context, r store.Ref, fn func(*store.Tx) error) error {
	if s.failing.Load() && s.updates.Add(1)%2 == 0 {
		return fmt.Errorf("flaky: %w", io.ErrUnexpectedEOF)
	}
	return s.Store.Update(ctx, r, fn)
}
