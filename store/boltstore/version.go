package boltstore

import (
	"sync"
	"sync/atomic"
)

// A version is what is to be seen: layers of changes over the file.
//
// The file may hold any part of what is below, as a checkpoint writes that, but
// nothing of what is on top: as long as a key is in a layer, it does not matter
// whether the file has it too.
type version struct {
	epoch uint64 // of the log that holds what is on top
	top   *layer // changes since the last checkpoint began
	below *layer // those that a checkpoint has yet to write; nil: none
	seq   uint64 // of the newest event

	commit uint64 // how many there have been since Open
}

// versions are those that are to be seen.
type versions struct {
	now atomic.Pointer[version]

	mu      sync.Mutex // guards what follows, and changes of now
	written uint64     // the newest epoch that is in the file
}

// publish lets everybody see v.
func (vs *versions) publish(v *version) {
	vs.mu.Lock()
	defer vs.mu.Unlock()
	vs.now.Store(vs.trim(v))
}

// wrote notes that what was on top in that epoch is in the file.
func (vs *versions) wrote(epoch uint64) {
	vs.mu.Lock()
	defer vs.mu.Unlock()
	vs.written = epoch
	vs.now.Store(vs.trim(vs.now.Load()))
}

// trimmed returns v without what is in the file.
func (vs *versions) trimmed(v *version) *version {
	vs.mu.Lock()
	defer vs.mu.Unlock()
	return vs.trim(v)
}

func (vs *versions) trim(v *version) *version {
	if v.below == nil || v.epoch-1 > vs.written {
		return v
	}
	trimmed := *v
	trimmed.below = nil
	return &trimmed
}

// begin returns a transaction that sees what is there now.
func (s *Store) begin() (*read, error) {
	for {
		v := s.versions.now.Load()
		tx, err := s.db.Begin(false)
		if err != nil {
			return nil, err
		}
		// If no checkpoint has begun in between, the file has nothing that v does
		// not know of.
		if s.versions.now.Load().epoch == v.epoch {
			return &read{version: v, tx: tx, gaps: &s.gaps}, nil
		}
		if err := tx.Rollback(); err != nil {
			return nil, err
		}
	}
}
