package engine_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/engine"
	"github.com/spoolmedia/spool/engine/enginetest"
	"github.com/spoolmedia/spool/storage"
	"github.com/spoolmedia/spool/storage/memstorage"
	"github.com/spoolmedia/spool/store"
	"github.com/spoolmedia/spool/store/memstore"
)

// text is an input of plain text.
func text(name, content string) engine.Input {
	return engine.FromReader(name, strings.NewReader(content))
}

// toPNG is an operation that the fake codec offers.
var toPNG = codec.Convert{Format: "png"}

// keys returns the keys in storage that begin with prefix.
func keys(t *testing.T, s storage.Storage, prefix string) []string {
	t.Helper()
	var all []string
	for info, err := range s.List(t.Context(), prefix, "") {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, info.Key)
	}
	return all
}

func TestSubmittedFilesAreConvertedAndCanBeRead(t *testing.T) {
	eng := enginetest.Open(t, engine.Config{})
	job := enginetest.Submit(t, eng, engine.Request{
		Account: "acct-7", Labels: map[string]string{"album": "sea"},
		Inputs:    []engine.Input{text("a.txt", "alpha"), text("b.txt", "beta")},
		Operation: toPNG,
	})
	if job.Status != engine.Pending || job.Total != 2 || job.Run != 1 {
		t.Errorf("job after submit: %+v", job)
	}
	job = enginetest.Wait(t, eng, job.ID)
	if job.Status != engine.Completed || job.Completed != 2 || job.Progress != 1 || job.Ended.IsZero() {
		t.Errorf("job in the end: %+v", job)
	}
	if job.Operation != toPNG || job.Labels["album"] != "sea" || job.Account != "acct-7" {
		t.Errorf("job does not remember its request: %+v", job)
	}
	for i, file := range enginetest.Files(t, eng, job.ID) {
		want := []string{"alpha", "beta"}[i]
		if file.Status != engine.Completed || file.Progress != 1 || len(file.Outputs) != 1 {
			t.Fatalf("file %d: %+v", i, file)
		}
		o := file.Outputs[0]
		if got := string(enginetest.Read(t, eng, o)); got != want || o.Size != int64(len(want)) {
			t.Errorf("output %d: got %q of %d bytes, want %q", i, got, o.Size, want)
		}
		if want := []string{"a.png", "b.png"}[i]; o.Name != want {
			t.Errorf("output %d is called %q, want %q", i, o.Name, want)
		}
	}
}

func TestOneBadFileFailsAndTheOthersComplete(t *testing.T) {
	eng := enginetest.Open(t, engine.Config{Codecs: []codec.Codec{&enginetest.Codec{
		Do: func(ctx context.Context, w *codec.Work) error {
			switch w.In[0].Name() {
			case "broken.txt":
				return codec.Errorf(codec.Invalid, "the picture ends too early")
			case "panic.txt":
				panic("index out of range")
			case "nothing.txt":
				return nil
			}
			return enginetest.Write(ctx, w, "ok.png", []byte("ok"))
		},
	}}})
	job := enginetest.Submit(t, eng, engine.Request{
		Operation: toPNG,
		Inputs: []engine.Input{
			text("broken.txt", "x"), text("panic.txt", "x"), text("nothing.txt", "x"),
			text("empty.txt", ""), text("binary.txt", "\x00\x01\x02\xff\xfe"), text("good.txt", "x"),
		},
	})
	job = enginetest.Wait(t, eng, job.ID)
	if job.Status != engine.Failed || job.Failed != 5 || job.Completed != 1 {
		t.Errorf("job: %+v", job)
	}
	if want := "5 of 6 files failed"; job.Error == nil || job.Error.Message != want {
		t.Errorf("job's error: got %v, want %q", job.Error, want)
	}
	want := []struct {
		class codec.Class
		says  string
	}{
		{codec.Invalid, "broken.txt: the picture ends too early"},
		{codec.Internal, "panic.txt: codec fake panicked: index out of range"},
		{codec.Internal, "nothing.txt: codec fake made no output"},
		{codec.Invalid, "empty.txt is empty"},
		{codec.Unsupported, "convert to png takes text/plain"},
	}
	files := enginetest.Files(t, eng, job.ID)
	for i, w := range want {
		f := files[i]
		if f.Status != engine.Failed || f.Error == nil || f.Error.Class != w.class ||
			!strings.Contains(f.Error.Message, w.says) || !strings.Contains(f.Error.Message, f.Name) {
			t.Errorf("file %d is %s, error %+v, want %s: %s", i, f.Status, f.Error, w.class, w.says)
		}
	}
	if f := files[5]; f.Status != engine.Completed {
		t.Errorf("the good file is %s: %v", f.Status, f.Error)
	}
}

func TestRequestsThatCanNeverWorkAreRefusedWithTheField(t *testing.T) {
	eng := enginetest.Open(t, engine.Config{
		Codecs: []codec.Codec{&enginetest.Codec{To: []string{"png"}}},
	})
	in := []engine.Input{text("a.txt", "a")}
	for name, tt := range map[string]struct {
		request engine.Request
		says    string
	}{
		"no inputs":       {engine.Request{Operation: toPNG}, "inputs: there are none"},
		"no operation":    {engine.Request{Inputs: in}, "inputs[0]: there is no operation"},
		"zero input":      {engine.Request{Inputs: []engine.Input{{}}, Operation: toPNG}, "inputs[0]: made by none"},
		"unknown format":  {engine.Request{Inputs: in, Operation: codec.Convert{Format: "doc"}}, `format: "doc"`},
		"negative width":  {engine.Request{Inputs: in, Operation: codec.Convert{Format: "png", Width: -1}}, "width: -1"},
		"nobody makes it": {engine.Request{Inputs: in, Operation: codec.Convert{Format: "mp4"}}, `no codec here makes "mp4"`},
		"priority":        {engine.Request{Inputs: in, Operation: toPNG, Priority: 101}, "priority: 101"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := eng.Submit(t.Context(), tt.request)
			if !errors.Is(err, engine.ErrBadRequest) || !strings.Contains(fmt.Sprint(err), tt.says) {
				t.Errorf("got %v, want a bad request that says %q", err, tt.says)
			}
		})
	}
	_, err := eng.Submit(t.Context(), engine.Request{Inputs: in, Operation: codec.Convert{
		Format: "png", Width: -1, Quality: 101,
	}})
	var field *codec.FieldError
	if !errors.As(err, &field) || !strings.Contains(err.Error(), "quality") {
		t.Errorf("got %v, want a field error for each field", err)
	}
}

func TestAnInputThatCannotBeReadMakesNoJobAndLeavesNothing(t *testing.T) {
	blobs := memstorage.New()
	eng := enginetest.Open(t, engine.Config{Storage: blobs})
	_, err := eng.Submit(t.Context(), engine.Request{Operation: toPNG, Inputs: []engine.Input{
		text("a.txt", "a"), engine.FromFile(filepath.Join(t.TempDir(), "missing.txt")),
	}})
	if !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "missing.txt") {
		t.Errorf("got %v, want that missing.txt does not exist", err)
	}
	for job := range eng.List(t.Context(), engine.Query{}) {
		t.Errorf("there is a job: %+v", job)
	}
	if left := keys(t, blobs, ""); len(left) > 0 {
		t.Errorf("left in storage: %v", left)
	}
}

func TestTheSameKeyGivesTheSameJob(t *testing.T) {
	blobs := memstorage.New()
	eng := enginetest.Open(t, engine.Config{Storage: blobs, Workers: -1, Codecs: []codec.Codec{&enginetest.Codec{}}})
	request := func(content string, op codec.Operation) engine.Request {
		return engine.Request{
			Account: "a", IdempotencyKey: "import-1", Operation: op,
			Inputs: []engine.Input{text("a.txt", content)},
		}
	}
	first := enginetest.Submit(t, eng, request("a", toPNG))
	again := enginetest.Submit(t, eng, request("a", toPNG))
	if first.ID != again.ID {
		t.Errorf("got job %s, want %s", again.ID, first.ID)
	}
	if n := len(keys(t, blobs, "in/")); n != 1 {
		t.Errorf("%d inputs are stored, want 1", n)
	}
	_, err := eng.Submit(t.Context(), request("a", codec.Convert{Format: "webp"}))
	if !errors.Is(err, engine.ErrKeyConflict) {
		t.Errorf("another request with the key: got %v, want ErrKeyConflict", err)
	}
	other := request("a", toPNG)
	other.Account = "b"
	if job := enginetest.Submit(t, eng, other); job.ID == first.ID {
		t.Error("another account got the job")
	}
}

func TestInputsInPlaceAreReadWhereTheyAre(t *testing.T) {
	blobs := memstorage.New()
	hold := make(chan struct{})
	eng := enginetest.Open(t, engine.Config{Storage: blobs, Workers: 1, Codecs: []codec.Codec{&enginetest.Codec{
		Do: func(ctx context.Context, w *codec.Work) error {
			<-hold
			b := make([]byte, w.In[0].Size())
			if _, err := w.In[0].ReadAt(b, 0); err != nil {
				return err
			}
			return enginetest.Write(ctx, w, "o", b)
		},
	}}})
	dir := t.TempDir()
	var inputs []engine.Input
	for _, name := range []string{"kept.txt", "changed.txt", "gone.txt", "touched.txt"} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte("in place"), 0o644); err != nil {
			t.Fatal(err)
		}
		inputs = append(inputs, engine.FromFile(path).InPlace())
	}
	job := enginetest.Submit(t, eng, engine.Request{Inputs: inputs, Operation: toPNG})
	if stored := keys(t, blobs, "in/"); len(stored) > 0 {
		t.Errorf("copied to %v", stored)
	}
	if err := os.WriteFile(filepath.Join(dir, "changed.txt"), []byte("another content"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "gone.txt")); err != nil {
		t.Fatal(err)
	}
	touched := filepath.Join(dir, "touched.txt")
	if err := os.Chtimes(touched, time.Time{}, time.Unix(1, 0)); err != nil {
		t.Fatal(err)
	}
	close(hold)
	enginetest.Wait(t, eng, job.ID)
	files := enginetest.Files(t, eng, job.ID)
	if got := string(enginetest.Read(t, eng, files[0].Outputs[0])); got != "in place" {
		t.Errorf("kept.txt gave %q", got)
	}
	for i, says := range map[int]string{
		1: "has changed since it was submitted", 2: "cannot be opened",
		3: "has changed since it was submitted",
	} {
		if f := files[i]; f.Error == nil || !strings.Contains(f.Error.Message, says) {
			t.Errorf("%s is %s: %v, want %q", f.Name, f.Status, f.Error, says)
		}
	}
}

func TestOutputsBeyondTheBoundsAreAllThere(t *testing.T) {
	const n = 200
	eng := enginetest.Open(t, engine.Config{Codecs: []codec.Codec{&enginetest.Codec{
		Do: func(ctx context.Context, w *codec.Work) error {
			for i := range n {
				if err := enginetest.Write(ctx, w, fmt.Sprintf("%03d.png", i), []byte{byte(i)}); err != nil {
					return err
				}
			}
			return nil
		},
	}}})
	job := enginetest.Submit(t, eng, engine.Request{
		Inputs: []engine.Input{text("a.txt", "a")}, Operation: toPNG,
	})
	enginetest.Wait(t, eng, job.ID)
	outputs := enginetest.Files(t, eng, job.ID)[0].Outputs
	if len(outputs) != n {
		t.Fatalf("%d outputs, want %d", len(outputs), n)
	}
	if got := enginetest.Read(t, eng, outputs[n-1]); !bytes.Equal(got, []byte{n - 1}) {
		t.Errorf("the last output is %v", got)
	}
}

// TestWhatAFailedAttemptWroteIsSwept also shows that a codec that forgets its
// writers leaves nothing.
func TestWhatAFailedAttemptWroteIsSwept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		blobs := memstorage.New()
		eng := enginetest.Open(t, engine.Config{Storage: blobs, Codecs: []codec.Codec{&enginetest.Codec{
			Do: func(ctx context.Context, w *codec.Work) error {
				if err := enginetest.Write(ctx, w, "first.png", []byte("whole")); err != nil {
					return err
				}
				if _, err := w.Out.Create(ctx, codec.OutSpec{Name: "second.png"}); err != nil {
					return err
				}
				return codec.Errorf(codec.Invalid, "broken")
			},
		}}})
		job := enginetest.Submit(t, eng, engine.Request{
			Inputs: []engine.Input{text("a.txt", "a")}, Operation: toPNG,
		})
		enginetest.Wait(t, eng, job.ID)
		synctest.Wait()
		if left := keys(t, blobs, "out/"); len(left) > 0 {
			t.Errorf("left in storage: %v", left)
		}
	})
}

func TestCancelIsSeenAtOnceAndTheSlotIsCountedUntilTheCallReturns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		blobs := memstorage.New()
		release := make(chan struct{})
		interrupted := make(chan struct{})
		fake := &enginetest.Codec{Do: func(ctx context.Context, w *codec.Work) error {
			if w.In[0].Name() == "next.txt" {
				return enginetest.Write(ctx, w, "next.png", []byte("n"))
			}
			<-ctx.Done()
			close(interrupted)
			<-release // a library that takes its time
			// It even commits an output after the cancel.
			if err := enginetest.Write(context.WithoutCancel(ctx), w, "late.png", []byte("late")); err != nil {
				return err
			}
			return nil
		}}
		eng := enginetest.Open(t, engine.Config{Storage: blobs, Workers: 1, Codecs: []codec.Codec{fake}})
		job := enginetest.Submit(t, eng, engine.Request{
			Inputs: []engine.Input{text("a.txt", "a"), text("b.txt", "b")}, Operation: toPNG,
		})
		synctest.Wait()
		if err := eng.Cancel(t.Context(), job.ID); err != nil {
			t.Fatal(err)
		}
		job = enginetest.Wait(t, eng, job.ID)
		if job.Status != engine.Cancelled || job.Ended.IsZero() {
			t.Errorf("job after cancel: %+v", job)
		}
		<-interrupted
		next := enginetest.Submit(t, eng, engine.Request{
			Inputs: []engine.Input{text("next.txt", "n")}, Operation: toPNG,
		})
		time.Sleep(time.Minute) // of the bubble: every timer has fired
		synctest.Wait()
		if got := fake.Calls(); got != 1 {
			t.Errorf("%d calls run with one worker", got)
		}
		close(release)
		if next = enginetest.Wait(t, eng, next.ID); next.Status != engine.Completed {
			t.Errorf("next job is %s", next.Status)
		}
		synctest.Wait()
		if got := fake.Calls(); got != 2 {
			t.Errorf("%d calls in all, want 2: the pending file was taken up", got)
		}
		for _, f := range enginetest.Files(t, eng, job.ID) {
			if f.Status != engine.Cancelled || len(f.Outputs) > 0 {
				t.Errorf("file %d after cancel: %+v", f.Index, f)
			}
		}
		if left := keys(t, blobs, "out/"+job.ID); len(left) > 0 {
			t.Errorf("left in storage: %v", left)
		}
		if err := eng.Cancel(t.Context(), job.ID); err != nil {
			t.Errorf("cancelling again: %v", err)
		}
		if err := eng.Cancel(t.Context(), next.ID); !errors.Is(err, engine.ErrEnded) {
			t.Errorf("cancelling a completed job: got %v, want ErrEnded", err)
		}
		if err := eng.Cancel(t.Context(), "no-such-job"); !errors.Is(err, engine.ErrNotFound) {
			t.Errorf("cancelling a missing job: got %v, want ErrNotFound", err)
		}
	})
}

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
	*memstore.Store
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

func TestAWorkerThatLostItsClaimCannotPublish(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		jobs, blobs := memstore.New(), memstorage.New()
		t.Cleanup(func() { jobs.Close() })
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

func TestInputsOfASubmitThatDiedAreSweptAtOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		jobs, blobs := memstore.New(), memstorage.New()
		t.Cleanup(func() { jobs.Close() })
		living, err := jobs.Session(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		first := enginetest.Open(t, engine.Config{Store: jobs, Storage: blobs, Workers: -1, Codecs: []codec.Codec{&enginetest.Codec{}}})
		enginetest.Submit(t, first, engine.Request{
			Inputs: []engine.Input{text("a.txt", "a")}, Operation: toPNG,
		})
		kept := append(keys(t, blobs, "in/"), "in/"+living.ID()+"/job-x/0")
		if err := first.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, key := range []string{"in/dead/job-1/0", "in/dead/job-1/1", kept[1]} {
			if storage.ValidKey(key) {
				put(t, blobs, key)
			}
		}
		enginetest.Open(t, engine.Config{Store: jobs, Storage: blobs})
		synctest.Wait()
		slices.Sort(kept)
		if got := keys(t, blobs, "in/"); !slices.Equal(got, kept) {
			t.Errorf("inputs after open: %v, want %v", got, kept)
		}
	})
}

func put(t *testing.T, s storage.Storage, key string) {
	t.Helper()
	w, err := s.Create(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Commit(); err != nil {
		t.Fatal(err)
	}
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

func TestProgressAndEventsComeInOrder(t *testing.T) {
	eng := enginetest.Open(t, engine.Config{Workers: 1, Codecs: []codec.Codec{&enginetest.Codec{
		Do: func(ctx context.Context, w *codec.Work) error {
			for i := range 11 {
				w.Report(float64(i) / 10)
			}
			return enginetest.Write(ctx, w, "o", []byte("o"))
		},
	}}})
	job := enginetest.Submit(t, eng, engine.Request{
		Inputs: []engine.Input{text("a.txt", "a"), text("b.txt", "b")}, Operation: toPNG,
	})
	var kinds []engine.EventKind
	var cursors []string
	last := map[int]float64{}
	for event, err := range eng.Subscribe(t.Context(), engine.Filter{Job: job.ID}) {
		if err != nil {
			t.Fatal(err)
		}
		if event.File >= 0 {
			if event.Progress < last[event.File] && event.Kind != engine.FileStarted {
				t.Errorf("progress of file %d fell from %v to %v", event.File, last[event.File], event.Progress)
			}
			if event.Kind == engine.Progress && event.Progress >= 1 {
				t.Errorf("progress %v before the commit", event.Progress)
			}
			last[event.File] = max(last[event.File], event.Progress)
		}
		if event.Kind != engine.Progress {
			kinds, cursors = append(kinds, event.Kind), append(cursors, event.Cursor)
		}
	}
	want := []engine.EventKind{
		engine.Created, engine.Started, engine.FileStarted, engine.FileCompleted,
		engine.FileStarted, engine.FileCompleted, engine.CompletedJob,
	}
	if !slices.Equal(kinds, want) {
		t.Errorf("events %v, want %v", kinds, want)
	}
	var rest []engine.EventKind
	for event, err := range eng.Subscribe(t.Context(), engine.Filter{Job: job.ID, After: cursors[2]}) {
		if err != nil {
			t.Fatal(err)
		}
		if event.Kind != engine.Progress {
			rest = append(rest, event.Kind)
		}
	}
	if !slices.Equal(rest, want[3:]) {
		t.Errorf("events after the third: %v, want %v", rest, want[3:])
	}
	for _, err := range eng.Subscribe(t.Context(), engine.Filter{Job: "no-such-job"}) {
		if !errors.Is(err, engine.ErrNotFound) {
			t.Errorf("missing job: got %v, want ErrNotFound", err)
		}
	}
}

func TestAnAccountDoesNotSeeTheProgressOfAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hold := make(chan struct{})
		eng := enginetest.Open(t, engine.Config{Codecs: []codec.Codec{&enginetest.Codec{
			Do: func(ctx context.Context, w *codec.Work) error {
				w.Report(0.5)
				<-hold
				return enginetest.Write(ctx, w, "o", []byte("o"))
			},
		}}})
		seen := map[string]int{}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			for event, err := range eng.Subscribe(ctx, engine.Filter{Account: "mine"}) {
				if err != nil {
					t.Error(err)
				}
				seen[event.Job]++
			}
		}()
		mine := enginetest.Submit(t, eng, engine.Request{Account: "mine", Inputs: []engine.Input{text("a.txt", "a")}, Operation: toPNG})
		theirs := enginetest.Submit(t, eng, engine.Request{Account: "theirs", Inputs: []engine.Input{text("a.txt", "a")}, Operation: toPNG})
		synctest.Wait()
		close(hold)
		enginetest.Wait(t, eng, mine.ID)
		enginetest.Wait(t, eng, theirs.ID)
		synctest.Wait()
		cancel()
		<-done
		if seen[mine.ID] < 6 || seen[theirs.ID] > 0 {
			t.Errorf("saw %d events of mine and %d of theirs", seen[mine.ID], seen[theirs.ID])
		}
	})
}

func TestListIsNewestFirstAndFiltered(t *testing.T) {
	eng := enginetest.Open(t, engine.Config{})
	var ids []string
	for i := range 6 {
		job := enginetest.Submit(t, eng, engine.Request{
			Account: fmt.Sprint("a", i%2), Inputs: []engine.Input{text("a.txt", "a")}, Operation: toPNG,
		})
		enginetest.Wait(t, eng, job.ID)
		ids = append([]string{job.ID}, ids...)
	}
	for name, tt := range map[string]struct {
		query engine.Query
		want  []string
	}{
		"all":       {engine.Query{}, ids},
		"account":   {engine.Query{Account: "a1"}, []string{ids[0], ids[2], ids[4]}},
		"status":    {engine.Query{Status: engine.Pending}, nil},
		"page":      {engine.Query{After: ids[1], Limit: 2}, ids[2:4]},
		"completed": {engine.Query{Status: engine.Completed, Limit: 1}, ids[:1]},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for job, err := range eng.List(t.Context(), tt.query) {
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, job.ID)
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func TestABatchOfManyFilesCompletesExactlyOnceEach(t *testing.T) {
	const n = 3000
	fake := &enginetest.Codec{}
	eng := enginetest.Open(t, engine.Config{Workers: 4, Codecs: []codec.Codec{fake}})
	inputs := make([]engine.Input, n)
	for i := range inputs {
		inputs[i] = text(fmt.Sprintf("%04d.txt", i), "x")
	}
	job := enginetest.Submit(t, eng, engine.Request{Inputs: inputs, Operation: toPNG})
	job = enginetest.Wait(t, eng, job.ID)
	if job.Status != engine.Completed || job.Completed != n {
		t.Errorf("job: %+v", job)
	}
	if got := fake.Calls(); got != n {
		t.Errorf("%d calls for %d files", got, n)
	}
}
