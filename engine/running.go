package engine

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/spoolmedia/spool/store"
)

// Activity is what one worker of this process is doing now.
type Activity struct {
	Job     string
	File    int    // index, or -1: not the work on a file
	Kind    string // file, fetch, archive, callback, walk, sweep, expire, delete
	Account string
	Name    string // of the file
	Since   time.Time
	// Progress of the file from 0 to 1.
	Progress float64
	// Stuck is when the engine gave up waiting for a call that was told to stop:
	// a codec that ignores its context. It keeps its worker until it returns.
	// Zero if all is well.
	Stuck time.Time
}

// Activities returns what the workers of this process are doing, longest first.
func (e *Engine) Activities() []Activity {
	list := e.running.list()
	for i, a := range list {
		if a.Kind == taskFile {
			list[i].Progress = e.progress.Latest(a.Job)[store.FileTask(a.File)].Fraction
		}
	}
	slices.SortFunc(list, func(a, b Activity) int {
		return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.Job, b.Job), a.File-b.File)
	})
	return list
}

// running knows the attempts of this process, by job.
type running struct {
	mu   sync.Mutex // guards what follows and the activities of attempts
	jobs map[string]map[*attempt]struct{}
	// files counts those that work on files.
	files int
}

// attempt is one attempt at a task.
type attempt struct {
	running  *running
	cancel   context.CancelCauseFunc
	work     bool     // it ends with the job
	activity Activity // guarded by running.mu
}

// add notes an attempt at the task, which cancel interrupts.
func (r *running) add(ref store.Ref, cancel context.CancelCauseFunc) *attempt {
	job := ref.Job
	a := &attempt{
		running: r, cancel: cancel, work: isWork(ref), activity: Activity{Job: job, File: -1},
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.jobs == nil {
		r.jobs = make(map[string]map[*attempt]struct{})
	}
	if r.jobs[job] == nil {
		r.jobs[job] = make(map[*attempt]struct{})
	}
	r.jobs[job][a] = struct{}{}
	return a
}

// begin notes what the attempt has claimed.
func (a *attempt) begin(c *claimed, now time.Time) {
	a.running.mu.Lock()
	defer a.running.mu.Unlock()
	a.activity.Kind, a.activity.Account, a.activity.Since = c.task.Kind, c.task.Account, now
	if c.task.Kind == taskFile {
		a.running.files++
	}
	if index, ok := c.task.File(); ok {
		a.activity.File, a.activity.Name = index, c.file.Name
	}
}

// stuck notes that the attempt does not end.
func (a *attempt) stuck(now time.Time) {
	a.running.mu.Lock()
	defer a.running.mu.Unlock()
	a.activity.Stuck = now
}

// end forgets the attempt.
func (a *attempt) end() {
	r, job := a.running, a.activity.Job
	r.mu.Lock()
	defer r.mu.Unlock()
	if a.activity.Kind == taskFile {
		r.files--
	}
	delete(r.jobs[job], a)
	if len(r.jobs[job]) == 0 {
		delete(r.jobs, job)
	}
}

// list returns what has been claimed.
func (r *running) list() []Activity {
	r.mu.Lock()
	defer r.mu.Unlock()
	var list []Activity
	for _, attempts := range r.jobs {
		for a := range attempts {
			if a.activity.Kind != "" {
				list = append(list, a.activity)
			}
		}
	}
	return list
}

// calls returns how many attempts call codecs now.
func (r *running) calls() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.files
}

// cancel interrupts all attempts at tasks of the job that end with it.
func (r *running) cancel(job string, cause error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for a := range r.jobs[job] {
		if a.work {
			a.cancel(cause)
		}
	}
}
