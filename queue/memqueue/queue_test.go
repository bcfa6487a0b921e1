package memqueue_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"

	"go.uber.org/goleak"

	"github.com/spoolmedia/spool/queue"
	"github.com/spoolmedia/spool/queue/memqueue"
	"github.com/spoolmedia/spool/queue/queuetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestQueueKeepsTheContract(t *testing.T) {
	for _, window := range []int{0, 64} {
		t.Run(fmt.Sprintf("window %d", window), func(t *testing.T) {
			queuetest.Run(t, func(*testing.T) queue.Queue {
				return memqueue.New(memqueue.Config{Window: window})
			})
		})
	}
}

func TestNewPanicsOnANegativeWindow(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("New with a negative window does not panic")
		}
	}()
	memqueue.New(memqueue.Config{Window: -1})
}

func TestPullKeepsTheOrderOfPush(t *testing.T) {
	q := memqueue.New(memqueue.Config{Window: 3})
	defer q.Close()
	var got []string
	for i := range 10 { // so that the window moves over its array
		if n, err := q.Push(t.Context(), "image", fmt.Sprint(i)); n != 1 || err != nil {
			t.Fatal(n, err)
		}
		if i%3 != 2 {
			continue
		}
		for range 3 {
			got = append(got, pull(t, q, "image"))
		}
	}
	if want := []string{"0", "1", "2", "3", "4", "5", "6", "7", "8"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestPullTakesLanesInTurns(t *testing.T) {
	q := memqueue.New(memqueue.Config{})
	defer q.Close()
	for _, lane := range []string{"a", "b", "c"} {
		if _, err := q.Push(t.Context(), lane, lane+"1", lane+"2", lane+"3"); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	for range 3 {
		got = append(got, pull(t, q, "a", "b")) // c is for another worker
	}
	for range 6 {
		got = append(got, pull(t, q, "a", "b", "c"))
	}
	want := []string{"a1", "b1", "a2", "c1", "b2", "a3", "c2", "b3", "c3"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestWaitingPullsAreServedInTheirOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := memqueue.New(memqueue.Config{})
		defer q.Close()
		got := make([]string, 4)
		ctx, cancel := context.WithCancel(t.Context())
		for i := range got {
			wait := t.Context()
			if i == 1 {
				wait = ctx
			}
			go func() { got[i], _, _ = q.Pull(wait, "image") }()
			synctest.Wait()
		}
		cancel() // the second gives its place up
		synctest.Wait()
		if _, err := q.Push(t.Context(), "image", "a", "b", "c"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if want := []string{"a", "", "b", "c"}; !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

func TestPullWithoutLanesWaitsForItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := memqueue.New(memqueue.Config{})
		defer q.Close()
		ctx, cancel := context.WithCancel(t.Context())
		done := false
		go func() { _, _, _ = q.Pull(ctx); done = true }()
		synctest.Wait()
		if done {
			t.Error("Pull without lanes returned at once")
		}
		cancel()
		synctest.Wait()
		if !done {
			t.Error("Pull goes on after its context has ended")
		}
	})
}

func pull(t *testing.T, q *memqueue.Queue, lanes ...string) string {
	t.Helper()
	hint, ack, err := q.Pull(t.Context(), lanes...)
	if err != nil {
		t.Fatal(err)
	}
	ack()
	return hint
}

func BenchmarkPushPull(b *testing.B) {
	q := memqueue.New(memqueue.Config{})
	defer q.Close()
	ctx := b.Context()
	for b.Loop() {
		if _, err := q.Push(ctx, "image", "job-1/f/0"); err != nil {
			b.Fatal(err)
		}
		_, ack, err := q.Pull(ctx, "image", "av")
		if err != nil {
			b.Fatal(err)
		}
		ack()
	}
}
