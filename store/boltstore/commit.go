package boltstore

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"sync"

	"github.com/spoolmedia/spool/store"
)

// A committer is the one goroutine that runs the functions of writes. While a group of
// them is written to the log it runs those of the next group, on top of what the one
// before it did; that one is nobody's to see before it is in the log as well.
type committer struct {
	mu     sync.Mutex // guards what follows
	queue  []*op
	closed bool

	wake chan struct{} // holds a token when there is something to do
	done chan struct{} // closed when the goroutine has ended

	// What follows is the goroutine's own.
	group      *group      // those that run; nil: none yet
	logger     *logger     // where the group before it is
	last       *version    // on top of which the next group runs
	yielded    bool        // since the last write, those who can run had a turn
	size       int64       // about how many bytes the log has in this epoch
	spare      []memory    // of groups that have ended, at most two
	checkpoint *checkpoint // the last one; nil: none yet. Before start: one to be made
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
	c.last, c.logger = s.versions.now.Load(), startLogger(s)
	c.size = s.log.Size()
	if left := c.checkpoint; left != nil {
		c.checkpoint = s.startCheckpoint(left.layer, left.last)
	}
	go c.loop(s)
}

func (c *committer) loop(s *Store) {
	finished := false
	defer func() {
		if finished {
			close(c.done)
			return
		}
		// A function of Update called runtime.Goexit, as t.FailNow does.
		c.abandon(errExit)
		go c.loop(s)
	}()
	for !finished {
		ops, closed := c.take(c.group.room())
		switch {
		case len(ops) > 0:
			c.run(s, ops)
			c.yielded = false
		case c.mayGrow():
			// A sync more costs more than those who can run now and have yet to write.
			runtime.Gosched()
			c.yielded = true
		case c.group != nil && !c.logger.busy():
			c.handOver(s)
		case c.logger.busy() || !closed:
			c.wait(s)
		default:
			finished = true
		}
	}
	c.logger.stop()
	if c.checkpoint != nil {
		<-c.checkpoint.done
	}
}

// mayGrow reports whether the group that could be handed over may get more writes soon.
func (c *committer) mayGrow() bool {
	return c.group != nil && !c.logger.busy() && !c.yielded && len(c.group.ops) < eager
}

// errExit is what becomes of a group when one of its functions does not return.
var errExit = errors.New("boltstore: a function of Update in the same commit ended its goroutine")

// run has the writes done in the group that is open.
func (c *committer) run(s *Store, ops []*op) {
	if c.group == nil {
		c.group = &group{ops: ops}
		if err := c.open(s); err != nil {
			c.abandon(err)
			return
		}
	} else {
		c.group.ops = append(c.group.ops, ops...)
	}
	if err := c.group.run(ops); err != nil {
		s.fault.set(err)
		c.abandon(err)
	}
}

// open begins the write of a new group.
func (c *committer) open(s *Store) error {
	if err := s.fault.get(); err != nil {
		return err
	}
	if err := c.makeRoom(s); err != nil {
		return err
	}
	c.last = s.versions.trimmed(c.last) // before the transaction begins
	tx, err := s.db.Begin(false)
	if err != nil {
		return plain(err)
	}
	var spare memory
	if n := len(c.spare); n > 0 {
		spare, c.spare = c.spare[n-1], c.spare[:n-1]
	}
	c.group.write = newWrite(c.last, tx, spare)
	return nil
}

// abandon ends the group, none of which has happened.
func (c *committer) abandon(err error) {
	if g := c.group; g != nil {
		c.group = nil
		g.close()
		g.fail(err)
	}
}

// handOver gives the group to the logger, which is not busy.
func (c *committer) handOver(s *Store) {
	g := c.group
	if err := g.seal(); err != nil {
		if errors.Is(err, ErrDamaged) {
			s.fault.set(err)
		}
		c.abandon(err)
		return
	}
	c.group = nil
	if !g.write.dirty() {
		g.finish()
		return
	}
	for b, keys := range g.write.added {
		s.gaps[b].add(g.write.version.commit, keys)
	}
	c.last = g.write.version
	c.size += int64(len(g.write.record))
	s.worked(int64(len(g.ops)) * writeWork)
	c.logger.begin(g)
}

// wait waits for something to do.
func (c *committer) wait(s *Store) {
	c.last = s.versions.trimmed(c.last) // what is in the file need not stay in memory
	wake := c.wake
	if c.group.room() == 0 {
		wake = nil // not for more
	}
	select {
	case <-wake:
	case err := <-c.logger.logged:
		if c.logged(s, err); err != nil {
			c.abandon(err) // as it stands on what has failed
		}
	}
}

// logged notes what became of the group that the logger had.
func (c *committer) logged(s *Store, err error) {
	if m := c.logger.group.write.memory; cap(m.record) <= maxSpare && len(c.spare) < 2 {
		c.spare = append(c.spare, m)
	}
	c.logger.group = nil
	if err != nil {
		c.last = s.versions.now.Load()
	}
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

// take returns the next writes, at most so many, and whether there will be no more
// than those.
func (c *committer) take(most int) ([]*op, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := min(len(c.queue), most)
	batch := c.queue[:n:n]
	if c.queue = c.queue[n:]; len(c.queue) == 0 {
		c.queue = nil
	}
	return batch, c.closed && c.queue == nil
}

// do has run done in the next group. It returns when that is durable, or when
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
	c.poke()
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
