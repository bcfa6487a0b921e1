package boltstore

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/spoolmedia/spool/store"
)

// maxBatch is how many writes share a commit.
const maxBatch = 1024

// A committer is the one goroutine that writes.
type committer struct {
	mu     sync.Mutex // guards what follows
	queue  []*op
	enough int // how many in queue wake the goroutine
	closed bool

	wake chan struct{} // holds a token when there is something to do
	done chan struct{} // closed when the goroutine has ended
}

// An op is a write that waits. Its function does all of its work or, if it
// returns an error, none that matters.
type op struct {
	run  func(*write) error
	err  error
	done chan struct{}
}

func (c *committer) start(s *Store) {
	c.wake, c.done = make(chan struct{}, 1), make(chan struct{})
	go c.loop(s)
}

func (c *committer) loop(s *Store) {
	finished := false
	defer func() {
		if finished {
			close(c.done)
		} else { // a function of Update called runtime.Goexit, as t.FailNow does
			go c.loop(s)
		}
	}()
	var last commitStats
	for !finished {
		c.gather(last)
		batch, closed := c.take()
		switch {
		case len(batch) > 0:
			start := time.Now()
			s.commit(batch)
			s.worked(int64(len(batch)) * writeWork)
			last = commitStats{len(batch), time.Since(start)}
		case closed:
			finished = true
		default:
			<-c.wake
		}
	}
}

// commitStats are how many writes a commit had, and how long it took.
type commitStats struct {
	writes int
	took   time.Duration
}

// gather gives those whose writes were in the last commit a moment to come back
// with the next: without it the first of them would get a commit for itself, and
// the others would wait for two. Whoever is alone never waits.
func (c *committer) gather(last commitStats) {
	if last.writes <= 1 || !c.expect(last.writes) {
		return
	}
	timer := time.NewTimer(last.took / 8)
	defer timer.Stop()
	select {
	case <-c.wake:
	case <-timer.C:
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.enough = 1
}

// expect has the goroutine woken only when so many writes wait. It reports whether
// some do, but not so many.
func (c *committer) expect(writes int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if n := len(c.queue); n == 0 || n >= writes || c.closed {
		return false
	}
	c.enough = writes
	select {
	case <-c.wake: // of those that wait already
	default:
	}
	return true
}

// stop lets the writes that wait be done, and no more.
func (c *committer) stop() {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.poke()
	<-c.done
}

func (c *committer) poke() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// take returns the next writes and, if there are none, whether there will be
// more.
func (c *committer) take() ([]*op, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := min(len(c.queue), maxBatch)
	batch := c.queue[:n:n]
	if c.queue = c.queue[n:]; len(c.queue) == 0 {
		c.queue = nil
	}
	return batch, c.closed
}

// do has run done in the next commit. It returns when that is durable, or when
// ctx ends before its turn has come.
func (c *committer) do(ctx context.Context, run func(*write) error) error {
	o := &op{run: run, done: make(chan struct{})}
	if err := c.put(ctx, o); err != nil {
		return err
	}
	select {
	case <-o.done:
		return o.err
	case <-ctx.Done():
	}
	if c.drop(o) {
		return ctx.Err()
	}
	<-o.done
	return o.err
}

func (c *committer) put(ctx context.Context, o *op) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return store.ErrClosed
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	c.queue = append(c.queue, o)
	if len(c.queue) >= c.enough {
		c.poke()
	}
	return nil
}

// drop takes o out of the queue, and reports whether it was still there.
func (c *committer) drop(o *op) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := slices.Index(c.queue, o)
	if i >= 0 {
		c.queue = slices.Concat(c.queue[:i], c.queue[i+1:]) // take may have lent out the array
	}
	return i >= 0
}

// commit does the writes of a batch in one transaction.
func (s *Store) commit(batch []*op) {
	w, err := (*write)(nil), errExit
	defer func() {
		if err == nil {
			s.recent.add(w.fresh, w.purged)
		}
		for _, o := range batch {
			if err != nil {
				o.err = err // also of those that failed: they saw what never was
			}
			close(o.done)
		}
		if err == nil && w.news {
			s.news.send()
		}
	}()
	w, err = s.transact(batch)
}

// errExit is what becomes of a batch when one of its functions does not return.
var errExit = errors.New("boltstore: a function of Update in the same commit ended its goroutine")

// transact returns what it has written.
func (s *Store) transact(batch []*op) (w *write, err error) {
	if s.damage != nil {
		return nil, s.damage
	}
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: %v", ErrDamaged, r)
			s.damage = err // nobody knows what bbolt holds in memory now
		}
	}()
	tx, err := s.db.Begin(true)
	if err != nil {
		return nil, plain(err)
	}
	defer func() {
		s.stuck = true
		_ = tx.Rollback() // does nothing after Commit
		s.stuck = false
	}()
	w = newWrite(tx)
	for _, o := range batch {
		o.err = o.run(w)
	}
	w.flush()
	if w.err != nil || !w.dirty {
		return w, w.err
	}
	syncFree(s.db)
	return w, tx.Commit()
}
