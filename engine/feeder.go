package engine

import (
	"context"
	"errors"
	"slices"
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
	perAccount int // of one account in it: one for each worker, so that the file of
	// another waits for one of its files, not for the window
	wakeup chan struct{}
}

func newFeeder(e *Engine) feeder {
	workers := max(e.config.Workers, 1)
	lanes := lanesOf(e.offers)
	return feeder{
		engine: e, lanes: append(append(lanes, heavyLanes(lanes)...),
			laneControl, laneFetch, laneNet),
		limit: 4 * workers, perAccount: workers,
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

// wake makes the feeder look at once. Whoever claims a task does so: while the
// feeder looks others are claimed, so it looks once for many.
func (f *feeder) wake() {
	select {
	case f.wakeup <- struct{}{}:
	default:
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
			err = errors.Join(f.engine.readPauses(ctx), f.engine.recoverOrphans(ctx))
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
	}
	return nil
}

func (f *feeder) ready(ctx context.Context, lane string) ([]string, error) {
	without, all := f.without(lane)
	if all {
		return nil, nil
	}
	var hints []string
	for task, err := range f.engine.config.Store.Tasks(ctx, store.TaskQuery{
		Lanes: []string{lane}, PerAccount: f.perAccount, Limit: f.limit,
		Due: f.engine.now(), Without: without,
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

// recoverOrphans frees the tasks of dead sessions.
func (e *Engine) recoverOrphans(ctx context.Context) error {
	for task, err := range e.config.Store.Tasks(ctx, store.TaskQuery{Orphaned: true}) {
		if err != nil {
			return err
		}
		j, err := e.config.Store.Job(ctx, task.Job)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		t, _, err := e.termsOf(j)
		if err != nil {
			return err
		}
		c := claim{task.Ref, task.Session, task.Token, t}
		err = e.config.Store.Update(ctx, task.Ref, func(tx *store.Tx) error {
			return c.recoverTask(tx, e.now())
		})
		if err != nil && !errors.Is(err, errLost) {
			return err
		}
	}
	return nil
}
