package engine_test

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/engine"
	"github.com/spoolmedia/spool/engine/enginetest"
	"github.com/spoolmedia/spool/storage/memstorage"
	"github.com/spoolmedia/spool/store"
	"github.com/spoolmedia/spool/store/boltstore"
	"github.com/spoolmedia/spool/store/memstore"
)

func TestCloseGivesBackWhatRunsAndTheNextEngineTakesItUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		jobs, blobs := memstore.New(), memstorage.New()
		t.Cleanup(func() { jobs.Close() })
		stuck := &enginetest.Codec{Do: func(ctx context.Context, w *codec.Work) error {
			if err := enginetest.Write(ctx, w, "half.png", []byte("half")); err != nil {
				return err
			}
			<-ctx.Done()
			return ctx.Err()
		}}
		first, err := engine.Open(engine.Config{Store: jobs, Storage: blobs, Codecs: []codec.Codec{stuck}})
		if err != nil {
			t.Fatal(err)
		}
		job := enginetest.Submit(t, first, engine.Request{
			Inputs: []engine.Input{text("a.txt", "a")}, Operation: toPNG,
		})
		synctest.Wait()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := first.Close(ctx); err != nil {
			t.Fatal(err)
		}
		for task, err := range jobs.Tasks(t.Context(), store.TaskQuery{Under: store.Ref{Job: job.ID}}) {
			if err != nil || task.Session != "" || task.Attempt != 0 || task.Crashes != 0 {
				t.Errorf("task after close: %+v, %v; want it free and no attempt counted", task, err)
			}
		}
		if _, err := first.Submit(t.Context(), engine.Request{}); !errors.Is(err, engine.ErrClosed) {
			t.Errorf("submit after close: got %v, want ErrClosed", err)
		}
		second := enginetest.Open(t, engine.Config{Store: jobs, Storage: blobs})
		if job = enginetest.Wait(t, second, job.ID); job.Status != engine.Completed {
			t.Errorf("job is %s: %v", job.Status, job.Error)
		}
		synctest.Wait()
		if got := keys(t, blobs, "out/"); len(got) != 1 || !strings.HasSuffix(got[0], "/2/a.png") {
			t.Errorf("in storage: %v, want only the output of the second attempt", got)
		}
	})
}

// dyingStore lets a test end the session of an engine that does not know it yet:
// a process that is taken for dead.
type dyingStore struct {
	store.Store
	sessions chan store.Session
}

func (s dyingStore) Session(ctx context.Context, offers json.RawMessage) (store.Session, error) {
	session, err := s.Store.Session(ctx, offers)
	if err != nil {
		return nil, err
	}
	s.sessions <- session
	return undying{session}, nil
}

// undying never tells that it was lost.
type undying struct{ store.Session }

func (undying) Lost() <-chan struct{} { return nil }

// inEachStore runs a test in bubbles, with a store in memory and with one in a file.
func inEachStore(t *testing.T, test func(t *testing.T, jobs store.Store)) {
	t.Run("memstore", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			jobs := memstore.New()
			t.Cleanup(func() { jobs.Close() })
			test(t, jobs)
		})
	})
	t.Run("boltstore", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			jobs, err := boltstore.Open(
				filepath.Join(t.TempDir(), "jobs.db"), boltstore.Config{NoSync: true})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { jobs.Close() })
			test(t, jobs)
		})
	})
}

// announcedStore tells a test which sessions there are.
type announcedStore struct {
	store.Store
	sessions chan store.Session
}

func (s announcedStore) Session(
	ctx context.Context, offers json.RawMessage,
) (store.Session, error) {
	session, err := s.Store.Session(ctx, offers)
	if err == nil {
		s.sessions <- session
	}
	return session, err
}

// An engine that learns that its session was lost stops what it does, and takes up
// nothing more; another takes over at once.
func TestAnEngineThatLostItsSessionStopsAndAnotherTakesOver(t *testing.T) {
	inEachStore(t, func(t *testing.T, jobs store.Store) {
		blobs := memstorage.New()
		loser := &enginetest.Codec{Do: func(ctx context.Context, _ *codec.Work) error {
			<-ctx.Done()
			return ctx.Err()
		}}
		announced := announcedStore{jobs, make(chan store.Session, 1)}
		first := enginetest.Open(t, engine.Config{
			Store: announced, Storage: blobs, Codecs: []codec.Codec{loser},
			Logger: slog.New(slog.DiscardHandler),
		})
		running := enginetest.Submit(t, first, batch(1))
		synctest.Wait()
		if err := (<-announced.sessions).Close(); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if got := len(first.Activities()); got != 0 {
			t.Errorf("%d tasks still run without a session", got)
		}
		waiting := enginetest.Submit(t, first, batch(3))
		time.Sleep(time.Minute) // of the bubble
		if got := loser.Calls(); got != 1 {
			t.Errorf("%d calls, want none after the session was lost", got)
		}
		heir := enginetest.Open(t, engine.Config{Store: jobs, Storage: blobs})
		before := time.Now()
		for _, job := range []engine.Job{running, waiting} {
			if job = enginetest.Wait(t, heir, job.ID); job.Status != engine.Completed {
				t.Errorf("job is %s: %v", job.Status, job.Error)
			}
		}
		if took := time.Since(before); took > time.Second {
			t.Errorf("it took %v to take over", took)
		}
	})
}

func TestAWorkerThatLostItsClaimCannotPublish(t *testing.T) {
	inEachStore(t, func(t *testing.T, jobs store.Store) {
		blobs := memstorage.New()
		release := make(chan struct{})
		zombie := &enginetest.Codec{Do: func(ctx context.Context, w *codec.Work) error {
			<-release
			return enginetest.Write(ctx, w, "a.png", []byte("by the zombie"))
		}}
		dying := dyingStore{jobs, make(chan store.Session, 1)}
		first := enginetest.Open(t, engine.Config{Store: dying, Storage: blobs, Codecs: []codec.Codec{zombie}})
		job := enginetest.Submit(t, first, engine.Request{
			Inputs: []engine.Input{text("a.txt", "by the heir")}, Operation: toPNG,
		})
		synctest.Wait()
		if err := (<-dying.sessions).Close(); err != nil {
			t.Fatal(err)
		}
		heir := enginetest.Open(t, engine.Config{Store: jobs, Storage: blobs})
		job = enginetest.Wait(t, heir, job.ID)
		close(release)
		synctest.Wait()
		files := enginetest.Files(t, heir, job.ID)
		if got := string(enginetest.Read(t, heir, files[0].Outputs[0])); got != "by the heir" {
			t.Errorf("the output is %q", got)
		}
		var ends int
		for event, err := range jobs.Events(t.Context(), store.EventQuery{Job: job.ID}) {
			if err != nil {
				t.Fatal(err)
			}
			if engine.EventKind(event.Kind).Terminal() {
				ends++
			}
		}
		if ends != 1 {
			t.Errorf("the job ended %d times", ends)
		}
	})
}

func TestAFileOnWhichTheProcessKeepsDyingIsPutAside(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		jobs, blobs := memstore.New(), memstorage.New()
		t.Cleanup(func() { jobs.Close() })
		submitter := enginetest.Open(t, engine.Config{Store: jobs, Storage: blobs, Workers: -1, Codecs: []codec.Codec{&enginetest.Codec{}}})
		job := enginetest.Submit(t, submitter, engine.Request{
			Inputs: []engine.Input{text("poison.txt", "p")}, Operation: toPNG,
		})
		stuck := &enginetest.Codec{Do: func(ctx context.Context, _ *codec.Work) error {
			<-ctx.Done()
			return ctx.Err()
		}}
		for range 5 {
			dying := dyingStore{jobs, make(chan store.Session, 1)}
			enginetest.Open(t, engine.Config{Store: dying, Storage: blobs, Codecs: []codec.Codec{stuck}, Workers: 1})
			synctest.Wait()
			if err := (<-dying.sessions).Close(); err != nil {
				t.Fatal(err)
			}
		}
		enginetest.Open(t, engine.Config{Store: jobs, Storage: blobs, Codecs: []codec.Codec{stuck}, Workers: 1})
		job = enginetest.Wait(t, submitter, job.ID)
		if job.Status != engine.Failed || job.Error.Class != codec.Quarantined {
			t.Errorf("job is %s: %+v, want it quarantined", job.Status, job.Error)
		}
	})
}

// stubbornStore fails on what a test names.
type stubbornStore struct {
	store.Store
	lane atomic.Pointer[string] // whose ready tasks it does not tell
	job  atomic.Pointer[string] // that it does not update
}

var errStubborn = errors.New("stubborn")

func (s *stubbornStore) Tasks(
	ctx context.Context, q store.TaskQuery,
) iter.Seq2[store.Task, error] {
	if lane := s.lane.Load(); lane != nil && slices.Contains(q.Lanes, *lane) {
		return func(yield func(store.Task, error) bool) { yield(store.Task{}, errStubborn) }
	}
	return s.Store.Tasks(ctx, q)
}

func (s *stubbornStore) Update(
	ctx context.Context, r store.Ref, fn func(*store.Tx) error,
) error {
	if job := s.job.Load(); job != nil && *job == r.Job {
		return errStubborn
	}
	return s.Store.Update(ctx, r, fn)
}

// slowStore takes a second for each update.
type slowStore struct{ store.Store }

func (s slowStore) Update(ctx context.Context, r store.Ref, fn func(*store.Tx) error) error {
	time.Sleep(time.Second) // of the bubble
	return s.Store.Update(ctx, r, fn)
}

// What dead sessions held is freed at once, not one after the other.
func TestOrphansAreFreedTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const tasks = 10
		jobs, blobs := memstore.New(), memstorage.New()
		t.Cleanup(func() { jobs.Close() })
		stuck := &enginetest.Codec{Do: func(ctx context.Context, _ *codec.Work) error {
			<-ctx.Done()
			return ctx.Err()
		}}
		dying := dyingStore{jobs, make(chan store.Session, 1)}
		first := enginetest.Open(t, engine.Config{
			Store: dying, Storage: blobs, Workers: tasks, Codecs: []codec.Codec{stuck},
		})
		enginetest.Submit(t, first, batch(tasks))
		synctest.Wait()
		if err := (<-dying.sessions).Close(); err != nil {
			t.Fatal(err)
		}
		begun := make(chan time.Time, tasks)
		before := time.Now()
		enginetest.Open(t, engine.Config{
			Store: slowStore{jobs}, Storage: blobs, Workers: 1,
			Codecs: []codec.Codec{&enginetest.Codec{Do: func(context.Context, *codec.Work) error {
				begun <- time.Now()
				return codec.Errorf(codec.Invalid, "no more")
			}}},
		})
		if took := (<-begun).Sub(before); took >= tasks*time.Second {
			t.Errorf("the first of %d tasks was taken up after %v, want 2 s", tasks, took)
		}
	})
}

// A lane whose tasks cannot be read does not keep those of others waiting.
func TestALaneThatCannotBeReadHoldsUpNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		jobs := &stubbornStore{Store: memstore.New()}
		t.Cleanup(func() { jobs.Close() })
		lane := codec.LaneImage // the first of all
		jobs.lane.Store(&lane)
		eng := enginetest.Open(t, engine.Config{Store: jobs, Logger: slog.New(slog.DiscardHandler)})
		held := enginetest.Submit(t, eng, batch(1))
		refused := enginetest.Submit(t, eng, engine.Request{ // by a chore
			Inputs: []engine.Input{text("a.png", "\x89PNG\r\n\x1a\n")}, Operation: toPNG,
		})
		if refused = enginetest.Wait(t, eng, refused.ID); refused.Status != engine.Failed {
			t.Errorf("what no codec takes is %s", refused.Status)
		}
		jobs.lane.Store(nil)
		if held = enginetest.Wait(t, eng, held.ID); held.Status != engine.Completed {
			t.Errorf("the job is %s: %v", held.Status, held.Error)
		}
	})
}

// A task of a dead session that cannot be freed does not keep those behind it from
// being freed.
func TestAnOrphanThatCannotBeFreedHoldsUpNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		jobs, blobs := &stubbornStore{Store: memstore.New()}, memstorage.New()
		t.Cleanup(func() { jobs.Close() })
		release := make(chan struct{})
		dying := dyingStore{jobs, make(chan store.Session, 1)}
		first := enginetest.Open(t, engine.Config{
			Store: dying, Storage: blobs, Workers: 3, Logger: slog.New(slog.DiscardHandler),
			Codecs: []codec.Codec{&enginetest.Codec{Do: func(context.Context, *codec.Work) error {
				<-release
				return codec.Errorf(codec.Invalid, "nobody asks any more")
			}}},
		})
		var all []engine.Job
		for range 3 {
			all = append(all, enginetest.Submit(t, first, batch(1)))
		}
		synctest.Wait()
		if err := (<-dying.sessions).Close(); err != nil {
			t.Fatal(err)
		}
		jobs.job.Store(&all[0].ID)
		heir := enginetest.Open(t, engine.Config{
			Store: jobs, Storage: blobs, Logger: slog.New(slog.DiscardHandler),
		})
		for _, job := range all[1:] {
			if job = enginetest.Wait(t, heir, job.ID); job.Status != engine.Completed {
				t.Errorf("the job is %s: %v", job.Status, job.Error)
			}
		}
		jobs.job.Store(nil)
		if job := enginetest.Wait(t, heir, all[0].ID); job.Status != engine.Completed {
			t.Errorf("the job is %s: %v", job.Status, job.Error)
		}
		close(release)
	})
}
