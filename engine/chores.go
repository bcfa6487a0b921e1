package engine

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/spoolmedia/spool/store"
)

// choreDelay is how long a chore that failed waits.
const choreDelay = 10 * time.Second

// doChore does a task of the engine's own. One that is cut short is given back.
func (e *Engine) doChore(ctx context.Context, c claimed) {
	var err error
	switch c.task.Kind {
	case taskWalk:
		err = e.walk(ctx, c.task.Job)
	case taskSweep:
		err = e.sweep(ctx, c.task)
	}
	if err != nil {
		if ctx.Err() == nil {
			e.config.Logger.Warn("spool: a chore failed", "task", c.task.Ref.String(), "error", err)
		}
		e.settle(c, func(tx *store.Tx) error {
			return c.claim().postpone(tx, now().Add(choreDelay))
		})
		return
	}
	e.settle(c, c.claim().end)
}

// walk ends the tasks of a cancelled job that nobody holds. Those that are held
// end with their attempts. Concurrent updates share commits.
func (e *Engine) walk(ctx context.Context, job string) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(64)
	for task, err := range e.config.Store.Tasks(ctx, store.TaskQuery{
		Under: store.Ref{Job: job, Task: "f"},
	}) {
		if err != nil {
			return errors.Join(err, group.Wait())
		}
		if task.Session != "" {
			continue
		}
		group.Go(func() error {
			err := e.config.Store.Update(ctx, task.Ref, drop)
			if errors.Is(err, errGone) || errors.Is(err, errTaken) {
				return nil
			}
			return err
		})
	}
	return group.Wait()
}

// sweep removes what lost attempts left in storage.
func (e *Engine) sweep(ctx context.Context, t store.Task) error {
	var s sweep
	if err := json.Unmarshal(t.Data, &s); err != nil {
		return err
	}
	for _, token := range s.Tokens {
		prefix := attemptPrefix(t.Job, s.File, token)
		for info, err := range e.config.Storage.List(ctx, prefix, "") {
			if err != nil {
				return err
			}
			if err := e.config.Storage.Remove(ctx, info.Key); err != nil {
				return err
			}
		}
	}
	return nil
}
