package engine

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"time"

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
	perAccount int // hints of one account in it
	window     atomic.Int64
	wakeup     chan struct{}
}

func newFeeder(e *Engine) feeder {
	workers := max(e.config.Workers, 1)
	return feeder{
		engine: e, lanes: append(lanesOf(e.offers), laneControl),
		limit: 32 * workers, perAccount: 8 * workers,
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

// wake makes the feeder look at once.
func (f *feeder) wake() {
	select {
	case f.wakeup <- struct{}{}:
	default:
	}
}

// pulled takes note that a worker took a hint.
func (f *feeder) pulled() {
	if f.window.Add(-1) <= int64(f.perAccount/2) {
		f.wake()
	}
}

// run feeds until the engine stops pulling.
func (f *feeder) run() {
	tick := time.NewTicker(feedInterval)
	defer tick.Stop()
	orphans := true
	for {
		ctx := f.engine.pulling
		var err error
		if orphans {
			err = f.engine.recoverOrphans(ctx)
		}
		if err = errors.Join(err, f.fill(ctx)); err != nil && ctx.Err() == nil {
			f.engine.config.Logger.Warn("spool: feeding workers", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-f.wakeup:
			orphans = false
		case <-tick.C:
			orphans = true
		}
	}
}

// fill offers the ready tasks of each lane on the queue.
func (f *feeder) fill(ctx context.Context) error {
	total := 0
	for _, lane := range f.lanes {
		hints, err := f.ready(ctx, lane)
		if err != nil {
			return err
		}
		if len(hints) == 0 {
			continue
		}
		if _, err := f.engine.config.Queue.Push(ctx, lane, hints...); err != nil {
			return err
		}
		total += len(hints)
	}
	f.window.Store(int64(total))
	return nil
}

func (f *feeder) ready(ctx context.Context, lane string) ([]string, error) {
	var hints []string
	for task, err := range f.engine.config.Store.Tasks(ctx, store.TaskQuery{
		Lanes: []string{lane}, PerAccount: f.perAccount, Limit: f.limit, Due: now(),
	}) {
		if err != nil {
			return nil, err
		}
		if task.Version <= store.Version {
			hints = append(hints, task.Ref.String())
		}
	}
	return hints, nil
}

// recoverOrphans frees the tasks of dead sessions.
func (e *Engine) recoverOrphans(ctx context.Context) error {
	for task, err := range e.config.Store.Tasks(ctx, store.TaskQuery{Orphaned: true}) {
		if err != nil {
			return err
		}
		c := claim{task.Ref, task.Session, task.Token}
		err := e.config.Store.Update(ctx, task.Ref, func(tx *store.Tx) error {
			return c.recoverTask(tx, now())
		})
		if err != nil && !errors.Is(err, errLost) {
			return err
		}
	}
	return nil
}
