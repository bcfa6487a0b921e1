package store

import (
	"context"
	"iter"
	"maps"
	"sync"
)

// Progress is the ability of a [Store], found with [As], to carry the progress
// of running tasks between its users. It is lossy and conflated: a slow reader
// sees the newest fraction of each task, not each one. It never costs a commit.
type Progress interface {
	// Report says that the fraction of r's work, from 0 to 1, is done. A
	// fraction below 0 says that r no longer runs. It returns at once.
	Report(r Ref, fraction float64)
	// Latest returns the newest fraction of each running task of the job.
	Latest(job string) map[string]float64
	// Watch yields fractions as they change, of all jobs if job is "", until ctx
	// ends. It starts with the newest of each running task.
	Watch(ctx context.Context, job string) iter.Seq2[Ref, float64]
}

// Board is a [Progress] within one process, for backends to embed. The zero
// Board is ready to use.
type Board struct {
	mu       sync.Mutex // guards what follows
	jobs     map[string]map[string]float64
	watchers map[*watcher]struct{}
	closed   bool
}

// watcher is one running Watch: the changes it has not yielded yet.
type watcher struct {
	job   string
	dirty map[Ref]float64
	wake  chan struct{} // holds one token while dirty is not empty; closed with the Board
}

// Report implements [Progress].
func (b *Board) Report(r Ref, fraction float64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if fraction < 0 {
		b.clear(r)
		return
	}
	if b.jobs == nil {
		b.jobs = make(map[string]map[string]float64)
	}
	if b.jobs[r.Job] == nil {
		b.jobs[r.Job] = make(map[string]float64)
	}
	b.jobs[r.Job][r.Task] = min(fraction, 1)
	for w := range b.watchers {
		if w.job == "" || w.job == r.Job {
			w.add(r, min(fraction, 1))
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
func (b *Board) Latest(job string) map[string]float64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return maps.Clone(b.jobs[job])
}

// Watch implements [Progress].
func (b *Board) Watch(ctx context.Context, job string) iter.Seq2[Ref, float64] {
	return func(yield func(Ref, float64) bool) {
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
			for r, fraction := range b.take(w) {
				if ctx.Err() != nil || !yield(r, fraction) {
					return
				}
			}
		}
	}
}

func (b *Board) watch(job string) *watcher {
	w := &watcher{job: job, dirty: make(map[Ref]float64), wake: make(chan struct{}, 1)}
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
		for task, fraction := range tasks {
			w.add(Ref{id, task}, fraction)
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
func (b *Board) take(w *watcher) map[Ref]float64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	dirty := w.dirty
	w.dirty = make(map[Ref]float64)
	return dirty
}

func (w *watcher) add(r Ref, fraction float64) {
	w.dirty[r] = fraction
	select {
	case w.wake <- struct{}{}:
	default:
	}
}
