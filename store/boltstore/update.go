package boltstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/spoolmedia/spool/store"
	"github.com/spoolmedia/spool/store/internal/rules"
)

// Update implements [store.Store].
func (s *Store) Update(ctx context.Context, r store.Ref, fn func(*store.Tx) error) error {
	u := update{ref: r, fn: fn}
	err := s.commits.do(ctx, u.run)
	switch {
	case u.panicked != nil:
		panic(u.panicked)
	case err == nil:
		return nil
	case errors.Is(err, errFunction):
		return u.err
	}
	return fmt.Errorf("boltstore: update %v: %w", r, err)
}

// errFunction stands for the error of a function, which comes back as it is.
var errFunction = errors.New("the function failed")

// An update is one call of Update.
type update struct {
	ref      store.Ref
	fn       func(*store.Tx) error
	err      error // of fn
	panicked any   // what fn panicked with
}

func (u *update) run(w *write) error {
	old, err := w.find(u.ref)
	if err != nil {
		return err
	}
	tx := w.scratch.tx(old)
	before := rules.Before(tx)
	if u.err = u.call(tx); u.err != nil {
		return errFunction
	}
	if err := w.scratch.change.Check(before, u.ref, tx, w.seq); err != nil {
		return err
	}
	return w.apply(u.ref, old, &w.scratch.change)
}

// call keeps a panic of fn for the goroutine that called Update.
func (u *update) call(tx *store.Tx) (err error) {
	defer func() {
		if u.panicked = recover(); u.panicked != nil {
			err = fmt.Errorf("panic: %v", u.panicked)
		}
	}()
	return u.fn(tx)
}

// records are what an Update finds, decoded and at rest, until the next one looks.
type records struct {
	state     *state
	file      *store.File
	task      *store.Task
	fileBytes []byte
	taskBytes []byte
}

// A scratch is memory for one Update after the other.
type scratch struct {
	file   store.File
	task   store.Task // as it was found
	given  store.Tx
	job    store.State // of given
	work   store.Task  // of given
	change rules.Change
}

// find returns the records that r names.
func (w *write) find(r store.Ref) (records, error) {
	st, err := w.state(r.Job)
	old := records{state: st}
	if err != nil || !st.exists {
		return old, err
	}
	if i, ok := r.File(); ok && i <= math.MaxUint32 {
		w.key = fileKey(w.key[:0], r.Job, i)
		old.fileBytes = w.get(bucketFile, w.key)
		if old.fileBytes != nil {
			old.file, w.scratch.file = &w.scratch.file, store.File{}
			if err := decode(old.fileBytes, old.file); err != nil {
				return old, err
			}
		}
	}
	if r.Task != "" {
		w.key = taskKey(w.key[:0], r)
		old.taskBytes = w.get(bucketTask, w.key)
		if old.taskBytes != nil {
			old.task, w.scratch.task = &w.scratch.task, store.Task{}
			if err := decode(old.taskBytes, old.task); err != nil {
				return old, err
			}
			if old.task.Ref != r {
				return old, misplaced("task", w.key)
			}
		}
	}
	return old, nil
}

// tx returns copies for a function to change.
func (s *scratch) tx(old records) *store.Tx {
	s.given = store.Tx{File: old.file}
	if old.state.exists {
		s.job = old.state.value.Clone()
		s.given.Job = &s.job
	}
	if old.task != nil {
		s.work = old.task.Clone()
		s.given.Task = &s.work
	}
	return &s.given
}

// apply makes the change, or returns why it cannot and leaves all as it was.
func (w *write) apply(r store.Ref, old records, c *rules.Change) error {
	for i := range c.Add {
		t := &c.Add[i]
		free := c.Ended && t.Value.Ref == r
		w.key = taskKey(w.key[:0], t.Value.Ref)
		if !free && w.get(bucketTask, w.key) != nil {
			return fmt.Errorf("task %q: %w", t.Value.Task, store.ErrExist)
		}
	}
	if c.Delete {
		j, err := w.jobNow(r.Job)
		if err != nil {
			return err
		}
		w.freeKey(j)
	}
	if c.Job != nil {
		w.setState(old.state, c.Job)
	}
	if c.File != nil && !bytes.Equal(c.File.Bytes, old.fileBytes) {
		w.key = fileKey(w.key[:0], r.Job, c.File.Value.Index)
		w.put(bucketFile, w.key, c.File.Bytes)
	}
	switch {
	case c.Ended:
		w.deleteTask(*old.task)
	case c.Task != nil && !bytes.Equal(c.Task.Bytes, old.taskBytes):
		w.putTask(old.task, c.Task)
	}
	for i := range c.Add {
		w.putTask(nil, &c.Add[i])
	}
	w.putEvents(c.Events)
	return nil
}
