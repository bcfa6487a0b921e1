package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/store"
)

// feedInterval is how often the feeder looks for tasks that have become due or
// orphaned, and for hints that were lost.
const feedInterval = 500 * time.Millisecond

// feeder keeps a small window of ready tasks on the queue. What it reads from the
// store is ordered and fair already; so the heap stays flat with any backlog.
type feeder struct {
	engine     *Engine
	lanes      []string
	limit      int // hints in the window of a lane
	perAccount int // of one account in it: one for each worker, so that the file of
	// another waits for one of its files, not for the window
	window window
	wakeup chan struct{}
}

func newFeeder(e *Engine) feeder {
	workers := max(e.config.Workers, 1)
	lanes := lanesOf(e.offers)
	return feeder{
		engine: e, lanes: append(append(lanes, heavyLanes(lanes)...),
			laneControl, laneFetch, laneNet),
		limit: 4 * workers, perAccount: workers,
		window: window{enough: max(workers/4, min(workers/2, 8), 1)},
		wakeup: make(chan struct{}, 1),
	}
}

// lanesOf returns the lanes of the offers, each once.
func lanesOf(offers []codec.Offer) []string {
	var lanes []string
	for _, o := range offers {
		if !slices.Contains(lanes, o.Lane) {
			lanes = append(lanes, o.Lane)
		}
	}
	return lanes
}

// wake makes the feeder look at all lanes at once.
func (f *feeder) wake() {
	for _, lane := range f.lanes {
		f.window.changed(lane)
	}
	f.poke()
}

// ready makes the feeder look for a task that has become ready, unless workers have
// enough of its account for now.
func (f *feeder) ready(lane, account string) {
	if f.window.ready(lane, account) {
		f.poke()
	}
}

// taken makes the feeder look for more once a hint was dealt with, if it is time.
func (f *feeder) taken(r store.Ref) {
	if f.window.taken(r) {
		f.poke()
	}
}

// poke wakes the feeder. While it looks others may do so, too: it looks once for
// many.
func (f *feeder) poke() {
	select {
	case f.wakeup <- struct{}{}:
	default:
	}
}

// run feeds until the engine stops pulling.
func (f *feeder) run() {
	tick := time.NewTicker(feedInterval)
	defer tick.Stop()
	all := true
	for {
		ctx := f.engine.pulling
		var err error
		if all {
			err = errors.Join(f.engine.readPauses(ctx), f.engine.recoverOrphans(ctx))
		}
		if err = errors.Join(err, f.fill(ctx, all)); err != nil && ctx.Err() == nil {
			f.engine.config.Logger.Warn("spool: feeding workers", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-f.wakeup:
			all = false
		case <-tick.C:
			all = true
		}
	}
}

// fill offers ready tasks on the queue: those of all lanes, or of those for which it
// is time. A lane that fails does not keep the others waiting.
func (f *feeder) fill(ctx context.Context, all bool) error {
	var errs []error
	for _, lane := range f.lanes {
		if f.window.begin(lane, all) {
			errs = append(errs, f.look(ctx, lane))
		}
	}
	return errors.Join(errs...)
}

// look offers the ready tasks of a lane.
func (f *feeder) look(ctx context.Context, lane string) error {
	without, all := f.without(lane)
	if all {
		return nil
	}
	var tasks []offer
	for task, err := range f.engine.config.Store.Tasks(ctx, store.TaskQuery{
		Lanes: []string{lane}, PerAccount: f.perAccount, Limit: f.limit,
		Due: f.engine.now(), Without: without,
	}) {
		if err != nil {
			return err
		}
		if task.Version <= store.Version {
			tasks = append(tasks, offer{task.Ref, task.Account})
		}
	}
	f.window.offer(lane, tasks, f.cut(tasks))
	if len(tasks) == 0 {
		return nil
	}
	hints := make([]string, len(tasks))
	for i, t := range tasks {
		hints[i] = t.ref.String()
	}
	_, err := f.engine.config.Queue.Push(ctx, lane, hints...)
	return err
}

// cut reports whether the store may have more tasks than these.
func (f *feeder) cut(tasks []offer) bool {
	if len(tasks) >= f.limit {
		return true
	}
	accounts := make(map[string]int)
	for _, t := range tasks {
		if accounts[t.account]++; accounts[t.account] >= f.perAccount {
			return true
		}
	}
	return false
}

// without returns the accounts that must wait in the lane, or that all must.
func (f *feeder) without(lane string) (accounts []string, all bool) {
	e := f.engine
	if lane == laneControl {
		return nil, false
	}
	if lane == laneNet {
		return e.net.atLimit(), false
	}
	all, paused := e.pauses.marks()
	if lane == laneFetch {
		return slices.Concat(paused, e.net.atLimit()), all
	}
	return slices.Concat(paused, e.codecs.atLimit()), all
}

// recoverOrphans frees the tasks of dead sessions. One that cannot be freed now is
// tried again later, and does not keep the others waiting. Concurrent updates share
// commits.
func (e *Engine) recoverOrphans(ctx context.Context) error {
	var mu sync.Mutex // guards errs
	var errs []error
	var group errgroup.Group
	group.SetLimit(64)
	for task, err := range e.config.Store.Tasks(ctx, store.TaskQuery{Orphaned: true}) {
		group.Go(func() error {
			if err == nil {
				err = e.recoverOrphan(ctx, task)
			}
			if err != nil && ctx.Err() == nil {
				mu.Lock()
				defer mu.Unlock()
				errs = append(errs, fmt.Errorf("task %v of a dead session: %w", task.Ref, err))
			}
			return nil
		})
	}
	_ = group.Wait() // their errors are in errs
	return errors.Join(errs...)
}

func (e *Engine) recoverOrphan(ctx context.Context, task store.Task) error {
	b, err := e.briefOf(ctx, task.Job)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	c := claim{task.Ref, task.Session, task.Token, b.terms}
	err = e.config.Store.Update(ctx, task.Ref, func(tx *store.Tx) error {
		return c.recoverTask(tx, e.now())
	})
	if errors.Is(err, errLost) {
		return nil
	}
	return err
}
