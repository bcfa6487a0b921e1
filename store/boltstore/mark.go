package boltstore

import (
	"encoding/binary"
	"fmt"

	bolt "go.etcd.io/bbolt"

	"github.com/spoolmedia/spool/store/boltstore/internal/wal"
)

// A mark in the file says which log goes with it.
type mark struct {
	open bool         // the log may hold what is not in the file
	id   wal.ID       // of the log; if it is not open, of the last one that was
	done wal.Position // of the log, up to which it is in the file
}

const markSize = 1 + len(wal.ID{}) + 8 + 8

func (m mark) append(b []byte) []byte {
	open := byte(0)
	if m.open {
		open = 1
	}
	b = append(append(b, open), m.id[:]...)
	b = binary.BigEndian.AppendUint64(b, m.done.Epoch)
	return binary.BigEndian.AppendUint64(b, m.done.Number)
}

func readMark(b []byte) (m mark, err error) {
	if len(b) != markSize || b[0] > 1 {
		return m, fmt.Errorf("%w: no mark of the log", ErrDamaged)
	}
	n := 1 + copy(m.id[:], b[1:])
	m.open = b[0] == 1
	m.done.Epoch = binary.BigEndian.Uint64(b[n:])
	m.done.Number = binary.BigEndian.Uint64(b[n+8:])
	return m, nil
}

// markOf returns the mark of a file, whose format it checks, and the number of the
// newest event. Those of a new file are zero.
func markOf(db *bolt.DB) (m mark, seq uint64, err error) {
	err = db.View(func(tx *bolt.Tx) error {
		meta := tx.Bucket(bucketNames[bucketMeta])
		if meta == nil {
			return nil
		}
		if err := checkFormat(meta); err != nil {
			return err
		}
		if m, err = readMark(meta.Get(markKey)); err != nil {
			return err
		}
		seq, err = readSeq(meta.Get(seqKey))
		return err
	})
	return m, seq, err
}

// readSeq reads the number of the newest event. One that is not there is 0.
func readSeq(b []byte) (uint64, error) {
	switch len(b) {
	case 0:
		return 0, nil
	case 8:
		return binary.BigEndian.Uint64(b), nil
	}
	return 0, fmt.Errorf("%w: an event number of %d bytes", ErrDamaged, len(b))
}
