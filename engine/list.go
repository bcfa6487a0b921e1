package engine

import (
	"context"
	"iter"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/spoolmedia/spool/store"
)

// Query selects jobs for [Engine.List].
type Query struct {
	Account  string   // "" means all
	Statuses []Status // any of them; none means all
	// IdempotencyKey selects the one job of Account that was submitted with it; then
	// "" is the account without a name.
	IdempotencyKey string
	// After is the ID of the last job seen; "" starts at the first.
	After string
	Limit int // 0 means no limit
	// Since and Until bound when a job was created, to the millisecond; zero means
	// no bound.
	Since, Until time.Time
	// Oldest lists the oldest job first.
	Oldest bool
}

// List yields the jobs that match q, newest first. To go on later, set q.After to
// the ID of the last job seen. An error ends it.
func (e *Engine) List(ctx context.Context, q Query) iter.Seq2[Job, error] {
	return func(yield func(Job, error) bool) {
		left := q.Limit
		for j, err := range e.listed(ctx, q) {
			if err != nil {
				yield(Job{}, err)
				return
			}
			if q.past(j.Created) {
				return
			}
			if !yield(e.jobOf(j), nil) {
				return
			}
			if left--; left == 0 {
				return
			}
		}
	}
}

// listed yields the records of the jobs that match q, from where it begins, in its
// order, which is that of their IDs. Its end is for past.
func (e *Engine) listed(ctx context.Context, q Query) iter.Seq2[store.Job, error] {
	s := store.Query{
		Account: q.Account, Key: q.IdempotencyKey, Cursor: q.begin(), Oldest: q.Oldest,
	}
	if len(q.Statuses) == 0 {
		return e.config.Store.List(ctx, s)
	}
	var all iter.Seq2[store.Job, error]
	for i, status := range slices.Compact(slices.Sorted(slices.Values(q.Statuses))) {
		s.Status = status
		if list := e.config.Store.List(ctx, s); i == 0 {
			all = list
		} else {
			all = merge(all, list, q.before)
		}
	}
	return all
}

// merge yields what a and b yield, each of which is in the order of before, in that
// order. A job that both have, because its status has just changed, comes once.
func merge(
	a, b iter.Seq2[store.Job, error], before func(x, y store.Job) bool,
) iter.Seq2[store.Job, error] {
	return func(yield func(store.Job, error) bool) {
		next, stop := iter.Pull2(b)
		defer stop()
		y, err, more := next()
		for x, xerr := range a {
			for more && xerr == nil && (err != nil || before(y, x)) {
				if !yield(y, err) {
					return
				}
				y, err, more = next()
			}
			if more && xerr == nil && y.ID == x.ID {
				y, err, more = next()
			}
			if !yield(x, xerr) {
				return
			}
		}
		for ; more; y, err, more = next() {
			if !yield(y, err) {
				return
			}
		}
	}
}

// before reports whether q lists x before y.
func (q Query) before(x, y store.Job) bool {
	if q.Oldest {
		return x.ID < y.ID
	}
	return x.ID > y.ID
}

// begin returns the ID behind which q begins, "" for the first.
func (q Query) begin() string {
	switch {
	case q.After != "":
		return q.After
	case q.Oldest && !q.Since.IsZero():
		return idBefore(q.Since)
	case !q.Oldest && !q.Until.IsZero():
		return idBefore(q.Until.Add(time.Millisecond))
	}
	return ""
}

// past reports whether neither a job of that time nor any behind it matches.
func (q Query) past(created time.Time) bool {
	if q.Oldest {
		return !q.Until.IsZero() && created.After(q.Until)
	}
	return !q.Since.IsZero() && created.Before(q.Since)
}

// idBefore returns what no ID made before t, and every one made since, is greater
// than: a UUID of version 7 begins with the milliseconds (RFC 9562).
func idBefore(t time.Time) string {
	var id uuid.UUID
	ms := max(t.UnixMilli(), 0)
	for i := range 6 {
		id[i] = byte(ms >> (40 - 8*i))
	}
	return id.String()
}
