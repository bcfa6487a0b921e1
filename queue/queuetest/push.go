package queuetest

import (
	"context"
	"errors"
	"fmt"

	"github.com/spoolmedia/spool/queue"
)

var pushChecks = []check{
	{"what was pushed is pulled once", pushPull},
	{"Push of nothing is no error", pushNothing},
	{"a hint in the window counts as pushed and is not repeated", pushTwice},
	{"a hint that is pulled and not acknowledged is not repeated", pushPulled},
	{"an acknowledged hint may be pushed again", pushAgain},
	{"ack of an earlier pull does not free a later one", ackTwice},
	{"Push beyond the window says how many are in it", pushFull},
	{"a full lane leaves room in others", fullLane},
	{"the caller may use its slices again", sliceReuse},
}

func pushPull(ctx context.Context, q queue.Queue) error {
	want := names("job", 20)
	if err := push(ctx, q, "image", want...); err != nil {
		return err
	}
	got, err := take(ctx, q, len(want), "image")
	return errors.Join(err, same(got, want), wantEmpty(ctx, q, "image"))
}

func pushNothing(ctx context.Context, q queue.Queue) error {
	return errors.Join(push(ctx, q, "image"), wantEmpty(ctx, q, "image"))
}

func pushTwice(ctx context.Context, q queue.Queue) error {
	if err := push(ctx, q, "image", "a", "b", "a"); err != nil {
		return err
	}
	if err := push(ctx, q, "image", "b", "c"); err != nil {
		return err
	}
	got, err := take(ctx, q, 3, "image")
	return errors.Join(err, same(got, []string{"a", "b", "c"}), wantEmpty(ctx, q, "image"))
}

func pushPulled(ctx context.Context, q queue.Queue) error {
	if err := push(ctx, q, "image", "a"); err != nil {
		return err
	}
	_, ack, err := pull(ctx, q, "image")
	if err != nil {
		return err
	}
	defer ack()
	return errors.Join(push(ctx, q, "image", "a"), wantEmpty(ctx, q, "image"))
}

func pushAgain(ctx context.Context, q queue.Queue) error {
	for range 3 {
		if err := push(ctx, q, "image", "a"); err != nil {
			return err
		}
		got, err := take(ctx, q, 1, "image")
		if err := errors.Join(err, same(got, []string{"a"})); err != nil {
			return err
		}
	}
	return wantEmpty(ctx, q, "image")
}

func ackTwice(ctx context.Context, q queue.Queue) error {
	if err := push(ctx, q, "image", "a"); err != nil {
		return err
	}
	_, first, err := pull(ctx, q, "image")
	if err != nil {
		return err
	}
	first()
	if err := push(ctx, q, "image", "a"); err != nil {
		return err
	}
	_, second, err := pull(ctx, q, "image")
	if err != nil {
		return err
	}
	defer second()
	first()
	return errors.Join(push(ctx, q, "image", "a"), wantEmpty(ctx, q, "image"))
}

// fill pushes into the lane until its window is full, and returns what is in it.
func fill(ctx context.Context, q queue.Queue, lane string) ([]string, error) {
	var in []string
	for i := 0; len(in) <= 100_000; i++ {
		hints := names(fmt.Sprint(lane, i), 100)
		n, err := q.Push(ctx, lane, hints...)
		if err != nil || n < 0 || n > len(hints) {
			return in, fmt.Errorf("got Push = %d, %w", n, err)
		}
		in = append(in, hints[:n]...)
		if n < len(hints) {
			return in, nil
		}
	}
	return in, errors.New("the window has no bound")
}

func pushFull(ctx context.Context, q queue.Queue) error {
	in, err := fill(ctx, q, "image")
	if err != nil {
		return err
	}
	if len(in) < 64 {
		return fmt.Errorf("the window holds %d hints, want 64 at least", len(in))
	}
	if n, err := q.Push(ctx, "image", in[0], in[1], "new"); n != 2 || err != nil {
		return fmt.Errorf("got Push of two known and a new hint = %d, %v; want 2", n, err)
	}
	got, err := take(ctx, q, len(in), "image")
	return errors.Join(err, same(got, in), wantEmpty(ctx, q, "image"))
}

func fullLane(ctx context.Context, q queue.Queue) error {
	if _, err := fill(ctx, q, "image"); err != nil {
		return err
	}
	if err := push(ctx, q, "av", "film"); err != nil {
		return err
	}
	got, err := take(ctx, q, 1, "av")
	return errors.Join(err, same(got, []string{"film"}))
}

func sliceReuse(ctx context.Context, q queue.Queue) error {
	hints := []string{"a", "b"}
	if err := push(ctx, q, "image", hints...); err != nil {
		return err
	}
	hints[0], hints[1] = "x", "y"
	got, err := take(ctx, q, 2, "image")
	return errors.Join(err, same(got, []string{"a", "b"}))
}
