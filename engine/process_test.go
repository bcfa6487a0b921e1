package engine_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/engine"
	"github.com/spoolmedia/spool/engine/enginetest"
)

func TestProcessReturnsOutputsWithoutAJobAndCleansUp(t *testing.T) {
	path := filepath.Join(t.TempDir(), "path.txt")
	if err := os.WriteFile(path, []byte("content"), 0o644); err != nil {
		t.Fatal(err)
	}
	for name, in := range map[string]engine.Input{
		"path":      engine.FromFile(path),
		"reader at": engine.FromReader("a.txt", bytes.NewReader([]byte("content"))),
		"reader":    engine.FromReader("a.txt", io.MultiReader(strings.NewReader("content"))),
	} {
		t.Run(name, func(t *testing.T) {
			temp := t.TempDir()
			eng := enginetest.Open(t, engine.Config{TempDir: temp})
			outputs, err := eng.Process(t.Context(), toPNG, in)
			if err != nil {
				t.Fatal(err)
			}
			b, err := io.ReadAll(outputs[0])
			if err != nil || string(b) != "content" || outputs[0].Output.Size != 7 {
				t.Errorf("got %q, %v, %+v", b, err, outputs[0].Output)
			}
			if err := outputs[0].Close(); err != nil {
				t.Fatal(err)
			}
			for job := range eng.List(t.Context(), engine.Query{}) {
				t.Errorf("there is a job: %+v", job)
			}
			checkEmpty(t, temp)
		})
	}
}

func TestProcessThatFailsSaysWhyAndCleansUp(t *testing.T) {
	cause := errors.New("the cause")
	temp := t.TempDir()
	eng := enginetest.Open(t, engine.Config{TempDir: temp, Codecs: []codec.Codec{&enginetest.Codec{
		Do: func(ctx context.Context, w *codec.Work) error {
			if w.In[0].Size() == 4 {
				<-ctx.Done()
				return ctx.Err()
			}
			return cause
		},
	}}})
	if _, err := eng.Process(t.Context(), toPNG, text("a.txt", "a")); !errors.Is(err, cause) {
		t.Errorf("got %v, want the cause", err)
	}
	if _, err := eng.Process(t.Context(), codec.Convert{}, text("a.txt", "a")); !errors.Is(err, engine.ErrBadRequest) {
		t.Errorf("no format: got %v, want ErrBadRequest", err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(cause)
	if _, err := eng.Process(ctx, toPNG, text("a.txt", "hold")); !errors.Is(err, cause) {
		t.Errorf("cancelled: got %v, want the cause of the cancel", err)
	}
	checkEmpty(t, temp)
}

func checkEmpty(t *testing.T, dir string) {
	t.Helper()
	left, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range left {
		t.Errorf("left behind: %s", entry.Name())
	}
}

func TestProcessCountsAmongTheWorkers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hold := make(chan struct{})
		fake := &enginetest.Codec{Do: func(ctx context.Context, w *codec.Work) error {
			<-hold
			return enginetest.Write(ctx, w, "o", []byte("o"))
		}}
		eng := enginetest.Open(t, engine.Config{Workers: 1, TempDir: t.TempDir(), Codecs: []codec.Codec{fake}})
		job := enginetest.Submit(t, eng, engine.Request{
			Inputs: []engine.Input{text("a.txt", "a")}, Operation: toPNG,
		})
		synctest.Wait()
		done := make(chan error, 1)
		go func() {
			outputs, err := eng.Process(t.Context(), toPNG, text("b.txt", "b"))
			for _, o := range outputs {
				err = errors.Join(err, o.Close())
			}
			done <- err
		}()
		synctest.Wait()
		if got := fake.Calls(); got != 1 {
			t.Errorf("%d calls run with one worker", got)
		}
		close(hold)
		enginetest.Wait(t, eng, job.ID)
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}
