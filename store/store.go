package store

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"time"
)

// The errors of this contract. Backends wrap them with context; callers test
// them with [errors.Is].
var (
	ErrNotFound    = errors.New("store: not found")
	ErrExist       = errors.New("store: already exists")
	ErrKeyConflict = errors.New("store: idempotency key was used for a different request")
	ErrTooLarge    = errors.New("store: record too large")
	ErrBadName     = errors.New("store: bad name") // of a job or a task
	ErrExpired     = errors.New("store: cursor is older than what is kept")
	ErrBadCursor   = errors.New("store: bad cursor")
	ErrDeleted     = errors.New("store: a deleted job stays deleted")
	ErrClosed      = errors.New("store: closed")
)

// Limits of what one record and one Update may hold; beyond them is
// ErrTooLarge.
const (
	MaxRecord = 64 << 10 // bytes of a Job, File, Task or Event at rest
	MaxState  = 1 << 10  // bytes of a State at rest
	MaxName   = 1 << 10  // bytes of an ID, an account, a key, a lane, a task's name
	MaxAdd    = 500      // tasks in Tx.Add
)

// Store keeps jobs, files, tasks and events. All methods may be called by many
// goroutines at once. Nothing that a caller passes in or gets back shares memory
// with the store. After Close every method returns ErrClosed, wrapped or not; a
// cancelled ctx is ctx.Err(), wrapped or not. Iterators hold no lock and no
// transaction while they yield, yield an error at most once and end with it, and
// may be left early.
type Store interface {
	// Create makes j with its files and first tasks durable and then, all at
	// once, visible. It consumes files in chunks, outside any transaction, and
	// writes the head last, together with the idempotency key (if j.Key is not
	// empty) and one Event of kind [Created]. A Task without a name means that
	// the file has no task of its own. The files come in the order of their
	// Index, from 0.
	//
	// If (j.Account, j.Key) is known with the same j.Digest, the job that has it
	// comes back with false and nothing is changed; with another Digest it is
	// ErrKeyConflict. Of many concurrent Creates of one key exactly one makes a
	// job. A j.ID that is in use is ErrExist. Files may be consumed in part when
	// Create returns early. Records whose head was never written are invisible,
	// and are removed when Create fails or, by a durable backend, when it is
	// opened next.
	Create(ctx context.Context, j Job, files iter.Seq2[File, Task]) (Job, bool, error)

	// Update runs fn on the records that r names, and commits all that fn
	// changed, or nothing. Updates of one job are linear: each sees what the
	// one before it committed. Concurrent updates may share a commit. When
	// Update returns nil, what fn did is durable and visible. fn is pure and may
	// run several times, in another goroutine; if it returns an error, nothing is
	// changed and Update returns that error as it is. A job or task that does not
	// exist is no error: fn sees nil. A missing job cannot be made by Update.
	//
	// The commit that sets State.Deleted takes the job out of List and Count and
	// frees its idempotency key. An Update that sets State.Deleted back to zero
	// is ErrDeleted and changes nothing, and so is a Create of a deleted job.
	Update(ctx context.Context, r Ref, fn func(*Tx) error) error

	// Job returns the job, or ErrNotFound.
	Job(ctx context.Context, id string) (Job, error)

	// Files yields the files of the job whose Index is at least from, by Index.
	// A missing job is ErrNotFound.
	Files(ctx context.Context, job string, from int) iter.Seq2[File, error]

	// List yields the jobs that match q, newest first: in descending order of
	// their IDs. With q.Oldest it is the other way round.
	List(ctx context.Context, q Query) iter.Seq2[Job, error]

	// Count returns how many jobs of the account, or of all if it is "", have
	// each status; a status that no job has is left out. It takes the same time
	// however many jobs there are.
	Count(ctx context.Context, account string) (map[Status]int, error)

	// Tasks yields the tasks that match q. See [TaskQuery] for the order.
	Tasks(ctx context.Context, q TaskQuery) iter.Seq2[Task, error]

	// Events yields the events that match q in the order of their commits,
	// skipping none.
	Events(ctx context.Context, q EventQuery) iter.Seq2[Event, error]

	// Session announces a living process and what its workers offer. The session
	// ends with Close, with the store's Close, or when the process dies; from
	// then on its claims are orphaned.
	Session(ctx context.Context, offers json.RawMessage) (Session, error)

	// Sessions returns the sessions that are alive, this process's own included.
	Sessions(ctx context.Context) ([]SessionInfo, error)

	// SetPaused sets or clears the mark p. Setting a mark twice is no error, nor is
	// clearing one that is not there. The store only keeps the marks: whoever hands
	// out tasks acts on them.
	SetPaused(ctx context.Context, p Pause, on bool) error

	// Paused returns the marks that are set: that of all first, then those of
	// accounts by name.
	Paused(ctx context.Context) ([]Pause, error)

	// Delete removes the job with all that belongs to it: its head, its listing
	// and its idempotency key at once, the rest in small steps. Deleting a job
	// that does not exist is no error. A Delete that was cut off is completed by
	// a durable backend when it is opened next.
	Delete(ctx context.Context, job string) error

	// Close ends all sessions and iterators and closes the store. Closing twice
	// is no error.
	Close() error
}

// Session is the life of one process in a store.
type Session interface {
	// ID is unique in the life of the store.
	ID() string
	// Lost is closed when the session has ended and others may take over its
	// tasks: whoever works under it must stop.
	Lost() <-chan struct{}
	// Close ends the session. Closing twice is no error.
	Close() error
}

// SessionInfo describes a living session.
type SessionInfo struct {
	ID     string
	Offers json.RawMessage // as given to Store.Session
}

// Tx is what one Update reads and may change: decoded copies of the records, so
// that an error needs no rollback and the function may run again. It belongs to the
// function only until that returns: what is to be kept must be copied, see Clone.
type Tx struct {
	Job    *State  // nil: there is no such job
	Task   *Task   // nil: there is no such task; set it to nil to end the task
	File   *File   // the file that Ref.Task belongs to, nil if none
	Add    []Task  // new tasks, at most MaxAdd; a name in use is ErrExist; the store sets Job
	Events []Event // to be appended, in order; the store sets Cursor, Seq and Job
}

// Pause is a mark that work rests, of one account or of all.
type Pause struct {
	All     bool
	Account string // "" is the account without a name; of no meaning with All
}

// Query selects jobs.
type Query struct {
	Account string // "" means all
	Status  Status // "" means all
	// Cursor is the ID of the last job seen: listing goes on behind it, in the
	// order of the listing. "" starts at its beginning.
	Cursor string
	// Key selects the one job of Account that has this idempotency key. Status,
	// Cursor and Limit apply to it as to others.
	Key   string
	Limit int // 0 means no limit
	// Oldest lists in ascending order of the IDs instead: the oldest job first.
	Oldest bool
}

// TaskQuery selects tasks. Its three forms:
//
//   - Ready, the default: tasks that are free, not Done and due (NotBefore is
//     not after Due), in the given Lanes; at most PerAccount of each account in
//     each lane and at most Limit in all; in each lane and account by Priority,
//     high before low, then by age: job ID, then the order of the tasks' names
//     with numbers compared as numbers. Lanes and accounts are taken in turns as
//     far as Limit cuts anything off, so that no account hides another.
//   - Orphaned: tasks that are held by sessions that have ended, in any order.
//   - Under: all tasks of the job Under.Job whose names are Under.Task or begin
//     with Under.Task + "/" (all of the job if it is empty), free, held or Done,
//     in the order of their names with numbers compared as numbers.
type TaskQuery struct {
	Lanes      []string
	Account    string   // "" means all
	Without    []string // accounts to leave out, whose tasks are not read; of Ready only
	PerAccount int      // 0 means no limit
	Limit      int      // 0 means no limit
	Due        time.Time
	Orphaned   bool
	Under      Ref
}

// EventQuery selects events.
type EventQuery struct {
	Account string // "" means all
	Job     string // "" means all
	// Cursor is that of the last event seen; "" starts at the oldest that is
	// kept. A cursor that retention has passed is ErrExpired, one that this store
	// never made ErrBadCursor.
	Cursor string
	// Tail starts behind the newest event instead: the newest when Events is
	// called, before the iterator runs.
	Tail bool
	// Follow waits for more instead of ending, until ctx or the store ends.
	Follow bool
}

// Unwrapper is a decorator around another value of the contract.
type Unwrapper interface{ Unwrap() any }

// As returns v as a T, looking through decorators that implement [Unwrapper].
func As[T any](v any) (T, bool) {
	for {
		if t, ok := v.(T); ok {
			return t, true
		}
		u, ok := v.(Unwrapper)
		if !ok {
			var zero T
			return zero, false
		}
		v = u.Unwrap()
	}
}
