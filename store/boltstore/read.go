package boltstore

import (
	"bytes"
	"context"
	"encoding"
	"fmt"
	"iter"
	"runtime/debug"

	bolt "go.etcd.io/bbolt"

	"github.com/spoolmedia/spool/store"
)

// chunk is how many records an iterator reads in one transaction.
const chunk = 256

// A read is a transaction that sees one version. What it gets is good only while the
// transaction lasts.
type read struct {
	version *version
	tx      *bolt.Tx
	lookups [buckets]*bolt.Cursor // for single keys of the file
	gaps    *[buckets]gaps        // nil: not known, as a write would not see what it has added
}

// view runs fn in a short transaction.
func (s *Store) view(ctx context.Context, fn func(*read) error) (err error) {
	if err := s.alive(ctx); err != nil {
		return err
	}
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer recovered(&err)
	r, err := s.begin()
	if err != nil {
		return plain(err)
	}
	defer s.worked(readWork)
	defer func() { _ = r.tx.Rollback() }() // which cannot fail
	return fn(r)
}

// cursor returns a cursor of the bucket.
func (r *read) cursor(b bucket) *cursor {
	c := &cursor{}
	for _, l := range []*layer{r.version.top, r.version.below} {
		if l != nil && l.tables[b] != nil {
			c.walks = append(c.walks, &layerWalk{iter: l.tables[b].Iter()})
		}
	}
	c.walks = append(c.walks, &fileWalk{cursor: r.tx.Bucket(bucketNames[b]).Cursor()})
	if r.gaps != nil && hasGaps(b) {
		c.gaps, c.commit = &r.gaps[b], r.version.commit
	}
	return c
}

// get returns the value of the key, or nil if there is none.
func (r *read) get(b bucket, key []byte) []byte {
	for _, l := range [...]*layer{r.version.top, r.version.below} {
		switch c, ok := l.get(b, shareString(key)); {
		case !ok:
		case c.deleted:
			return nil
		case c.value == nil:
			return []byte{}
		default:
			return c.value
		}
	}
	if r.lookups[b] == nil {
		r.lookups[b] = r.tx.Bucket(bucketNames[b]).Cursor()
	}
	if k, v := r.lookups[b].Seek(key); bytes.Equal(k, key) {
		return v
	}
	return nil
}

// visible reports whether there is such a job. Its records come before it and
// stay behind it.
func (r *read) visible(job string) bool { return r.get(bucketState, []byte(job)) != nil }

// load returns a record, or nil if there is none.
func load[T any, P interface {
	*T
	encoding.BinaryUnmarshaler
}](r *read, b bucket, key []byte) (P, error) {
	return loaded[T, P](r.get(b, key))
}

// loaded returns the record that is b at rest, or nil if there is none.
func loaded[T any, P interface {
	*T
	encoding.BinaryUnmarshaler
}](b []byte) (P, error) {
	if b == nil {
		return nil, nil
	}
	v := P(new(T))
	if err := decode(b, v); err != nil {
		return nil, err
	}
	return v, nil
}

// task returns the task with that key, or nil if there is none.
func (r *read) task(key []byte) (*store.Task, error) {
	return taskOf(key, r.get(bucketTask, key))
}

func taskOf(key, b []byte) (*store.Task, error) {
	t, err := loaded[store.Task](b)
	if t != nil && !bytes.Equal(taskKey(nil, t.Ref), key) {
		return nil, misplaced("task", key)
	}
	return t, err
}

// misplaced is the error of a record that is not the one that its key names. To
// go on from there would go round in circles.
func misplaced(what string, key any) error {
	return fmt.Errorf("%w: another %s has the key %q", ErrDamaged, what, key)
}

// job returns the job with its state.
func (r *read) job(id string) (store.Job, error) {
	j, err := load[store.Job](r, bucketJob, []byte(id))
	if err != nil {
		return store.Job{}, err
	}
	st, err := load[store.State](r, bucketState, []byte(id))
	if err != nil {
		return store.Job{}, err
	}
	if j == nil || st == nil {
		return store.Job{}, store.ErrNotFound
	}
	if j.ID != id {
		return store.Job{}, misplaced("job", id)
	}
	j.State = *st
	return *j, nil
}

// pages returns an iterator over the pages that next returns, given the last
// record of the page before. It ends with an empty page.
func pages[T any](
	ctx context.Context, s *Store, what string, next func(r *read, last *T) ([]T, error),
) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var last *T
		for {
			var page []T
			err := s.view(ctx, func(r *read) (err error) {
				page, err = next(r, last)
				return err
			})
			if err != nil {
				var none T
				yield(none, fmt.Errorf("boltstore: %s: %w", what, err))
				return
			}
			for _, v := range page {
				if ctx.Err() != nil {
					break // the next page is the error
				}
				if !yield(v, nil) {
					return
				}
			}
			if len(page) == 0 {
				return
			}
			last = &page[len(page)-1]
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
