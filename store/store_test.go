package store_test

import (
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/spoolmedia/spool/store"
)

func TestParseRefReadsWhatStringWrote(t *testing.T) {
	for text, want := range map[string]store.Ref{
		"j":         {Job: "j"},
		"j/walk":    {Job: "j", Task: "walk"},
		"j/f/1/p/2": {Job: "j", Task: "f/1/p/2"},
		"":          {},
	} {
		if got := store.ParseRef(text); got != want || got.String() != text {
			t.Errorf("%q: got %+v, written %q, want %+v", text, got, got, want)
		}
	}
}

func TestRefFile(t *testing.T) {
	for task, want := range map[string]int{
		store.FileTask(0): 0, "f/17": 17, "f/17/p/3": 17, "walk": -1, "f/": -1, "f/x": -1, "f/-1": -1,
		"": -1, "f": -1, "f/99999999999999999999": -1, "expire/f/1": -1,
	} {
		got, ok := store.Ref{Job: "j", Task: task}.File()
		if !ok {
			got = -1
		}
		if got != want {
			t.Errorf("%q: got file %d, want %d", task, got, want)
		}
	}
}

func TestStatusTerminal(t *testing.T) {
	for status, want := range map[store.Status]bool{
		store.Pending: false, store.Processing: false, "": false,
		store.Completed: true, store.Failed: true, store.Cancelled: true,
	} {
		if got := status.Terminal(); got != want {
			t.Errorf("%q: got %v, want %v", status, got, want)
		}
	}
}

func TestCloneSharesNoMemory(t *testing.T) {
	f := store.File{
		Op: &store.Spec{Params: json.RawMessage(`1`)}, Probe: json.RawMessage(`1`),
		Outputs: []store.Output{{Media: json.RawMessage(`1`)}}, Error: &store.Error{Message: "1"},
	}
	c := f.Clone()
	c.Op.Params[0], c.Probe[0], c.Outputs[0].Media[0], c.Error.Message = '9', '9', '9', "9"
	b, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(b), "9") {
		t.Errorf("the clone's change is seen in %s", b)
	}
}

func TestBoardConflatesForASlowWatcher(t *testing.T) {
	var b store.Board
	r := store.Ref{Job: "j", Task: "f/0"}
	b.Report(r, store.Advance{})
	var seen []float64
	for _, a := range b.Watch(t.Context(), "j") {
		seen = append(seen, a.Fraction)
		if a.Fraction == 1 {
			break
		}
		for i := range 100 {
			b.Report(r, store.Advance{Fraction: float64(i) / 100})
		}
		b.Report(r, store.Advance{Fraction: 7}) // more than all
	}
	if len(seen) != 2 || seen[1] != 1 {
		t.Errorf("got %v, want 0 and then only the newest, 1", seen)
	}
}

func TestBoardForgetsWhatNoLongerRuns(t *testing.T) {
	var b store.Board
	r := store.Ref{Job: "j", Task: "f/0"}
	b.Report(r, store.Advance{Fraction: -1})
	b.Report(r, store.Advance{Fraction: 0.5})
	b.Report(r, store.Advance{Fraction: -1})
	if got := b.Latest("j"); len(got) != 0 {
		t.Errorf("got %v, want nothing", got)
	}
}

func TestBoardEndsWatchesWhenItIsClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b store.Board
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				for range b.Watch(t.Context(), "") {
				}
			})
		}
		synctest.Wait() // all of them wait
		for range 2 {
			if err := b.Close(); err != nil {
				t.Error(err)
			}
		}
		b.Report(store.Ref{Job: "j", Task: "f/0"}, store.Advance{Fraction: 0.5})
		wg.Wait()
	})
}

// bare is a Store without the ability; wrapped hides one that has it.
type bare struct{ store.Store }

type wrapped struct{ inner any }

func (w wrapped) Unwrap() any { return w.inner }

func TestAsLooksThroughDecorators(t *testing.T) {
	board := new(store.Board)
	for name, test := range map[string]struct {
		value any
		want  bool
	}{
		"itself":  {board, true},
		"wrapped": {wrapped{wrapped{board}}, true},
		"bare":    {wrapped{bare{}}, false},
		"nil":     {wrapped{nil}, false},
	} {
		p, ok := store.As[store.Progress](test.value)
		if ok != test.want || ok && p != store.Progress(board) {
			t.Errorf("%s: got %v, %v, want %v", name, p, ok, test.want)
		}
	}
}
