package boltstore

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/spoolmedia/spool/store"
	"github.com/spoolmedia/spool/store/internal/rules"
)

// chunkFiles is how many files Create writes in one transaction.
const chunkFiles = 1000

// Create implements [store.Store].
func (s *Store) Create(
	ctx context.Context, j store.Job, files iter.Seq2[store.File, store.Task],
) (store.Job, bool, error) {
	found, made, err := s.create(ctx, j, files)
	if err != nil {
		return store.Job{}, false, fmt.Errorf("boltstore: create %q: %w", j.ID, err)
	}
	return found, made, nil
}

// A creation is one call of Create.
type creation struct {
	*rules.Head
	store  *Store
	found  *store.Job // the job that has the key already
	files  []*rules.Record[store.File]
	tasks  []*rules.Record[store.Task]
	names  map[string]bool // of tasks
	staged bool            // there are records without a head in the file
}

func (s *Store) create(
	ctx context.Context, j store.Job, files iter.Seq2[store.File, store.Task],
) (store.Job, bool, error) {
	head, err := rules.NewHead(j)
	if err != nil {
		return store.Job{}, false, err
	}
	if !s.reserve(j.ID) {
		return store.Job{}, false, store.ErrExist
	}
	defer s.release(j.ID)
	c := &creation{Head: head, store: s, names: make(map[string]bool)}
	done := false
	defer func() {
		if c.staged && !done { // also when files panics; what is left over goes at the next Open
			_ = s.purge(j.ID)
		}
	}()
	err = c.stage(ctx, files)
	if err == nil && c.found == nil {
		err = s.commits.do(ctx, c.publish)
	}
	switch {
	case err != nil:
		return store.Job{}, false, err
	case c.found != nil:
		return *c.found, false, nil
	}
	done = true
	return c.Job.Value.Clone(), true, nil
}

// reserve keeps other Creates from using the ID, and reports whether it is free
// from them.
func (s *Store) reserve(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.making[id] {
		return false
	}
	s.making[id] = true
	return true
}

func (s *Store) release(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.making, id)
}

// stage reads the files, and writes all but the last ones in chunks. Most jobs
// have so few that there is nothing to write before publish.
func (c *creation) stage(ctx context.Context, files iter.Seq2[store.File, store.Task]) error {
	if files == nil {
		return nil
	}
	for f, t := range files {
		if err := c.store.alive(ctx); err != nil {
			return err
		}
		if len(c.files) == chunkFiles {
			if err := c.store.commits.do(ctx, c.write); err != nil || c.found != nil {
				return err
			}
			c.files, c.tasks = c.files[:0], c.tasks[:0]
		}
		if err := c.add(f, t); err != nil {
			return err
		}
	}
	return nil
}

func (c *creation) add(f store.File, t store.Task) error {
	file, task, err := c.Next(f, t)
	if err != nil {
		return err
	}
	if task != nil {
		if c.names[t.Task] {
			return fmt.Errorf("task %q: %w", t.Task, store.ErrExist)
		}
		c.names[t.Task] = true
	}
	c.files, c.tasks = append(c.files, file), append(c.tasks, task)
	return nil
}

// write writes the files that have come together. The first time it notes that
// the job has records but no head.
func (c *creation) write(w *write) error {
	if !c.staged {
		if err := c.check(w); err != nil || c.found != nil {
			return err
		}
		c.staged = true
		w.put(bucketHeadless, []byte(c.Job.Value.ID), []byte("create"))
	}
	c.put(w)
	return nil
}

func (c *creation) put(w *write) {
	for i, f := range c.files {
		w.key = fileKey(w.key[:0], c.Job.Value.ID, f.Value.Index)
		w.add(bucketFile, w.key, f.Bytes)
		if t := c.tasks[i]; t != nil {
			w.putTask(nil, t)
		}
	}
}

// check finds the idempotency key or the ID in use.
func (c *creation) check(w *write) error {
	if err := c.known(w); err != nil || c.found != nil {
		return err
	}
	id := c.Job.Value.ID
	st, err := w.state(id)
	if err == nil && (st.exists || w.get(bucketHeadless, []byte(id)) != nil) {
		err = store.ErrExist
	}
	return err
}

// known sets found if the idempotency key is known.
func (c *creation) known(w *write) error {
	j := c.Job.Value
	if j.Key == "" {
		return nil
	}
	id := w.get(bucketKey, idemKey(j.Account, j.Key))
	if id == nil {
		return nil
	}
	found, err := w.jobNow(string(id))
	if err != nil {
		return err
	}
	if found.Digest != j.Digest {
		return store.ErrKeyConflict
	}
	c.found = &found
	return nil
}

// jobNow returns a job as this commit has left it so far.
func (w *write) jobNow(id string) (store.Job, error) {
	st, err := w.state(id)
	if err != nil {
		return store.Job{}, err
	}
	j, err := load[store.Job](&w.read, bucketJob, []byte(id))
	if err != nil {
		return store.Job{}, err
	}
	if j == nil || !st.exists {
		return store.Job{}, fmt.Errorf("%w: job %q is missing", ErrDamaged, id)
	}
	j.State = st.value.Clone()
	return *j, nil
}

// publish writes the last files and the head, which makes the job visible.
func (c *creation) publish(w *write) error {
	check := c.check
	if c.staged {
		check = c.known
	}
	if err := check(w); err != nil || c.found != nil {
		return err
	}
	event, err := c.Event(w.seq + 1)
	if err != nil {
		return err
	}
	c.put(w)
	j := c.Job.Value
	id := []byte(j.ID)
	w.add(bucketJob, id, c.Job.Bytes)
	w.add(bucketState, id, c.State.Bytes)
	w.list(j.Account, j.State.Status, j.ID)
	if j.Key != "" {
		w.add(bucketKey, idemKey(j.Account, j.Key), id)
	}
	if c.staged {
		w.delete(bucketHeadless, id)
	}
	st := w.newState()
	*st = state{
		exists: true, listed: true, under: j.State.Status,
		value: j.State.Clone(), bytes: c.State.Bytes,
	}
	w.states[j.ID] = st
	w.putEvents([]rules.Record[store.Event]{event})
	return nil
}

// sweep removes what was headless when the file was used last.
func (s *Store) sweep() error {
	var ids []string
	err := s.view(context.Background(), func(r *read) error {
		c := r.cursor(bucketHeadless)
		for id, _ := c.First(); id != nil; id, _ = c.Next() {
			ids = append(ids, string(id))
		}
		return nil
	})
	for _, id := range ids {
		err = errors.Join(err, s.purge(id))
	}
	return err
}
