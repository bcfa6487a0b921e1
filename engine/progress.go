package engine

import (
	"sync"

	"github.com/spoolmedia/spool/store"
)

// maxLooks is how often progressOf looks again because files have ended meanwhile.
const maxLooks = 8

// progressOf returns the mean progress of all files of a job whose state was s. While
// its files only go forward, so does this.
func (e *Engine) progressOf(id string, s store.State) float64 {
	ended := s.Completed + s.Failed
	switch {
	case ended == s.Total:
		return 1
	case s.Status == store.Pending:
		return 0
	case s.Status.Terminal():
		return min(float64(ended)/float64(s.Total), 0.999)
	}
	done := 0.0
	for range maxLooks {
		done = float64(ended) + e.underWay(id, ended)
		// What has ended in between would be counted twice or not at all.
		j, err := e.config.Store.Job(e.lifetime, id)
		if err != nil || j.State.Run != s.Run || j.State.Completed+j.State.Failed == ended {
			break
		}
		ended = j.State.Completed + j.State.Failed
	}
	return min(done/float64(s.Total), 0.999)
}

// underWay returns the sum of the progress of the files that are not among those that
// have ended.
func (e *Engine) underWay(id string, ended int) float64 {
	sum := 0.0
	for task, a := range e.progress.Latest(id) {
		if rank := e.endings.rank(store.Ref{Job: id, Task: task}); rank == 0 || rank > ended {
			sum += a.Fraction
		}
	}
	return sum
}

// endings are the files whose ends are being committed, from before that until their
// progress is forgotten.
type endings struct {
	mu    sync.Mutex // guards ranks
	ranks map[store.Ref]int
}

// note notes how many files of the job will have ended with that of the task.
func (e *endings) note(r store.Ref, rank int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.ranks == nil {
		e.ranks = make(map[store.Ref]int)
	}
	e.ranks[r] = rank
}

// rank returns what was noted, or 0.
func (e *endings) rank(r store.Ref) int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.ranks[r]
}

func (e *endings) forget(r store.Ref) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.ranks, r)
}
