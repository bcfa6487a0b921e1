package memstore

import (
	"cmp"
	"math"
	"time"

	"github.com/google/btree"
	"github.com/spoolmedia/spool/store"
	"github.com/spoolmedia/spool/store/internal/rules"
)

var _ rules.Index = (*tasks)(nil)

// A task is never changed, only replaced.
type task struct {
	store.Task
	key string // rules.Key of its name
}

// tasks holds all tasks by name, and those that are not Done in one index each.
type tasks struct {
	all   *btree.BTreeG[*task] // by job and name
	ready *btree.BTreeG[*task] // by lane, account, priority, age: free, and due when promoted
	later *btree.BTreeG[*task] // by NotBefore: free, not promoted yet
	held  map[string]map[*task]struct{}
}

func newTasks() tasks {
	return tasks{
		all:   btree.NewG(degree, byName),
		ready: btree.NewG(degree, byTurn),
		later: btree.NewG(degree, byTime),
		held:  make(map[string]map[*task]struct{}),
	}
}

func byName(a, b *task) bool {
	return cmp.Or(cmp.Compare(a.Job, b.Job), cmp.Compare(a.key, b.key)) < 0
}

func byTurn(a, b *task) bool {
	return cmp.Or(
		cmp.Compare(a.Lane, b.Lane), cmp.Compare(a.Account, b.Account),
		cmp.Compare(b.Priority, a.Priority),
		cmp.Compare(a.Job, b.Job), cmp.Compare(a.key, b.key)) < 0
}

func byTime(a, b *task) bool {
	c := a.NotBefore.Compare(b.NotBefore)
	return c < 0 || c == 0 && byName(a, b)
}

// at returns the place of a task by name.
func at(r store.Ref) *task {
	return &task{Task: store.Task{Ref: r}, key: rules.Key(r.Task)}
}

// get returns the task, or nil.
func (ts *tasks) get(r store.Ref) *task {
	t, _ := ts.all.Get(at(r))
	return t
}

// put adds a task whose name is free.
func (ts *tasks) put(record store.Task) {
	t := &task{record, rules.Key(record.Task)}
	ts.all.ReplaceOrInsert(t)
	switch {
	case t.Done:
	case t.Session != "":
		if ts.held[t.Session] == nil {
			ts.held[t.Session] = make(map[*task]struct{})
		}
		ts.held[t.Session][t] = struct{}{}
	case t.NotBefore.IsZero():
		ts.ready.ReplaceOrInsert(t)
	default:
		ts.later.ReplaceOrInsert(t)
	}
}

// remove takes the task out, if it exists.
func (ts *tasks) remove(r store.Ref) {
	t, ok := ts.all.Delete(at(r))
	switch {
	case !ok || t.Done:
	case t.Session != "":
		delete(ts.held[t.Session], t)
		if len(ts.held[t.Session]) == 0 {
			delete(ts.held, t.Session)
		}
	default:
		ts.ready.Delete(t)
		if !t.NotBefore.IsZero() {
			ts.later.Delete(t)
		}
	}
}

func (ts *tasks) removeJob(id string) {
	var names []store.Ref
	ts.all.AscendGreaterOrEqual(at(store.Ref{Job: id}), func(t *task) bool {
		if t.Job == id {
			names = append(names, t.Ref)
		}
		return t.Job == id
	})
	for _, r := range names {
		ts.remove(r)
	}
}

// promote moves the tasks that are due to the ready ones. They stay there, so
// who reads the ready ones looks at NotBefore too.
func (ts *tasks) promote(due time.Time) {
	for {
		t, ok := ts.later.Min()
		if !ok || t.NotBefore.After(due) {
			return
		}
		ts.later.DeleteMin()
		ts.ready.ReplaceOrInsert(t)
	}
}

// waiting reports whether promote has something to do.
func (ts *tasks) waiting(due time.Time) bool {
	t, ok := ts.later.Min()
	return ok && !t.NotBefore.After(due)
}

// Account implements [rules.Index].
func (ts *tasks) Account(lane, from string) (account string, ok bool) {
	first := &task{Task: store.Task{Lane: lane, Account: from, Priority: math.MaxInt}}
	ts.ready.AscendGreaterOrEqual(first, func(t *task) bool {
		account, ok = t.Account, t.Lane == lane
		return false
	})
	return account, ok
}

// Read implements [rules.Index].
func (ts *tasks) Read(
	lane, account string, after *store.Task, due time.Time, n int,
) (out []store.Task) {
	from := &task{Task: store.Task{Lane: lane, Account: account, Priority: math.MaxInt}}
	if after != nil {
		from = &task{*after, rules.Key(after.Task) + "\x00"}
	}
	ts.ready.AscendGreaterOrEqual(from, func(t *task) bool {
		if t.Lane != lane || t.Account != account {
			return false
		}
		if !t.NotBefore.After(due) {
			out = append(out, t.Task.Clone())
		}
		return len(out) < n
	})
	return out
}
