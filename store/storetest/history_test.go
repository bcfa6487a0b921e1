package storetest

import (
	"context"
	"flag"
	"iter"
	"testing"

	"pgregory.net/rapid"

	"github.com/spoolmedia/spool/store"
	"github.com/spoolmedia/spool/store/memstore"
)

// A fault makes a good store bad in a way that needs some history to be seen.
type fault struct {
	store.Store
	update func(r store.Ref, tx *store.Tx)
	list   func(q *store.Query)
	tasks  func(q *store.TaskQuery)
	forget bool // that a job was there before
}

func (f *fault) Update(ctx context.Context, r store.Ref, fn func(*store.Tx) error) error {
	return f.Store.Update(ctx, r, func(tx *store.Tx) error {
		err := fn(tx)
		if f.update != nil {
			f.update(r, tx)
		}
		return err
	})
}

func (f *fault) List(ctx context.Context, q store.Query) iter.Seq2[store.Job, error] {
	if f.list != nil {
		f.list(&q)
	}
	return f.Store.List(ctx, q)
}

func (f *fault) Tasks(ctx context.Context, q store.TaskQuery) iter.Seq2[store.Task, error] {
	if f.tasks != nil {
		f.tasks(&q)
	}
	return f.Store.Tasks(ctx, q)
}

func (f *fault) Delete(ctx context.Context, id string) error {
	if f.forget {
		return nil
	}
	return f.Store.Delete(ctx, id)
}

func TestHistoriesFindFaults(t *testing.T) {
	// What is found need not be explained, and what is rare must be found each time.
	for name, value := range map[string]string{
		"rapid.nofailfile": "true", "rapid.shrinktime": "0s", "rapid.checks": "2000",
	} {
		old := flag.Lookup(name).Value.String()
		t.Cleanup(func() { _ = flag.Set(name, old) })
		if err := flag.Set(name, value); err != nil {
			t.Fatal(err)
		}
	}
	for name, f := range map[string]fault{
		"forgets a token": {update: func(_ store.Ref, tx *store.Tx) {
			if tx.Task != nil && tx.Task.Token == 1 {
				tx.Task.Token = 7
			}
		}},
		"drops the last event": {update: func(_ store.Ref, tx *store.Tx) {
			if len(tx.Events) > 2 {
				tx.Events = tx.Events[:2]
			}
		}},
		"revives ended tasks": {update: func(r store.Ref, tx *store.Tx) {
			if tx.Job != nil && tx.Task == nil && r.Task == "f/1" && tx.File != nil && len(tx.Add) == 0 {
				tx.Add = []store.Task{task("f/1")}
			}
		}},
		"lists deleted jobs of one status": {update: func(_ store.Ref, tx *store.Tx) {
			if tx.Job != nil && tx.Job.Status == store.Failed {
				tx.Job.Deleted = noon.Add(1)
			}
		}},
		"ignores a cursor of the oldest": {list: func(q *store.Query) {
			if q.Oldest {
				q.Cursor = ""
			}
		}},
		"ignores an account left out": {tasks: func(q *store.TaskQuery) { q.Without = nil }},
		"deletes nothing":             {forget: true},
	} {
		t.Run(name, func(t *testing.T) {
			var found recorder
			checkHistories(&found, t.Context(), func() store.Store {
				f := f
				f.Store = memstore.New()
				return &f
			}, nil)
			if !found.failed {
				t.Error("no history found it")
			}
		})
	}
}

// A recorder notes that a check failed.
type recorder struct {
	rapid.TB
	failed bool
}

func (*recorder) Helper()                 {}
func (*recorder) Name() string            { return "recorder" }
func (*recorder) Logf(string, ...any)     {}
func (*recorder) Log(...any)              {}
func (r *recorder) Errorf(string, ...any) { r.failed = true }
func (r *recorder) Error(...any)          { r.failed = true }
func (r *recorder) Fatalf(string, ...any) { r.failed = true }
func (r *recorder) Fatal(...any)          { r.failed = true }
func (r *recorder) FailNow()              { r.failed = true }
func (r *recorder) Fail()                 { r.failed = true }
func (r *recorder) Failed() bool          { return r.failed }
