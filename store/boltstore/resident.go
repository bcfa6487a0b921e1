package boltstore

import (
	"sync/atomic"

	bolt "go.etcd.io/bbolt"
)

// maxResident is how many bytes of the mapped file may be in the memory of the
// process, about. They are the system's cache of the file, which it takes back when
// it needs to; but whoever looks at the process, or limits it, counts them to it.
const maxResident = 128 << 20

// What may bring pages of the file into memory is counted, so that their number is
// looked at now and then only.
const (
	readWork  = 4 // of an iterator's page, or of a record looked up
	writeWork = 1 // of a write
	lookAfter = 256
)

// A resident keeps the part of the file that is in memory small.
type resident struct {
	work atomic.Int64 // since the last look
	base atomic.Int64 // bytes of files in the memory of the process, without ours
	most int64        // maxResident, but for tests
}

// worked notes that work was done, and gives memory back when it is time to.
func (s *Store) worked(work int64) {
	if s.resident.work.Add(work) < lookAfter {
		return
	}
	s.resident.work.Store(0)
	files, ok := fileMemory()
	if !ok || files-s.resident.base.Load() < s.resident.most {
		return
	}
	_ = s.db.View(func(tx *bolt.Tx) error { // so that the file stays mapped where it is
		dropMapped(tx.DB().Info().Data, tx.Size())
		return nil
	})
	if files, ok = fileMemory(); ok {
		s.resident.base.Store(files)
	}
}
