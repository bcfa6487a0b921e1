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
}}
