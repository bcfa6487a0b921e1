package memstore

import (
	"context"
	"iter"
	"slices"
	"strings"

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
	s.promote(q)
	w := s.turns.Window(q)
	return pages(s, ctx, "tasks", func(*store.Task) ([]store.Task, error) {
		return w.Next(&s.tasks, chunk), nil
	})
}

func (s *Store) promote(q store.TaskQuery) {
	s.mu.RLock()
	waiting := s.tasks.waiting(q.Due)
	s.mu.RUnlock()
	if waiting {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.tasks.promote(q.Due)
	}
}

// under yields the tasks of a job at and below a name.
func (s *Store) under(ctx context.Context, q store.TaskQuery) iter.Seq2[store.Task, error] {
	top := rules.Key(q.Under.Task)
	return pages(s, ctx, "tasks", func(last *store.Task) ([]store.Task, error) {
		from := at(q.Under)
		if last != nil {
			from = at(last.Ref)
			from.key += "\x00"
		}
		var page []store.Task
		s.tasks.all.AscendGreaterOrEqual(from, func(t *task) bool {
			if t.Job != q.Under.Job || !strings.HasPrefix(t.key, top) {
				return false
			}
			if rules.Under(t.key, top) && (q.Account == "" || t.Account == q.Account) {
				page = append(page, t.Task.Clone())
			}
			return len(page) < chunk
		})
		return page, nil
	})
}

// orphaned yields the tasks of sessions that have ended. What it finds at first
// is what it yields, but for tasks that have changed since.
func (s *Store) orphaned(ctx context.Context, q store.TaskQuery) iter.Seq2[store.Task, error] {
	var found []*task
	seen := false
	return pages(s, ctx, "tasks", func(*store.Task) ([]store.Task, error) {
		if !seen {
			found, seen = s.orphans(), true
		}
		var page []store.Task
		for len(found) > 0 && len(page) < chunk {
			t := found[0]
			found = found[1:]
			if s.tasks.get(t.Ref) == t && (q.Account == "" || t.Account == q.Account) {
				page = append(page, t.Task.Clone())
			}
		}
		return page, nil
	})
}

func (s *Store) orphans() (found []*task) {
	for session, held := range s.tasks.held {
		if s.sessions[session] != nil {
			continue
		}
		for t := range held {
			found = append(found, t)
		}
	}
	return found
}
