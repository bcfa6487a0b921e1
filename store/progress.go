package store

import (
	"context"
	"iter"
	"maps"
	"sync"
	"time"
)

// Progress is the ability of a [Store], found with [As], to carry the progress
// of running tasks between its users. It is lossy and conflated: a slow reader
// sees the newest of each task, not each one. It never costs a commit.
type Progress interface {
	// Report says how far r has come. A fraction below 0 says that r no longer
	// runs. It returns at once.
	Report(r Ref, a Advance)
	// Latest returns the newest of each running task of the job.
	Latest(job string) map[string]Advance
	// Watch yields what is reported, of all jobs if job is "", until ctx ends. It
	// starts with the newest of each running task.
	Watch(ctx context.Context, job string) iter.Seq2[Ref, Advance]
}

// Advance is how far a running task has come.
type Advance struct {
	Fraction float64       // of the work, from 0 to 1
	Speed    float64       // seconds of video or sound done in a second; 0: not known
	Left     time.Duration // what is left to do, an estimate; 0: not known
}

// Board is a [Progress] within one process, for backends to embed. The zero
// Board is ready to use.
type Board struct {
	mu       sync.Mutex // guards what follows
	jobs     map[string]map[string]Advance
	watchers map[*watcher]struct{}
	closed   bool
}

// watcher is one running Watch: the changes it has not yielded yet.
type watcher struct {
	job   string
	dirty map[Ref]Advance
	wake  chan struct{} // holds one token while dirty is not empty; closed with the Board
}

// Report implements [Progress].
func (b *Board) Report(r Ref, a Advance) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if a.Fraction < 0 {
		b.clear(r)
		return
	}
	if b.jobs == nil {
		b.jobs = make(map[string]map[string]Advance)
	}
	if b.jobs[r.Job] == nil {
		b.jobs[r.Job] = make(map[string]Advance)
	}
	a.Fraction = min(a.Fraction, 1)
	b.jobs[r.Job][r.Task] = a
	for w := range b.watchers {
		if w.job == "" || w.job == r.Job {
			w.add(r, a)
		}
	}
}

// clear forgets r, also where a watcher has not yielded it yet.
func (b *Board) clear(r Ref) {
	delete(b.jobs[r.Job], r.Task)
	if len(b.jobs[r.Job]) == 0 {
		delete(b.jobs, r.Job)
	}
	for w := range b.watchers {
		delete(w.dirty, r)
	}
}

// Close ends every Watch. What is reported later is seen by Latest only. Closing
// twice is no error.
func (b *Board) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	for w := range b.watchers {
		delete(b.watchers, w)
		close(w.wake)
	}
	return nil
}

// Latest implements [Progress].
func (b *Board) Latest(job string) map[string]Advance {
	b.mu.Lock()
	defer b.mu.Unlock()
	return maps.Clone(b.jobs[job])
}

// Watch implements [Progress].
func (b *Board) Watch(ctx context.Context, job string) iter.Seq2[Ref, Advance] {
	return func(yield func(Ref, Advance) bool) {
		w := b.watch(job)
		defer b.unwatch(w)
		for {
			select {
			case <-ctx.Done():
				return
			case _, ok := <-w.wake:
				if !ok {
					return
				}
			}
			for r, a := range b.take(w) {
				if ctx.Err() != nil || !yield(r, a) {
					return
				}
			}
		}
	}
}

func (b *Board) watch(job string) *watcher {
	w := &watcher{job: job, dirty: make(map[Ref]Advance), wake: make(chan struct{}, 1)}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.watchers == nil {
		b.watchers = make(map[*watcher]struct{})
	}
	if b.closed {
		close(w.wake)
		return w
	}
	b.watchers[w] = struct{}{}
	for id, tasks := range b.jobs {
		if job != "" && job != id {
			continue
		}
		for task, a := range tasks {
			w.add(Ref{id, task}, a)
		}
	}
	return w
}

func (b *Board) unwatch(w *watcher) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.watchers, w)
}

// take returns what is dirty, and leaves w clean.
func (b *Board) take(w *watcher) map[Ref]Advance {
	b.mu.Lock()
	defer b.mu.Unlock()
	dirty := w.dirty
	w.dirty = make(map[Ref]Advance)
	return dirty
}

func (w *watcher) add(r Ref, a Advance) {
	w.dirty[r] = a
	select {
	case w.wake <- struct{}{}:
	default:
	}
}
