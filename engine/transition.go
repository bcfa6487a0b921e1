package engine

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/store"
)

// The transitions are what one store.Update does: pure functions on its records,
// written once for every backend. Each either changes the records as a whole or
// returns an error and changes nothing that counts.

// Kinds of tasks.
const (
	taskFile  = "file"  // work on one file
	taskWalk  = "walk"  // end the tasks of a cancelled job
	taskSweep = "sweep" // remove what lost attempts left in storage
)

// maxCrashes is how many sessions may die on a file before it is put aside.
const maxCrashes = 5

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
}

// take gives the task to the session. It returns what the session has taken, or
// ends the task if its job no longer wants it, which is errGone after the commit.
func take(tx *store.Tx, session string, now time.Time) (claimed, error) {
	switch t := tx.Task; {
	case tx.Job == nil || t == nil || t.Done:
		return claimed{}, errGone
	case t.Version > store.Version:
		return claimed{}, errNewer
	case t.Session != "":
		return claimed{}, errTaken
	case t.NotBefore.After(now):
		return claimed{}, errNotDue
	case t.Kind == taskFile && tx.Job.Status.Terminal():
		endTask(tx)
		return claimed{}, nil
	}
	tx.Task.Token++
	tx.Task.Attempt++
	tx.Task.Session = session
	if tx.Task.Kind == taskFile {
		startFile(tx, now)
	}
	c := claimed{task: tx.Task.Clone(), job: tx.Job.Clone()}
	if tx.File != nil {
		c.file = tx.File.Clone()
	}
	return c, nil
}

// claimed is what take took; without a session it took nothing.
type claimed struct {
	task store.Task
	file store.File
	job  store.State
}

func (c claimed) claim() claim { return claim{c.task.Ref, c.task.Session, c.task.Token} }

func startFile(tx *store.Tx, now time.Time) {
	if tx.Job.Status == store.Pending {
		tx.Job.Status = store.Processing
		tx.Job.Started = now
		emit(tx, Started, -1, now, nil)
	}
	tx.File.Status = store.Processing
	tx.File.Started = now
	emit(tx, FileStarted, tx.File.Index, now, nil)
}

// check returns errLost unless c still holds the task.
func (c claim) check(tx *store.Tx) error {
	t := tx.Task
	if tx.Job == nil || t == nil || t.Session != c.session || t.Token != c.token {
		return errLost
	}
	return nil
}

// finished is how an attempt at a file ended.
type finished struct {
	outputs  []store.Output
	manifest string // instead of outputs
	probe    json.RawMessage
	err      *store.Error // not nil: the file failed
}

// finish ends the file with the outcome of c's attempt, and with the last file
// the job. If the job was cancelled meanwhile, what the attempt made is swept.
func (c claim) finish(tx *store.Tx, f finished, now time.Time) error {
	if err := c.check(tx); err != nil {
		return err
	}
	tx.File.Ended = now
	tx.File.Token = c.token
	if f.probe != nil {
		tx.File.Probe = f.probe
	}
	switch {
	case tx.Job.Status.Terminal():
		tx.File.Status = store.Cancelled
		tx.Task.Left = append(tx.Task.Left, c.token)
	case f.err != nil:
		tx.File.Status = store.Failed
		tx.File.Error = f.err
		tx.Task.Left = append(tx.Task.Left, c.token)
		tx.Job.Failed++
		emit(tx, FileFailed, tx.File.Index, now, f.err)
		endJob(tx, now)
	default:
		tx.File.Status = store.Completed
		tx.File.Outputs, tx.File.Manifest = f.outputs, f.manifest
		tx.Job.Completed++
		emit(tx, FileCompleted, tx.File.Index, now, nil)
		endJob(tx, now)
	}
	endTask(tx)
	return nil
}

// release gives the task back as if the attempt had never begun: it was cut off
// by a shutdown, which is nobody's failure.
func (c claim) release(tx *store.Tx) error {
	if err := c.check(tx); err != nil {
		return err
	}
	tx.Task.Attempt--
	free(tx)
	return nil
}

// recoverTask frees the task that a dead session held under c.
func (c claim) recoverTask(tx *store.Tx, now time.Time) error {
	if err := c.check(tx); err != nil {
		return err
	}
	tx.Task.Crashes++
	if tx.Task.Kind == taskFile && !tx.Job.Status.Terminal() && tx.Task.Crashes >= maxCrashes {
		return c.finish(tx, finished{err: &store.Error{
			Class: string(codec.Quarantined), Permanent: true,
			Message: fmt.Sprintf("%s: put aside, because the program died %d times while it worked on it",
				tx.File.Name, tx.Task.Crashes),
		}}, now)
	}
	free(tx)
	return nil
}

// free takes the task from its holder; what the holder left is to be swept.
func free(tx *store.Tx) {
	if tx.Task.Kind == taskFile {
		tx.Task.Left = append(tx.Task.Left, tx.Task.Token)
		if !tx.Job.Status.Terminal() {
			tx.File.Status = store.Pending
		}
	}
	tx.Task.Session = ""
	if tx.Job.Status == store.Cancelled && tx.Task.Kind == taskFile {
		endTask(tx)
	}
}

// end ends a chore that c has done.
func (c claim) end(tx *store.Tx) error {
	if err := c.check(tx); err != nil {
		return err
	}
	endTask(tx)
	return nil
}

// postpone gives a chore back for later.
func (c claim) postpone(tx *store.Tx, until time.Time) error {
	if err := c.check(tx); err != nil {
		return err
	}
	tx.Task.NotBefore = until
	free(tx)
	return nil
}

// cancel ends the job. Its tasks are ended by a walk, because they may be many.
func cancel(tx *store.Tx, now time.Time) error {
	switch {
	case tx.Job == nil:
		return ErrNotFound
	case tx.Job.Status == store.Cancelled:
		return nil
	case tx.Job.Status.Terminal():
		return fmt.Errorf("%w: it is %s", ErrEnded, tx.Job.Status)
	}
	tx.Job.Status = store.Cancelled
	tx.Job.Ended = now
	emit(tx, CancelledJob, -1, now, nil)
	if tx.Job.Open > 0 {
		addTask(tx, store.Task{Ref: store.Ref{Task: taskWalk}, Kind: taskWalk})
	}
	return nil
}

// drop ends a task of a cancelled job that nobody holds.
func drop(tx *store.Tx) error {
	if tx.Job == nil || tx.Task == nil {
		return errGone
	}
	if tx.Task.Session != "" {
		return errTaken
	}
	endTask(tx)
	return nil
}

// endTask ends the task of tx, and adds one that sweeps what it left.
func endTask(tx *store.Tx) {
	t := tx.Task
	tx.Task = nil
	tx.Job.Open--
	index, ok := t.File()
	if !ok || len(t.Left) == 0 {
		return
	}
	data, err := json.Marshal(sweep{index, t.Left})
	if err != nil {
		panic(err) // numbers always encode
	}
	name := "sweep/" + strconv.Itoa(index) + "/" + strconv.FormatUint(t.Token, 10)
	addTask(tx, store.Task{Ref: store.Ref{Task: name}, Kind: taskSweep, Data: data})
}

// sweep is the Data of a taskSweep: whose blobs go.
type sweep struct {
	File   int      `json:"file"`
	Tokens []uint64 `json:"tokens"`
}

// addTask adds a chore to the job.
func addTask(tx *store.Tx, t store.Task) {
	t.Version, t.Account, t.Lane = store.Version, tx.Job.Account, laneControl
	tx.Job.Open++
	tx.Add = append(tx.Add, t)
}

// endJob ends the job if all of its files have ended.
func endJob(tx *store.Tx, now time.Time) {
	j := tx.Job
	if j.Completed+j.Failed < j.Total {
		return
	}
	j.Ended = now
	if j.Failed == 0 {
		j.Status = store.Completed
		emit(tx, CompletedJob, -1, now, nil)
		return
	}
	j.Status = store.Failed
	j.Error = jobError(j, tx.File)
	emit(tx, FailedJob, -1, now, j.Error)
}

// jobError says why the job of which last was the last file failed.
func jobError(j *store.State, last *store.File) *store.Error {
	if j.Total == 1 {
		e := *last.Error
		e.Message = clip(e.Message)
		return &e
	}
	return &store.Error{
		Class: string(codec.Invalid), Permanent: true,
		Message: fmt.Sprintf("%d of %d files failed", j.Failed, j.Total),
	}
}

// clip bounds a message, so that a State stays under store.MaxState.
func clip(s string) string {
	const most = 400
	if len(s) <= most {
		return s
	}
	return string([]rune(s[:most-8])) + " …"
}

// emit appends an event. File is -1 for one of the whole job.
func emit(tx *store.Tx, kind EventKind, file int, now time.Time, e *store.Error) {
	event := store.Event{
		Version: store.Version, Account: tx.Job.Account,
		Kind: string(kind), File: file, Run: tx.Job.Run, Time: now,
	}
	if e != nil {
		data, err := json.Marshal(eventData{Error: e})
		if err != nil {
			panic(err) // strings always encode
		}
		event.Data = data
	}
	tx.Events = append(tx.Events, event)
}
