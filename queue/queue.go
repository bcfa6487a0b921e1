// Package queue is the contract between spool's engine and what tells idle
// workers that a task is ready.
//
// A [Queue] is a bounded window of hints, one window for each lane. A hint is
// the name of a task, nothing more: the store decides whether it may be done.
// So a queue may lose hints, repeat and reorder them; that costs time, never
// work, because the engine's feeder offers again whatever is ready and
// unclaimed. Priority, fairness, limits and delays are the feeder's business.
//
//	n, err := q.Push(ctx, "image", "job-1/f/0", "job-1/f/1")
//	hint, ack, err := q.Pull(ctx, "image")
//	// claim the task in the store, then:
//	ack()
//
// queue/memqueue is the backend for one process; queue/queuetest holds the
// suite that every backend passes.
package queue

import (
	"context"
	"errors"
)

// ErrClosed says that the queue was closed.
var ErrClosed = errors.New("queue: closed")

// Queue is a bounded window of hints for each lane. All methods may be called
// by many goroutines at once, and return ErrClosed, wrapped or not, after Close
// and ctx.Err() when ctx has ended.
type Queue interface {
	// Push offers hints in the lane and returns how many of them, from the
	// first, are now in its window: fewer than given means that the window is
	// full. It never waits for room. A hint that is in the window already, or
	// pulled and not acknowledged yet, counts as pushed and is not repeated.
	Push(ctx context.Context, lane string, hints ...string) (int, error)
	// Pull waits for a hint in any of the lanes and takes it, in the order of
	// Push within a lane as far as the backend keeps order; no lane is starved
	// by another. The caller calls ack once, after the task was claimed or found
	// to be gone; from then on the hint may be pushed again. A hint that is
	// never acknowledged may come back or be lost.
	Pull(ctx context.Context, lanes ...string) (hint string, ack func(), err error)
	// Close ends all waiting Pulls. Closing twice is no error.
	Close() error
}
