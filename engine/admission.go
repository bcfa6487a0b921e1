package engine

import (
	"context"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/store"
)

// Lanes of the engine's own tasks.
const (
	// laneControl is for chores in the store and in storage, and for files that no
	// codec takes and that a worker only has to refuse.
	laneControl = "control"
	laneFetch   = "fetch" // inputs from URLs
	laneNet     = "net"   // callbacks and archives
)

// heavySuffix makes the lane of heavy work out of a codec's lane.
const heavySuffix = ".heavy"

// heavyCPU is how long a core may be kept busy by work that is not heavy.
const heavyCPU = 10 * time.Second

// budget is what may run at once, in units of one worker's share. All heavy work
// together leaves one unit free, if there are two.
type budget struct {
	slots  *semaphore.Weighted
	heavy  *semaphore.Weighted
	most   int64 // units of heavy work
	memory int64 // of one unit, in bytes
}

func newBudget(c Config) budget {
	units := int64(max(c.Workers, 1))
	most := max(units-1, 1)
	return budget{
		slots: semaphore.NewWeighted(units), heavy: semaphore.NewWeighted(most),
		most: most, memory: max(c.Memory/units, 1),
	}
}

// weigh returns how many units heavy work takes, and 0 for other work.
func (b budget) weigh(c codec.Cost) int64 {
	units := (c.Memory + b.memory - 1) / b.memory
	if units <= 1 && c.CPU <= heavyCPU {
		return 0
	}
	return min(max(units, 1), b.most)
}

// acquire waits for the units of heavy work. It returns how to give them back.
func (b budget) acquire(ctx context.Context, units int64) (release func(), err error) {
	units = min(max(units, 1), b.most)
	if err := b.heavy.Acquire(ctx, units); err != nil {
		return nil, err
	}
	if err := b.slots.Acquire(ctx, units); err != nil {
		b.heavy.Release(units)
		return nil, err
	}
	return func() {
		b.slots.Release(units)
		b.heavy.Release(units)
	}, nil
}

// accounts counts what runs for each account, and knows who is at a limit.
type accounts struct {
	limit func(string) int // nil: none
	mu    sync.Mutex       // guards busy
	busy  map[string]int
}

// enter counts one more for the account, unless that is too many.
func (a *accounts) enter(account string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.full(account) {
		return false
	}
	if a.busy == nil {
		a.busy = make(map[string]int)
	}
	a.busy[account]++
	return true
}

func (a *accounts) leave(account string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.busy[account]--; a.busy[account] <= 0 {
		delete(a.busy, account)
	}
}

// full reports whether the account is at its limit. a.mu is held.
func (a *accounts) full(account string) bool {
	if a.limit == nil {
		return false
	}
	most := a.limit(account)
	return most > 0 && a.busy[account] >= most
}

// atLimit returns the accounts that may not have more now.
func (a *accounts) atLimit() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	var full []string
	for account := range a.busy {
		if a.full(account) {
			full = append(full, account)
		}
	}
	return full
}

// refs is a set of the tasks that goroutines of this process deal with.
type refs struct {
	mu  sync.Mutex // guards all
	all map[store.Ref]struct{}
}

// add puts r into the set, and reports whether it was not there.
func (s *refs) add(r store.Ref) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.all[r]; ok {
		return false
	}
	if s.all == nil {
		s.all = make(map[store.Ref]struct{})
	}
	s.all[r] = struct{}{}
	return true
}

func (s *refs) remove(r store.Ref) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.all, r)
}
