// Package boltstore is the [store.Store] in one file of bbolt, for one process at
// a time: jobs survive the process and, as every Update is on disk when it
// returns, the machine.
//
//	s, err := boltstore.Open("/var/lib/app/jobs.db", boltstore.Config{})
//	if errors.Is(err, boltstore.ErrLocked) {
//		// another process has it open
//	}
//	defer s.Close()
//
// One goroutine commits. It takes all Updates that wait, runs them on decoded
// records and writes what they changed in one transaction, so that a hundred
// workers share the cost of a sync and a lone one never waits for company. A job of
// up to a thousand files is created in one commit, shared with others.
//
// The lock on the file proves that every earlier process is gone: what its
// sessions held is orphaned as soon as the file is open again.
//
// # The file
//
// A bucket each holds jobs, states, files, tasks and events; others hold
// keys only and order what is looked for: free tasks by lane, account and
// priority, later ones by time, held ones by session, jobs by account and status.
// The bucket "headless" names jobs whose records have no head: those of a Create
// or a Delete that is under way. If it was cut off, Open removes them. The bucket
// "count" holds the counters of Count, which change with the jobs.
//
// Open looks for damage without changing the file, in the pages that lead to others
// (and in all of it where bbolt itself reads all of it, because more pages are free
// than are listed in the file); the rest is looked at when it is used.
// Damage is [ErrDamaged], never a panic. Contents have no checksums: what is still
// well-formed is taken for what was written.
//
// The pages of deleted jobs are used again. [Compact] makes a smaller file. The file
// is mapped into memory, where about 128 MiB of it stay (on Linux; elsewhere as much
// as the system likes).
package boltstore

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/spoolmedia/spool/store"
	"github.com/spoolmedia/spool/store/internal/rules"
	bolt "go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

var (
	_ store.Store    = (*Store)(nil)
	_ store.Progress = (*Store)(nil)
)

// The errors of Open; ErrDamaged may also come later, from any method.
var (
	// ErrLocked means that another Store, most likely in another process, has the
	// file open.
	ErrLocked = errors.New("boltstore: the file is in use by another process")
	// ErrDamaged means that the file is not what this package wrote. Stop the
	// program, keep a copy of the file, and put a backup in its place; to start
	// anew, move the file away.
	ErrDamaged = errors.New("boltstore: the file is damaged; restore a backup or move it away")
	// ErrNewer means that a newer version of this package wrote the file.
	ErrNewer = errors.New("boltstore: the file was written by a newer version")
)

// Config is how a file is opened. The zero Config is durable.
type Config struct {
	// LockTimeout is how long Open waits for another process to close the file.
	// 0 means not at all.
	LockTimeout time.Duration
	// NoSync leaves it to the operating system when to write to the disk. What was
	// acknowledged survives the process, but not the machine, which may even leave
	// a damaged file. For tests.
	NoSync bool
}

// Store keeps jobs in a file. Make one with [Open].
type Store struct {
	store.Board
	db      *bolt.DB
	turns   rules.Turns
	commits committer
	news    signal
	recent  recent
	damage  error // from a panic in a commit, after which there are no more
	stuck   bool  // a panic has left bbolt locked

	resident resident
	closed   chan struct{}
	closing  sync.Once

	mu       sync.Mutex // guards what follows
	sessions map[string]*session
	making   map[string]bool // IDs of jobs that Create works on
}

// Open opens the file at path, or creates it, and completes what was cut off
// when it was used last. The folder must exist.
func Open(path string, cfg Config) (*Store, error) {
	db, err := openFile(path, cfg)
	if err != nil {
		return nil, fmt.Errorf("boltstore: open %s: %w", path, err)
	}
	s := &Store{
		db:       db,
		closed:   make(chan struct{}),
		sessions: make(map[string]*session),
		making:   make(map[string]bool),
		resident: resident{most: maxResident},
	}
	s.commits.start(s)
	if err := s.sweep(); err != nil {
		return nil, fmt.Errorf("boltstore: open %s: %w", path, errors.Join(err, s.Close()))
	}
	return s, nil
}

// Close implements [store.Store]. It waits for the calls that are under way.
func (s *Store) Close() error {
	var err error
	s.closing.Do(func() {
		close(s.closed)
		s.endSessions()
		s.commits.stop()
		err = s.Board.Close()
		switch {
		case s.stuck: // it stays open until the process ends
			err = errors.Join(err, s.damage)
		case s.damage != nil:
			err = errors.Join(err, s.damage, s.db.Close())
		default:
			err = errors.Join(err, closeFile(s.db))
		}
	})
	if err != nil {
		return fmt.Errorf("boltstore: close: %w", err)
	}
	return nil
}

// alive returns why nothing can be done: ctx has ended or the store is closed.
func (s *Store) alive(ctx context.Context) error {
	select {
	case <-s.closed:
		return store.ErrClosed
	default:
		return ctx.Err()
	}
}

// plain turns errors of bbolt that the contract has names for into those.
func plain(err error) error {
	if errors.Is(err, berrors.ErrDatabaseNotOpen) {
		return store.ErrClosed
	}
	return err
}

// recovered sets err if there is a panic: bbolt panics when pages of the file
// are not what they should be.
func recovered(err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("%w: %v", ErrDamaged, r)
	}
}

// A signal wakes those who wait for news.
type signal struct {
	mu sync.Mutex // guards ch
	ch chan struct{}
}

// wait returns a channel that the next call of send closes.
func (s *signal) wait() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ch == nil {
		s.ch = make(chan struct{})
	}
	return s.ch
}

func (s *signal) send() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ch != nil {
		close(s.ch)
		s.ch = nil
	}
}
