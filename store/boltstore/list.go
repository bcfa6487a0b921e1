package boltstore

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"math"

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
	prefix := jobPrefix(nil, id)
	c := r.cursor(bucketFile)
	k, v := c.Seek(fileKey(nil, id, from))
	for ; bytes.HasPrefix(k, prefix) && len(page) < chunk; k, v = c.Next() {
		var f store.File
		if err := decode(v, &f); err != nil {
			return nil, err
		}
		if !bytes.Equal(fileKey(nil, id, f.Index), k) || f.Index < from {
			return nil, misplaced("file", k)
		}
		from = f.Index + 1
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
	lists, err := r.lists(q, cursor)
	for len(page) < chunk && err == nil {
		var next *list
		for _, l := range lists {
			if l.id != "" && (next == nil || rules.Behind(q, next.id, l.id)) {
				next = l
			}
		}
		if next == nil {
			break
		}
		if cursor != "" && !rules.Behind(q, next.id, cursor) {
			return nil, misplaced("job", next.id)
		}
		cursor = next.id
		var j store.Job
		j, err = r.job(next.id)
		page = append(page, j)
		next.move(next.step())
	}
	return page, err
}

// lists returns the lists that hold what q selects, one for each status.
func (r *read) lists(q store.Query, cursor string) (lists []*list, err error) {
	counts := map[store.Status]int{q.Status: 0}
	if q.Status == "" {
		if counts, err = r.counts(q.Account); err != nil {
			return nil, err
		}
	}
	for status := range counts {
		l := &list{prefix: listPrefix(nil, q.Account, status)}
		c := r.cursor(bucketList)
		if q.Oldest {
			l.step = c.Next
			l.move(newerThan(c, l.prefix, cursor))
		} else {
			l.step = c.Prev
			l.move(olderThan(c, l.prefix, cursor))
		}
		lists = append(lists, l)
	}
	return lists, nil
}

// A list is a place in the list of the jobs of an account that have one status.
type list struct {
	prefix []byte
	step   func() (key, value []byte)
	id     string // of the job at this place; "" is the end
}

func (l *list) move(key, _ []byte) {
	id, _ := bytes.CutPrefix(key, l.prefix)
	if len(id) == len(key) {
		id = nil
	}
	l.id = string(id)
}

// newerThan moves c to the first key of a list that is behind the cursor, from
// old to new.
func newerThan(c *cursor, prefix []byte, cursor string) (key, value []byte) {
	from := append(bytes.Clone(prefix), cursor...)
	key, value = c.Seek(from)
	if cursor != "" && bytes.Equal(key, from) {
		return c.Next()
	}
	return key, value
}

// olderThan is newerThan from new to old.
func olderThan(c *cursor, prefix []byte, cursor string) (key, value []byte) {
	end := behind(prefix)
	if cursor != "" {
		end = append(bytes.Clone(prefix), cursor...)
	}
	if key, _ := c.Seek(end); key == nil {
		return c.Last()
	}
	return c.Prev()
}
