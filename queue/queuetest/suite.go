// Package queuetest is the suite that every [queue.Queue] passes.
//
//	func TestQueue(t *testing.T) {
//		queuetest.Run(t, func(t *testing.T) queue.Queue { return myqueue.New() })
//	}
//
// The contract lets a queue lose, repeat and reorder hints when something goes
// wrong. In a check nothing goes wrong, so there it must not. Each check has a
// fresh queue and is named after the clause that it defends.
package queuetest

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"testing"
	"time"

	"github.com/spoolmedia/spool/queue"
)

// A check defends one clause of the contract.
type check struct {
	name string
	run  func(ctx context.Context, q queue.Queue) error
}

func checks() []check { return slices.Concat(pushChecks, pullChecks, endChecks, togetherChecks) }

// patience is how long a check waits for what must come. A sound queue never
// takes that long; it only turns a hang into a finding.
const patience = 10 * time.Second

// Run runs the suite as subtests of t, and random histories against a model, which
// are those of [rapid.Check]: -rapid.checks=5000 makes many more. open returns an
// empty queue, whose window holds at least 64 hints and not more than 100,000; the
// suite closes it.
func Run(t *testing.T, open func(t *testing.T) queue.Queue) {
	for _, c := range checks() {
		t.Run(c.name, func(t *testing.T) {
			q := open(t)
			defer q.Close()
			if err := c.run(t.Context(), q); err != nil {
				t.Error(err)
			}
		})
	}
	t.Run("random histories", func(t *testing.T) {
		checkHistories(t, t.Context(), func() queue.Queue { return open(t) })
	})
}

// Check runs the suite without a [testing.T] and returns all that it found, as
// joined errors. open is called once for each check.
func Check(ctx context.Context, open func() (queue.Queue, error)) error {
	var errs []error
	for _, c := range checks() {
		if err := checkOne(ctx, c, open); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", c.name, err))
		}
	}
	return errors.Join(errs...)
}

func checkOne(
	ctx context.Context, c check, open func() (queue.Queue, error),
) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
		}
	}()
	q, err := open()
	if err != nil {
		return err
	}
	defer q.Close()
	return c.run(ctx, q)
}

// push pushes hints that must all fit.
func push(ctx context.Context, q queue.Queue, lane string, hints ...string) error {
	n, err := q.Push(ctx, lane, hints...)
	if n != len(hints) || err != nil {
		return fmt.Errorf("got Push of %d hints = %d, %w; want all", len(hints), n, err)
	}
	return nil
}

// pull takes a hint that must come.
func pull(ctx context.Context, q queue.Queue, lanes ...string) (string, func(), error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	hint, ack, err := q.Pull(ctx, lanes...)
	if err != nil {
		return "", nil, fmt.Errorf("a Pull of %q: %w", lanes, err)
	}
	if ack == nil {
		return "", nil, errors.New("a Pull returns a hint without ack")
	}
	return hint, ack, nil
}

// take pulls and acknowledges n hints.
func take(ctx context.Context, q queue.Queue, n int, lanes ...string) ([]string, error) {
	var hints []string
	for range n {
		hint, ack, err := pull(ctx, q, lanes...)
		if err != nil {
			return hints, fmt.Errorf("after %d of %d hints: %w", len(hints), n, err)
		}
		ack()
		hints = append(hints, hint)
	}
	return hints, nil
}

// wantEmpty checks that the lane has nothing more: a mark that is pushed now is
// the next hint.
func wantEmpty(ctx context.Context, q queue.Queue, lane string) error {
	const mark = "the next hint"
	if err := push(ctx, q, lane, mark); err != nil {
		return err
	}
	hint, ack, err := pull(ctx, q, lane)
	if err != nil {
		return err
	}
	ack()
	if hint != mark {
		return fmt.Errorf("%q came, want nothing more", hint)
	}
	return nil
}

// names returns n hints.
func names(prefix string, n int) []string {
	hints := make([]string, n)
	for i := range hints {
		hints[i] = fmt.Sprintf("%s/f/%d", prefix, i)
	}
	return hints
}

// same checks that the hints are those wanted, in any order.
func same(got, want []string) error {
	got, want = slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want))
	if !slices.Equal(got, want) {
		return fmt.Errorf("hints are %q, want %q", got, want)
	}
	return nil
}
