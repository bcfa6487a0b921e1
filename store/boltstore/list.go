package boltstore

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"math"

	"github.com/spoolmedia/spool/store"
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
	if id == nil || cursor != "" && string(id) >= cursor {
		return nil, nil
	}
	j, err := r.job(string(id))
	if err != nil || q.Status != "" && j.State.Status != q.Status {
		return nil, err
	}
	return []store.Job{j}, nil
}

// listed returns the next page behind the cursor, from new to old.
func (r *read) listed(q store.Query, cursor string) (page []store.Job, err error) {
	prefix := listPrefix(q.Account, q.Status)
	end := behind(prefix)
	if cursor != "" {
		end = append(bytes.Clone(prefix), cursor...)
	}
	c := r.tx.Bucket(bucketList).Cursor()
	k, _ := c.Seek(end)
	if k == nil {
		k, _ = c.Last()
	} else {
		k, _ = c.Prev()
	}
	for ; bytes.HasPrefix(k, prefix) && len(page) < chunk; k, _ = c.Prev() {
		j, err := r.job(string(k[len(prefix):]))
		if err != nil {
			return nil, err
		}
		page = append(page, j)
	}
	return page, nil
}
