package engine

import (
	"context"
	"encoding/json"
	"iter"
	"sync"
	"time"

	"github.com/spoolmedia/spool/store"
)

// EventKind says what happened.
type EventKind string

// The kinds of events. All but Progress are durable, and reach every subscriber
// once and in order.
const (
	Created       EventKind = store.Created // the job is durable
	Started       EventKind = "started"     // the first file was taken up
	FileStarted   EventKind = "file.started"
	FileCompleted EventKind = "file.completed"
	FileFailed    EventKind = "file.failed"
	FileRetrying  EventKind = "file.retrying" // an attempt failed, another will come
	CompletedJob  EventKind = "completed"
	FailedJob     EventKind = "failed"
	CancelledJob  EventKind = "cancelled"
	Retried       EventKind = "retried" // a new run has begun
	DeletedJob    EventKind = "deleted"
	Progress      EventKind = "progress" // of one file; conflated: the newest counts
)

// Terminal reports whether the event ends a run of its job.
func (k EventKind) Terminal() bool {
	return k == CompletedJob || k == FailedJob || k == CancelledJob
}

// Event is something that happened to a job.
type Event struct {
	// Cursor is where a later Subscribe can go on, in Filter.After. Progress has
	// none.
	Cursor  string
	Seq     uint64 // grows within a job, with gaps; 0 for Progress
	Account string
	Job     string
	Kind    EventKind
	File    int // index of the file, or -1: the whole job
	Run     int
	Time    time.Time
	// Progress of the file from 0 to 1, for Progress and the ends of files.
	Progress float64
	// Speed is how many seconds of video or sound are done in a second, and Left how long
	// the file will take, going by how long it has; both for Progress, 0 while not known.
	Speed float64
	Left  time.Duration
	Error *Error    // of FileFailed, FileRetrying and FailedJob
	Next  time.Time // of FileRetrying: when the next attempt may begin
}

// eventData is the Data of a stored event.
type eventData struct {
	Error *store.Error `json:"error,omitempty"`
	Next  time.Time    `json:"next,omitzero"`
}

// Filter selects what a subscriber sees. The zero Filter is everything from the
// oldest event that is kept.
type Filter struct {
	Job     string // "" means all jobs
	Account string // "" means all accounts
	After   string // the Cursor of the last event seen
	// New leaves out what has happened before the subscriber begins to range.
	New bool
}

// Subscribe yields the events that match filter, those that are stored already
// and then those that come. It ends after the terminal event of filter.Job, if
// that is set: of the run in which the job is when the iteration begins.
// Otherwise it ends when ctx ends, which is no error. It may be left early.
//
// A state change is never dropped and comes once, in order; progress is
// conflated. A slow subscriber slows nobody and costs no memory. An error ends
// it: store.ErrExpired if filter.After is older than what is kept, [ErrNotFound]
// if there is no such job, [ErrClosed] when the engine closes.
func (e *Engine) Subscribe(ctx context.Context, filter Filter) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		run, ended, err := e.subscribable(ctx, filter)
		if err != nil {
			yield(Event{}, err)
			return
		}
		s := subscription{
			engine: e, filter: filter, since: run, ended: ended, items: make(chan item),
		}
		s.run(ctx, yield)
	}
}

// subscribable returns why a subscription cannot begin, the run that its job is
// in, and whether everything that it can yield is stored already: the job has
// ended.
func (e *Engine) subscribable(
	ctx context.Context, filter Filter,
) (run int, ended bool, err error) {
	if e.closed() {
		return 0, false, ErrClosed
	}
	if filter.Job == "" {
		return 0, false, nil
	}
	j, err := e.job(ctx, filter.Job)
	return j.State.Run, j.State.Status.Terminal(), err
}

// subscription merges stored events and progress for one subscriber.
type subscription struct {
	engine *Engine
	filter Filter
	since  int  // the run of filter.Job when the subscription began
	ended  bool // nothing more will come than what is stored
	items  chan item
	files  map[string]map[int]bool // those of running jobs whose end was yielded

	lastJob, lastAccount string // the job that owned looked up last
}

// item is an event or an error on its way to the subscriber.
type item struct {
	event Event
	err   error
}

// run yields until the subscriber leaves or there is nothing more to come.
func (s *subscription) run(ctx context.Context, yield func(Event, error) bool) {
	ctx, cancel := context.WithCancel(ctx)
	defer context.AfterFunc(s.engine.lifetime, cancel)()
	var sources sync.WaitGroup
	defer sources.Wait()
	defer cancel()
	sources.Go(func() {
		s.follow(ctx)
		cancel() // what it sent has been taken
	})
	sources.Go(func() { s.watch(ctx) })
	for {
		select {
		case <-ctx.Done():
			if s.engine.lifetime.Err() != nil {
				yield(Event{}, ErrClosed)
			}
			return
		case it := <-s.items:
			if s.stale(it.event) {
				continue
			}
			if !yield(it.event, it.err) || s.last(it) {
				return
			}
		}
	}
}

// last reports whether nothing comes after it: the job has ended, in the run in
// which it was when the subscription began or in a later one.
func (s *subscription) last(it item) bool {
	return it.err != nil ||
		s.filter.Job != "" && it.event.Kind.Terminal() && it.event.Run >= s.since
}

// follow sends the stored events.
func (s *subscription) follow(ctx context.Context) {
	for stored, err := range s.engine.config.Store.Events(ctx, store.EventQuery{
		Account: s.filter.Account, Job: s.filter.Job,
		Cursor: s.filter.After, Tail: s.filter.New, Follow: !s.ended,
	}) {
		if ctx.Err() != nil || !s.send(ctx, item{eventOf(stored), err}) {
			return
		}
	}
}

// watch sends progress.
func (s *subscription) watch(ctx context.Context) {
	for r, a := range s.engine.progress.Watch(ctx, s.filter.Job) {
		index, ok := r.File()
		if !ok || !s.owned(ctx, r.Job) {
			continue
		}
		if !s.send(ctx, item{event: progressEvent(r.Job, index, a)}) {
			return
		}
	}
}

// owned reports whether the subscriber's account may see the job.
func (s *subscription) owned(ctx context.Context, job string) bool {
	if s.filter.Account == "" {
		return true
	}
	if s.lastJob != job {
		j, err := s.engine.config.Store.Job(ctx, job)
		if err != nil {
			return false
		}
		s.lastJob, s.lastAccount = job, j.Account
	}
	return s.lastAccount == s.filter.Account
}

func (s *subscription) send(ctx context.Context, it item) bool {
	select {
	case s.items <- it:
		return true
	case <-ctx.Done():
		return false
	}
}

// stale reports whether event is progress of a file whose end was yielded, and
// takes note of such ends.
func (s *subscription) stale(event Event) bool {
	switch {
	case event.Kind == Progress:
		return s.files[event.Job][event.File]
	case event.Kind.Terminal():
		delete(s.files, event.Job)
	case event.Kind == FileStarted: // of a later run
		delete(s.files[event.Job], event.File)
	case event.Kind == FileCompleted || event.Kind == FileFailed:
		if s.files == nil {
			s.files = make(map[string]map[int]bool)
		}
		if s.files[event.Job] == nil {
			s.files[event.Job] = make(map[int]bool)
		}
		s.files[event.Job][event.File] = true
	}
	return false
}

func eventOf(s store.Event) Event {
	event := Event{
		Cursor: s.Cursor, Seq: s.Seq, Account: s.Account, Job: s.Job,
		Kind: EventKind(s.Kind), File: s.File, Run: s.Run, Time: s.Time,
	}
	var data eventData
	if len(s.Data) > 0 && json.Unmarshal(s.Data, &data) == nil {
		event.Error, event.Next = errorOf(data.Error), data.Next
	}
	if event.Kind == FileCompleted || event.Kind == FileFailed {
		event.Progress = 1
	}
	return event
}

func progressEvent(job string, file int, a store.Advance) Event {
	return Event{Job: job, Kind: Progress, File: file, Time: time.Now(), Progress: a.Fraction,
		Speed: a.Speed, Left: a.Left}
}
