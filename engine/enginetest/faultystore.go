package enginetest

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"sync"

	"github.com/spoolmedia/spool/store"
)

var (
	_ store.Store     = (*FaultyStore)(nil)
	_ store.Unwrapper = (*FaultyStore)(nil)
	_ store.Session   = (*faultySession)(nil)
)

// FaultyStore is a store whose calls fail as Faults says. Its methods are
// "Store.Create" and so on, and "Session.Close". An iterator that fails before
// yields nothing but the error; one that fails after breaks off behind its first
// value, or at its end if there is none.
//
// Its abilities are those of Store, and do not fail.
type FaultyStore struct {
	Store  store.Store
	Faults *Faults

	mu       sync.Mutex // guards sessions
	sessions []store.Session
}

// Unwrap implements [store.Unwrapper].
func (s *FaultyStore) Unwrap() any { return s.Store }

// EndSessions ends the sessions that began here, as the death of their process
// would.
func (s *FaultyStore) EndSessions() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for _, session := range s.sessions {
		errs = append(errs, session.Close())
	}
	s.sessions = nil
	return errors.Join(errs...)
}

// Create implements [store.Store].
func (s *FaultyStore) Create(
	ctx context.Context, j store.Job, files iter.Seq2[store.File, store.Task],
) (job store.Job, made bool, err error) {
	err = s.Faults.do("Store.Create", func() error {
		job, made, err = s.Store.Create(ctx, j, files)
		return err
	})
	return job, made && err == nil, err
}

// Update implements [store.Store].
func (s *FaultyStore) Update(ctx context.Context, r store.Ref, fn func(*store.Tx) error) error {
	return s.Faults.do("Store.Update", func() error { return s.Store.Update(ctx, r, fn) })
}

// Job implements [store.Store].
func (s *FaultyStore) Job(ctx context.Context, id string) (store.Job, error) {
	return get(s.Faults, "Store.Job", func() (store.Job, error) { return s.Store.Job(ctx, id) })
}

// Files implements [store.Store].
func (s *FaultyStore) Files(
	ctx context.Context, job string, from int,
) iter.Seq2[store.File, error] {
	return list(s.Faults, "Store.Files", s.Store.Files(ctx, job, from))
}

// List implements [store.Store].
func (s *FaultyStore) List(ctx context.Context, q store.Query) iter.Seq2[store.Job, error] {
	return list(s.Faults, "Store.List", s.Store.List(ctx, q))
}

// Count implements [store.Store].
func (s *FaultyStore) Count(ctx context.Context, account string) (map[store.Status]int, error) {
	return get(s.Faults, "Store.Count", func() (map[store.Status]int, error) {
		return s.Store.Count(ctx, account)
	})
}

// SetPaused implements [store.Store].
func (s *FaultyStore) SetPaused(ctx context.Context, p store.Pause, on bool) error {
	return s.Faults.do("Store.SetPaused", func() error { return s.Store.SetPaused(ctx, p, on) })
}

// Paused implements [store.Store].
func (s *FaultyStore) Paused(ctx context.Context) ([]store.Pause, error) {
	return get(s.Faults, "Store.Paused", func() ([]store.Pause, error) {
		return s.Store.Paused(ctx)
	})
}

// Tasks implements [store.Store].
func (s *FaultyStore) Tasks(ctx context.Context, q store.TaskQuery) iter.Seq2[store.Task, error] {
	return list(s.Faults, "Store.Tasks", s.Store.Tasks(ctx, q))
}

// Events implements [store.Store].
func (s *FaultyStore) Events(
	ctx context.Context, q store.EventQuery,
) iter.Seq2[store.Event, error] {
	return list(s.Faults, "Store.Events", s.Store.Events(ctx, q))
}

// Session implements [store.Store].
func (s *FaultyStore) Session(ctx context.Context, offers json.RawMessage) (store.Session, error) {
	session, err := get(s.Faults, "Store.Session", func() (store.Session, error) {
		session, err := s.Store.Session(ctx, offers)
		if err == nil {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.sessions = append(s.sessions, session)
		}
		return session, err
	})
	if err != nil {
		return nil, err
	}
	return &faultySession{session, s.Faults}, nil
}

// Sessions implements [store.Store].
func (s *FaultyStore) Sessions(ctx context.Context) ([]store.SessionInfo, error) {
	return get(s.Faults, "Store.Sessions", func() ([]store.SessionInfo, error) {
		return s.Store.Sessions(ctx)
	})
}

// Delete implements [store.Store].
func (s *FaultyStore) Delete(ctx context.Context, job string) error {
	return s.Faults.do("Store.Delete", func() error { return s.Store.Delete(ctx, job) })
}

// Close implements [store.Store].
func (s *FaultyStore) Close() error { return s.Faults.do("Store.Close", s.Store.Close) }

type faultySession struct {
	store.Session
	faults *Faults
}

// Close implements [store.Session].
func (s *faultySession) Close() error { return s.faults.do("Session.Close", s.Session.Close) }

// list makes a call that returns an iterator.
func list[T any](f *Faults, method string, values iter.Seq2[T, error]) iter.Seq2[T, error] {
	after, fault := f.begin(method)
	return func(yield func(T, error) bool) {
		var zero T
		if fault != nil {
			yield(zero, fault)
			return
		}
		first := true
		for value, err := range values {
			if !yield(value, err) || err != nil {
				return
			}
			if first {
				first = false
				if err := after(); err != nil {
					yield(zero, err)
					return
				}
			}
		}
		if first {
			if err := after(); err != nil {
				yield(zero, err)
			}
		}
	}
}
