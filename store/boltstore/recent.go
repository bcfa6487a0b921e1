package boltstore

import (
	"sync"

	"github.com/spoolmedia/spool/store"
)

// maxRecent is how many events are kept in memory, and how long their Data may be.
const (
	maxRecent     = 2048
	maxRecentData = 1 << 10
)

// recent is the newest events, without a gap, so that those who follow need not
// read and decode the same ones over again.
type recent struct {
	mu     sync.Mutex // guards events
	events []store.Event
}

// add takes what a commit has appended. If it has deleted events as well, they are
// forgotten.
func (r *recent) add(events []store.Event, purged bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if purged {
		r.events = nil
	}
	for _, e := range events {
		if len(e.Data) > maxRecentData {
			r.events = nil
			continue
		}
		if len(r.events) == 2*maxRecent {
			r.events = append(make([]store.Event, 0, 2*maxRecent), r.events[maxRecent:]...)
		}
		r.events = append(r.events, e.Clone())
	}
}

// behind returns events behind the one with that number, for reading only, and
// whether it knows which they are.
func (r *recent) behind(seq uint64) ([]store.Event, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.events) == 0 || seq+1 < r.events[0].Seq {
		return nil, false
	}
	from := min(int(seq+1-r.events[0].Seq), len(r.events))
	return r.events[from:min(from+chunk, len(r.events))], true
}
