package rules

import (
	"cmp"
	"encoding"
	"fmt"
	"slices"

	"github.com/spoolmedia/spool/store"
)

// Record is a record and its form at rest.
type Record[T any] struct {
	Value T
	Bytes []byte
}

// encode puts v into r. More than limit bytes are ErrTooLarge.
func encode[T any, P interface {
	*T
	encoding.BinaryAppender
}](r *Record[T], v T, limit int) (err error) {
	r.Value = v
	if r.Bytes, err = P(&r.Value).AppendBinary(nil); err != nil {
		return err
	}
	if n := len(r.Bytes); n > limit {
		return fmt.Errorf("%d bytes where %d are allowed: %w", n, limit, store.ErrTooLarge)
	}
	return nil
}

// Change is what one Update did: the records to be written. Those of no job,
// task or file are nil.
type Change struct {
	Job    *Record[store.State]
	Delete bool                // the job has become a deleted one
	Task   *Record[store.Task] // nil also if the task has ended
	Ended  bool                // the task has ended
	File   *Record[store.File]
	Add    []Record[store.Task]
	Events []Record[store.Event]

	// Memory for what the fields point to.
	job  Record[store.State]
	task Record[store.Task]
	file Record[store.File]
}

// reset makes c the change of nothing, which has the memory of what it was.
func (c *Change) reset() {
	c.Job, c.Task, c.File, c.Delete, c.Ended = nil, nil, nil, false, false
	c.Add, c.Events = c.Add[:0], c.Events[:0]
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

// Check sets c to what fn made of tx, in the form that it is to be written in. The
// events get the numbers after seq. It shares memory with tx, and is good until the
// next Check with the same c. Whether a name in Add is in use is left to the backend,
// but for names that come twice.
func (c *Change) Check(e Existing, r store.Ref, tx *store.Tx, seq uint64) error {
	c.reset()
	if err := e.missing(tx); err != nil || !e.job {
		return err
	}
	c.Ended = e.task && tx.Task == nil
	if tx.Job != nil {
		tx.Job.Account = e.account
		if e.deleted && tx.Job.Deleted.IsZero() {
			return store.ErrDeleted
		}
		c.Delete = !e.deleted && !tx.Job.Deleted.IsZero()
		if err := setState(&c.job, *tx.Job); err != nil {
			return err
		}
		c.Job = &c.job
	}
	if tx.Task != nil {
		tx.Task.Ref = r
		if err := e.setTask(&c.task, *tx.Task); err != nil {
			return err
		}
		c.Task = &c.task
	}
	if tx.File != nil {
		tx.File.Index, _ = r.File()
		if err := setFile(&c.file, *tx.File); err != nil {
			return err
		}
		c.File = &c.file
	}
	if err := c.add(e, r.Job, tx.Add); err != nil {
		return err
	}
	return c.events(e, r.Job, tx.Events, seq)
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

func setState(r *Record[store.State], s store.State) error {
	s.Version = cmp.Or(s.Version, store.Version)
	if err := encode(r, s, store.MaxState); err != nil {
		return fmt.Errorf("state: %w", err)
	}
	return nil
}

func setFile(r *Record[store.File], f store.File) error {
	f.Version = cmp.Or(f.Version, store.Version)
	if err := encode(r, f, store.MaxRecord); err != nil {
		return fmt.Errorf("file %d: %w", f.Index, err)
	}
	return nil
}

// setTask puts t into r, in the account of its job if it names none.
func (e Existing) setTask(r *Record[store.Task], t store.Task) error {
	t.Version = cmp.Or(t.Version, store.Version)
	t.Account = cmp.Or(t.Account, e.account)
	if err := Task(t); err != nil {
		return err
	}
	if err := encode(r, t, store.MaxRecord); err != nil {
		return fmt.Errorf("task %q: %w", t.Task, err)
	}
	return nil
}

func setEvent(r *Record[store.Event], e store.Event, seq uint64) error {
	e.Version = cmp.Or(e.Version, store.Version)
	e.Seq, e.Cursor = seq, Cursor(seq)
	if err := encode(r, e, store.MaxRecord); err != nil {
		return fmt.Errorf("event %q: %w", e.Kind, err)
	}
	return nil
}

func (c *Change) add(e Existing, job string, tasks []store.Task) error {
	if len(tasks) > store.MaxAdd {
		return fmt.Errorf("%d new tasks where %d are allowed: %w",
			len(tasks), store.MaxAdd, store.ErrTooLarge)
	}
	var names map[string]bool
	if len(tasks) > 1 {
		names = make(map[string]bool, len(tasks))
	}
	c.Add = slices.Grow(c.Add, len(tasks))[:len(tasks)]
	for i, t := range tasks {
		t.Job = job
		if err := e.setTask(&c.Add[i], t); err != nil {
			return err
		}
		if names[t.Task] {
			return fmt.Errorf("task %q: %w", t.Task, store.ErrExist)
		}
		if names != nil {
			names[t.Task] = true
		}
	}
	return nil
}

func (c *Change) events(e Existing, job string, events []store.Event, seq uint64) error {
	c.Events = slices.Grow(c.Events, len(events))[:len(events)]
	for i, event := range events {
		event.Job, event.Account = job, e.account
		if err := setEvent(&c.Events[i], event, seq+uint64(i)+1); err != nil {
			return err
		}
	}
	return nil
}
