package engine_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/engine"
	"github.com/spoolmedia/spool/engine/enginetest"
	"github.com/spoolmedia/spool/storage"
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
	if !reflect.DeepEqual(job.Operation, toPNG) || job.Labels["album"] != "sea" ||
		job.Account != "acct-7" {
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
		{codec.Unsupported, "of an unknown kind; convert to png takes text (txt)"},
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

func put(t *testing.T, s storage.Storage, key, content string) {
	t.Helper()
	w, err := s.Create(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(w, content); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Commit(); err != nil {
		t.Fatal(err)
	}
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
		"status":    {engine.Query{Statuses: []engine.Status{engine.Pending}}, nil},
		"page":      {engine.Query{After: ids[1], Limit: 2}, ids[2:4]},
		"completed": {engine.Query{Statuses: []engine.Status{engine.Completed}, Limit: 1}, ids[:1]},
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
