package boltstore

import (
	"bytes"
	"context"
	"encoding/binary"
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
		seq = r.version.seq
		return nil
	})
	return seq, err
}

// A follower is one run of an iterator over events.
type follower struct {
	store *Store
	query store.EventQuery
	seq   uint64        // of the last event read
	page  []store.Event // memory for the next ones
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

// next returns the next events, until it is called again.
func (f *follower) next(ctx context.Context) (page []store.Event, err error) {
	defer func() { f.page = page[:0] }()
	page, seq, known := f.store.recent.next(f.page, f.seq, f.matches)
	if known {
		f.seq = seq
		return page, f.store.alive(ctx)
	}
	err = f.store.view(ctx, func(r *read) error {
		if f.query.Job == "" && f.query.Account == "" {
			page, err = f.all(r, page)
		} else {
			page, err = f.logged(r, page)
		}
		return err
	})
	return page, err
}

func (f *follower) matches(e *store.Event) bool {
	return (f.query.Account == "" || e.Account == f.query.Account) &&
		(f.query.Job == "" || e.Job == f.query.Job)
}

// all appends events of all jobs.
func (f *follower) all(r *read, page []store.Event) (_ []store.Event, err error) {
	c := r.cursor(bucketEvent)
	for k := f.seek(c, nil); k != nil && len(page) < chunk; k, _ = c.Next() {
		if page, err = f.add(r, page, k); err != nil {
			return nil, err
		}
	}
	return page, nil
}

// logged appends events of one job or account.
func (f *follower) logged(r *read, page []store.Event) (_ []store.Event, err error) {
	prefix := logPrefix(nil, f.query.Account, f.query.Job)
	c := r.cursor(bucketLog)
	k := f.seek(c, prefix)
	for ; bytes.HasPrefix(k, prefix) && len(page) < chunk; k, _ = c.Next() {
		if page, err = f.add(r, page, k[len(prefix):]); err != nil {
			return nil, err
		}
	}
	return page, nil
}

// seek moves c to the first record that may have events behind f.seq: the one
// before the next, as a record has several.
func (f *follower) seek(c *cursor, prefix []byte) []byte {
	from := eventKey(bytes.Clone(prefix), f.seq+1)
	k, _ := c.Seek(from)
	if bytes.Equal(k, from) {
		return k
	}
	if k == nil {
		k, _ = c.Last()
	} else {
		k, _ = c.Prev()
	}
	if k != nil && bytes.HasPrefix(k, prefix) {
		return k
	}
	k, _ = c.Seek(from)
	return k
}

// add appends those events of a record that match.
func (f *follower) add(r *read, page []store.Event, key []byte) ([]store.Event, error) {
	if len(key) != eventSize {
		return nil, misplaced("event", key)
	}
	events, err := r.events(binary.BigEndian.Uint64(key))
	if err != nil {
		return nil, err
	}
	for _, e := range events {
		if e.Seq <= f.seq {
			continue
		}
		f.seq = e.Seq
		if f.query.Account == "" || e.Account == f.query.Account {
			page = append(page, e)
		}
	}
	return page, nil
}

// events returns the events of the record that begins with the number seq.
func (r *read) events(seq uint64) (events []store.Event, err error) {
	value := r.get(bucketEvent, eventKey(nil, seq))
	for len(value) > 0 {
		size, n := binary.Uvarint(value)
		if n <= 0 || size > uint64(len(value)-n) {
			return nil, misplaced("event", eventKey(nil, seq))
		}
		var e store.Event
		if err := decode(value[n:n+int(size)], &e); err != nil {
			return nil, err
		}
		if e.Seq != seq+uint64(len(events)) {
			return nil, misplaced("event", eventKey(nil, seq))
		}
		e.Cursor = rules.Cursor(e.Seq)
		events, value = append(events, e), value[n+int(size):]
	}
	if len(events) == 0 {
		return nil, misplaced("event", eventKey(nil, seq))
	}
	return events, nil
}
