package boltstore

import (
	"bytes"
	"context"
	"fmt"
	"iter"

	"github.com/spoolmedia/spool/store"
	"github.com/spoolmedia/spool/store/internal/rules"
)

// Events implements [store.Store].
func (s *Store) Events(ctx context.Context, q store.EventQuery) iter.Seq2[store.Event, error] {
	var tail uint64
	var err error
	if q.Tail {
		tail, err = s.newest(ctx)
	}
	return func(yield func(store.Event, error) bool) {
		err := err
		f := follower{store: s, query: q, seq: tail}
		if err == nil && !q.Tail {
			err = f.start(ctx)
		}
		if err == nil {
			err = f.run(ctx, yield)
		}
		if err != nil {
			yield(store.Event{}, fmt.Errorf("boltstore: events: %w", err))
		}
	}
}

// newest returns the number of the newest event.
func (s *Store) newest(ctx context.Context) (seq uint64, err error) {
	err = s.view(ctx, func(r *read) error {
		seq = r.tx.Bucket(bucketEvent).Sequence()
		return nil
	})
	return seq, err
}

// A follower is one run of an iterator over events.
type follower struct {
	store *Store
	query store.EventQuery
	seq   uint64 // of the last event read
}

// start puts the follower behind the cursor.
func (f *follower) start(ctx context.Context) error {
	newest, err := f.store.newest(ctx)
	if err != nil {
		return err
	}
	f.seq, err = rules.Seq(f.query.Cursor, newest)
	return err
}

// run yields events until there are no more or, if the query follows, for ever.
// It returns nil if the caller has left.
func (f *follower) run(ctx context.Context, yield func(store.Event, error) bool) error {
	for {
		news := f.store.news.wait() // before looking, so that nothing is missed
		page, err := f.next(ctx)
		if err != nil {
			return err
		}
		for _, e := range page {
			if err := ctx.Err(); err != nil {
				return err
			}
			if !yield(e, nil) {
				return nil
			}
		}
		if len(page) > 0 {
			continue
		}
		if !f.query.Follow {
			return nil
		}
		select {
		case <-news:
		case <-ctx.Done():
		case <-f.store.closed:
		}
	}
}

// next returns the next events.
func (f *follower) next(ctx context.Context) (page []store.Event, err error) {
	err = f.store.view(ctx, func(r *read) error {
		if f.query.Job == "" && f.query.Account == "" {
			page, err = f.all(r)
		} else {
			page, err = f.logged(r)
		}
		return err
	})
	return page, err
}

// all reads events of all jobs.
func (f *follower) all(r *read) (page []store.Event, err error) {
	c := r.tx.Bucket(bucketEvent).Cursor()
	for k, v := c.Seek(eventKey(f.seq + 1)); k != nil && len(page) < chunk; k, v = c.Next() {
		if page, err = f.add(page, k, v); err != nil {
			return nil, err
		}
	}
	return page, nil
}

// logged reads events of one job or account.
func (f *follower) logged(r *read) (page []store.Event, err error) {
	prefix := logPrefix(f.query.Account, f.query.Job)
	c := r.tx.Bucket(bucketLog).Cursor()
	k, _ := c.Seek(logKey(bytes.Clone(prefix), f.seq+1))
	for ; bytes.HasPrefix(k, prefix) && len(page) < chunk; k, _ = c.Next() {
		key := k[len(prefix):]
		if page, err = f.add(page, key, r.get(bucketEvent, key)); err != nil {
			return nil, err
		}
	}
	return page, nil
}

// add appends the event with that key if it matches.
func (f *follower) add(page []store.Event, key, b []byte) ([]store.Event, error) {
	var e store.Event
	if err := decode(b, &e); err != nil {
		return nil, err
	}
	if !bytes.Equal(eventKey(e.Seq), key) {
		return nil, misplaced("event", key)
	}
	e.Cursor = rules.Cursor(e.Seq)
	f.seq = e.Seq
	if f.query.Account != "" && e.Account != f.query.Account {
		return page, nil
	}
	return append(page, e), nil
}
