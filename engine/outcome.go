package engine

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/store"
)

// finished is how an attempt at a file ended.
type finished struct {
	outputs  []store.Output
	manifest string // instead of outputs
	probe    json.RawMessage
	err      *store.Error  // not nil: the attempt failed
	wait     time.Duration // until the next one, if there is one
}

// finish records the outcome of c's attempt at a file. With the last file the
// job ends. If the job no longer wants it, what the attempt made is swept.
func (c claim) finish(tx *store.Tx, f finished, now time.Time) error {
	if err := c.check(tx); err != nil {
		return err
	}
	if f.probe != nil {
		tx.File.Probe = f.probe
	}
	switch {
	case !current(tx):
		c.free(tx)
		return nil
	case f.err != nil:
		return c.retry(tx, f, now)
	}
	tx.File.Ended, tx.File.Error = now, nil
	tx.File.Status = store.Completed
	tx.File.Outputs, tx.File.Manifest = f.outputs, f.manifest
	tx.Job.Completed++
	c.terms.emit(tx, FileCompleted, tx.File.Index, now, eventData{})
	c.terms.endJob(tx, now)
	endTask(tx)
	return nil
}

// retry leaves the file for another attempt, or fails it if there is none left.
func (c claim) retry(tx *store.Tx, f finished, now time.Time) error {
	err := *f.err
	if err.Class == string(codec.Timeout) {
		tx.Task.Timeouts++
		if !err.Permanent && c.terms.putAside(tx.Task) {
			err.Class, err.Permanent = string(codec.Quarantined), true
			err.Message += fmt.Sprintf("; put aside after %d attempts that did not end",
				tx.Task.Crashes+tx.Task.Timeouts)
		}
	}
	if err.Permanent || tx.Task.Attempt >= c.terms.attempts {
		return c.fail(tx, err, now)
	}
	next := now.Add(f.wait)
	tx.Task.NotBefore = next
	tx.File.Error = &err
	c.terms.emit(tx, FileRetrying, tx.File.Index, now, eventData{Error: &err, Next: next})
	c.free(tx)
	return nil
}

// fail ends the file for this run.
func (c claim) fail(tx *store.Tx, err store.Error, now time.Time) error {
	tx.Task.Left = append(tx.Task.Left, c.token)
	tx.File.Ended, tx.File.Status, tx.File.Error = now, store.Failed, &err
	tx.Job.Failed++
	c.terms.emit(tx, FileFailed, tx.File.Index, now, eventData{Error: &err})
	c.terms.endJob(tx, now)
	endTask(tx)
	return nil
}

// fetched gives the file the bytes that c has got, and the task to work on them.
func (c claim) fetched(tx *store.Tx, in []store.Source, lane string, priority int) error {
	if err := c.check(tx); err != nil {
		return err
	}
	if !current(tx) {
		c.free(tx)
		return nil
	}
	f := tx.File
	setSources(f, in)
	f.Status, f.Error = store.Pending, nil
	addTask(tx, store.Task{
		Ref: store.Ref{Task: store.FileTask(f.Index)}, Kind: taskFile, Lane: lane,
		Priority: priority, Token: c.token,
	})
	endTask(tx)
	return nil
}

// endTask ends the task of tx, and adds one that sweeps what it left.
func endTask(tx *store.Tx) {
	t := tx.Task
	tx.Task = nil
	tx.Job.Open--
	if tx.File != nil {
		// Where a task of a later run goes on counting.
		tx.File.Token = max(tx.File.Token, t.Token)
	}
	if len(t.Left) > 0 {
		addSweep(tx, sweep{t.Task, t.Left}, t.Token)
	}
}

// sweep is the Data of a taskSweep: whose blobs go.
type sweep struct {
	Task   string   `json:"task"`
	Tokens []uint64 `json:"tokens,omitempty"` // none: those of all attempts
}

// addSweep adds a task that removes blobs. The number makes its name unique.
func addSweep(tx *store.Tx, s sweep, number uint64) {
	addTask(tx, store.Task{
		Ref:  store.Ref{Task: fmt.Sprintf("sweep/%s/%d", s.Task, number)},
		Kind: taskSweep, Lane: laneControl, Data: encode(s),
	})
}

// addTask adds a task to the job.
func addTask(tx *store.Tx, t store.Task) {
	t.Version, t.Account = store.Version, tx.Job.Account
	tx.Job.Open++
	tx.Add = append(tx.Add, t)
}
