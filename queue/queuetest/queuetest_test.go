package queuetest_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/spoolmedia/spool/queue"
	"github.com/spoolmedia/spool/queue/memqueue"
	"github.com/spoolmedia/spool/queue/queuetest"
)

// check runs the suite in a bubble, where waiting in vain takes no time.
func check(t *testing.T, broken func(queue.Queue) queue.Queue) (err error) {
	synctest.Test(t, func(t *testing.T) {
		err = queuetest.Check(t.Context(), func() (queue.Queue, error) {
			return broken(memqueue.New(memqueue.Config{})), nil
		})
	})
	return err
}

func TestCheckPassesASoundQueue(t *testing.T) {
	if err := check(t, func(q queue.Queue) queue.Queue { return q }); err != nil {
		t.Error(err)
	}
}

// Each of these breaks one clause of a sound queue.
type (
	losesAcks    struct{ queue.Queue } // an acknowledged hint never comes back
	acksItself   struct{ queue.Queue } // a pulled hint is repeated
	starves      struct{ queue.Queue } // the first lane that has something wins
	losesHints   struct{ queue.Queue } // the second hint of a Push is lost
	counts       struct{ queue.Queue } // Push always claims that all fitted
	mixesLanes   struct{ queue.Queue } // there is one lane
	deaf         struct{ queue.Queue } // ctx is not looked at by Push
	neverCloses  struct{ queue.Queue } // Close does nothing
	repeatsHints struct {              // every hint comes twice
		queue.Queue
	}
)

func (q losesAcks) Pull(ctx context.Context, lanes ...string) (string, func(), error) {
	hint, _, err := q.Queue.Pull(ctx, lanes...)
	return hint, func() {}, err
}

func (q acksItself) Pull(ctx context.Context, lanes ...string) (string, func(), error) {
	hint, ack, err := q.Queue.Pull(ctx, lanes...)
	if err == nil {
		ack()
	}
	return hint, ack, err
}

func (q starves) Pull(ctx context.Context, lanes ...string) (string, func(), error) {
	return q.Queue.Pull(ctx, lanes[0])
}

func (q losesHints) Push(ctx context.Context, lane string, hints ...string) (int, error) {
	if len(hints) < 2 {
		return q.Queue.Push(ctx, lane, hints...)
	}
	n, err := q.Queue.Push(ctx, lane, slices.Delete(slices.Clone(hints), 1, 2)...)
	return n + 1, err
}

func (q counts) Push(ctx context.Context, lane string, hints ...string) (int, error) {
	_, err := q.Queue.Push(ctx, lane, hints...)
	return len(hints), err
}

func (q mixesLanes) Push(ctx context.Context, _ string, hints ...string) (int, error) {
	return q.Queue.Push(ctx, "", hints...)
}

func (q mixesLanes) Pull(ctx context.Context, _ ...string) (string, func(), error) {
	return q.Queue.Pull(ctx, "")
}

func (q deaf) Push(ctx context.Context, lane string, hints ...string) (int, error) {
	return q.Queue.Push(context.WithoutCancel(ctx), lane, hints...)
}

func (neverCloses) Close() error { return nil }

func (q repeatsHints) Push(ctx context.Context, lane string, hints ...string) (int, error) {
	n, err := q.Queue.Push(ctx, lane, hints...)
	for _, hint := range hints[:n] {
		_, _ = q.Queue.Push(ctx, lane, hint+" ")
	}
	return n, err
}

func (q repeatsHints) Pull(ctx context.Context, lanes ...string) (string, func(), error) {
	hint, ack, err := q.Queue.Pull(ctx, lanes...)
	return strings.TrimSuffix(hint, " "), ack, err
}

func TestCheckCatchesABrokenQueue(t *testing.T) {
	for name, c := range map[string]struct {
		broken func(queue.Queue) queue.Queue
		clause string // that must be among the findings
	}{
		"loses acks": {
			func(q queue.Queue) queue.Queue { return losesAcks{q} },
			"may be pushed again",
		},
		"acks itself": {
			func(q queue.Queue) queue.Queue { return acksItself{q} },
			"not acknowledged is not repeated",
		},
		"starves": {
			func(q queue.Queue) queue.Queue { return starves{q} },
			"starves none",
		},
		"loses hints": {
			func(q queue.Queue) queue.Queue { return losesHints{q} },
			"is pulled once",
		},
		"counts wrong": {
			func(q queue.Queue) queue.Queue { return counts{q} },
			"beyond the window",
		},
		"mixes lanes": {
			func(q queue.Queue) queue.Queue { return mixesLanes{q} },
			"its lanes only",
		},
		"deaf to ctx": {
			func(q queue.Queue) queue.Queue { return deaf{q} },
			"an ended context",
		},
		"never closes": {
			func(q queue.Queue) queue.Queue { return neverCloses{q} },
			"after Close everything",
		},
		"repeats hints": {
			func(q queue.Queue) queue.Queue { return repeatsHints{q} },
			"is pulled once",
		},
	} {
		t.Run(name, func(t *testing.T) {
			err := check(t, c.broken)
			if err == nil || !strings.Contains(err.Error(), c.clause) {
				t.Errorf("got %v, want a finding about %q", err, c.clause)
			}
		})
	}
}
