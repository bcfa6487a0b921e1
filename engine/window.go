package engine

import (
	"sync"

	"github.com/spoolmedia/spool/store"
)

// window is what the feeder knows of the hints that it has offered and that no
// worker of this process has dealt with yet. A queue may lose hints and other
// processes may take them, so this is only a guess, until the next look at the
// store.
type window struct {
	enough int // hints of one account in a lane with which workers are busy for now

	mu     sync.Mutex // guards what follows
	lanes  map[string]*laneWindow
	hinted map[store.Ref]hinted
}

// laneWindow is the window of one lane.
type laneWindow struct {
	accounts map[string]int     // hints of each
	gone     map[store.Ref]bool // hints that the last look no longer found
	more     bool               // the store may have more tasks than were offered
	look     bool               // it is time to look
}

// offer is a task that is ready, and whose it is.
type offer struct {
	ref     store.Ref
	account string
}

// hinted is where the hint of a task is.
type hinted struct{ lane, account string }

// lane returns the window of the lane. w.mu is held.
func (w *window) lane(name string) *laneWindow {
	if w.lanes == nil {
		w.lanes, w.hinted = make(map[string]*laneWindow), make(map[store.Ref]hinted)
	}
	if w.lanes[name] == nil {
		w.lanes[name] = &laneWindow{accounts: make(map[string]int)}
	}
	return w.lanes[name]
}

// changed notes that other tasks of the lane may be ready than before.
func (w *window) changed(lane string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lane(lane).look = true
}

// ready notes a new task that is ready in the lane, and reports whether it is time
// to look: unless enough of its account is offered already.
func (w *window) ready(lane, account string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	l := w.lane(lane)
	l.more = true
	l.look = l.look || l.accounts[account] < w.enough
	return l.look
}

// taken notes that a worker has dealt with the hint of the task, and reports
// whether it is time to look: its account may have more, and little is offered. A
// hint that came from another process says nothing of how much is.
func (w *window) taken(r store.Ref) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	h, ok := w.hinted[r]
	if !ok {
		if w.gone(r) {
			return false
		}
		look := false
		for _, l := range w.lanes {
			l.look = l.look || l.more
			look = look || l.look
		}
		return look
	}
	delete(w.hinted, r)
	l := w.lane(h.lane)
	if l.accounts[h.account]--; l.accounts[h.account] == 0 {
		delete(l.accounts, h.account)
	}
	l.look = l.look || l.more && l.accounts[h.account] < w.enough
	return l.look
}

// gone forgets a hint that was claimed before the last look, and reports whether it
// was one. w.mu is held.
func (w *window) gone(r store.Ref) bool {
	for _, l := range w.lanes {
		if l.gone[r] {
			delete(l.gone, r)
			return true
		}
	}
	return false
}

// begin begins a look at the lane, if it is time for one or always. What becomes
// ready from now on is noted for the next.
func (w *window) begin(lane string, always bool) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	l := w.lane(lane)
	look := l.look || always
	if look {
		l.look, l.more = false, false
	}
	return look
}

// offer notes what a look has found, before it is offered. Tasks that were not
// found are no longer ready, or wait until others of their account have gone.
func (w *window) offer(lane string, tasks []offer, more bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	l := w.lane(lane)
	l.gone = make(map[store.Ref]bool)
	for r, h := range w.hinted {
		if h.lane == lane {
			delete(w.hinted, r)
			l.gone[r] = true
		}
	}
	clear(l.accounts)
	for _, t := range tasks {
		delete(l.gone, t.ref)
		w.hinted[t.ref] = hinted{lane, t.account}
		l.accounts[t.account]++
	}
	l.more = l.more || more
}
