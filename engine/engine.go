package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/store"
)

// Engine takes jobs and has its workers do them. All methods may be called by
// many goroutines at once.
type Engine struct {
	config        Config
	closeBackends func() error
	offers        []codec.Offer // of the codecs of this engine
	session       store.Session
	progress      store.Progress
	slots         *semaphore.Weighted // one for each native call that may run
	running       running
	waiters       waiters
	feeder        feeder

	closing atomic.Bool
	close   sync.Once

	// Three contexts end one after the other when the engine closes: no task is
	// taken up any more, what runs is interrupted, everything ends.
	pulling     context.Context
	stopPulling context.CancelFunc
	working     context.Context
	interrupt   context.CancelCauseFunc
	lifetime    context.Context
	end         context.CancelFunc

	workers    sync.WaitGroup // what ends with pulling, after its last task
	background sync.WaitGroup // what ends with lifetime
}

// Why a running attempt is interrupted.
var (
	errShutdown  = errors.New("engine: shutting down")
	errCancelled = errors.New("engine: job was cancelled")
	errSession   = errors.New("engine: session was lost")
)

// Open makes an engine and starts its workers. Work that an earlier process left
// unfinished in the store is taken up again at once.
func Open(config Config) (*Engine, error) {
	if err := config.validate(); err != nil {
		return nil, err
	}
	config, closeBackends := config.withDefaults()
	e := &Engine{
		config:        config,
		closeBackends: closeBackends,
		offers:        offersOf(config.Codecs),
		slots:         semaphore.NewWeighted(int64(max(config.Workers, 1))),
	}
	e.feeder = newFeeder(e)
	e.progress = progressIn(config.Store)
	e.pulling, e.stopPulling = context.WithCancel(context.Background())
	e.working, e.interrupt = context.WithCancelCause(context.Background())
	e.lifetime, e.end = context.WithCancel(context.Background())
	if err := e.start(); err != nil {
		return nil, errors.Join(err, closeBackends())
	}
	return e, nil
}

// progressIn returns the ability of s, or a board of this process alone.
func progressIn(s store.Store) store.Progress {
	if p, ok := store.As[store.Progress](s); ok {
		return p
	}
	return new(store.Board)
}

func (e *Engine) start() error {
	offers, err := json.Marshal(announcement{e.offers})
	if err != nil {
		return fmt.Errorf("engine: announce offers: %w", err)
	}
	e.session, err = e.config.Store.Session(e.lifetime, offers)
	if err != nil {
		return fmt.Errorf("engine: begin a session: %w", err)
	}
	events := e.config.Store.Events(e.lifetime, store.EventQuery{Tail: true, Follow: true})
	e.background.Go(func() { e.watch(events) })
	e.background.Go(e.watchSession)
	if e.config.Workers == 0 {
		return nil
	}
	e.background.Go(e.sweepInputs)
	e.workers.Go(e.feeder.run)
	e.workers.Go(func() { e.work(laneControl) })
	lanes := lanesOf(e.offers)
	for range e.config.Workers {
		e.workers.Go(func() { e.work(lanes...) })
	}
	return nil
}

// Close stops the engine. It takes up no new task, and lets those that run come
// to their end; when ctx ends it interrupts them, and gives them back to the
// store as if they had not begun. Either way it returns only when every native
// call has returned and every goroutine of the engine has ended. Pending work
// stays in the store for the next Open. Closing twice is no error.
func (e *Engine) Close(ctx context.Context) error {
	var err error
	e.close.Do(func() {
		e.closing.Store(true)
		e.stopPulling()
		interrupted := context.AfterFunc(ctx, func() { e.interrupt(errShutdown) })
		e.workers.Wait()
		interrupted()
		// Calls of Process hold slots, too.
		e.interrupt(errShutdown)
		e.end()
		e.background.Wait()
		err = errors.Join(e.session.Close(), e.closeBackends())
	})
	return err
}

func (e *Engine) closed() bool { return e.closing.Load() }

// watch follows all events of the store: it interrupts what runs for a job that
// was cancelled, here or in another process, and wakes those who wait for a job.
func (e *Engine) watch(events func(func(store.Event, error) bool)) {
	for event, err := range events {
		if err != nil {
			if e.lifetime.Err() == nil {
				e.config.Logger.Error("spool: events of the store ended", "error", err)
			}
			return
		}
		if EventKind(event.Kind) == CancelledJob {
			e.running.cancel(event.Job, errCancelled)
			e.feeder.wake()
		}
		if EventKind(event.Kind).Terminal() {
			e.waiters.wake(event.Job)
		}
	}
}

// watchSession stops all work when the session is lost: others may have taken
// it over.
func (e *Engine) watchSession() {
	select {
	case <-e.lifetime.Done():
	case <-e.session.Lost():
		if !e.closed() {
			e.config.Logger.Error("spool: session was lost, work stops", "session", e.session.ID())
		}
		e.stopPulling()
		e.interrupt(errSession)
	}
}

// running knows the attempts at files in this process, by job.
type running struct {
	mu   sync.Mutex // guards jobs
	jobs map[string]map[*context.CancelCauseFunc]struct{}
}

// add notes an attempt at a file of the job. It returns how to forget it.
func (r *running) add(job string, cancel context.CancelCauseFunc) (remove func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.jobs == nil {
		r.jobs = make(map[string]map[*context.CancelCauseFunc]struct{})
	}
	if r.jobs[job] == nil {
		r.jobs[job] = make(map[*context.CancelCauseFunc]struct{})
	}
	r.jobs[job][&cancel] = struct{}{}
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.jobs[job], &cancel)
		if len(r.jobs[job]) == 0 {
			delete(r.jobs, job)
		}
	}
}

// count returns how many attempts run now.
func (r *running) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := 0
	for _, attempts := range r.jobs {
		n += len(attempts)
	}
	return n
}

// cancel interrupts all attempts at files of the job.
func (r *running) cancel(job string, cause error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for cancel := range r.jobs[job] {
		(*cancel)(cause)
	}
}

// waiters knows who waits for which job.
type waiters struct {
	mu   sync.Mutex // guards jobs
	jobs map[string]map[chan struct{}]struct{}
}

// add returns a channel that gets a token when the job may have ended, and how
// to stop waiting.
func (w *waiters) add(job string) (woken <-chan struct{}, remove func()) {
	ch := make(chan struct{}, 1)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.jobs == nil {
		w.jobs = make(map[string]map[chan struct{}]struct{})
	}
	if w.jobs[job] == nil {
		w.jobs[job] = make(map[chan struct{}]struct{})
	}
	w.jobs[job][ch] = struct{}{}
	return ch, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.jobs[job], ch)
		if len(w.jobs[job]) == 0 {
			delete(w.jobs, job)
		}
	}
}

func (w *waiters) wake(job string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for ch := range w.jobs[job] {
		select {
		case ch <- struct{}{}:
		default:
		}
	}
}

// now is the time that transitions write into records.
func now() time.Time { return time.Now().UTC() }
