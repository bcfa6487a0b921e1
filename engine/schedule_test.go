package engine_test

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/engine"
	"github.com/spoolmedia/spool/engine/enginetest"
	"github.com/spoolmedia/spool/storage/memstorage"
	"github.com/spoolmedia/spool/store"
	"github.com/spoolmedia/spool/store/memstore"
)

// callOrder is a codec that notes the order in which it is called, each call
// taking a second of the bubble's time.
type callOrder struct {
	enginetest.Codec
	mu    sync.Mutex
	names []string
}

func newCallOrder() *callOrder {
	r := new(callOrder)
	r.Do = func(ctx context.Context, w *codec.Work) error {
		r.mu.Lock()
		r.names = append(r.names, w.In[0].Name())
		r.mu.Unlock()
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
			return ctx.Err()
		}
		return enginetest.Write(ctx, w, "o.png", []byte("o"))
	}
	return r
}

func (r *callOrder) order() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.names)
}

func request(account, name string, priority int) engine.Request {
	return engine.Request{
		Account: account, Priority: priority,
		Inputs: []engine.Input{text(name, "x")}, Operation: toPNG,
	}
}

func TestOneAccountsFloodDelaysAnothersFileByOneTaskAtMost(t *testing.T) {
	for _, workers := range []int{1, 4} {
		t.Run(fmt.Sprint(workers, " workers"), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				rec := newCallOrder()
				eng := enginetest.Open(t, engine.Config{Codecs: []codec.Codec{rec}, Workers: workers})
				flood := batch(500)
				flood.Account = "flood"
				enginetest.Submit(t, eng, flood)
				time.Sleep(2500 * time.Millisecond) // of the bubble: in the middle of the third task
				before := time.Now()
				job := enginetest.Submit(t, eng, request("other", "single", 0))
				enginetest.Wait(t, eng, job.ID)
				// What runs now, one more task, and the file itself.
				if took := time.Since(before); took > 2500*time.Millisecond {
					t.Errorf("the single file took %v, with tasks of 1s", took)
				}
			})
		})
	}
}

// lookingStore counts how often it is asked for ready tasks of pictures.
type lookingStore struct {
	*memstore.Store
	looks atomic.Int64
}

func (s *lookingStore) Tasks(
	ctx context.Context, q store.TaskQuery,
) iter.Seq2[store.Task, error] {
	if slices.Contains(q.Lanes, codec.LaneImage) {
		s.looks.Add(1)
	}
	return s.Store.Tasks(ctx, q)
}

// One look at the store serves several workers, and none of them waits for it.
func TestABatchIsNotLookedUpForEachOfItsFiles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		jobs := &lookingStore{Store: memstore.New()}
		t.Cleanup(func() { jobs.Close() })
		const files, workers = 400, 8
		eng := enginetest.Open(t, engine.Config{
			Store: jobs, Codecs: []codec.Codec{newCallOrder()}, Workers: workers,
		})
		before := time.Now()
		job := enginetest.Submit(t, eng, batch(files))
		enginetest.Wait(t, eng, job.ID)
		took := time.Since(before)
		if want := files / workers * time.Second; took > want+feedTick {
			t.Errorf("the batch took %v, want %v: workers waited", took, want)
		}
		ticks := int64(took / feedTick)
		if got := jobs.looks.Load() - ticks; got > files/2 {
			t.Errorf("%d looks at the store for %d files, besides those of each half second", got, files)
		}
	})
}

// feedTick is how often the engine looks at the store anyway.
const feedTick = 500 * time.Millisecond

func TestPriorityAndNotBeforeOrderTheWorkOfAnAccount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rec := newCallOrder()
		eng := enginetest.Open(t, engine.Config{Codecs: []codec.Codec{rec}, Workers: 1})
		if err := eng.Pause(t.Context()); err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, r := range []engine.Request{
			request("", "low", -5), request("", "high", 5), request("", "middle", 0),
		} {
			ids = append(ids, enginetest.Submit(t, eng, r).ID)
		}
		later := request("", "later", 100)
		later.NotBefore = time.Now().Add(5 * time.Minute)
		ids = append(ids, enginetest.Submit(t, eng, later).ID)
		if err := eng.Resume(t.Context()); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		for _, id := range ids {
			enginetest.Wait(t, eng, id)
		}
		if got, want := rec.order(), []string{"high", "middle", "low", "later"}; !slices.Equal(got, want) {
			t.Errorf("order %v, want %v", got, want)
		}
		if took := time.Since(began); took < 5*time.Minute || took > 5*time.Minute+5*time.Second {
			t.Errorf("the job for later ended after %v", took)
		}
	})
}

func TestAPauseHoldsAcrossRestartsAndEndsWithResume(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		jobs, blobs := memstore.New(), memstorage.New()
		t.Cleanup(func() { jobs.Close() })
		first := enginetest.Open(t, engine.Config{Store: jobs, Storage: blobs})
		if err := first.Pause(t.Context(), "held"); err != nil {
			t.Fatal(err)
		}
		if err := first.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		eng := enginetest.Open(t, engine.Config{Store: jobs, Storage: blobs})
		held := enginetest.Submit(t, eng, request("held", "held", 0))
		free := enginetest.Submit(t, eng, request("free", "free", 0))
		enginetest.Wait(t, eng, free.ID)
		time.Sleep(time.Minute) // of the bubble
		if job, err := eng.Status(t.Context(), held.ID); err != nil || job.Status != engine.Pending {
			t.Errorf("job of the paused account: %s, %v", job.Status, err)
		}
		all, accounts, err := eng.Paused(t.Context())
		if err != nil || all || !slices.Equal(accounts, []string{"held"}) {
			t.Errorf("paused: %v, %v, %v", all, accounts, err)
		}
		s, err := eng.Stats(t.Context(), "")
		if err != nil || s.Pending != 1 || s.Completed != 1 || !s.OldestPending.Equal(held.Created) {
			t.Errorf("stats: %+v, %v", s, err)
		}
		if err := eng.Resume(t.Context(), "held"); err != nil {
			t.Fatal(err)
		}
		enginetest.Wait(t, eng, held.ID)
	})
}

func TestAnAccountIsHeldToItsLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var now, most atomic.Int64
		fake := &enginetest.Codec{Do: func(ctx context.Context, w *codec.Work) error {
			n := now.Add(1)
			defer now.Add(-1)
			for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
			}
			time.Sleep(time.Second) // of the bubble
			return enginetest.Write(ctx, w, "o.png", []byte("o"))
		}}
		eng := enginetest.Open(t, engine.Config{
			Codecs: []codec.Codec{fake}, Workers: 6,
			AccountLimit: func(account string) int { return map[string]int{"small": 2}[account] },
		})
		limited := batch(20)
		limited.Account = "small"
		job := enginetest.Wait(t, eng, enginetest.Submit(t, eng, limited).ID)
		if most.Load() != 2 || job.Completed != 20 {
			t.Errorf("%d at once, %d completed, want 2 and 20", most.Load(), job.Completed)
		}
		most.Store(0)
		enginetest.Wait(t, eng, enginetest.Submit(t, eng, batch(20)).ID)
		if most.Load() != 6 {
			t.Errorf("%d at once without a limit, want all 6 workers", most.Load())
		}
	})
}

// weighty is a fake codec whose probe finds films heavy.
type weighty struct{ enginetest.Codec }

func (w *weighty) Probe(ctx context.Context, work *codec.Work) (codec.Media, codec.Cost, error) {
	m, c, err := w.Codec.Probe(ctx, work)
	switch work.In[0].Name() {
	case "film":
		c.CPU = time.Hour
	case "huge":
		c.Memory = 100 << 30
	}
	return m, c, err
}

func TestSmallFilesDoNotWaitBehindFilms(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var films, most atomic.Int64
		fake := &weighty{enginetest.Codec{Do: func(ctx context.Context, w *codec.Work) error {
			if w.In[0].Name() != "small" {
				n := films.Add(1)
				defer films.Add(-1)
				most.Store(max(most.Load(), n))
				time.Sleep(5 * time.Minute) // of the bubble
			}
			return enginetest.Write(ctx, w, "o.png", []byte("o"))
		}}}
		eng := enginetest.Open(t, engine.Config{Codecs: []codec.Codec{fake}, Workers: 3})
		var heavy []string
		for range 5 {
			heavy = append(heavy, enginetest.Submit(t, eng, request("", "film", 0)).ID)
		}
		time.Sleep(time.Minute) // of the bubble
		before := time.Now()
		small := enginetest.Submit(t, eng, request("", "small", 0))
		enginetest.Wait(t, eng, small.ID)
		if took := time.Since(before); took > time.Second {
			t.Errorf("the small file waited %v", took)
		}
		for _, id := range heavy {
			if job := enginetest.Wait(t, eng, id); job.Status != engine.Completed {
				t.Errorf("film: %+v", job)
			}
		}
		if most.Load() != 2 {
			t.Errorf("%d films at once with 3 workers, want 2", most.Load())
		}
		most.Store(0)
		a := enginetest.Submit(t, eng, request("", "huge", 0))
		b := enginetest.Submit(t, eng, request("", "huge", 0))
		for _, id := range []string{a.ID, b.ID} {
			f := enginetest.Wait(t, eng, id)
			if f.Status != engine.Completed {
				t.Errorf("huge: %+v", f)
			}
		}
		if most.Load() != 1 {
			t.Errorf("%d files at once that take the whole budget, want 1", most.Load())
		}
		if got := enginetest.Files(t, eng, a.ID)[0].Attempts; got != 1 {
			t.Errorf("finding out that a file is heavy counts as an attempt: %d", got)
		}
	})
}

func TestAClockThatJumpsDelaysWorkAtMost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var offset atomic.Int64
		clock := func() time.Time { return time.Now().Add(time.Duration(offset.Load())) }
		transient := codec.Errorf(codec.Transient, "away")
		eng := enginetest.Open(t, engine.Config{
			Codecs: []codec.Codec{failing(transient, transient)}, Clock: clock,
		})
		job := enginetest.Submit(t, eng, engine.Request{
			Inputs: []engine.Input{text("a.txt", "a")}, Operation: toPNG,
		})
		synctest.Wait()
		offset.Store(int64(-3 * time.Hour))
		time.Sleep(time.Minute) // of the bubble
		offset.Store(int64(3 * time.Hour))
		if job = enginetest.Wait(t, eng, job.ID); job.Status != engine.Completed {
			t.Errorf("job: %+v", job)
		}
	})
}
