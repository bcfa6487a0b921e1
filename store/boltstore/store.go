// Package boltstore is the [store.Store] in one file of bbolt, with a log before it, for
// one process at a time: jobs survive the process and, as every Update is on disk when
// it returns, the machine.
//
//	s, err := boltstore.Open("/var/lib/app/jobs.db", boltstore.Config{})
//	if errors.Is(err, boltstore.ErrLocked) {
//		// another process has it open
//	}
//	defer s.Close()
//
// One goroutine runs the functions of all Updates that wait, on decoded records, and
// what they changed becomes one record of a log, at the cost of one sync: a hundred
// workers share it, and a lone one never waits for company. While one record is on its
// way to the disk, the next is made on top of it. A job of up to a thousand files is
// created in one record, shared with others.
//
// The lock on the file proves that every earlier process is gone: what its
// sessions held is orphaned as soon as the file is open again.
//
// # The log
//
// While the store is open, the file has a log in two more, jobs.db-wal0 and
// jobs.db-wal1. What is in the log but not yet in the file is in memory, too, sorted;
// whoever reads sees it laid over the file. When the log has grown by 8 MiB, a
// checkpoint brings that into the file, in key order and in the background, while the
// other log file fills. If that is full before, Updates wait. There is no checkpoint
// while the store is idle.
//
// Close brings all of it into the file and removes the log: a store that is closed is
// one file. After a crash, Open reads the log, at most about 16 MiB, and goes on with
// it. A backup of a store that is open is one of all three files at the same moment, such
// as a snapshot of the file system. A log that is missing, or belongs to another file, is
// ErrDamaged.
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
// and in the list of free pages (or in all pages if that list is missing, because bbolt
// then reads all of them itself); the rest is looked at when it is used.
// Damage is [ErrDamaged], never a panic. Contents of the file have no checksums, other
// than records of the log: what is still well-formed is taken for what was written.
//
// The pages of deleted jobs are used again. [Compact] makes a smaller file. The file
// is mapped into memory, where about 128 MiB of it stay (on Linux; elsewhere as much
// as the system likes).
package boltstore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/spoolmedia/spool/store"
	"github.com/spoolmedia/spool/store/boltstore/internal/wal"
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
	// program, keep a copy of the file and its log, and put a backup in their place; to
	// start anew, move them away.
	ErrDamaged = errors.New("boltstore: the file is damaged; restore a backup or move it away")
	// ErrNewer means that a newer version of this package wrote the file.
	ErrNewer = errors.New("boltstore: the file was written by a newer version")
	// ErrUnclosed comes from Compact only.
	ErrUnclosed = errors.New("boltstore: the store was not closed; open and close it first")
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
	path     string
	tuning   tuning
	db       *bolt.DB
	log      *wal.Log // the logger's, while that is busy
	id       wal.ID   // of log
	versions versions
	turns    rules.Turns
	commits  committer
	news     signal
	recent   recent
	gaps     [buckets]gaps
	fault    fault
	stuck    atomic.Bool // a panic has left bbolt locked

	resident resident
	closed   chan struct{}
	closing  sync.Once

	mu       sync.Mutex // guards what follows
	sessions map[string]*session
	making   map[string]bool // IDs of jobs that Create works on
}

// Open opens the file at path, or creates it, and completes what was cut off
// when it was used last. The folder must exist.
func Open(path string, cfg Config) (*Store, error) { return open(path, cfg, tuning{}) }

func open(path string, cfg Config, t tuning) (*Store, error) {
	db, err := openFile(path, cfg)
	if err != nil {
		return nil, fmt.Errorf("boltstore: open %s: %w", path, err)
	}
	s := &Store{
		path:     path,
		tuning:   t.withDefaults(),
		db:       db,
		closed:   make(chan struct{}),
		sessions: make(map[string]*session),
		making:   make(map[string]bool),
		resident: resident{most: maxResident},
	}
	if err := s.restore(path, cfg); err != nil {
		return nil, fmt.Errorf("boltstore: open %s: %w", path, errors.Join(err, s.closeFiles()))
	}
	for b := range s.gaps {
		s.gaps[b].least = t.gap
	}
	s.commits.start(s)
	if err := s.sweep(); err != nil {
		return nil, fmt.Errorf("boltstore: open %s: %w", path, errors.Join(err, s.Close()))
	}
	return s, nil
}

// tuning is what tests change. The zero tuning is that of Open.
type tuning struct {
	// maxLog is how many bytes the log grows by until a checkpoint begins. It bounds
	// the memory that changes take, and how long Open takes after a crash. 0 means
	// 8 MiB.
	maxLog int64
	// step is how many bytes a checkpoint writes in one transaction. 0 means 4 MiB.
	step int
	// gap is how many deleted keys in a row are worth a gap. 0 means minGap.
	gap int
	// moment is told what is about to be done. It may be nil.
	moment func(name string)
}

func (t tuning) withDefaults() tuning {
	t.maxLog = cmp.Or(t.maxLog, 8<<20)
	t.step = cmp.Or(t.step, 4<<20)
	return t
}

func (t tuning) at(moment string) {
	if t.moment != nil {
		t.moment(moment)
	}
}

// Close implements [store.Store]. It waits for the calls that are under way.
func (s *Store) Close() error {
	var err error
	s.closing.Do(func() {
		close(s.closed)
		s.endSessions()
		s.commits.stop()
		err = s.Board.Close()
		fault := s.fault.get()
		if err = errors.Join(err, fault); !errors.Is(fault, ErrDamaged) {
			err = errors.Join(err, s.empty())
		}
		err = errors.Join(err, s.closeFiles())
	})
	if err != nil {
		return fmt.Errorf("boltstore: close: %w", err)
	}
	return nil
}

// empty brings all that is in the log into the file, and removes the log.
func (s *Store) empty() error {
	v := s.versions.now.Load()
	for _, l := range []*layer{v.below, v.top} {
		if l == nil {
			continue
		}
		m := mark{open: l != v.top, id: s.id, done: s.log.Last()}
		if m.open {
			m.done = s.commits.checkpoint.last
		}
		if err := s.file(l, m); err != nil {
			return err
		}
	}
	if err := s.log.Close(); err != nil {
		return err
	}
	return wal.Remove(s.path)
}

// closeFiles closes the files as they are.
func (s *Store) closeFiles() (err error) {
	if s.log != nil {
		err = s.log.Close()
	}
	if s.stuck.Load() {
		return err // the file stays open until the process ends
	}
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer recovered(&err)
	return errors.Join(err, s.db.Close())
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

// A fault is why nothing can be written any more: damage, or a sync that has failed.
type fault struct {
	mu  sync.Mutex // guards err
	err error
}

func (f *fault) get() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.err
}

// set keeps the first one.
func (f *fault) set(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.err = cmp.Or(f.err, err)
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
