package engine_test

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/engine"
	"github.com/spoolmedia/spool/engine/enginetest"
)

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
	files := map[int][]engine.EventKind{}
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
			files[event.File] = append(files[event.File], event.Kind)
		}
	}
	// A file may be started before the outcome of another is committed.
	one := []engine.EventKind{engine.FileStarted, engine.FileCompleted}
	want := map[int][]engine.EventKind{
		-1: {engine.Created, engine.Started, engine.CompletedJob}, 0: one, 1: one,
	}
	if !reflect.DeepEqual(files, want) || len(kinds) != 7 ||
		kinds[1] != engine.Started || kinds[6] != engine.CompletedJob {
		t.Fatalf("events %v, of the files %v, want %v", kinds, files, want)
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
	if !slices.Equal(rest, kinds[3:]) {
		t.Errorf("events after the third: %v, want %v", rest, kinds[3:])
	}
	for event := range eng.Subscribe(t.Context(), engine.Filter{Job: job.ID, After: cursors[len(cursors)-1]}) {
		t.Errorf("after the last event: %+v", event)
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
