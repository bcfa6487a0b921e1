package engine_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/engine"
	"github.com/spoolmedia/spool/engine/enginetest"
	"github.com/spoolmedia/spool/storage/memstorage"
	"github.com/spoolmedia/spool/store/memstore"
)

// failing is a codec whose nth call returns what errs say, and then succeeds.
func failing(errs ...error) *enginetest.Codec {
	var calls atomic.Int64
	return &enginetest.Codec{Do: func(ctx context.Context, w *codec.Work) error {
		if n := int(calls.Add(1)); n <= len(errs) {
			return errs[n-1]
		}
		return enginetest.Write(ctx, w, "o.png", []byte("made"))
	}}
}

func TestTransientFailuresAreTriedAgainAndOthersAreNot(t *testing.T) {
	transient := codec.Errorf(codec.Transient, "the storage is away")
	unknown := io.ErrUnexpectedEOF
	for name, tt := range map[string]struct {
		errs     []error
		request  engine.Request
		status   engine.Status
		attempts int
	}{
		"transient":    {[]error{transient, transient}, engine.Request{}, engine.Completed, 3},
		"of no class":  {[]error{unknown}, engine.Request{}, engine.Completed, 2},
		"memory":       {[]error{codec.Errorf(codec.Memory, "full")}, engine.Request{}, engine.Completed, 2},
		"too often":    {[]error{transient, transient, transient, transient, transient}, engine.Request{}, engine.Failed, 5},
		"as asked":     {[]error{transient, transient}, engine.Request{MaxAttempts: 2}, engine.Failed, 2},
		"invalid":      {[]error{codec.Errorf(codec.Invalid, "broken")}, engine.Request{}, engine.Failed, 1},
		"limit":        {[]error{codec.Errorf(codec.Limit, "huge")}, engine.Request{}, engine.Failed, 1},
		"own internal": {[]error{codec.Errorf(codec.Internal, "oops")}, engine.Request{}, engine.Failed, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				fake := failing(tt.errs...)
				eng := enginetest.Open(t, engine.Config{Codecs: []codec.Codec{fake}})
				r := tt.request
				r.Inputs, r.Operation = []engine.Input{text("a.txt", "a")}, toPNG
				job := enginetest.Wait(t, eng, enginetest.Submit(t, eng, r).ID)
				f := enginetest.Files(t, eng, job.ID)[0]
				if job.Status != tt.status || f.Attempts != tt.attempts || fake.Calls() != tt.attempts {
					t.Errorf("job is %s after %d attempts and %d calls, want %s after %d",
						job.Status, f.Attempts, fake.Calls(), tt.status, tt.attempts)
				}
				if failed := tt.status == engine.Failed; failed != (f.Error != nil) {
					t.Errorf("the file's error is %v", f.Error)
				}
			})
		})
	}
}

func TestAttemptsComeLaterAndLaterAndSubscribersAreTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		transient := codec.Errorf(codec.Transient, "the storage is away")
		eng := enginetest.Open(t, engine.Config{
			Codecs: []codec.Codec{failing(transient, transient, transient)}, MaxAttempts: 9,
			Backoff: engine.Backoff{Base: time.Second, Max: 3 * time.Second},
		})
		job := enginetest.Submit(t, eng, engine.Request{
			Inputs: []engine.Input{text("a.txt", "a")}, Operation: toPNG,
		})
		most := []time.Duration{time.Second, 2 * time.Second, 3 * time.Second}
		n := 0
		for event, err := range eng.Subscribe(t.Context(), engine.Filter{Job: job.ID}) {
			if err != nil {
				t.Fatal(err)
			}
			if event.Kind != engine.FileRetrying {
				continue
			}
			if wait := event.Next.Sub(event.Time); n >= len(most) || wait <= 0 || wait > most[n]+time.Millisecond {
				t.Errorf("wait %d is %v", n, wait)
			}
			if event.Error == nil || event.Error.Class != codec.Transient {
				t.Errorf("retry %d does not say why: %v", n, event.Error)
			}
			n++
		}
		if n != len(most) {
			t.Errorf("%d retries, want %d", n, len(most))
		}
	})
}

// hang waits for its context, and then as long as the test wants.
func hang(release <-chan struct{}) *enginetest.Codec {
	return &enginetest.Codec{Do: func(ctx context.Context, w *codec.Work) error {
		if w.In[0].Name() == "good.txt" {
			return enginetest.Write(ctx, w, "good.png", []byte("good"))
		}
		<-ctx.Done()
		<-release
		if release == nil {
			return ctx.Err()
		}
		// It even makes an output, long after its time.
		_ = enginetest.Write(context.WithoutCancel(ctx), w, "late.png", []byte("late"))
		return ctx.Err()
	}}
}

func TestWorkThatTakesTooLongIsStoppedAndAfterSomeTimesPutAside(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		returns := make(chan struct{})
		close(returns)
		fake := hang(returns)
		eng := enginetest.Open(t, engine.Config{
			Codecs: []codec.Codec{fake}, MaxAttempts: 9, MaxCrashes: 3,
		})
		began := time.Now()
		job := enginetest.Submit(t, eng, engine.Request{
			Timeout: time.Minute, Inputs: []engine.Input{text("a.txt", "a")}, Operation: toPNG,
		})
		job = enginetest.Wait(t, eng, job.ID)
		if job.Error == nil || job.Error.Class != codec.Quarantined ||
			!strings.Contains(job.Error.Message, "longer than 1m0s") {
			t.Errorf("job is %s: %+v, want it quarantined for taking too long", job.Status, job.Error)
		}
		if n := fake.Calls(); n != 3 {
			t.Errorf("%d calls, want 3", n)
		}
		if took := time.Since(began); took < 3*time.Minute || took > 4*time.Minute {
			t.Errorf("it took %v of the bubble's time", took)
		}
	})
}

func TestACodecThatIgnoresItsContextIsReportedAndItsFilePutAside(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		blobs := memstorage.New()
		eng := enginetest.Open(t, engine.Config{
			Codecs: []codec.Codec{hang(release)}, Workers: 2, Storage: blobs, Timeout: time.Minute,
		})
		job := enginetest.Submit(t, eng, engine.Request{
			Inputs: []engine.Input{text("bad.txt", "a")}, Operation: toPNG,
		})
		job = enginetest.Wait(t, eng, job.ID)
		if job.Error == nil || job.Error.Class != codec.Quarantined {
			t.Errorf("job is %s: %+v, want it quarantined", job.Status, job.Error)
		}
		synctest.Wait() // for the sweep
		list := eng.Activities()
		if len(list) != 1 || list[0].Stuck.IsZero() || list[0].Job != job.ID || list[0].Name != "bad.txt" {
			t.Errorf("activities: %+v, want the stuck call", list)
		}
		good := enginetest.Submit(t, eng, engine.Request{
			Inputs: []engine.Input{text("good.txt", "g")}, Operation: toPNG,
		})
		if good = enginetest.Wait(t, eng, good.ID); good.Status != engine.Completed {
			t.Errorf("the other worker made it %s", good.Status)
		}
		close(release)
		synctest.Wait()
		if left := keys(t, blobs, "out/"+job.ID); len(left) > 0 {
			t.Errorf("the late output stays: %v", left)
		}
		if list := eng.Activities(); len(list) != 0 {
			t.Errorf("activities in the end: %+v", list)
		}
	})
}

func TestRetryTakesUpWhatFailedAndKeepsWhatCompleted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mended atomic.Bool
		release := make(chan struct{})
		fake := &enginetest.Codec{Do: func(ctx context.Context, w *codec.Work) error {
			<-release
			if strings.HasPrefix(w.In[0].Name(), "bad") && !mended.Load() {
				return codec.Errorf(codec.Invalid, "broken")
			}
			return enginetest.Write(ctx, w, "o.png", []byte(w.In[0].Name()))
		}}
		blobs := memstorage.New()
		eng := enginetest.Open(t, engine.Config{Codecs: []codec.Codec{fake}, Storage: blobs})
		job := enginetest.Submit(t, eng, engine.Request{
			Inputs:    []engine.Input{text("good.txt", "g"), text("bad1.txt", "b"), text("bad2.txt", "b")},
			Operation: toPNG,
		})
		if err := eng.Retry(t.Context(), job.ID); err == nil {
			t.Error("a job that has not ended can be retried")
		}
		close(release)
		if job = enginetest.Wait(t, eng, job.ID); job.Failed != 2 || job.Run != 1 {
			t.Fatalf("first run: %+v", job)
		}
		first := enginetest.Files(t, eng, job.ID)
		mended.Store(true)
		if err := eng.Retry(t.Context(), job.ID); err != nil {
			t.Fatal(err)
		}
		for i, f := range enginetest.Files(t, eng, job.ID) {
			if i > 0 && (f.Status.Terminal() && f.Status != engine.Completed || f.Error != nil) {
				t.Errorf("file %d right after Retry: %s, %v", i, f.Status, f.Error)
			}
		}
		var kinds []engine.EventKind
		for event, err := range eng.Subscribe(t.Context(), engine.Filter{Job: job.ID}) {
			if err != nil {
				t.Fatal(err)
			}
			if event.Run == 2 && event.File < 0 {
				kinds = append(kinds, event.Kind)
			}
		}
		if got := fmt.Sprint(kinds); got != "[retried started completed]" {
			t.Errorf("events of the second run: %s", got)
		}
		job = enginetest.Wait(t, eng, job.ID)
		if job.Status != engine.Completed || job.Run != 2 || job.Completed != 3 || job.Error != nil {
			t.Errorf("second run: %+v", job)
		}
		if n := fake.Calls(); n != 5 {
			t.Errorf("%d calls, want 5: the good file must not be done again", n)
		}
		second := enginetest.Files(t, eng, job.ID)
		if a, b := first[0].Outputs[0], second[0].Outputs[0]; a.SHA256 != b.SHA256 || first[0].Ended != second[0].Ended {
			t.Errorf("the good file changed: %+v, %+v", a, b)
		}
		synctest.Wait()
		if got := keys(t, blobs, "out/"); len(got) != 3 {
			t.Errorf("in storage: %v", got)
		}
		if err := eng.Retry(t.Context(), job.ID); !errors.Is(err, engine.ErrEnded) {
			t.Errorf("retrying a completed job: %v", err)
		}
		if err := eng.Retry(t.Context(), "none"); !errors.Is(err, engine.ErrNotFound) {
			t.Errorf("retrying a missing job: %v", err)
		}
	})
}

// TestRetryOfACancelledJobMeetsItsOldAttempts retries while the cancelled attempt
// has not returned yet and the rest has not been cleared up.
func TestRetryOfACancelledJobMeetsItsOldAttempts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		var once sync.Once
		fake := &enginetest.Codec{Do: func(ctx context.Context, w *codec.Work) error {
			first := false
			once.Do(func() { first = true })
			if first {
				<-release
				return ctx.Err()
			}
			return enginetest.Write(ctx, w, "o.png", []byte("o"))
		}}
		eng := enginetest.Open(t, engine.Config{Codecs: []codec.Codec{fake}, Workers: 1})
		job := enginetest.Submit(t, eng, batch(20))
		synctest.Wait()
		if err := eng.Cancel(t.Context(), job.ID); err != nil {
			t.Fatal(err)
		}
		if err := eng.Retry(t.Context(), job.ID); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		close(release)
		if job = enginetest.Wait(t, eng, job.ID); job.Status != engine.Completed || job.Completed != 20 {
			t.Errorf("job: %+v", job)
		}
	})
}

func TestTheSameKeyIsOneJobFromManyGoroutinesAndARestart(t *testing.T) {
	jobs, blobs := memstore.New(), memstorage.New()
	t.Cleanup(func() { jobs.Close() })
	request := func() engine.Request {
		return engine.Request{
			Account: "a", IdempotencyKey: "k",
			Inputs: []engine.Input{text("a.txt", "a")}, Operation: toPNG,
		}
	}
	eng := enginetest.Open(t, engine.Config{Store: jobs, Storage: blobs})
	var mu sync.Mutex
	ids := map[string]int{}
	var group sync.WaitGroup
	for range 100 {
		group.Go(func() {
			job, err := eng.Submit(t.Context(), request())
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			ids[job.ID]++
		})
	}
	group.Wait()
	if len(ids) != 1 {
		t.Fatalf("%d jobs for one key", len(ids))
	}
	again := enginetest.Open(t, engine.Config{Store: jobs, Storage: blobs})
	job := enginetest.Submit(t, again, request())
	if ids[job.ID] != 100 {
		t.Errorf("another engine made job %s of the key", job.ID)
	}
	enginetest.Wait(t, again, job.ID)
	other := request()
	other.Operation = codec.Convert{Format: "webp"}
	if _, err := again.Submit(t.Context(), other); !errors.Is(err, engine.ErrKeyConflict) {
		t.Errorf("another request under the key: %v", err)
	}
	if got := keys(t, blobs, "in/"); len(got) != 1 {
		t.Errorf("inputs in storage: %v", got)
	}
	if err := again.Delete(t.Context(), job.ID); err != nil {
		t.Fatal(err)
	}
	if next := enginetest.Submit(t, again, other); next.ID == job.ID {
		t.Error("the key outlives its job")
	}
}

// Whatever makes a task ready has it taken up at once, not when the engine looks next.
func TestNothingWaitsForTheNextLook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var bad atomic.Bool
		bad.Store(true)
		eng := enginetest.Open(t, engine.Config{
			Codecs: []codec.Codec{&enginetest.Codec{Do: func(ctx context.Context, w *codec.Work) error {
				if bad.Load() {
					return codec.Errorf(codec.Invalid, "not today")
				}
				return enginetest.Write(ctx, w, "o.png", []byte("o"))
			}}},
		})
		time.Sleep(feedTick / 10) // of the bubble: the engine looks at its ticks, too
		before := time.Now()
		r := batch(20)
		r.Archive = engine.ArchiveZip
		job := enginetest.Wait(t, eng, enginetest.Submit(t, eng, r).ID)
		if job.Status != engine.Failed {
			t.Fatalf("the job is %s", job.Status)
		}
		bad.Store(false)
		if err := eng.Retry(t.Context(), job.ID); err != nil {
			t.Fatal(err)
		}
		if job = enginetest.Wait(t, eng, job.ID); job.Status != engine.Completed {
			t.Errorf("the job is %s: %v", job.Status, job.Error)
		}
		if took := time.Since(before); took > feedTick/2 {
			t.Errorf("it took %v of doing nothing", took)
		}
	})
}
