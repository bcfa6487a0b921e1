package queuetest

import (
	"context"
	"flag"
	"testing"
	"testing/synctest"

	"pgregory.net/rapid"

	"github.com/spoolmedia/spool/queue"
	"github.com/spoolmedia/spool/queue/memqueue"
)

// A fault makes a good queue bad in a way that needs some history to be seen.
type fault struct {
	queue.Queue
	push  func(hints []string) []string
	pull  func(hint string) (again bool) // the hint is lost
	noAck bool
}

func (f *fault) Push(ctx context.Context, lane string, hints ...string) (int, error) {
	if f.push == nil {
		return f.Queue.Push(ctx, lane, hints...)
	}
	n, err := f.Queue.Push(ctx, lane, f.push(hints)...)
	return max(n, len(hints)), err
}

func (f *fault) Pull(ctx context.Context, lanes ...string) (string, func(), error) {
	hint, ack, err := f.Queue.Pull(ctx, lanes...)
	if err == nil && f.pull != nil && f.pull(hint) {
		return f.Queue.Pull(ctx, lanes...)
	}
	if err == nil && f.noAck {
		ack = func() {}
	}
	return hint, ack, err
}

func TestHistoriesFindFaults(t *testing.T) {
	// What is found need not be explained.
	for name, value := range map[string]string{"rapid.nofailfile": "true", "rapid.shrinktime": "0s"} {
		if err := flag.Set(name, value); err != nil {
			t.Fatal(err)
		}
	}
	for name, f := range map[string]fault{
		"loses the last of many": {push: func(hints []string) []string {
			if len(hints) > 2 {
				return hints[:len(hints)-1]
			}
			return hints
		}},
		"loses a hint when pulled": {pull: func(hint string) bool { return hint == "av/f/1" }},
		"never forgets a hint":     {noAck: true},
		"makes hints up": {push: func(hints []string) []string {
			return append([]string{hints[0] + "0"}, hints...)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			var found recorder
			synctest.Test(t, func(t *testing.T) { // waiting in vain takes no time
				checkHistories(&found, t.Context(), func() queue.Queue {
					f := f
					f.Queue = memqueue.New(memqueue.Config{})
					return &f
				})
			})
			if !found.failed {
				t.Error("no history found it")
			}
		})
	}
}

// A recorder notes that a check failed.
type recorder struct {
	rapid.TB
	failed bool
}

func (*recorder) Helper()                 {}
func (*recorder) Name() string            { return "recorder" }
func (*recorder) Logf(string, ...any)     {}
func (*recorder) Log(...any)              {}
func (r *recorder) Errorf(string, ...any) { r.failed = true }
func (r *recorder) Error(...any)          { r.failed = true }
func (r *recorder) Fatalf(string, ...any) { r.failed = true }
func (r *recorder) Fatal(...any)          { r.failed = true }
func (r *recorder) FailNow()              { r.failed = true }
func (r *recorder) Fail()                 { r.failed = true }
func (r *recorder) Failed() bool          { return r.failed }
