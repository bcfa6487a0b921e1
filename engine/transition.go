package engine

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/store"
)

// Names of tasks, before the run.
const (
	archiveName = "archive"
	expireName  = "expire"
	cancelName  = "cancel"
	retryName   = "retry"
	deleteName  = "delete"
)

// taskOf is a chore's task of the job's run, such as expire/2.
func taskOf(kind, name string, run int) store.Task {
	return store.Task{
		Ref:  store.Ref{Task: name + "/" + strconv.Itoa(run)},
		Kind: kind, Lane: laneControl,
	}
}

// endJob ends the job if all of its files have ended and are in the archive, if
// one was asked for.
func (t terms) endJob(tx *store.Tx, now time.Time) {
	j := tx.Job
	switch {
	case j.Status.Terminal() || j.Completed+j.Failed < j.Total:
		return
	case t.archive && j.Archive == nil && j.Completed > 0:
		task := taskOf(taskArchive, archiveName, j.Run)
		task.Lane = laneNet
		addTask(tx, task)
		return
	case j.Failed > 0:
		t.end(tx, store.Failed, jobError(j, tx.File), now)
	default:
		t.end(tx, store.Completed, nil, now)
	}
}

// end ends the run of the job.
func (t terms) end(tx *store.Tx, status store.Status, err *store.Error, now time.Time) {
	tx.Job.Status, tx.Job.Error, tx.Job.Ended = status, err, now
	t.emit(tx, EventKind(status), -1, now, eventData{Error: err})
	if t.retain >= 0 {
		task := taskOf(taskExpire, expireName, tx.Job.Run)
		task.NotBefore = now.Add(t.retain)
		addTask(tx, task)
	}
}

// jobError says why the job of which last was the last file failed.
func jobError(j *store.State, last *store.File) *store.Error {
	if j.Total == 1 && last != nil && last.Error != nil {
		e := *last.Error
		e.Message = clip(e.Message)
		return &e
	}
	return &store.Error{
		Class: string(codec.Invalid), Permanent: true,
		Message: fmt.Sprintf("%d of %d files failed", j.Failed, j.Total),
	}
}

// clip bounds a message as it is encoded, so that a State stays under
// store.MaxState.
func clip(s string) string {
	const most = 300
	s = strings.ToValidUTF8(s, "")
	if len(encode(s)) <= most {
		return s
	}
	size := 0
	for i, r := range s {
		if size += len(encode(string(r))) - 2; size > most-16 {
			return s[:i] + " …"
		}
	}
	return s
}

// cancel ends the job. Its tasks are ended by a walk, because they may be many.
func (t terms) cancel(tx *store.Tx, now time.Time) error {
	switch {
	case tx.Job == nil || !tx.Job.Deleted.IsZero():
		return ErrNotFound
	case tx.Job.Status == store.Cancelled:
		return nil
	case tx.Job.Status.Terminal():
		return fmt.Errorf("%w: it is %s", ErrEnded, tx.Job.Status)
	}
	open := tx.Job.Open
	t.end(tx, store.Cancelled, nil, now)
	if open > 0 {
		addTask(tx, taskOf(taskWalk, cancelName, tx.Job.Run))
	}
	return nil
}

// drop ends a task of a cancelled job that nobody holds.
func drop(tx *store.Tx) error {
	switch {
	case tx.Job == nil || tx.Task == nil || tx.Job.Status != store.Cancelled:
		return errGone
	case tx.Task.Session != "":
		return errTaken
	}
	if tx.File != nil {
		tx.File.Status, tx.File.Error = store.Cancelled, nil
	}
	endTask(tx)
	return nil
}

// rerun opens the next run of a job that failed or was cancelled. A walk gives
// its files new tasks, because they may be many.
func (t terms) rerun(tx *store.Tx, now time.Time) error {
	switch {
	case tx.Job == nil || !tx.Job.Deleted.IsZero():
		return ErrNotFound
	case !tx.Job.Status.Terminal():
		return fmt.Errorf("%w: it is %s", ErrNotEnded, tx.Job.Status)
	case tx.Job.Status == store.Completed:
		return fmt.Errorf("%w: it is %s", ErrEnded, tx.Job.Status)
	}
	j := tx.Job
	if j.Archive != nil {
		addSweep(tx, sweep{Task: taskOf("", archiveName, j.Run).Task}, 0)
	}
	j.Run++
	j.Status, j.Error, j.Archive = store.Pending, nil, nil
	j.Failed, j.Started, j.Ended = 0, time.Time{}, time.Time{}
	t.emit(tx, Retried, -1, now, eventData{})
	addTask(tx, taskOf(taskWalk, retryName, j.Run))
	return nil
}

// renew takes the file up in the run: with the task that it still has, or with
// the given one. A task that is held is renewed when its holder is done.
func renew(tx *store.Tx, run int, task store.Task) error {
	if tx.Job == nil || tx.Job.Run != run || tx.Job.Status.Terminal() {
		return errGone
	}
	f := tx.File
	switch t := tx.Task; {
	case f.Status == store.Completed || f.Run == run:
		return errGone
	case t == nil:
		task.Token = f.Token
		addTask(tx, task)
	case t.Session != "":
		return errTaken
	}
	renewFile(tx)
	return nil
}

// renewed ends the walk of a rerun. If there was nothing left to do, the job
// ends.
func (c claim) renewed(tx *store.Tx, now time.Time) error {
	if err := c.check(tx); err != nil {
		return err
	}
	run := taskOf("", retryName, tx.Job.Run).Task
	if tx.Task.Task == run && !tx.Job.Status.Terminal() {
		c.terms.endJob(tx, now)
	}
	endTask(tx)
	return nil
}

// remove deletes the job: at once for whoever looks for it, and in a task all
// that belongs to it. A job that runs is cancelled.
func (t terms) remove(tx *store.Tx, now time.Time) error {
	if tx.Job == nil || !tx.Job.Deleted.IsZero() {
		return ErrNotFound
	}
	if !tx.Job.Status.Terminal() {
		// What its tasks would clear up goes with the job.
		tx.Job.Status, tx.Job.Ended = store.Cancelled, now
		terms{}.emit(tx, CancelledJob, -1, now, eventData{})
	}
	tx.Job.Deleted = now
	terms{}.emit(tx, DeletedJob, -1, now, eventData{})
	addTask(tx, taskOf(taskDelete, deleteName, tx.Job.Run))
	return nil
}

// expire deletes the job if it has stayed ended since the run that c belongs to.
func (c claim) expire(tx *store.Tx, now time.Time) error {
	if err := c.check(tx); err != nil {
		return err
	}
	due := tx.Task.Task == taskOf("", expireName, tx.Job.Run).Task
	if due && tx.Job.Status.Terminal() && tx.Job.Deleted.IsZero() {
		if err := c.terms.remove(tx, now); err != nil {
			return err
		}
	}
	endTask(tx)
	return nil
}

// archived records the archive of the run, or that it could not be made, and
// ends the job.
func (c claim) archived(tx *store.Tx, o store.Output, f finished, now time.Time) error {
	if err := c.check(tx); err != nil {
		return err
	}
	switch {
	case !current(tx):
		c.free(tx)
		return nil
	case f.err == nil:
		tx.Job.Archive = &o
		c.terms.endJob(tx, now)
	case f.err.Permanent || tx.Task.Attempt >= c.terms.attempts:
		tx.Task.Left = append(tx.Task.Left, c.token)
		err := *f.err
		err.Message = clip(err.Message)
		c.terms.end(tx, store.Failed, &err, now)
	default:
		tx.Task.NotBefore = now.Add(f.wait)
		c.free(tx)
		return nil
	}
	endTask(tx)
	return nil
}

// emit appends an event, and the task of a callback if one is to tell of it.
// File is -1 for an event of the whole job.
func (t terms) emit(tx *store.Tx, kind EventKind, file int, now time.Time, d eventData) {
	event := store.Event{
		Version: store.Version, Account: tx.Job.Account,
		Kind: string(kind), File: file, Run: tx.Job.Run, Time: now,
	}
	if d != (eventData{}) {
		event.Data = encode(d)
	}
	if tx.Events == nil {
		tx.Events = make([]store.Event, 0, 2) // of a file, and often of its job
	}
	tx.Events = append(tx.Events, event)
	t.tell(tx, kind, now)
}
