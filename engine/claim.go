package engine

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/store"
)

// The transitions are what one store.Update does: pure functions on its records,
// written once for every backend. Each either changes the records as a whole or
// returns an error and changes nothing that counts.

// Kinds of tasks. Those of the first group make blobs under a prefix of their
// own, see blobPrefix.
const (
	taskFile    = "file"    // work on one file: f/3
	taskFetch   = "fetch"   // get the bytes of one: f/3/fetch
	taskArchive = "archive" // put all outputs into one: archive/1, by run

	taskCallback = "callback" // tell the submitter: cb/1/completed, by run and event
	taskWalk     = "walk"     // go through the files of a job: cancel/1, retry/2, by run
	taskSweep    = "sweep"    // remove what lost attempts left in storage
	taskExpire   = "expire"   // delete the job when its time is over: expire/1, by run
	taskDelete   = "delete"   // remove all that belongs to a deleted job
)

// Why a transition does not apply. None of them is anybody's fault: the task is
// somebody else's, or there is nothing left to do.
var (
	errGone   = errors.New("engine: task is gone")
	errTaken  = errors.New("engine: task is taken")
	errNotDue = errors.New("engine: task is not due")
	errNewer  = errors.New("engine: task is of a newer version")
	errLost   = errors.New("engine: claim is lost")
)

// claim is one attempt at a task: who holds it, by which token. Whoever comes
// with an older token has lost it.
type claim struct {
	ref     store.Ref
	session string
	token   uint64
	terms   terms
}

// claimed is what take took; without a session it took nothing.
type claimed struct {
	task  store.Task
	file  store.File
	job   store.State
	terms terms
}

func (c *claimed) claim() claim {
	return claim{c.task.Ref, c.task.Session, c.task.Token, c.terms}
}

// take gives the task to the session. It returns what the session has taken, or
// ends the task if its job no longer wants it. A task that the session holds
// already it takes again: that claim's answer was lost, because within a process
// only one goroutine at a time deals with a task.
func take(tx *store.Tx, session string, t terms, now time.Time) (claimed, error) {
	switch task := tx.Task; {
	case tx.Job == nil || task == nil || task.Done:
		return claimed{}, errGone
	case task.Version > store.Version:
		return claimed{}, errNewer
	case task.Session == session:
		return takenBy(tx, t), nil
	case task.Session != "":
		return claimed{}, errTaken
	case task.NotBefore.After(now):
		return claimed{}, errNotDue
	case makesBlobs(task.Kind) && tx.Job.Status.Terminal():
		endTask(tx)
		return claimed{}, nil
	}
	tx.Task.Token++
	tx.Task.Attempt++
	tx.Task.Session = session
	if tx.File != nil {
		t.startFile(tx, now)
	}
	return takenBy(tx, t), nil
}

func takenBy(tx *store.Tx, t terms) claimed {
	c := claimed{task: tx.Task.Clone(), job: tx.Job.Clone(), terms: t}
	if tx.File != nil {
		c.file = tx.File.Clone()
	}
	return c
}

func (t terms) startFile(tx *store.Tx, now time.Time) {
	if tx.Job.Status == store.Pending {
		tx.Job.Status = store.Processing
		tx.Job.Started = now
		t.emit(tx, Started, -1, now, eventData{})
	}
	f := tx.File
	f.Status, f.Started = store.Processing, now
	f.Run, f.Attempts = tx.Job.Run, tx.Task.Attempt
	t.emit(tx, FileStarted, f.Index, now, eventData{})
}

// check returns errLost unless c still holds the task.
func (c claim) check(tx *store.Tx) error {
	t := tx.Task
	if tx.Job == nil || t == nil || t.Session != c.session || t.Token != c.token {
		return errLost
	}
	return nil
}

// release gives the task back as if the attempt had never begun: it was cut off
// by a shutdown, which is nobody's failure.
func (c claim) release(tx *store.Tx) error {
	if err := c.check(tx); err != nil {
		return err
	}
	tx.Task.Attempt--
	c.free(tx)
	return nil
}

// reroute gives the task back to be taken up in another lane, as if the attempt
// had never begun. It has made no blobs.
func (c claim) reroute(tx *store.Tx, lane string, cost int64) error {
	if err := c.check(tx); err != nil {
		return err
	}
	left := tx.Task.Left
	tx.Task.Attempt--
	tx.Task.Lane, tx.Task.Cost = lane, cost
	c.free(tx)
	if tx.Task != nil {
		tx.Task.Left = left
	}
	return nil
}

// postpone gives a chore back for later, with what it has to remember.
func (c claim) postpone(tx *store.Tx, until time.Time) error {
	if err := c.check(tx); err != nil {
		return err
	}
	tx.Task.NotBefore = until
	c.free(tx)
	return nil
}

// end ends a chore that c has done.
func (c claim) end(tx *store.Tx) error {
	if err := c.check(tx); err != nil {
		return err
	}
	endTask(tx)
	return nil
}

// recoverTask frees the task that a dead session held under c.
func (c claim) recoverTask(tx *store.Tx, now time.Time) error {
	if err := c.check(tx); err != nil {
		return err
	}
	tx.Task.Crashes++
	if tx.File != nil && current(tx) && c.terms.putAside(tx.Task) {
		return c.fail(tx, store.Error{
			Class: string(codec.Quarantined), Permanent: true,
			Message: fmt.Sprintf("%s: put aside, because the program died %d times while it "+
				"worked on it", tx.File.Name, tx.Task.Crashes),
		}, now)
	}
	c.free(tx)
	return nil
}

// putAside reports whether the task has cost enough sessions and time.
func (t terms) putAside(task *store.Task) bool {
	return t.crashes >= 0 && task.Crashes+task.Timeouts >= t.crashes
}

// current reports whether the job still wants what the task of tx does: it has
// not ended, and is in the run in which the task was taken up.
func current(tx *store.Tx) bool {
	switch {
	case tx.Job.Status.Terminal():
		return false
	case tx.File != nil:
		return tx.File.Run == tx.Job.Run
	}
	return tx.Task.Task == taskOf("", archiveName, tx.Job.Run).Task
}

// free takes the task from its holder; what the holder left is to be swept. Of
// what the job no longer wants, a file that a later run wants begins anew, and
// everything else ends.
func (c claim) free(tx *store.Tx) {
	t := tx.Task
	t.Session = ""
	if !makesBlobs(t.Kind) {
		return
	}
	t.Left = append(t.Left, t.Token)
	switch {
	case current(tx):
		if tx.File != nil {
			tx.File.Status = store.Pending
		}
	case tx.File == nil:
		endTask(tx)
	case tx.Job.Status.Terminal():
		tx.File.Status, tx.File.Error = store.Cancelled, nil
		endTask(tx)
	default:
		renewFile(tx)
	}
}

// renewFile lets a file begin anew with the task that it has.
func renewFile(tx *store.Tx) {
	f, t := tx.File, tx.Task
	f.Run, f.Status, f.Error, f.Attempts = tx.Job.Run, store.Pending, nil, 0
	if t != nil {
		t.Attempt, t.Crashes, t.Timeouts, t.NotBefore = 0, 0, 0, time.Time{}
	}
}

// makesBlobs reports whether tasks of the kind leave blobs, see blobPrefix. They
// are the work of a run, and end with it.
func makesBlobs(kind string) bool {
	return kind == taskFile || kind == taskFetch || kind == taskArchive
}

// isWork reports whether tasks of that name make blobs.
func isWork(r store.Ref) bool {
	_, ok := r.File()
	return ok || strings.HasPrefix(r.Task, archiveName+"/")
}

// fetchSuffix ends the names of tasks that fetch a file.
const fetchSuffix = "/fetch"

// isFetch reports whether the task fetches a file.
func isFetch(r store.Ref) bool {
	_, ok := r.File()
	return ok && strings.HasSuffix(r.Task, fetchSuffix)
}
