package boltstore

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"math"

	bolt "go.etcd.io/bbolt"

	"github.com/spoolmedia/spool/store"
	"github.com/spoolmedia/spool/store/internal/rules"
)

// Job implements [store.Store].
func (s *Store) Job(ctx context.Context, id string) (j store.Job, err error) {
	err = s.view(ctx, func(r *read) (err error) {
		j, err = r.job(id)
		return err
	})
	if err != nil {
		return store.Job{}, fmt.Errorf("boltstore: job %q: %w", id, err)
	}
	return j, nil
}

// Files implements [store.Store].
func (s *Store) Files(ctx context.Context, id string, from int) iter.Seq2[store.File, error] {
	return pages(ctx, s, "files", func(r *read, last *store.File) ([]store.File, error) {
		if !r.visible(id) {
			return nil, fmt.Errorf("job %q: %w", id, store.ErrNotFound)
		}
		next := max(from, 0)
		if last != nil {
			next = last.Index + 1
		}
		if next > math.MaxUint32 {
			return nil, nil
		}
		return r.files(id, next)
	})
}

func (r *read) files(id string, from int) (page []store.File, err error) {
	prefix := jobPrefix(id)
	c := r.tx.Bucket(bucketFile).Cursor()
	k, v := c.Seek(fileKey(id, from))
	for ; bytes.HasPrefix(k, prefix) && len(page) < chunk; k, v = c.Next() {
		var f store.File
		if err := decode(v, &f); err != nil {
			return nil, err
		}
		if !bytes.Equal(fileKey(id, f.Index), k) {
			return nil, misplaced("file", k)
		}
		page = append(page, f)
	}
	return page, nil
}

// List implements [store.Store].
func (s *Store) List(ctx context.Context, q store.Query) iter.Seq2[store.Job, error] {
	jobs := pages(ctx, s, "list", func(r *read, last *store.Job) ([]store.Job, error) {
		cursor := q.Cursor
		if last != nil {
			cursor = last.ID
		}
		if q.Key != "" {
			return r.withKey(q, cursor)
		}
		return r.listed(q, cursor)
	})
	return limit(jobs, q.Limit)
}

// withKey returns the one job that has the key, if it comes behind the cursor.
func (r *read) withKey(q store.Query, cursor string) ([]store.Job, error) {
	id := r.get(bucketKey, idemKey(q.Account, q.Key))
	if id == nil || !rules.Behind(q, string(id), cursor) {
		return nil, nil
	}
	j, err := r.job(string(id))
	if err != nil || q.Status != "" && j.State.Status != q.Status {
		return nil, err
	}
	return []store.Job{j}, nil
}

// listed returns the next page behind the cursor.
func (r *read) listed(q store.Query, cursor string) (page []store.Job, err error) {
	prefix := listPrefix(q.Account, q.Status)
	c := r.tx.Bucket(bucketList).Cursor()
	k, next := newerThan(c, prefix, cursor), c.Next
	if !q.Oldest {
		k, next = olderThan(c, prefix, cursor), c.Prev
	}
	for ; bytes.HasPrefix(k, prefix) && len(page) < chunk; k, _ = next() {
		j, err := r.job(string(k[len(prefix):]))
		if err != nil {
			return nil, err
		}
		page = append(page, j)
	}
	return page, nil
}

// newerThan moves c to the first key of a list that is behind the cursor, from
// old to new.
func newerThan(c *bolt.Cursor, prefix []byte, cursor string) []byte {
	from := append(bytes.Clone(prefix), cursor...)
	k, _ := c.Seek(from)
	if cursor != "" && bytes.Equal(k, from) {
		k, _ = c.Next()
	}
	return k
}

// olderThan is newerThan from new to old.
func olderThan(c *bolt.Cursor, prefix []byte, cursor string) []byte {
	end := behind(prefix)
	if cursor != "" {
		end = append(bytes.Clone(prefix), cursor...)
	}
	k, _ := c.Seek(end)
	if k == nil {
		k, _ = c.Last()
	} else {
		k, _ = c.Prev()
	}
	return k
}
