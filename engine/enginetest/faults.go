package enginetest

import (
	"fmt"
	"maps"
	"sync"
	"syscall"
)

// Errors for faults: what a backend says when it is out of reach for a moment,
// and when its disk is full.
var (
	ErrUnreachable error = syscall.ECONNRESET
	ErrDiskFull    error = syscall.ENOSPC
)

// Call is a moment in a call of a backend: before it, when nothing has been done
// yet, or after it.
type Call struct {
	Method string // "Store.Update", "Storage.Create", "Writer.Commit", …
	N      int    // which call of the method, from 1
	After  bool   // it is done: an error now is an answer that was lost
}

// String returns a name for the moment, such as "Store.Update #3, after".
func (c Call) String() string {
	moment := "before"
	if c.After {
		moment = "after"
	}
	return fmt.Sprintf("%s #%d, %s", c.Method, c.N, moment)
}

// Faults counts the calls of all the decorators that share it, and has some of
// them fail. The zero Faults lets everything through.
//
//	faults := &enginetest.Faults{At: func(c enginetest.Call) error {
//		if c == (enginetest.Call{Method: "Writer.Commit", N: 2, After: true}) {
//			return enginetest.ErrUnreachable // the blob is there, who asked does not know
//		}
//		return nil
//	}}
//	store := &enginetest.FaultyStore{Store: memstore.New(), Faults: faults}
type Faults struct {
	// At is called before and after each call, from many goroutines at once, and
	// returns how it fails; nil means that none does. It may end the process:
	// that is a crash at this moment.
	At func(Call) error

	mu    sync.Mutex // guards calls
	calls map[string]int
}

// Calls returns how often each method was called.
func (f *Faults) Calls() map[string]int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return maps.Clone(f.calls)
}

// begin counts a call. It returns the error that comes instead of it, and what
// to ask once it is done.
func (f *Faults) begin(method string) (after func() error, err error) {
	f.mu.Lock()
	if f.calls == nil {
		f.calls = make(map[string]int)
	}
	f.calls[method]++
	n := f.calls[method]
	f.mu.Unlock()
	return func() error { return f.at(Call{method, n, true}) }, f.at(Call{method, n, false})
}

func (f *Faults) at(c Call) error {
	if f.At == nil {
		return nil
	}
	err := f.At(c)
	if err != nil {
		return fmt.Errorf("%s: %w", c, err)
	}
	return nil
}

// do makes a call that returns only an error.
func (f *Faults) do(method string, call func() error) error {
	after, err := f.begin(method)
	if err != nil {
		return err
	}
	if err := call(); err != nil {
		return err
	}
	return after()
}

// get makes a call that returns a value besides, which gets lost with the answer.
func get[T any](f *Faults, method string, call func() (T, error)) (T, error) {
	var value, none T
	err := f.do(method, func() (err error) {
		value, err = call()
		return err
	})
	if err != nil {
		return none, err
	}
	return value, nil
}
