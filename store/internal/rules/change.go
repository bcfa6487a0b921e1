package rules

import (
	"cmp"
	"encoding"
	"fmt"

	"github.com/spoolmedia/spool/store"
)

// Record is a record and its form at rest.
type Record[T any] struct {
	Value T
	Bytes []byte
}

// Encode returns v at rest. More than limit bytes are ErrTooLarge.
func Encode[T any, P interface {
	*T
	encoding.BinaryAppender
}](v T, limit int) (*Record[T], error) {
	r := &Record[T]{Value: v}
	var err error
	if r.Bytes, err = P(&r.Value).AppendBinary(nil); err != nil {
		return nil, err
	}
	if n := len(r.Bytes); n > limit {
		return nil, fmt.Errorf("%d bytes where %d are allowed: %w", n, limit, store.ErrTooLarge)
	}
	return r, nil
}

// Change is what one Update did: the records to be written. Those of no job,
// task or file are nil.
type Change struct {
	Job    *Record[store.State]
	Delete bool                // the job has become a deleted one
	Task   *Record[store.Task] // nil also if the task has ended
	Ended  bool                // the task has ended
	File   *Record[store.File]
	Add    []*Record[store.Task]
	Events []*Record[store.Event]
}

// Existing says which records there were before fn ran.
type Existing struct {
	job, task, file bool
	deleted         bool
	account         string
}

// Before notes what tx holds before fn runs.
func Before(tx *store.Tx) Existing {
	e := Existing{job: tx.Job != nil, task: tx.Task != nil, file: tx.File != nil}
	if e.job {
		e.account, e.deleted = tx.Job.Account, !tx.Job.Deleted.IsZero()
	}
	return e
}

// Check returns what fn made of tx, in the form that it is to be written in. The
// events get the numbers after seq. It shares memory with tx. Whether a name in
// Add is in use is left to the backend, but for names that come twice.
func (e Existing) Check(r store.Ref, tx *store.Tx, seq uint64) (c Change, err error) {
	if err := e.missing(tx); err != nil {
		return Change{}, err
	}
	if !e.job {
		return Change{}, nil
	}
	c.Ended = e.task && tx.Task == nil
	if tx.Job != nil {
		tx.Job.Account = e.account
		if e.deleted && tx.Job.Deleted.IsZero() {
			return Change{}, store.ErrDeleted
		}
		c.Delete = !e.deleted && !tx.Job.Deleted.IsZero()
		if c.Job, err = State(*tx.Job); err != nil {
			return Change{}, err
		}
	}
	if tx.Task != nil {
		tx.Task.Ref = r
		if c.Task, err = e.Task(*tx.Task); err != nil {
			return Change{}, err
		}
	}
	if tx.File != nil {
		tx.File.Index, _ = r.File()
		if c.File, err = File(*tx.File); err != nil {
			return Change{}, err
		}
	}
	if c.Add, err = e.add(r.Job, tx.Add); err != nil {
		return Change{}, err
	}
	c.Events, err = e.events(r.Job, tx.Events, seq)
	return c, err
}

// missing refuses to write what is not there: Update makes no jobs and no files,
// and tasks only through Add.
func (e Existing) missing(tx *store.Tx) error {
	switch {
	case !e.job && (tx.Job != nil || len(tx.Add) > 0 || len(tx.Events) > 0):
		return fmt.Errorf("job: %w", store.ErrNotFound)
	case !e.task && tx.Task != nil:
		return fmt.Errorf("task: %w", store.ErrNotFound)
	case !e.file && tx.File != nil:
		return fmt.Errorf("file: %w", store.ErrNotFound)
	}
	return nil
}

// State returns s at rest.
func State(s store.State) (*Record[store.State], error) {
	s.Version = cmp.Or(s.Version, store.Version)
	r, err := Encode(s, store.MaxState)
	if err != nil {
		return nil, fmt.Errorf("state: %w", err)
	}
	return r, nil
}

// File returns f at rest.
func File(f store.File) (*Record[store.File], error) {
	f.Version = cmp.Or(f.Version, store.Version)
	r, err := Encode(f, store.MaxRecord)
	if err != nil {
		return nil, fmt.Errorf("file %d: %w", f.Index, err)
	}
	return r, nil
}

// Task returns t at rest, in the account of its job if it names none.
func (e Existing) Task(t store.Task) (*Record[store.Task], error) {
	t.Version = cmp.Or(t.Version, store.Version)
	t.Account = cmp.Or(t.Account, e.account)
	if err := Task(t); err != nil {
		return nil, err
	}
	r, err := Encode(t, store.MaxRecord)
	if err != nil {
		return nil, fmt.Errorf("task %q: %w", t.Task, err)
	}
	return r, nil
}

func (e Existing) add(job string, tasks []store.Task) ([]*Record[store.Task], error) {
	if len(tasks) > store.MaxAdd {
		return nil, fmt.Errorf("%d new tasks where %d are allowed: %w",
			len(tasks), store.MaxAdd, store.ErrTooLarge)
	}
	var add []*Record[store.Task]
	names := make(map[string]bool, len(tasks))
	for _, t := range tasks {
		t.Job = job
		r, err := e.Task(t)
		if err != nil {
			return nil, err
		}
		if names[t.Task] {
			return nil, fmt.Errorf("task %q: %w", t.Task, store.ErrExist)
		}
		names[t.Task] = true
		add = append(add, r)
	}
	return add, nil
}

func (e Existing) events(
	job string, events []store.Event, seq uint64,
) ([]*Record[store.Event], error) {
	var out []*Record[store.Event]
	for i, event := range events {
		event.Job, event.Account = job, e.account
		r, err := Event(event, seq+uint64(i)+1)
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}

// Event returns e at rest as the event with that number of the store.
func Event(e store.Event, seq uint64) (*Record[store.Event], error) {
	e.Version = cmp.Or(e.Version, store.Version)
	e.Seq, e.Cursor = seq, Cursor(seq)
	r, err := Encode(e, store.MaxRecord)
	if err != nil {
		return nil, fmt.Errorf("event %q: %w", e.Kind, err)
	}
	return r, nil
}
