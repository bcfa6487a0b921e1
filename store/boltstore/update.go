package boltstore

import (
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
	st, err := w.state(u.ref.Job)
	if err != nil {
		return err
	}
	tx, err := w.records(u.ref, st)
	if err != nil {
		return err
	}
	var task *store.Task
	if tx.Task != nil {
		copied := *tx.Task // fn changes tx.Task, not what this points to
		task = &copied
	}
	before := rules.Before(tx)
	if u.err = u.call(tx); u.err != nil {
		return errFunction
	}
	change, err := before.Check(u.ref, tx, w.seq)
	if err != nil {
		return err
	}
	return w.apply(u.ref, st, task, change)
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

// records returns copies of the records that r names.
func (w *write) records(r store.Ref, st *state) (*store.Tx, error) {
	if !st.exists {
		return &store.Tx{}, nil
	}
	value := st.value.Clone()
	tx := &store.Tx{Job: &value}
	if i, ok := r.File(); ok && i <= math.MaxUint32 {
		file, err := load[store.File](&w.read, bucketFile, fileKey(r.Job, i))
		if err != nil {
			return nil, err
		}
		tx.File = file
	}
	if r.Task == "" {
		return tx, nil
	}
	task, err := w.task(taskKey(r))
	tx.Task = task
	return tx, err
}

// apply makes the change, or returns why it cannot and leaves all as it was.
func (w *write) apply(r store.Ref, st *state, old *store.Task, c rules.Change) error {
	for _, t := range c.Add {
		free := c.Ended && t.Value.Ref == r
		if !free && w.get(bucketTask, taskKey(t.Value.Ref)) != nil {
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
		w.setState(st, c.Job)
	}
	if c.File != nil {
		w.putFile(r.Job, c.File)
	}
	switch {
	case c.Ended:
		w.deleteTask(*old)
	case c.Task != nil:
		w.putTask(old, c.Task)
	}
	for _, t := range c.Add {
		w.putTask(nil, t)
	}
	w.putEvents(c.Events)
	return nil
}

func (w *write) putFile(job string, f *rules.Record[store.File]) {
	key := fileKey(job, f.Value.Index)
	if string(w.get(bucketFile, key)) != string(f.Bytes) {
		w.put(bucketFile, key, f.Bytes)
	}
}
