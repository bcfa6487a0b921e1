// Package memstore is the [store.Store] that keeps everything in memory: for
// tests, and for programs whose jobs need not outlive them.
//
//	s := memstore.New()
//	defer s.Close()
//	job, created, err := s.Create(ctx, store.Job{ID: id}, files)
//
// Records are kept in maps and ordered trees, so that a million pending tasks do
// not make a query slow. It carries progress too ([store.Progress]).
package memstore

import (
	"context"
	"fmt"
	"sync"

	"github.com/google/btree"
	"github.com/spoolmedia/spool/store"
	"github.com/spoolmedia/spool/store/internal/rules"
)

var (
	_ store.Store    = (*Store)(nil)
	_ store.Progress = (*Store)(nil)
)

// Store keeps jobs in memory. Make one with [New].
type Store struct {
	store.Board
	turns  rules.Turns
	closed chan struct{}

	mu       sync.RWMutex // guards what follows
	jobs     map[string]*job
	making   map[string]bool // IDs of jobs that Create works on
	keys     map[key]string  // IDs of jobs
	list     *btree.BTreeG[listing]
	counts   counts
	paused   map[store.Pause]struct{}
	tasks    tasks
	events   events
	sessions map[string]*session
	change   rules.Change // memory for Update
}

// A key is an idempotency key of an account.
type key struct{ account, key string }

// A job is what was created, with its present state, and its files.
type job struct {
	store.Job
	files []store.File
}

// New returns an empty store.
func New() *Store {
	return &Store{
		closed:   make(chan struct{}),
		jobs:     make(map[string]*job),
		making:   make(map[string]bool),
		keys:     make(map[key]string),
		list:     btree.NewG(degree, listing.before),
		counts:   make(counts),
		paused:   make(map[store.Pause]struct{}),
		tasks:    newTasks(),
		events:   newEvents(),
		sessions: make(map[string]*session),
	}
}

const (
	degree = 32  // of the trees
	chunk  = 256 // how many records an iterator copies while it holds the lock
)

// Update implements [store.Store].
func (s *Store) Update(ctx context.Context, r store.Ref, fn func(*store.Tx) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.alive(ctx); err != nil {
		return fmt.Errorf("memstore: update %v: %w", r, err)
	}
	tx := s.read(r)
	before := rules.Before(tx)
	if err := fn(tx); err != nil {
		return err
	}
	err := s.change.Check(before, r, tx, s.events.seq)
	if err == nil {
		err = s.apply(r, &s.change)
	}
	if err != nil {
		return fmt.Errorf("memstore: update %v: %w", r, err)
	}
	return nil
}

// read returns copies of the records that r names.
func (s *Store) read(r store.Ref) *store.Tx {
	j := s.jobs[r.Job]
	if j == nil {
		return &store.Tx{}
	}
	state := j.State.Clone()
	tx := &store.Tx{Job: &state}
	if i, ok := r.File(); ok && i < len(j.files) {
		file := j.files[i].Clone()
		tx.File = &file
	}
	if t := s.tasks.get(r); t != nil {
		task := t.Task.Clone()
		tx.Task = &task
	}
	return tx
}

// apply makes the change, or returns why it cannot and leaves all as it was.
func (s *Store) apply(r store.Ref, c *rules.Change) error {
	for _, t := range c.Add {
		free := c.Ended && t.Value.Ref == r
		if !free && s.tasks.get(t.Value.Ref) != nil {
			return fmt.Errorf("task %q: %w", t.Value.Task, store.ErrExist)
		}
	}
	j := s.jobs[r.Job]
	if c.Job != nil {
		s.setState(j, c.Job.Value.Clone())
	}
	if c.Delete {
		s.freeKey(j)
	}
	if c.File != nil {
		j.files[c.File.Value.Index] = c.File.Value.Clone()
	}
	if c.Ended || c.Task != nil {
		s.tasks.remove(r)
	}
	if c.Task != nil {
		s.tasks.put(c.Task.Value.Clone())
	}
	for _, t := range c.Add {
		s.tasks.put(t.Value.Clone())
	}
	for _, e := range c.Events {
		s.events.add(e.Value.Clone())
	}
	s.events.flush()
	return nil
}

func (s *Store) setState(j *job, state store.State) {
	if state.Status == j.State.Status && state.Deleted.Equal(j.State.Deleted) {
		j.State = state
		return
	}
	s.unlist(j)
	j.State = state
	s.enlist(j)
}

// alive returns why nothing can be done: ctx has ended or the store is closed.
// Close takes the lock, so it stays true while the caller holds it.
func (s *Store) alive(ctx context.Context) error {
	select {
	case <-s.closed:
		return store.ErrClosed
	default:
		return ctx.Err()
	}
}

// Close implements [store.Store]. The jobs are gone.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.closed:
		return nil
	default:
	}
	close(s.closed)
	for _, session := range s.sessions {
		close(session.lost)
	}
	clear(s.sessions)
	return s.Board.Close()
}
