package memstore

import (
	"context"
	"fmt"
	"iter"

	"github.com/spoolmedia/spool/store"
	"github.com/spoolmedia/spool/store/internal/rules"
)

// A listing is the place of a job in one of the lists: of an account or of all
// (""), with a status or with any ("").
type listing struct {
	account string
	status  store.Status
	id      string
}

// before orders the jobs of a list from new to old. No ID comes before all.
func (l listing) before(m listing) bool {
	switch {
	case l.account != m.account:
		return l.account < m.account
	case l.status != m.status:
		return l.status < m.status
	case l.id == "" || m.id == "":
		return l.id < m.id
	}
	return l.id > m.id
}

// listings returns the places of j. Some may be the same.
func listings(j *job) [4]listing {
	return [4]listing{
		{"", "", j.ID}, {j.Account, "", j.ID},
		{"", j.State.Status, j.ID}, {j.Account, j.State.Status, j.ID},
	}
}

// enlist lists and counts j, unless it was deleted.
func (s *Store) enlist(j *job) {
	if !j.State.Deleted.IsZero() {
		return
	}
	for _, l := range listings(j) {
		s.list.ReplaceOrInsert(l)
	}
	s.counts.add(j, 1)
}

func (s *Store) unlist(j *job) {
	if !j.State.Deleted.IsZero() {
		return
	}
	for _, l := range listings(j) {
		s.list.Delete(l)
	}
	s.counts.add(j, -1)
}

// Job implements [store.Store].
func (s *Store) Job(ctx context.Context, id string) (store.Job, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if err := s.alive(ctx); err != nil {
		return store.Job{}, fmt.Errorf("memstore: job %q: %w", id, err)
	}
	j := s.jobs[id]
	if j == nil {
		return store.Job{}, fmt.Errorf("memstore: job %q: %w", id, store.ErrNotFound)
	}
	return j.Job.Clone(), nil
}

// Files implements [store.Store].
func (s *Store) Files(ctx context.Context, id string, from int) iter.Seq2[store.File, error] {
	from = max(from, 0)
	return pages(s, ctx, "files", func(last *store.File) ([]store.File, error) {
		j := s.jobs[id]
		if j == nil {
			return nil, fmt.Errorf("job %q: %w", id, store.ErrNotFound)
		}
		next := from
		if last != nil {
			next = last.Index + 1
		}
		next = min(next, len(j.files))
		page := make([]store.File, 0, min(chunk, len(j.files)-next))
		for _, f := range j.files[next : next+cap(page)] {
			page = append(page, f.Clone())
		}
		return page, nil
	})
}

// List implements [store.Store].
func (s *Store) List(ctx context.Context, q store.Query) iter.Seq2[store.Job, error] {
	jobs := pages(s, ctx, "list", func(last *store.Job) ([]store.Job, error) {
		cursor := q.Cursor
		if last != nil {
			cursor = last.ID
		}
		if q.Key != "" {
			return s.withKey(q, cursor), nil
		}
		return s.listed(q, cursor), nil
	})
	return limit(jobs, q.Limit)
}

// withKey returns the one job that has the key, if it comes behind the cursor.
func (s *Store) withKey(q store.Query, cursor string) []store.Job {
	j := s.jobs[s.keys[key{q.Account, q.Key}]]
	if j == nil || !rules.Behind(q, j.ID, cursor) || q.Status != "" && j.State.Status != q.Status {
		return nil
	}
	return []store.Job{j.Job.Clone()}
}

func (s *Store) listed(q store.Query, cursor string) []store.Job {
	var page []store.Job
	visit := func(l listing) bool {
		if l.account != q.Account || l.status != q.Status {
			return false
		}
		if l.id != cursor {
			page = append(page, s.jobs[l.id].Job.Clone())
		}
		return len(page) < chunk
	}
	from := listing{q.Account, q.Status, cursor}
	if !q.Oldest {
		s.list.AscendGreaterOrEqual(from, visit)
		return page
	}
	if cursor == "" {
		from.id = "\x00" // older than all: no ID contains it
	}
	s.list.DescendLessOrEqual(from, visit)
	return page
}

// pages returns an iterator over the pages that next returns, under the lock,
// given the last record of the page before. It ends with an empty page.
func pages[T any](
	s *Store, ctx context.Context, what string, next func(last *T) ([]T, error),
) iter.Seq2[T, error] {
	page := func(last *T) ([]T, error) {
		s.mu.RLock()
		defer s.mu.RUnlock()
		if err := s.alive(ctx); err != nil {
			return nil, err
		}
		return next(last)
	}
	return func(yield func(T, error) bool) {
		var last *T
		for {
			records, err := page(last)
			if err != nil {
				var none T
				yield(none, fmt.Errorf("memstore: %s: %w", what, err))
				return
			}
			for _, r := range records {
				if ctx.Err() != nil {
					break // the next page is the error
				}
				if !yield(r, nil) {
					return
				}
			}
			if len(records) == 0 {
				return
			}
			last = &records[len(records)-1]
		}
	}
}

// limit ends the iterator after n values, if n is not 0.
func limit[T any](values iter.Seq2[T, error], n int) iter.Seq2[T, error] {
	if n <= 0 {
		return values
	}
	return func(yield func(T, error) bool) {
		left := n
		for v, err := range values {
			if left--; !yield(v, err) || left == 0 {
				return
			}
		}
	}
}
