package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cenkalti/backoff/v5"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/engine/internal/outbound"
	"github.com/spoolmedia/spool/store"
)

// Engine takes jobs and has its workers do them. All methods may be called by
// many goroutines at once.
type Engine struct {
	config        Config
	closeBackends func() error
	offers        []codec.Offer // of the codecs of this engine
	makers        []codec.Codec // whose each offer is
	session       store.Session
	progress      store.Progress
	outbound      *outbound.Client
	telemetry     telemetry
	unobserve     func() error
	budget        budget
	codecs        accounts // what codecs do for each account
	net           accounts // fetches and callbacks of each
	busy          refs
	running       running
	waiters       waiters
	pauses        pauses
	briefs        briefs
	operations    operations
	endings       endings
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
		outbound:      outbound.New(config.Outbound.client()),
		budget:        newBudget(config),
		codecs:        accounts{limit: config.AccountLimit},
		net:           accounts{limit: func(string) int { return max(config.NetWorkers/2, 1) }},
		unobserve:     func() error { return nil },
	}
	e.offers, e.makers = offersOf(config.Codecs)
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
	if e.telemetry, err = newTelemetry(e.config); err != nil {
		return fmt.Errorf("engine: telemetry: %w", err)
	}
	if err := e.observe(); err != nil {
		return fmt.Errorf("engine: telemetry: %w", err)
	}
	events := e.config.Store.Events(e.lifetime, store.EventQuery{Tail: true, Follow: true})
	e.background.Go(func() { e.watch(events) })
	e.background.Go(e.watchSession)
	if e.config.Workers == 0 {
		return nil
	}
	e.background.Go(e.janitor)
	e.workers.Go(e.feeder.run)
	e.staff()
	return nil
}

// staff starts the workers.
func (e *Engine) staff() {
	start := func(n int, w worker) {
		for range n {
			e.workers.Go(w.run)
		}
	}
	lanes := lanesOf(e.offers)
	start(1, worker{Engine: e, lanes: []string{laneControl}})
	start(e.config.NetWorkers, worker{Engine: e, lanes: []string{laneFetch, laneNet}})
	start(e.config.Workers, worker{Engine: e, lanes: lanes})
	start(int(e.budget.most), worker{Engine: e, lanes: heavyLanes(lanes), heavy: true})
}

// heavyLanes returns the lanes of heavy work.
func heavyLanes(lanes []string) []string {
	heavy := make([]string, len(lanes))
	for i, lane := range lanes {
		heavy[i] = lane + heavySuffix
	}
	return heavy
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
		e.outbound.Close()
		err = errors.Join(e.unobserve(), e.session.Close(), e.closeBackends())
	})
	return err
}

func (e *Engine) closed() bool { return e.closing.Load() }

// watch follows all events of the store: it interrupts what runs for a job that
// was cancelled, here or in another process, and wakes those who wait for a job.
// When the store fails it goes on where it was.
func (e *Engine) watch(events iter.Seq2[store.Event, error]) {
	wait := backoff.NewExponentialBackOff()
	cursor := ""
	for {
		for event, err := range events {
			if err != nil {
				if e.lifetime.Err() != nil || errors.Is(err, store.ErrClosed) {
					return
				}
				e.config.Logger.Warn("spool: following the events of the store", "error", err)
				break
			}
			wait.Reset()
			cursor = event.Cursor
			e.saw(event)
		}
		if sleep(e.lifetime, wait.NextBackOff()) != nil {
			return
		}
		events = e.config.Store.Events(e.lifetime,
			store.EventQuery{Cursor: cursor, Tail: cursor == "", Follow: true})
		if cursor == "" {
			e.catchUp()
		}
	}
}

// catchUp does what saw would have done for events that nobody has seen.
func (e *Engine) catchUp() {
	for _, a := range e.running.list() {
		j, err := e.config.Store.Job(e.lifetime, a.Job)
		if err == nil && j.State.Status == store.Cancelled {
			e.running.cancel(a.Job, errCancelled)
		}
	}
	e.waiters.wakeAll()
}

func (e *Engine) saw(event store.Event) {
	e.telemetry.event(event)
	if EventKind(event.Kind) == CancelledJob {
		e.running.cancel(event.Job, errCancelled)
		e.feeder.wake()
	}
	if EventKind(event.Kind).Terminal() || EventKind(event.Kind) == DeletedJob {
		e.waiters.wake(event.Job)
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
	w.wakeLocked(job)
}

// wakeAll wakes everybody.
func (w *waiters) wakeAll() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for job := range w.jobs {
		w.wakeLocked(job)
	}
}

func (w *waiters) wakeLocked(job string) {
	for ch := range w.jobs[job] {
		select {
		case ch <- struct{}{}:
		default:
		}
	}
}

// now is the time that transitions write into records.
func (e *Engine) now() time.Time { return e.config.Clock().UTC() }
