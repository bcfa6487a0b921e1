package queuetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/spoolmedia/spool/queue"
)

var pullChecks = []check{
	{"Pull takes from its lanes only", pullLanes},
	{"Pull of several lanes starves none", pullFair},
	{"Pull waits for a hint in any of its lanes", pullWaits},
	{"each waiting Pull gets a hint of its own", pullEach},
}

var endChecks = []check{
	{"an ended context is its error", ctxEnded},
	{"a waiting Pull ends with its context and takes no hint with it", ctxEnds},
	{"after Close everything is ErrClosed", closed},
	{"Close ends waiting Pulls", closeWaiting},
	{"ack after Close does nothing", ackClosed},
}

var togetherChecks = []check{
	{"32 goroutines push and pull each hint once", crowd},
}

func pullLanes(ctx context.Context, q queue.Queue) error {
	err := errors.Join(push(ctx, q, "image", "picture"), push(ctx, q, "av", "film"))
	if err != nil {
		return err
	}
	// In another order than that of Push, which one lane for all would keep.
	for _, want := range []struct{ lane, hint string }{{"av", "film"}, {"image", "picture"}} {
		got, err := take(ctx, q, 1, want.lane)
		if err := errors.Join(err, same(got, []string{want.hint})); err != nil {
			return err
		}
	}
	return nil
}

// pullFair has a lane that is full whenever it is looked at, and one hint in
// each of two others: these must come before the full lane was emptied.
func pullFair(ctx context.Context, q queue.Queue) error {
	flood, err := fill(ctx, q, "flood")
	if err != nil {
		return err
	}
	for _, lane := range []string{"av", "net"} {
		if err := push(ctx, q, lane, lane); err != nil {
			return err
		}
	}
	half := len(flood) / 2
	got, err := take(ctx, q, half, "flood", "av", "net")
	if err != nil {
		return err
	}
	for _, lane := range []string{"av", "net"} {
		if !slices.Contains(got, lane) {
			return fmt.Errorf("lane %q got nothing in %d pulls", lane, half)
		}
	}
	return nil
}

// A waiter is one Pull in its own goroutine.
type waiter struct {
	hint string
	ack  func()
	err  error
}

// wait starts n Pulls and returns their results as they come.
func wait(ctx context.Context, q queue.Queue, n int, lanes ...string) <-chan waiter {
	results := make(chan waiter, n)
	for range n {
		go func() { // ends with its Pull; the suite closes the queue
			var w waiter
			w.hint, w.ack, w.err = q.Pull(ctx, lanes...)
			results <- w
		}()
	}
	return results
}

func pullWaits(ctx context.Context, q queue.Queue) error {
	for _, lane := range []string{"av", "image", "av"} {
		ctx, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		waiting := wait(ctx, q, 1, "image", "av")
		if err := push(ctx, q, lane, "hint"); err != nil {
			return err
		}
		w := <-waiting
		if w.err != nil || w.hint != "hint" {
			return fmt.Errorf("waiting for %q: got %q, %w", lane, w.hint, w.err)
		}
		w.ack()
	}
	return nil
}

func pullEach(ctx context.Context, q queue.Queue) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	want := names("job", 16)
	waiting := wait(ctx, q, len(want), "image")
	if err := push(ctx, q, "image", want...); err != nil {
		return err
	}
	var got []string
	for range want {
		w := <-waiting
		if w.err != nil {
			return fmt.Errorf("after %d hints: %w", len(got), w.err)
		}
		w.ack()
		got = append(got, w.hint)
	}
	return errors.Join(same(got, want), wantEmpty(ctx, q, "image"))
}

func ctxEnded(ctx context.Context, q queue.Queue) error {
	if err := push(ctx, q, "image", "a"); err != nil {
		return err
	}
	over, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := q.Push(over, "image", "b"); !errors.Is(err, context.Canceled) {
		return fmt.Errorf("got Push = %w, want context.Canceled", err)
	}
	if _, _, err := q.Pull(over, "image"); !errors.Is(err, context.Canceled) {
		return fmt.Errorf("got Pull = %w, want context.Canceled", err)
	}
	got, err := take(ctx, q, 1, "image")
	return errors.Join(err, same(got, []string{"a"}), wantEmpty(ctx, q, "image"))
}

func ctxEnds(ctx context.Context, q queue.Queue) error {
	sub, cancel := context.WithCancel(ctx)
	waiting := wait(sub, q, 4, "image", "av")
	cancel()
	for range 4 {
		if w := <-waiting; !errors.Is(w.err, context.Canceled) {
			return fmt.Errorf("got Pull = %q, %w; want context.Canceled", w.hint, w.err)
		}
	}
	if err := push(ctx, q, "av", "a", "b"); err != nil {
		return err
	}
	got, err := take(ctx, q, 2, "image", "av")
	return errors.Join(err, same(got, []string{"a", "b"}))
}

func closed(ctx context.Context, q queue.Queue) error {
	if err := push(ctx, q, "image", "a"); err != nil {
		return err
	}
	for i := range 2 {
		if err := q.Close(); err != nil {
			return fmt.Errorf("a Close, time %d: %w", i+1, err)
		}
	}
	if _, err := q.Push(ctx, "image", "b"); !errors.Is(err, queue.ErrClosed) {
		return fmt.Errorf("got Push = %w, want ErrClosed", err)
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if _, _, err := q.Pull(ctx, "image"); !errors.Is(err, queue.ErrClosed) {
		return fmt.Errorf("got Pull = %w, want ErrClosed", err)
	}
	return nil
}

func closeWaiting(ctx context.Context, q queue.Queue) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	waiting := wait(ctx, q, 4, "image", "av")
	if err := q.Close(); err != nil {
		return err
	}
	for range 4 {
		if w := <-waiting; !errors.Is(w.err, queue.ErrClosed) {
			return fmt.Errorf("got Pull = %q, %w; want ErrClosed", w.hint, w.err)
		}
	}
	return nil
}

func ackClosed(ctx context.Context, q queue.Queue) error {
	if err := push(ctx, q, "image", "a"); err != nil {
		return err
	}
	_, ack, err := pull(ctx, q, "image")
	if err != nil {
		return err
	}
	if err := q.Close(); err != nil {
		return err
	}
	ack()
	return nil
}

func crowd(ctx context.Context, q queue.Queue) error {
	const pushers, each = 16, 200
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var all []string
	var wg sync.WaitGroup
	errs := make([]error, 2*pushers)
	got := make([][]string, pushers)
	for i := range pushers {
		hints, lane := names(fmt.Sprint("job-", i), each), fmt.Sprint("lane-", i%3)
		all = append(all, hints...)
		wg.Go(func() { errs[i] = pushAll(ctx, q, lane, hints) })
		wg.Go(func() {
			got[i], errs[pushers+i] = take(ctx, q, each, "lane-0", "lane-1", "lane-2")
		})
	}
	wg.Wait()
	return errors.Join(errors.Join(errs...), same(slices.Concat(got...), all))
}

// pushAll offers the hints until all are in, as the engine's feeder does.
func pushAll(ctx context.Context, q queue.Queue, lane string, hints []string) error {
	for len(hints) > 0 {
		n, err := q.Push(ctx, lane, hints[:min(len(hints), 7)]...)
		if err != nil {
			return err
		}
		hints = hints[n:]
		if n > 0 {
			continue
		}
		select { // the window is full
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Millisecond):
		}
	}
	return nil
}
