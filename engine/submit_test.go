package engine_test

import (
	"context"
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
	"github.com/spoolmedia/spool/store/memstore"
)

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
				put(t, blobs, key, "")
			}
		}
		enginetest.Open(t, engine.Config{Store: jobs, Storage: blobs})
		time.Sleep(time.Minute) // of the bubble: the janitor takes its time
		synctest.Wait()
		slices.Sort(kept)
		if got := keys(t, blobs, "in/"); !slices.Equal(got, kept) {
			t.Errorf("inputs after open: %v, want %v", got, kept)
		}
	})
}
