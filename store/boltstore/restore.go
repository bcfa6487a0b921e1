package boltstore

import (
	"errors"
	"fmt"
	"path/filepath"
	"runtime/debug"

	bolt "go.etcd.io/bbolt"

	"github.com/spoolmedia/spool/store/boltstore/internal/wal"
)

// restore brings into the file what a store that was not closed has left in its log,
// and begins a new log.
func (s *Store) restore(path string, cfg Config) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer recovered(&err)
	m, _, err := markOf(s.db)
	if err != nil {
		return err
	}
	if m.open {
		err = s.replay(path, m)
	} else {
		err = leftover(path, m.id)
	}
	if err != nil {
		return err
	}
	return s.startLog(path, cfg)
}

// replay writes what is in the log to the file.
func (s *Store) replay(path string, m mark) error {
	records, err := wal.Read(path, m.id, m.done)
	if err != nil {
		return logError(err)
	}
	l := &layer{}
	for _, r := range records {
		if err := l.replay(r.Payload); err != nil {
			return err
		}
		m.done = r.Position
	}
	m.open = false
	s.tuning.at("replay")
	return s.file(l, m)
}

// leftover checks that there is no log but that with the ID, which is done with.
func leftover(path string, id wal.ID) error {
	ok, err := wal.Leftover(path, id)
	if err == nil && !ok {
		err = fmt.Errorf("%w: the log beside it (%s) belongs to another file", ErrDamaged,
			wal.Paths(filepath.Base(path)))
	}
	return logError(err)
}

func logError(err error) error {
	if errors.Is(err, wal.ErrDamaged) {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return err
}

// startLog begins a new log, and marks the file with it.
func (s *Store) startLog(path string, cfg Config) (err error) {
	s.id = wal.NewID()
	config := wal.Config{NoSync: cfg.NoSync, Moment: s.tuning.moment}
	if s.log, err = wal.Create(path, s.id, config); err != nil {
		return fmt.Errorf("log: %w", err)
	}
	if !cfg.NoSync {
		if err := syncFolder(filepath.Dir(path)); err != nil {
			return err
		}
	}
	err = s.db.Update(func(tx *bolt.Tx) error {
		if err := prepare(tx); err != nil {
			return err
		}
		m := mark{open: true, id: s.id}
		return tx.Bucket(bucketNames[bucketMeta]).Put(markKey, m.append(nil))
	})
	if err != nil {
		return err
	}
	_, seq, err := markOf(s.db)
	s.versions.publish(&version{epoch: 1, top: &layer{}, seq: seq})
	return err
}
