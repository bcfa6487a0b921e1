package engine

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"

	"github.com/spoolmedia/spool/store"
)

// worker takes up tasks of its lanes, one after the other.
type worker struct {
	*Engine
	lanes []string
	heavy bool // its lanes are those of heavy work
}

// run works until the engine stops pulling. While the outcome of one task is being
// committed, it claims the next.
func (w worker) run() {
	var outcome sync.WaitGroup
	defer outcome.Wait()
	wait := backoff.NewExponentialBackOff()
	for w.pulling.Err() == nil {
		hint, ack, err := w.config.Queue.Pull(w.pulling, w.lanes...)
		if err == nil {
			wait.Reset()
			r := store.ParseRef(hint)
			conclude := w.take(r, sync.OnceFunc(func() {
				ack()
				w.feeder.taken(r)
			}))
			if conclude != nil {
				outcome.Wait()
				outcome.Go(conclude)
			}
			continue
		}
		if w.pulling.Err() != nil {
			return
		}
		w.config.Logger.Warn("spool: pulling hints", "error", err)
		select {
		case <-time.After(wait.NextBackOff()):
		case <-w.pulling.Done():
		}
	}
}

// take claims the task and does it, all but what is left to conclude, if anything
// is. The hint is acknowledged when it is clear who has the task.
func (w worker) take(r store.Ref, ack func()) (conclude func()) {
	defer ack()
	if !w.busy.add(r) {
		return nil // the hint came twice
	}
	rest := w.work(r, ack)
	if rest == nil {
		w.busy.remove(r)
		return nil
	}
	return func() {
		rest()
		w.busy.remove(r)
	}
}

// work does the task by the terms of its job.
func (w worker) work(r store.Ref, ack func()) (conclude func()) {
	b, err := w.briefOf(w.pulling, r.Job)
	if err != nil {
		if !errors.Is(err, store.ErrNotFound) && w.pulling.Err() == nil {
			w.config.Logger.Warn("spool: reading a job", "job", r.Job, "error", err)
		}
		return nil
	}
	leave, ok := w.enter(r, b.account)
	if !ok {
		return nil // it comes again when it may
	}
	defer leave()
	return w.do(r, b.terms, b.record, ack)
}

// enter waits for room for the task, unless its account must wait. It returns how
// to leave.
func (w worker) enter(r store.Ref, account string) (leave func(), ok bool) {
	if _, file := r.File(); !file {
		return w.enterNet(r, account)
	}
	if w.pauses.hold(account) {
		return nil, false
	}
	if isFetch(r) {
		return w.enterNet(r, account)
	}
	if !w.codecs.enter(account) {
		return nil, false
	}
	leave = func() {
		w.codecs.leave(account)
		if w.codecs.limit != nil {
			w.feeder.wake()
		}
	}
	if w.heavy {
		return leave, true // units are acquired when it is known how many
	}
	// Calls of Process hold slots, too.
	if w.budget.slots.Acquire(w.pulling, 1) != nil {
		leave()
		return nil, false
	}
	release := leave
	return func() {
		w.budget.slots.Release(1)
		release()
	}, true
}

// enterNet counts what keeps a net worker busy: hosts that do not answer may
// hold up one account, not all.
func (w worker) enterNet(r store.Ref, account string) (leave func(), ok bool) {
	if !isFetch(r) && !isCallback(r) {
		return func() {}, true
	}
	if !w.net.enter(account) {
		return nil, false
	}
	return func() {
		w.net.leave(account)
		w.feeder.wake()
	}, true
}

// do claims the task and does it.
func (w worker) do(r store.Ref, t terms, rec record, ack func()) (conclude func()) {
	ctx, cancel := context.WithCancelCause(w.working)
	// Before the claim, so that a cancel right after it finds the attempt.
	a := w.running.add(r, cancel)
	defer a.end()
	c, err := w.claim(r, t)
	ack()
	if err == nil && c.task.Kind == taskFile {
		a.begin(c, w.now())
		return w.doFile(ctx, c, rec, a)
	}
	defer cancel(nil)
	if err != nil {
		if !isOne(err, harmless) {
			w.config.Logger.Warn("spool: claiming a task", "job", r.Job, "task", r.Task, "error", err)
		}
		return nil
	}
	a.begin(c, w.now())
	switch c.task.Kind {
	case taskFetch:
		w.doFetch(ctx, c, rec)
	case taskArchive:
		w.doArchive(ctx, c, rec)
	case taskCallback:
		w.doCallback(ctx, c, rec)
	case "": // the job no longer wanted it
	default:
		w.doChore(ctx, c, rec)
	}
	return nil
}

// What a claim may fail with when there is nothing to do.
var harmless = []error{errGone, errTaken, errNotDue, errNewer, store.ErrClosed}

// What the end of an attempt may fail with for good.
var undone = []error{errLost, store.ErrClosed, store.ErrTooLarge}

// isOne reports whether err is one of those.
func isOne(err error, those []error) bool {
	return slices.ContainsFunc(those, func(one error) bool { return errors.Is(err, one) })
}

// claim writes this session into the task. It does not end with the context of
// the work: an unknown outcome would leave the task held by nobody who knows.
func (e *Engine) claim(r store.Ref, t terms) (*claimed, error) {
	c := new(claimed)
	return c, e.persist(harmless, func() error {
		return e.config.Store.Update(context.Background(), r, func(tx *store.Tx) (err error) {
			*c, err = take(tx, e.session.ID(), t, e.now())
			return err
		})
	})
}

// settle commits the end of an attempt: until then the task is held by this
// session. If it gives up, the task is taken up anew, as after a crash.
func (e *Engine) settle(c *claimed, transition func(*store.Tx) error) error {
	var ready []store.Task
	err := e.persist(undone, func() error {
		return e.config.Store.Update(context.Background(), c.task.Ref, func(tx *store.Tx) error {
			err := transition(tx)
			ready = ready[:0]
			for _, t := range tx.Add {
				ready = e.appendReady(ready, t)
			}
			if tx.Task != nil {
				ready = e.appendReady(ready, *tx.Task)
			}
			return err
		})
	})
	if err == nil {
		for _, t := range ready {
			e.feeder.ready(t.Lane, t.Account)
		}
	}
	if err != nil && !errors.Is(err, errLost) {
		e.logger(c).Error("spool: an outcome was not recorded", "error", err)
	}
	return err
}

// persist calls update until it succeeds, fails with one of the final errors, or
// the engine ends: it must be known what the store holds.
func (e *Engine) persist(final []error, update func() error) error {
	wait := backoff.NewExponentialBackOff()
	for {
		err := update()
		if err == nil || isOne(err, final) {
			return err
		}
		if sleep(e.working, wait.NextBackOff()) != nil {
			return err
		}
	}
}

// appendReady appends the task if it can be taken up now.
func (e *Engine) appendReady(ready []store.Task, t store.Task) []store.Task {
	if t.Session != "" || t.Done || t.NotBefore.After(e.now()) {
		return ready
	}
	return append(ready, t)
}
