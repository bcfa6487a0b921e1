package engine_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/engine"
	"github.com/spoolmedia/spool/engine/enginetest"
	"github.com/spoolmedia/spool/storage"
	"github.com/spoolmedia/spool/storage/memstorage"
)

// gather joins texts.
type gather struct {
	Seal string `json:"seal,omitempty"` // a blob
}

func (gather) Name() string    { return "gather" }
func (gather) Validate() error { return nil }
func (gather) Combines() bool  { return true }

func (g gather) Blobs() map[string]string {
	if g.Seal == "" {
		return nil
	}
	return map[string]string{"seal": g.Seal}
}

// gathering returns a configuration whose codec gathers: the names and the bytes of
// all inputs, and the bytes of the seal.
func gathering(blobs storage.Storage) engine.Config {
	registry := codec.NewRegistry()
	registry.Register(gather{})
	return engine.Config{Registry: registry, Storage: blobs, Codecs: []codec.Codec{
		&enginetest.Codec{Op: "gather", Do: func(ctx context.Context, w *codec.Work) error {
			var all strings.Builder
			for _, in := range w.In {
				b, err := io.ReadAll(io.NewSectionReader(in, 0, in.Size()))
				if err != nil {
					return err
				}
				all.WriteString(in.Name() + "=" + string(b) + ";")
			}
			if seal := w.Refs["seal"]; seal != nil {
				b, err := io.ReadAll(io.NewSectionReader(seal, 0, seal.Size()))
				if err != nil {
					return err
				}
				all.WriteString(seal.Name() + ":" + seal.Type() + ":" + string(b))
			}
			return enginetest.Write(ctx, w, "all.txt", []byte(all.String()))
		}},
	}}
}

// content returns the bytes of the only output of the job.
func content(t *testing.T, eng *engine.Engine, job string) string {
	t.Helper()
	r, err := eng.OpenOutput(t.Context(), enginetest.Files(t, eng, job)[0].Outputs[0])
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestAnOperationThatJoinsTakesAllInputsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := serve(t, func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, "from "+r.URL.Path)
		})
		blobs := memstorage.New()
		put(t, blobs, "library/c.txt", "of the host")
		put(t, blobs, "library/seal", "sealed")
		config := gathering(blobs)
		config.Outbound = w.outbound()
		eng := enginetest.Open(t, config)
		job := enginetest.Submit(t, eng, engine.Request{
			Inputs: []engine.Input{
				text("a.txt", "first"), engine.FromURL("http://files.example/b.txt"),
				engine.FromStorage("library/c.txt"), engine.FromURL("http://files.example/d.txt"),
			},
			Operation: gather{Seal: "library/seal"},
		})
		job = enginetest.Wait(t, eng, job.ID)
		files := enginetest.Files(t, eng, job.ID)
		if job.Status != engine.Completed || job.Total != 1 || job.Completed != 1 || len(files) != 1 {
			t.Fatalf("%+v, %d files", job, len(files))
		}
		want := "a.txt=first;b.txt=from /b.txt;c.txt=of the host;d.txt=from /d.txt;" +
			"seal:text/plain:sealed"
		if got := content(t, eng, job.ID); got != want {
			t.Errorf("got %q, want %q", got, want)
		}

		if err := eng.Delete(t.Context(), job.ID); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if left := keys(t, blobs, ""); !slices.Equal(left, []string{"library/c.txt", "library/seal"}) {
			t.Errorf("after Delete: %v", left)
		}
	})
}

func TestAJoinThatFailedIsTakenUpWhole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		config := gathering(memstorage.New())
		fake := config.Codecs[0].(*enginetest.Codec)
		do, failing := fake.Do, true
		fake.Do = func(ctx context.Context, w *codec.Work) error {
			if failing {
				return codec.Errorf(codec.Invalid, "%s is broken", w.In[1].Name())
			}
			return do(ctx, w)
		}
		eng := enginetest.Open(t, config)
		job := enginetest.Submit(t, eng, engine.Request{
			Inputs: []engine.Input{text("a.txt", "1"), text("b.txt", "2")}, Operation: gather{},
		})
		if job = enginetest.Wait(t, eng, job.ID); job.Status != engine.Failed || job.Failed != 1 {
			t.Fatalf("%+v", job)
		}
		if job.Error == nil || !strings.Contains(job.Error.Message, "b.txt is broken") {
			t.Errorf("error: %v", job.Error)
		}
		failing = false
		if err := eng.Retry(t.Context(), job.ID); err != nil {
			t.Fatal(err)
		}
		if job = enginetest.Wait(t, eng, job.ID); job.Status != engine.Completed {
			t.Fatalf("after Retry: %+v", job)
		}
		if got := content(t, eng, job.ID); got != "a.txt=1;b.txt=2;" {
			t.Errorf("got %q", got)
		}
	})
}

func TestProcessJoins(t *testing.T) {
	eng := enginetest.Open(t, gathering(memstorage.New()))
	out, err := eng.Process(t.Context(), gather{}, text("a.txt", "1"), text("b.txt", "2"))
	if err != nil || len(out) != 1 {
		t.Fatalf("%v, %v", out, err)
	}
	defer out[0].Close()
	if b, err := io.ReadAll(out[0]); err != nil || string(b) != "a.txt=1;b.txt=2;" {
		t.Errorf("got %q, %v", b, err)
	}
}

func TestWhatCannotBeJoinedIsRefused(t *testing.T) {
	eng := enginetest.Open(t, gathering(memstorage.New()))
	own := text("b.txt", "2")
	own.Operation = gather{}
	many := make([]engine.Input, 201)
	for i := range many {
		many[i] = text("a.txt", "1")
	}
	for says, r := range map[string]engine.Request{
		"at most 200":                       {Inputs: many, Operation: gather{}},
		"is that of the request":            {Inputs: []engine.Input{text("a.txt", "1"), own}, Operation: gather{}},
		`there is no blob "gone"`:           {Inputs: many[:1], Operation: gather{Seal: "gone"}},
		`there is no blob "file:///x"`:      {Inputs: many[:1], Operation: gather{Seal: "file:///x"}},
		`"file:///etc/passwd" is no key of`: {Inputs: []engine.Input{engine.FromStorage("file:///etc/passwd")}, Operation: gather{}},
	} {
		_, err := eng.Submit(t.Context(), r)
		if !errors.Is(err, engine.ErrBadRequest) || !strings.Contains(err.Error(), says) {
			t.Errorf("%v, want %q", err, says)
		}
	}
	if _, err := eng.Submit(t.Context(), engine.Request{
		Inputs: []engine.Input{text("a.txt", "1"), text("empty.txt", "")}, Operation: gather{},
	}); err != nil {
		t.Error(err)
	}
	fake := enginetest.Open(t, engine.Config{})
	_, err := fake.Process(t.Context(), toPNG, text("a.txt", "1"), text("b.txt", "2"))
	if !errors.Is(err, engine.ErrBadRequest) || !strings.Contains(err.Error(), "convert takes one") {
		t.Errorf("two inputs for an operation of one: %v", err)
	}
}

func TestABlobThatVanishesFailsTheFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		blobs := memstorage.New()
		put(t, blobs, "seal", "sealed")
		eng := enginetest.Open(t, gathering(blobs))
		if err := eng.Pause(t.Context()); err != nil {
			t.Fatal(err)
		}
		job := enginetest.Submit(t, eng, engine.Request{
			Inputs: []engine.Input{text("a.txt", "1")}, Operation: gather{Seal: "seal"},
		})
		if err := blobs.Remove(t.Context(), "seal"); err != nil {
			t.Fatal(err)
		}
		if err := eng.Resume(t.Context()); err != nil {
			t.Fatal(err)
		}
		job = enginetest.Wait(t, eng, job.ID)
		if job.Status != engine.Failed || !strings.Contains(job.Error.Message, "seal of gather is no longer in storage") {
			t.Errorf("%+v", job)
		}
	})
}
