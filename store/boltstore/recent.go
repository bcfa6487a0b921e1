package boltstore

import (
	"sync"

	"github.com/spoolmedia/spool/store"
)

// maxRecent is how many events are kept in memory, and how long their Data may be.
const (
	maxRecent     = 4096
	maxRecentData = 1 << 10
)

// recent is the newest events, without a gap, so that those who follow need not
// read and decode the same ones over again.
type recent struct {
	mu     sync.Mutex // guards what follows
	events []store.Event
	first  int // index of the oldest, once there are maxRecent
}

// add takes what a commit has appended. If it has deleted events as well, they are
// forgotten.
func (r *recent) add(events []store.Event, purged bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if purged {
		r.forget()
	}
	for _, e := range events {
		switch {
		case len(e.Data) > maxRecentData:
			r.forget()
		case len(r.events) < maxRecent:
			r.events = append(r.events, e.Clone())
		default:
			r.events[r.first] = e.Clone()
			r.first = (r.first + 1) % maxRecent
		}
	}
}

func (r *recent) forget() {
	clear(r.events)
	r.events, r.first = r.events[:0], 0
}

// next appends copies of those events behind the one with that number that match, and
// returns the number of the last that it looked at. It reports whether it knows
// which they are.
func (r *recent) next(
	page []store.Event, seq uint64, match func(*store.Event) bool,
) (_ []store.Event, last uint64, known bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := len(r.events)
	if n == 0 || seq+1 < r.events[r.first].Seq {
		return page, seq, false
	}
	from := min(int(seq+1-r.events[r.first].Seq), n)
	for i := from; i < min(from+chunk, n); i++ {
		e := &r.events[(r.first+i)%n]
		if seq = e.Seq; match(e) {
			page = append(page, e.Clone())
		}
	}
	return page, seq, true
}
