// Package memqueue is the [queue.Queue] for one process: a bounded window of
// hints for each lane, in memory.
//
//	q := memqueue.New(memqueue.Config{})
//	defer q.Close()
//	n, err := q.Push(ctx, "image", "job-1/f/0")
//	hint, ack, err := q.Pull(ctx, "image", "av")
//
// Hints of a lane are pulled in the order of Push. A Pull of several lanes takes
// from the one that was served longest ago, and a waiting Pull is served before
// those that came after it. The queue has no goroutine of its own.
package memqueue

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/spoolmedia/spool/queue"
)

var _ queue.Queue = (*Queue)(nil)

// Config are the settings of a [Queue]. The zero Config is ready to use.
type Config struct {
	// Window is how many hints a lane holds, apart from those that were pulled;
	// 0 means 1024.
	Window int
}

func (c Config) withDefaults() Config {
	c.Window = cmp.Or(c.Window, 1024)
	return c
}

func (c Config) validate() error {
	if c.Window < 0 {
		return fmt.Errorf("memqueue: Window is %d, want 0 or more", c.Window)
	}
	return nil
}

// Queue is a queue in memory.
type Queue struct {
	window int

	mu     sync.Mutex // guards what follows
	lanes  map[string]*lane
	pulls  []*pull // that wait, oldest first; no lane of theirs has a hint
	served uint64  // how many hints were handed out
	closed bool
}

// New returns an empty queue. It panics if the Config is not valid.
func New(cfg Config) *Queue {
	cfg = cfg.withDefaults()
	if err := cfg.validate(); err != nil {
		panic(err)
	}
	return &Queue{window: cfg.Window, lanes: make(map[string]*lane)}
}

// Push implements [queue.Queue].
func (q *Queue) Push(ctx context.Context, name string, hints ...string) (int, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if err := cmp.Or(ctx.Err(), q.closedErr()); err != nil {
		return 0, fmt.Errorf("memqueue: push: %w", err)
	}
	l := q.lane(name)
	for n, hint := range hints {
		if _, ok := l.known[hint]; ok {
			continue
		}
		if len(l.hints) >= q.window {
			return n, nil
		}
		l.push(hint)
		q.serve(name, l)
	}
	return len(hints), nil
}

// Pull implements [queue.Queue]. If a hint arrives in the moment in which ctx
// ends or the queue is closed, Pull returns the hint.
func (q *Queue) Pull(ctx context.Context, lanes ...string) (string, func(), error) {
	p, err := q.pull(ctx, lanes)
	if err != nil {
		return "", nil, fmt.Errorf("memqueue: pull: %w", err)
	}
	if p.ready != nil {
		select {
		case <-p.ready:
		case <-ctx.Done():
			q.leave(p, ctx.Err())
		}
	}
	if p.err != nil {
		return "", nil, fmt.Errorf("memqueue: pull: %w", p.err)
	}
	return p.hint, p.ack, nil
}

// Close implements [queue.Queue]. Acknowledging is still allowed.
func (q *Queue) Close() error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	for _, p := range q.pulls {
		p.end(queue.ErrClosed)
	}
	q.pulls, q.lanes = nil, make(map[string]*lane)
	return nil
}

// pull returns a pull that was served, or waits in the line.
func (q *Queue) pull(ctx context.Context, lanes []string) (*pull, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if err := cmp.Or(ctx.Err(), q.closedErr()); err != nil {
		return nil, err
	}
	p := new(pull)
	if l := q.next(lanes); l != nil {
		q.hand(l, p)
		return p, nil
	}
	p.lanes, p.ready = slices.Clone(lanes), make(chan struct{})
	q.pulls = append(q.pulls, p)
	return p, nil
}

// next returns the lane to take from: of those with hints the one that was
// served longest ago.
func (q *Queue) next(lanes []string) *lane {
	var best *lane
	for _, name := range lanes {
		l := q.lanes[name]
		if l != nil && len(l.hints) > 0 && (best == nil || l.served < best.served) {
			best = l
		}
	}
	return best
}

// serve gives the lane's hint to the pull that has waited longest for it.
func (q *Queue) serve(name string, l *lane) {
	i := slices.IndexFunc(q.pulls, func(p *pull) bool {
		return slices.Contains(p.lanes, name)
	})
	if i >= 0 {
		p := q.pulls[i]
		q.pulls = slices.Delete(q.pulls, i, i+1)
		q.hand(l, p)
		close(p.ready)
	}
}

// hand moves the lane's first hint to p.
func (q *Queue) hand(l *lane, p *pull) {
	q.served++
	l.served = q.served
	hint, acknowledged := l.pop(), false
	p.hint, p.ack = hint, func() {
		q.mu.Lock()
		defer q.mu.Unlock()
		if !acknowledged {
			acknowledged = true
			delete(l.known, hint)
		}
	}
}

// leave takes p out of the line, unless it was served meanwhile.
func (q *Queue) leave(p *pull, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if i := slices.Index(q.pulls, p); i >= 0 {
		q.pulls = slices.Delete(q.pulls, i, i+1)
		p.end(err)
	}
}

func (q *Queue) lane(name string) *lane {
	l := q.lanes[name]
	if l == nil {
		l = &lane{known: make(map[string]struct{})}
		q.lanes[name] = l
	}
	return l
}

func (q *Queue) closedErr() error {
	if q.closed {
		return queue.ErrClosed
	}
	return nil
}

// A lane is one window.
type lane struct {
	hints  []string            // oldest first
	known  map[string]struct{} // in hints, or pulled and not acknowledged
	served uint64              // Queue.served when it was last taken from
}

func (l *lane) push(hint string) {
	l.known[hint] = struct{}{}
	l.hints = append(l.hints, hint)
}

func (l *lane) pop() string {
	hint := l.hints[0]
	l.hints[0] = "" // the array lives on
	l.hints = l.hints[1:]
	return hint
}

// A pull is one call of Pull. hint, ack and err are set before ready is closed.
type pull struct {
	lanes []string
	ready chan struct{} // nil: it did not have to wait
	hint  string
	ack   func()
	err   error
}

func (p *pull) end(err error) {
	p.err = err
	close(p.ready)
}
