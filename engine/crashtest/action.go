package crashtest

import (
	"context"
	"errors"
	"fmt"

	"github.com/spoolmedia/spool/engine"
	"github.com/spoolmedia/spool/engine/enginetest"
	"github.com/spoolmedia/spool/store"
)

// action is what a host does to some of its jobs after Submit.
type action struct {
	name string
	// of reports whether it is done to the job with that number.
	of func(number uint64) bool
	// do does it, and reports whether it had its effect: it came in time.
	do func(ctx context.Context, eng *engine.Engine, job string) (bool, error)
	// check looks at a job that it had its effect on.
	check func(e enginetest.Entry) error
}

// actions are all of them. What the engine learns to do to a job goes here.
var actions = []action{{
	name: "cancel",
	of:   func(number uint64) bool { return number%9 == 4 },
	do: func(ctx context.Context, eng *engine.Engine, job string) (bool, error) {
		err := eng.Cancel(ctx, job)
		if errors.Is(err, engine.ErrEnded) {
			return false, nil
		}
		return err == nil, err
	},
	check: func(e enginetest.Entry) error {
		if e.State.Status != store.Cancelled {
			return fmt.Errorf("it was cancelled and is %s", e.State.Status)
		}
		return nil
	},
}, {
	name: "retry",
	of:   func(number uint64) bool { return number%9 == 7 },
	do: func(ctx context.Context, eng *engine.Engine, job string) (bool, error) {
		if _, err := eng.Wait(ctx, job); err != nil {
			return false, err
		}
		err := eng.Retry(ctx, job)
		if errors.Is(err, engine.ErrEnded) || errors.Is(err, engine.ErrNotEnded) {
			return false, nil // it completed, or another child was faster
		}
		return err == nil, err
	},
	check: func(e enginetest.Entry) error {
		if e.State.Run < 2 {
			return fmt.Errorf("it was retried and is in run %d", e.State.Run)
		}
		return nil
	},
}, {
	// One whose key could make it anew is left alone.
	name: deleteAction,
	of:   func(number uint64) bool { return number < firstKeyed && number%11 == 5 },
	do: func(ctx context.Context, eng *engine.Engine, job string) (bool, error) {
		err := eng.Delete(ctx, job)
		return err == nil, err
	},
	check: func(enginetest.Entry) error { return errors.New("it was deleted and is there") },
}}

// deleteAction is the name of the action after which a job may be gone.
const deleteAction = "delete"
