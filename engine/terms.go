package engine

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"go.opentelemetry.io/otel/propagation"

	"github.com/spoolmedia/spool/store"
)

// terms are what a job's request and the engine's settings ask of the
// transitions. They are read before an Update, because they never change.
type terms struct {
	job      string
	attempts int           // most in a run
	crashes  int           // and timeouts until a file is put aside; negative: never
	retain   time.Duration // after the end; negative: for ever
	archive  bool
	notify   []EventKind // what callbacks tell of
	trace    propagation.MapCarrier
}

// termsOf returns the terms of j.
func (e *Engine) termsOf(j store.Job) (terms, record, error) {
	var r record
	if err := json.Unmarshal(j.Request, &r); err != nil {
		return terms{}, r, fmt.Errorf("engine: request of job %s: %w", j.ID, err)
	}
	return e.termsFor(j.ID, r), r, nil
}

// termsFor returns the terms of a job with that request.
func (e *Engine) termsFor(job string, r record) terms {
	t := terms{
		job: job, attempts: r.MaxAttempts, crashes: e.config.MaxCrashes,
		retain: r.Retain, archive: r.Archive != "", trace: r.Trace,
	}
	if t.attempts == 0 {
		t.attempts = e.config.MaxAttempts
	}
	if t.retain == 0 {
		t.retain = e.config.Retain
	}
	if r.Callback != nil {
		t.notify = r.Callback.events()
	}
	return t
}

// wants reports whether callbacks tell of such events.
func (t terms) wants(kind EventKind) bool { return slices.Contains(t.notify, kind) }

// Backoff is how long a file waits between two attempts: after the nth that
// failed any time up to Base × 2ⁿ⁻¹, but never more than Max. That is full
// jitter: files that failed together do not come back together.
type Backoff struct {
	Base time.Duration // 0 means 2 s
	Max  time.Duration // 0 means 5 min
}

// wait draws the wait after the nth attempt.
func (b Backoff) wait(n int) time.Duration {
	most := b.Base
	for range n - 1 {
		if most >= b.Max {
			break
		}
		most *= 2
	}
	return rand.N(max(min(most, b.Max), 1)) + time.Millisecond
}
