package engine

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/spoolmedia/spool/callback"
	"github.com/spoolmedia/spool/engine/internal/outbound"
	"github.com/spoolmedia/spool/store"
)

// callbackTypes are the types of envelopes.
var callbackTypes = map[EventKind]string{
	Started: callback.Started, Progress: callback.Progress, CompletedJob: callback.Completed,
	FailedJob: callback.Failed, CancelledJob: callback.Cancelled,
}

// doCallback makes one attempt at a callback, and records it.
func (w worker) doCallback(ctx context.Context, c *claimed, rec record) {
	var d delivery
	if err := json.Unmarshal(c.task.Data, &d); err != nil || rec.Callback == nil {
		w.logger(c).Error("spool: a callback that cannot be read", "error", err)
		_ = w.settle(c, c.claim().end)
		return
	}
	ctx, span := w.telemetry.start(ctx, "spool.callback", c)
	answer, err := w.post(ctx, c.task.Ref, *rec.Callback, d)
	span.end(err)
	if cause := context.Cause(ctx); errors.Is(cause, errShutdown) || errors.Is(cause, errSession) {
		_ = w.settle(c, c.claim().release)
		return
	}
	d.HTTP, d.Preview, d.Error = answer.Status, answer.Preview, ""
	final := false
	if err != nil {
		d.Error = err.Error()
		// An address that is refused stays so; a receiver may come to its senses.
		_, refused := errors.AsType[*outbound.AddressError](err)
		final = refused || answer.Status == http.StatusGone
		w.logger(c).Info("spool: a callback failed", "status", answer.Status,
			"attempt", d.Attempts+1, "error", outbound.Cause(err))
	}
	_ = w.settle(c, func(tx *store.Tx) error { return c.claim().delivered(tx, d, final, w.now()) })
}

// post sends the envelope, signed anew.
func (e *Engine) post(
	ctx context.Context, r store.Ref, cb Callback, d delivery,
) (outbound.Response, error) {
	body, err := json.Marshal(callback.Envelope{
		ID: eventID(r), Type: callbackTypes[d.Event], Created: d.Created.Unix(), Data: d.Body,
	})
	if err != nil {
		return outbound.Response{}, err
	}
	now, names := e.now(), e.config.Outbound
	header := http.Header{}
	header.Set(cmp.Or(names.SignatureHeader, callback.SignatureHeader),
		callback.Sign(cb.Secret, now, body))
	header.Set(cmp.Or(names.EventHeader, callback.EventHeader), callbackTypes[d.Event])
	header.Set(cmp.Or(names.TimestampHeader, callback.TimestampHeader),
		strconv.FormatInt(now.Unix(), 10))
	return e.outbound.Post(ctx, cb.URL, header, body)
}

// Delivery is a callback and what became of it.
type Delivery struct {
	ID       string // of the envelope
	Job      string
	Run      int
	Event    EventKind
	Status   DeliveryStatus
	Attempts int
	// HTTP is the status of the last answer, 0 if there was none, and Preview the
	// beginning of its body.
	HTTP    int
	Preview string
	Error   string    // of the last attempt, "" if it succeeded
	Created time.Time // when the event happened
	Last    time.Time // attempt; zero before the first
	Next    time.Time // attempt, of one that is pending; zero: as soon as possible
}

// Deliveries yields the callbacks of the job, in the order of their names. A
// missing job is [ErrNotFound]. An error ends it.
func (e *Engine) Deliveries(ctx context.Context, id string) iter.Seq2[Delivery, error] {
	return func(yield func(Delivery, error) bool) {
		for task, err := range e.callbackTasks(ctx, id) {
			var d Delivery
			if err == nil {
				d, err = deliveryOf(task)
			}
			if !yield(d, err) || err != nil {
				return
			}
		}
	}
}

// callbackTasks yields the tasks of the job's callbacks.
func (e *Engine) callbackTasks(ctx context.Context, id string) iter.Seq2[store.Task, error] {
	return func(yield func(store.Task, error) bool) {
		if _, err := e.job(ctx, id); err != nil {
			yield(store.Task{}, err)
			return
		}
		under := store.Ref{Job: id, Task: "cb"}
		e.config.Store.Tasks(ctx, store.TaskQuery{Under: under})(yield)
	}
}

func deliveryOf(t store.Task) (Delivery, error) {
	var d delivery
	if err := json.Unmarshal(t.Data, &d); err != nil {
		return Delivery{}, err
	}
	number, _, _ := strings.Cut(strings.TrimPrefix(t.Task, callbackPrefix), "/")
	run, err := strconv.Atoi(number)
	return Delivery{
		ID: eventID(t.Ref), Job: t.Job, Run: run, Event: d.Event, Status: d.Status,
		Attempts: d.Attempts, HTTP: d.HTTP, Preview: d.Preview, Error: d.Error,
		Created: d.Created, Last: d.Last, Next: t.NotBefore,
	}, err
}

// Redeliver makes a callback that was delivered or has failed be tried again, at
// once and with the whole schedule; one that is pending is left as it is. A
// missing job or delivery is [ErrNotFound].
func (e *Engine) Redeliver(ctx context.Context, id, delivery string) error {
	if e.closed() {
		return ErrClosed
	}
	for task, err := range e.callbackTasks(ctx, id) {
		if err != nil {
			return err
		}
		if eventID(task.Ref) != delivery {
			continue
		}
		err := e.config.Store.Update(ctx, task.Ref, redeliver)
		e.feeder.wake()
		return err
	}
	return fmt.Errorf("engine: delivery %s of job %s: %w", delivery, id, ErrNotFound)
}
