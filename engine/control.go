package engine

import (
	"context"
	"time"

	"github.com/spoolmedia/spool/store"
)

// Cancel ends the job: its status and its event are cancelled at once, what is
// pending is never taken up, and what runs is interrupted. A native call ends as
// soon as its library allows, and counts among the workers until then. Files
// that had ended keep their results. Cancelling a cancelled job is no error; one
// that has completed or failed is [ErrEnded]; a missing one is [ErrNotFound].
func (e *Engine) Cancel(ctx context.Context, id string) error {
	return e.change(ctx, id, terms.cancel)
}

// Retry opens the next run of a job that failed or was cancelled: its files that
// did not complete, those that were put aside included, are worked on again with
// all their attempts. Files that completed keep their results. A job that has not
// ended is [ErrNotEnded], one that completed [ErrEnded], a missing one
// [ErrNotFound].
func (e *Engine) Retry(ctx context.Context, id string) error {
	return e.change(ctx, id, terms.rerun)
}

// Delete removes the job with its inputs and outputs. For whoever asks, it is gone
// at once, and its idempotency key is free; its blobs and records go soon after. A
// job that runs is cancelled. Inputs from [FromStorage] stay. A missing job is
// [ErrNotFound].
func (e *Engine) Delete(ctx context.Context, id string) error {
	return e.change(ctx, id, terms.remove)
}

// change makes a transition of the whole job.
func (e *Engine) change(
	ctx context.Context, id string, transition func(terms, *store.Tx, time.Time) error,
) error {
	if e.closed() {
		return ErrClosed
	}
	j, err := e.job(ctx, id)
	if err != nil {
		return err
	}
	t, _, err := e.termsOf(j)
	if err != nil {
		return err
	}
	defer e.feeder.wake()
	return e.config.Store.Update(ctx, store.Ref{Job: id}, func(tx *store.Tx) error {
		return transition(t, tx, e.now())
	})
}
