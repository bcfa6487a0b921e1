package boltstore

import (
	"errors"
	"fmt"
	"path/filepath"
	"runtime/debug"

	bolt "go.etcd.io/bbolt"

	"github.com/spoolmedia/spool/store/boltstore/internal/wal"
)

// restore goes on with the log that a store that was not closed has left, or begins a
// new one.
func (s *Store) restore(path string, cfg Config) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer recovered(&err)
	m, seq, err := markOf(s.db)
	if err != nil {
		return err
	}
	if m.open {
		return s.resume(path, cfg, m, seq)
	}
	if err := leftover(path, m.id); err != nil {
		return err
	}
	return s.startLog(path, cfg)
}

// resume goes on with a log. What is in it and not yet in the file is in memory then,
// as it was before, and the file is not changed.
func (s *Store) resume(path string, cfg Config, m mark, seq uint64) error {
	log, records, err := wal.Open(path, m.id, m.done, s.logConfig(cfg))
	if err != nil {
		return logError(err)
	}
	s.log, s.id = log, m.id
	s.tuning.at("replay")
	v := &version{epoch: log.Epoch(), top: &layer{}, seq: seq}
	for i, r := range records {
		if i > 0 && r.Epoch != records[i-1].Epoch {
			s.commits.checkpoint = &checkpoint{layer: v.top, last: records[i-1].Position}
			v.top, v.below = &layer{}, v.top
		}
		if err := v.top.replay(r.Payload); err != nil {
			return err
		}
	}
	for _, l := range []*layer{v.below, v.top} {
		if c, ok := l.get(bucketMeta, string(seqKey)); ok {
			if v.seq, err = readSeq(c.value); err != nil {
				return err
			}
		}
	}
	s.versions.publish(v)
	if cfg.NoSync {
		return nil
	}
	// It may have been open with NoSync before.
	return errors.Join(s.db.Sync(), syncFolder(filepath.Dir(path)))
}

func (s *Store) logConfig(cfg Config) wal.Config {
	return wal.Config{NoSync: cfg.NoSync, Moment: s.tuning.moment}
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
	if s.log, err = wal.Create(path, s.id, s.logConfig(cfg)); err != nil {
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
