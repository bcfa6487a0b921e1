// Package storetest checks that a backend keeps the contract of [store.Store].
// A backend's conformance test is three lines:
//
//	func TestStore(t *testing.T) {
//		storetest.Run(t, func(*testing.T) store.Store { return memstore.New() })
//	}
//
// One that outlives its process passes [RunDurable] as well. Each check runs on
// a fresh store and defends one clause of the contract, which its name tells.
package storetest

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spoolmedia/spool/store"
)

// patience ends a check that hangs. No check measures time.
const patience = time.Minute

// A check defends one clause. It runs on a fresh store.
type check struct {
	name string
	run  func(*env)
}

func checks() []check {
	return slices.Concat(
		createChecks, updateChecks, limitChecks, taskChecks, windowChecks, listChecks,
		countChecks, pauseChecks, eventChecks, followChecks, sessionChecks, deleteChecks, deletedChecks, concurrencyChecks,
		misuseChecks, progressChecks,
	)
}

// Run checks the stores that open returns, one subtest a clause, and random
// histories against a model. It closes the stores.
//
// The histories are those of [rapid.Check]: its flags apply, so -rapid.checks=5000
// makes many more of them.
func Run(t *testing.T, open func(t *testing.T) store.Store) {
	for _, c := range checks() {
		t.Run(c.name, func(t *testing.T) {
			s := open(t)
			defer s.Close()
			err := c.do(t.Context(), s)
			switch {
			case errors.Is(err, errSkip):
				t.Skip(err)
			case err != nil:
				t.Error(err)
			}
		})
	}
	t.Run("model/random histories", func(t *testing.T) {
		checkHistories(t, t.Context(), func() store.Store { return open(t) }, nil)
	})
}

// Check runs the checks of [Run] without a test and returns what they found,
// each as an error that begins with the name of its check.
func Check(ctx context.Context, open func() (store.Store, error)) error {
	return checkSome(ctx, "", open)
}

// checkSome runs the checks whose names begin with prefix.
func checkSome(ctx context.Context, prefix string, open func() (store.Store, error)) error {
	var faults []error
	for _, c := range checks() {
		if !strings.HasPrefix(c.name, prefix) {
			continue
		}
		s, err := open()
		if err != nil {
			return fmt.Errorf("open: %w", err)
		}
		err = c.do(ctx, s)
		if err != nil && !errors.Is(err, errSkip) {
			faults = append(faults, fmt.Errorf("%s: %w", c.name, err))
		}
		if err := s.Close(); err != nil {
			faults = append(faults, fmt.Errorf("%s: close: %w", c.name, err))
		}
	}
	return errors.Join(faults...)
}

// errSkip is why a check did not apply.
var errSkip = errors.New("the store does not have this ability")

// failure is what a check panics with, so that it can be read as a list of
// steps.
type failure struct{ error }

// do runs the check and returns what it found.
func (c check) do(ctx context.Context, s store.Store) (err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	defer func() {
		switch r := recover().(type) {
		case nil:
		case failure:
			err = r.error
		case runtime.Error: // a result has fewer parts than the check looks at
			err = fmt.Errorf("%w\n%s", r, debug.Stack())
		default:
			panic(r)
		}
	}()
	c.run(&env{Store: s, ctx: ctx})
	return nil
}
