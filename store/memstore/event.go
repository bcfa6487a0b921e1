package memstore

import (
	"cmp"
	"context"
	"fmt"
	"iter"

	"github.com/google/btree"
	"github.com/spoolmedia/spool/store"
	"github.com/spoolmedia/spool/store/internal/rules"
)

// events holds the events in the order of their commits, thrice: for all, for
// an account, for a job.
type events struct {
	seq  uint64 // of the newest event ever
	tree *btree.BTreeG[entry]
	wake chan struct{} // closed when there are more; nil if nobody waits
}

// An entry is the place of an event in one log.
type entry struct {
	log   log
	seq   uint64
	event *store.Event // never changed
}

// A log is the events of a job, of an account, or all.
type log struct{ account, job string }

func newEvents() events {
	return events{tree: btree.NewG(degree, func(a, b entry) bool {
		return cmp.Or(cmp.Compare(a.log.job, b.log.job),
			cmp.Compare(a.log.account, b.log.account), cmp.Compare(a.seq, b.seq)) < 0
	})}
}

// logs returns where e stands. Some may be the same.
func logs(e *store.Event) [3]log {
	return [3]log{{}, {account: e.Account}, {job: e.Job}}
}

// add appends e, whose number is set.
func (es *events) add(e store.Event) {
	es.seq = e.Seq
	for _, l := range logs(&e) {
		es.tree.ReplaceOrInsert(entry{l, e.Seq, &e})
	}
}

// flush wakes those who wait for what was added.
func (es *events) flush() {
	if es.wake != nil {
		close(es.wake)
		es.wake = nil
	}
}

// after returns the next events of the log.
func (es *events) after(l log, seq uint64) []*store.Event {
	var page []*store.Event
	es.tree.AscendGreaterOrEqual(entry{log: l, seq: seq + 1}, func(e entry) bool {
		if e.log == l {
			page = append(page, e.event)
		}
		return e.log == l && len(page) < chunk
	})
	return page
}

func (es *events) removeJob(id string) {
	for {
		page := es.after(log{job: id}, 0)
		for _, e := range page {
			for _, l := range logs(e) {
				es.tree.Delete(entry{log: l, seq: e.Seq})
			}
		}
		if len(page) == 0 {
			return
		}
	}
}

// Events implements [store.Store].
func (s *Store) Events(ctx context.Context, q store.EventQuery) iter.Seq2[store.Event, error] {
	var tail uint64
	if q.Tail {
		s.mu.RLock()
		tail = s.events.seq
		s.mu.RUnlock()
	}
	return func(yield func(store.Event, error) bool) {
		seq, err := s.start(q, tail)
		for err == nil {
			var page []*store.Event
			var wake <-chan struct{}
			if page, wake, err = s.next(ctx, q, seq); err != nil {
				break
			}
			for _, e := range page {
				seq = e.Seq
				if err = ctx.Err(); err != nil {
					break
				}
				if q.Account != "" && q.Account != e.Account {
					continue
				}
				if !yield(e.Clone(), nil) {
					return
				}
			}
			if err != nil || len(page) > 0 {
				continue
			}
			if !q.Follow {
				return
			}
			s.wait(ctx, wake)
		}
		yield(store.Event{}, fmt.Errorf("memstore: events: %w", err))
	}
}

// start returns the number of the event that q starts behind.
func (s *Store) start(q store.EventQuery, tail uint64) (uint64, error) {
	if q.Tail {
		return tail, nil
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	return rules.Seq(q.Cursor, s.events.seq)
}

// next returns the events behind seq or, if there are none, what is closed when
// there are.
func (s *Store) next(
	ctx context.Context, q store.EventQuery, seq uint64,
) ([]*store.Event, <-chan struct{}, error) {
	mu := s.mu.RLocker()
	if q.Follow {
		mu = &s.mu // to set wake
	}
	mu.Lock()
	defer mu.Unlock()
	if err := s.alive(ctx); err != nil {
		return nil, nil, err
	}
	l := log{account: q.Account}
	if q.Job != "" {
		l = log{job: q.Job}
	}
	page := s.events.after(l, seq)
	if len(page) == 0 && q.Follow && s.events.wake == nil {
		s.events.wake = make(chan struct{})
	}
	return page, s.events.wake, nil
}

// wait waits for more events, the end of ctx or that of the store.
func (s *Store) wait(ctx context.Context, wake <-chan struct{}) {
	select {
	case <-wake:
	case <-ctx.Done():
	case <-s.closed:
	}
}
