package rules

import (
	"math"
	"slices"
	"sync"
	"time"

	"github.com/spoolmedia/spool/store"
)

// Index is an index of free tasks by lane, account, priority (high before low),
// job and [Key], as a Window reads it.
type Index interface {
	// Account returns the first account that has tasks in the lane and is not
	// less than from.
	Account(lane, from string) (string, bool)
	// Read returns the first n tasks of the lane and account that are due, those
	// behind after unless it is nil.
	Read(lane, account string, after *store.Task, due time.Time, n int) []store.Task
}

// Turns remembers whose turn it is in each lane, so that accounts that a Limit
// cut off come first the next time. The zero Turns is ready to use.
type Turns struct {
	mu   sync.Mutex        // guards next
	next map[string]string // account to start from, by lane
}

// Window is one reading of ready tasks, in pieces.
type Window struct {
	turns   *Turns
	query   store.TaskQuery
	without map[string]bool
	left    int // of the limit
	lanes   []*lane
	current int // the lane whose turn it is
}

// lane deals the tasks of one lane, an account at a time.
type lane struct {
	name    string
	start   string // the account that the first round starts from
	next    string // where the first round goes on
	wrapped bool   // the first round is past the last account
	done    bool   // the first round is over: all accounts are in ring
	ring    []*account
	at      int // whose turn it is in ring
}

// account is what a lane still has to deal of one account.
type account struct {
	name string
	left int         // of PerAccount
	last *store.Task // read last
	read []store.Task
}

// Window returns a reading of the ready tasks that match q.
func (t *Turns) Window(q store.TaskQuery) *Window {
	t.mu.Lock()
	defer t.mu.Unlock()
	w := &Window{turns: t, query: q, left: orAll(q.Limit), without: make(map[string]bool)}
	for _, account := range q.Without {
		w.without[account] = true
	}
	lanes := slices.Clone(q.Lanes)
	slices.Sort(lanes)
	for _, name := range slices.Compact(lanes) {
		l := &lane{name: name, start: t.next[name], next: t.next[name]}
		switch {
		case q.Account == "":
		case w.without[q.Account]:
			l.done = true
		default:
			l.done, l.ring = true, []*account{{name: q.Account, left: orAll(q.PerAccount)}}
		}
		w.lanes = append(w.lanes, l)
	}
	return w
}

func orAll(limit int) int {
	if limit <= 0 {
		return math.MaxInt
	}
	return limit
}

// Next returns the next tasks, about n of them; none at the end.
func (w *Window) Next(ix Index, n int) []store.Task {
	var out []store.Task
	for len(out) < n && w.left > 0 && len(w.lanes) > 0 {
		w.current %= len(w.lanes)
		l := w.lanes[w.current]
		tasks := w.deal(ix, l, n)
		if len(tasks) == 0 {
			w.lanes = slices.Delete(w.lanes, w.current, w.current+1)
			continue
		}
		if out == nil {
			out = tasks
		} else {
			out = append(out, tasks...)
		}
		w.left -= len(tasks)
		w.current++
	}
	if w.left == 0 {
		w.remember()
	}
	return out
}

// remember lets the next Window start where the limit stopped this one.
func (w *Window) remember() {
	if w.query.Account != "" {
		return
	}
	w.turns.mu.Lock()
	defer w.turns.mu.Unlock()
	if w.turns.next == nil {
		w.turns.next = make(map[string]string)
	}
	for _, l := range w.lanes {
		w.turns.next[l.name] = l.next
		if l.done && len(l.ring) > 0 {
			w.turns.next[l.name] = l.ring[l.at%len(l.ring)].name
		}
	}
}

// deal returns one turn's tasks of the lane: one task if there is a limit and others
// wait for their turn, else up to n. None means that the lane has no more.
func (w *Window) deal(ix Index, l *lane, n int) []store.Task {
	for {
		if !l.done {
			w.discover(ix, l)
		}
		if len(l.ring) == 0 {
			if l.done {
				return nil
			}
			continue
		}
		if !l.done {
			l.at = len(l.ring) - 1
		}
		l.at %= len(l.ring)
		a := l.ring[l.at]
		turn := min(n, w.left)
		if w.query.Limit > 0 && (len(w.lanes) > 1 || len(l.ring) > 1 || !l.done) {
			turn = 1
		}
		tasks := a.deal(turn, func(after *store.Task, n int) []store.Task {
			if l.done { // all accounts are known: read ahead what is likely to be dealt
				n = max(n, min(w.left/len(l.ring), 256))
			}
			return ix.Read(l.name, a.name, after, w.query.Due, min(n, a.left))
		})
		if len(tasks) > 0 {
			l.at++
			return tasks
		}
		l.ring = slices.Delete(l.ring, l.at, l.at+1)
	}
}

// discover puts the next account of the first round at the end of the ring, or
// ends the first round.
func (w *Window) discover(ix Index, l *lane) {
	for {
		name, ok := ix.Account(l.name, l.next)
		if !ok && !l.wrapped && l.start != "" {
			l.wrapped, l.next = true, ""
			name, ok = ix.Account(l.name, "")
		}
		if !ok || l.wrapped && name >= l.start {
			l.done, l.at = true, 0
			return
		}
		l.next = name + "\x00" // the least account behind it
		if !w.without[name] {
			l.ring = append(l.ring, &account{name: name, left: orAll(w.query.PerAccount)})
			return
		}
	}
}

// deal returns up to n more tasks of the account, reading more with read.
func (a *account) deal(n int, read func(*store.Task, int) []store.Task) []store.Task {
	if len(a.read) == 0 && a.left > 0 {
		a.read = read(a.last, n)
		a.left -= len(a.read)
		if len(a.read) > 0 {
			last := a.read[len(a.read)-1]
			a.last = &last
		}
	}
	n = min(n, len(a.read))
	tasks := a.read[:n:n]
	a.read = a.read[n:]
	return tasks
}
