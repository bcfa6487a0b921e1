package boltstore

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/spoolmedia/spool/store"
	"github.com/spoolmedia/spool/store/internal/rules"
)

// Tasks implements [store.Store].
func (s *Store) Tasks(ctx context.Context, q store.TaskQuery) iter.Seq2[store.Task, error] {
	q.Lanes = slices.Clone(q.Lanes)
	return func(yield func(store.Task, error) bool) {
		switch {
		case q.Orphaned:
			limit(s.orphaned(ctx, q), q.Limit)(yield)
		case q.Under.Job != "":
			limit(s.under(ctx, q), q.Limit)(yield)
		default:
			s.ready(ctx, q)(yield)
		}
	}
}

// ready yields the tasks that can be done, fairly.
func (s *Store) ready(ctx context.Context, q store.TaskQuery) iter.Seq2[store.Task, error] {
	return func(yield func(store.Task, error) bool) {
		if err := s.promote(ctx, q.Due); err != nil {
			yield(store.Task{}, fmt.Errorf("boltstore: tasks: %w", err))
			return
		}
		window := s.turns.Window(q)
		pages(ctx, s, "tasks", func(r *read, _ *store.Task) ([]store.Task, error) {
			ix := &index{read: r, visible: make(map[string]bool)}
			return window.Next(ix, chunk), ix.err
		})(yield)
	}
}

// promoteStep is how many tasks promote moves in one transaction.
const promoteStep = 1000

// promote moves the tasks that are due to the ready ones, where they stay: who
// reads those looks at NotBefore too.
func (s *Store) promote(ctx context.Context, due time.Time) error {
	end := append(timePrefix(nil, due), 255) // behind all of that time, as IDs are UTF-8
	for {
		var from []byte
		err := s.view(ctx, func(r *read) error {
			if k, _ := r.cursor(bucketLater).First(); k != nil && bytes.Compare(k, end) < 0 {
				from = bytes.Clone(k)
			}
			return nil
		})
		if err != nil || from == nil {
			return err
		}
		err = s.commits.do(ctx, func(w *write) error { return w.promote(from, end) })
		if err != nil {
			return err
		}
	}
}

// promote moves tasks whose keys in bucketLater are not before from, but before end.
func (w *write) promote(from, end []byte) error {
	var keys [][]byte
	c := w.cursor(bucketLater)
	k, _ := c.Seek(from)
	for ; k != nil && bytes.Compare(k, end) < 0 && len(keys) < promoteStep; k, _ = c.Next() {
		keys = append(keys, bytes.Clone(k))
	}
	for _, key := range keys {
		if len(key) < timeSize {
			return misplaced("task", key)
		}
		t, err := w.task(key[timeSize:])
		if err != nil {
			return err
		}
		w.delete(bucketLater, key)
		if t != nil {
			w.put(bucketReady, readyKey(nil, *t), nil)
		}
	}
	return w.gone(bucketLater, from, keys)
}

var _ rules.Index = (*index)(nil)

// An index is the ready tasks as one transaction sees them.
type index struct {
	*read
	visible map[string]bool // whether jobs are
	first   []byte          // of the account that Account has found last
	err     error           // the first one
}

// Account implements [rules.Index].
func (ix *index) Account(lane, from string) (string, bool) {
	prefix, at := text(nil, lane), readyPrefix(nil, lane, from)
	k, _ := ix.cursor(bucketReady).Seek(at)
	if k != nil && bytes.Compare(k, at) < 0 {
		ix.err = misplaced("task", k)
		return "", false
	}
	if !bytes.HasPrefix(k, prefix) {
		return "", false
	}
	account, _ := cutText(k[len(prefix):])
	ix.first = k
	return account, true
}

// Read implements [rules.Index].
func (ix *index) Read(
	lane, account string, after *store.Task, due time.Time, n int,
) (out []store.Task) {
	prefix := readyPrefix(nil, lane, account)
	from := prefix
	switch {
	case after != nil:
		from = append(readyKey(nil, *after), 0)
	case bytes.HasPrefix(ix.first, prefix): // what is before it was passed over
		from = ix.first
	}
	c := ix.cursor(bucketReady)
	var last []byte
	k, _ := c.Seek(from)
	for bytes.HasPrefix(k, prefix) && len(out) < n && ix.err == nil {
		if len(k) < len(prefix)+prioritySize || bytes.Compare(k, last) <= 0 {
			ix.err = misplaced("task", k)
			break
		}
		last = k
		key := k[len(prefix)+prioritySize:]
		job, _, _ := bytes.Cut(key, []byte{0})
		if !ix.sees(job) { // pass over all that it has
			k, _ = c.Seek(append(bytes.Clone(k[:len(k)-len(key)+len(job)]), 1))
			continue
		}
		t, err := ix.task(key)
		if ix.err = err; t != nil && !t.NotBefore.After(due) {
			out = append(out, *t)
		}
		k, _ = c.Next()
	}
	return out
}

func (ix *index) sees(job []byte) bool {
	visible, ok := ix.visible[string(job)]
	if !ok {
		visible = ix.read.visible(string(job))
		ix.visible[string(job)] = visible
	}
	return visible
}

// under yields the tasks of a job at and below a name.
func (s *Store) under(ctx context.Context, q store.TaskQuery) iter.Seq2[store.Task, error] {
	top := rules.Key(q.Under.Task)
	return pages(ctx, s, "tasks", func(r *read, last *store.Task) ([]store.Task, error) {
		if !r.visible(q.Under.Job) {
			return nil, nil
		}
		prefix := taskKey(nil, q.Under)
		from := prefix
		if last != nil {
			from = append(taskKey(nil, last.Ref), 0)
		}
		var page []store.Task
		c := r.cursor(bucketTask)
		k, _ := c.Seek(from)
		for ; bytes.HasPrefix(k, prefix) && len(page) < chunk; k, _ = c.Next() {
			if bytes.Compare(k, from) < 0 {
				return nil, misplaced("task", k)
			}
			from = append(bytes.Clone(k), 0)
			if !rules.Under(string(k[len(q.Under.Job)+1:]), top) {
				continue
			}
			t, err := r.task(k)
			if err != nil {
				return nil, err
			}
			if q.Account == "" || t.Account == q.Account {
				page = append(page, *t)
			}
		}
		return page, nil
	})
}

// orphaned yields the tasks of sessions that have ended: all that are not alive
// in this process, as the lock on the file proves.
func (s *Store) orphaned(ctx context.Context, q store.TaskQuery) iter.Seq2[store.Task, error] {
	return pages(ctx, s, "tasks", func(r *read, last *store.Task) ([]store.Task, error) {
		var from []byte
		if last != nil {
			from = append(heldKey(nil, *last), 0)
		}
		var page []store.Task
		var at []byte
		c := r.cursor(bucketHeld)
		for k, _ := c.Seek(from); k != nil && len(page) < chunk; {
			if bytes.Compare(k, at) <= 0 {
				return nil, misplaced("task", k)
			}
			at = k
			session, key := cutText(k)
			if s.living(session) {
				k, _ = c.Seek(behind(text(nil, session)))
				continue
			}
			t, err := r.task(key)
			if err != nil {
				return nil, err
			}
			if t != nil && r.visible(t.Job) && (q.Account == "" || t.Account == q.Account) {
				page = append(page, *t)
			}
			k, _ = c.Next()
		}
		return page, nil
	})
}
