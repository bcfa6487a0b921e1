package engine_test

import (
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/engine"
	"github.com/spoolmedia/spool/engine/enginetest"
	"github.com/spoolmedia/spool/storage"
	"github.com/spoolmedia/spool/storage/memstorage"
	"github.com/spoolmedia/spool/store/memstore"
)

// drafted begins a draft with a file for each text, called by it.
func drafted(t *testing.T, eng *engine.Engine, texts ...string) (*engine.Draft, []engine.Upload) {
	t.Helper()
	draft, err := eng.Draft()
	if err != nil {
		t.Fatal(err)
	}
	var uploads []engine.Upload
	for _, text := range texts {
		u, err := draft.Upload(t.Context(), text+".txt", strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		uploads = append(uploads, u)
	}
	return draft, uploads
}

func TestFilesOfADraftComeBeforeTheRequestAndGoWithTheJob(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		blobs := memstorage.New()
		eng := enginetest.Open(t, gathering(blobs))
		draft, u := drafted(t, eng, "first", "second", "sealed", "unused")
		const sum = "a7937b64b8caa58f03721bb6bacf5c78cb235febe0e70b1b84cd99541461a08e" // of first
		if u[0].Name != "first.txt" || u[0].Type != "text/plain" || u[0].Size != 5 ||
			u[0].SHA256 != sum {
			t.Errorf("%+v", u[0])
		}
		job, err := draft.Submit(t.Context(), engine.Request{
			Operation: gather{Seal: u[2].Key},
			Inputs: []engine.Input{
				engine.FromUpload(u[1]), text("third.txt", "third"), engine.FromUpload(u[0]),
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := draft.Discard(t.Context()); err != nil {
			t.Error(err)
		}
		enginetest.Wait(t, eng, job.ID)
		got, seal, _ := strings.Cut(content(t, eng, job.ID), ";upload-2:")
		if got != "second.txt=second;third.txt=third;first.txt=first" || seal != "text/plain:sealed" {
			t.Errorf("got %q, %q", got, seal)
		}
		if err := eng.Delete(t.Context(), job.ID); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if left := keys(t, blobs, ""); len(left) != 0 {
			t.Errorf("after Delete: %v", left)
		}
	})
}

func TestWhatADraftHoldsIsNotKeptWithoutAJob(t *testing.T) {
	blobs, jobs := memstorage.New(), memstore.New()
	defer jobs.Close()
	config := engine.Config{Storage: blobs, Store: jobs}
	first, err := engine.Open(engine.Config{Storage: blobs, Store: jobs, Workers: -1})
	if err != nil {
		t.Fatal(err)
	}
	discarded, u := drafted(t, first, "a", "b")
	broken := errors.New("the client went away")
	reader := io.MultiReader(strings.NewReader("begun"), iotest.ErrReader(broken))
	if _, err := discarded.Upload(t.Context(), "c.txt", reader); !errors.Is(err, broken) {
		t.Errorf("got %v, want why reading failed", err)
	}
	if left := keys(t, blobs, ""); len(left) != 2 {
		t.Errorf("after a failed upload: %v", left)
	}
	for range 2 {
		if err := discarded.Discard(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if left := keys(t, blobs, ""); len(left) != 0 {
		t.Errorf("after Discard: %v", left)
	}
	r := engine.Request{Inputs: []engine.Input{engine.FromUpload(u[0])}, Operation: toPNG}
	if _, err := discarded.Submit(t.Context(), r); err == nil {
		t.Error("a discarded draft was submitted")
	}
	if _, err := discarded.Upload(t.Context(), "d.txt", strings.NewReader("d")); err == nil {
		t.Error("a discarded draft took a file")
	}
	// A process that died can discard nothing: the next one sweeps.
	forgotten, _ := drafted(t, first, "e")
	if err := first.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := first.Draft(); !errors.Is(err, engine.ErrClosed) {
		t.Errorf("got %v, want ErrClosed", err)
	}
	if _, err := forgotten.Submit(t.Context(), r); !errors.Is(err, engine.ErrClosed) {
		t.Errorf("got %v, want ErrClosed", err)
	}
	second := enginetest.Open(t, config)
	living, _ := drafted(t, second, "f")
	if _, err := second.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if left := keys(t, blobs, ""); len(left) != 1 {
		t.Errorf("after Sweep: %v, want the file of a living draft", left)
	}
	_ = living.Discard(t.Context())
}

func TestADraftIsTheSameRequestByItsBytes(t *testing.T) {
	blobs := memstorage.New()
	eng := enginetest.Open(t, gathering(blobs))
	submit := func(input, seal string) (engine.Job, error) {
		draft, u := drafted(t, eng, seal, input)
		defer draft.Discard(t.Context())
		in := engine.FromUpload(u[1])
		in.Name = "a.txt"
		return draft.Submit(t.Context(), engine.Request{IdempotencyKey: "k",
			Inputs: []engine.Input{in}, Operation: gather{Seal: u[0].Key}})
	}
	first, err := submit("one", "red")
	if err != nil {
		t.Fatal(err)
	}
	enginetest.Wait(t, eng, first.ID)
	if again, err := submit("one", "red"); err != nil || again.ID != first.ID {
		t.Errorf("got job %s, %v; want %s", again.ID, err, first.ID)
	}
	for _, other := range [][2]string{{"two", "red"}, {"one", "blue"}} {
		if _, err := submit(other[0], other[1]); !errors.Is(err, engine.ErrKeyConflict) {
			t.Errorf("%v: got %v, want ErrKeyConflict", other, err)
		}
	}
	if left := keys(t, blobs, "in/"); len(left) != 2 {
		t.Errorf("in storage: %v, want what the first draft held", left)
	}
}

func TestUploadsAreOfTheirOwnDraft(t *testing.T) {
	eng := enginetest.Open(t, engine.Config{})
	mine, _ := drafted(t, eng, "a")
	defer mine.Discard(t.Context())
	other, u := drafted(t, eng, "b")
	defer other.Discard(t.Context())
	r := engine.Request{Inputs: []engine.Input{engine.FromUpload(u[0])}, Operation: toPNG}
	for name, submit := range map[string]func() (engine.Job, error){
		"engine":        func() (engine.Job, error) { return eng.Submit(t.Context(), r) },
		"another draft": func() (engine.Job, error) { return mine.Submit(t.Context(), r) },
	} {
		if _, err := submit(); !errors.Is(err, engine.ErrBadRequest) {
			t.Errorf("%s: got %v, want ErrBadRequest", name, err)
		}
	}
	// A request that is refused leaves the draft as it was.
	bad := r
	bad.Operation = codec.Convert{Format: "none"}
	if _, err := other.Submit(t.Context(), bad); !errors.Is(err, engine.ErrBadRequest) {
		t.Errorf("got %v, want ErrBadRequest", err)
	}
	job, err := other.Submit(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	if job = enginetest.Wait(t, eng, job.ID); job.Status != engine.Completed {
		t.Errorf("%+v", job)
	}
	if _, err := other.Submit(t.Context(), r); err == nil {
		t.Error("a draft was submitted twice")
	}
}

func TestAFileTellsWhatItIsMadeOf(t *testing.T) {
	blobs := memstorage.New()
	put(t, blobs, "library/b.txt", "beta")
	eng := enginetest.Open(t, engine.Config{Storage: blobs, Workers: -1, Codecs: []codec.Codec{
		&enginetest.Codec{}}})
	own := engine.FromStorage("library/b.txt")
	own.Operation = codec.Convert{Format: "webp"}
	job := enginetest.Submit(t, eng, engine.Request{Operation: toPNG, Inputs: []engine.Input{
		text("a.txt", "alpha"), own, engine.FromURL("https://files.example/c.txt")}})
	files := enginetest.Files(t, eng, job.ID)
	for i, want := range []engine.Source{
		{Name: "a.txt", Type: "text/plain", Size: 5},
		{Name: "b.txt", Type: "text/plain", Size: 4},
		{URL: "https://files.example/c.txt"},
	} {
		got := files[i].Sources[0]
		if len(files[i].Sources) != 1 || got.Name != want.Name || got.Type != want.Type ||
			got.Size != want.Size || got.URL != want.URL {
			t.Errorf("file %d: %+v", i, files[i].Sources)
		}
		r, err := eng.OpenSource(t.Context(), got)
		if want.URL != "" {
			if !errors.Is(err, storage.ErrNotFound) {
				t.Errorf("file %d: got %v, want that it is missing", i, err)
			}
			continue
		}
		b, _ := io.ReadAll(r)
		if err != nil || string(b) != []string{"alpha", "beta"}[i] || r.Output.Name != want.Name {
			t.Errorf("file %d: %q, %v", i, b, err)
		}
		r.Close()
	}
	ops := []codec.Operation{files[0].Operation, files[1].Operation}
	if !reflect.DeepEqual(ops, []codec.Operation{toPNG, codec.Convert{Format: "webp"}}) {
		t.Errorf("operations: %v", ops)
	}
	if err := blobs.Remove(t.Context(), "library/b.txt"); err != nil {
		t.Fatal(err)
	}
	_, err := eng.OpenSource(t.Context(), files[1].Sources[0])
	if !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("got %v, want that it is missing", err)
	}
}
