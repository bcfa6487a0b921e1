package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"time"

	"github.com/spoolmedia/spool/engine"
)

// heartbeat is how often a stream without events gets a comment: proxies end
// silent connections, and a client that is gone is found out.
const heartbeat = 15 * time.Second

// eventView is an event as clients see it.
type eventView struct {
	Type      string     `json:"type"`
	JobID     string     `json:"jobId"`
	File      *int       `json:"file,omitempty"` // index; none: the whole job
	Progress  *int       `json:"progress,omitempty"`
	Speed     float64    `json:"speed,omitempty"`       // of a film or sound: 2 is twice as fast as it plays
	Left      float64    `json:"secondsLeft,omitempty"` // for the file
	Status    string     `json:"status,omitempty"`      // of the job, when it has ended
	Run       int        `json:"run,omitempty"`
	Error     string     `json:"error,omitempty"`
	Time      time.Time  `json:"time"`
	NextRetry *time.Time `json:"nextRetry,omitempty"`
}

func viewOf(e engine.Event) eventView {
	v := eventView{
		Type: string(e.Kind), JobID: e.Job, Run: e.Run, Time: e.Time, NextRetry: timeOf(e.Next),
		Speed: math.Round(e.Speed*100) / 100, Left: math.Ceil(e.Left.Seconds()),
	}
	if e.File >= 0 {
		progress := percent(e.Progress)
		v.File, v.Progress = &e.File, &progress
	}
	if e.Kind.Terminal() {
		v.Status = statusOf(engine.Status(e.Kind))
	}
	if e.Error != nil {
		v.Error = e.Error.Message
	}
	return v
}

// jobEvents streams what happens to a job, from its beginning or from the event
// after Last-Event-ID, until the job has ended.
func (s *server) jobEvents(w http.ResponseWriter, r *http.Request) error {
	job, err := s.job(r)
	if err != nil {
		return err
	}
	return s.stream(w, r, engine.Filter{Job: job.ID, After: r.Header.Get("Last-Event-ID")})
}

// accountEvents streams what happens to all jobs of the account from now on, or
// from the event after Last-Event-ID.
func (s *server) accountEvents(w http.ResponseWriter, r *http.Request) error {
	after := r.Header.Get("Last-Event-ID")
	return s.stream(w, r, engine.Filter{
		Account: accountOf(r.Context()), After: after, New: after == "",
	})
}

// stream answers with server-sent events (HTML standard, section 9.2).
func (s *server) stream(w http.ResponseWriter, r *http.Request, filter engine.Filter) error {
	events, stop := s.subscribe(r, filter)
	defer stop()
	st := &eventStream{w: w, control: http.NewResponseController(w)}
	// A browser connects again when a stream has ended, unless it is told that there
	// is no more: that takes a look at the first event before the answer begins.
	if filter.Job != "" && filter.After != "" {
		job, err := s.job(r)
		if err != nil {
			return err
		}
		if job.Status.Terminal() {
			first, more := <-events
			if !more {
				w.WriteHeader(http.StatusNoContent)
				return nil
			}
			if err := st.send(first); err != nil {
				return nil
			}
		}
	}
	return st.run(events)
}

// streamed is an event or the end of a subscription.
type streamed struct {
	event engine.Event
	err   error
}

// subscribe gives the events of a subscription on a channel, until stop is called.
func (s *server) subscribe(r *http.Request, filter engine.Filter) (<-chan streamed, func()) {
	ctx, cancel := context.WithCancel(r.Context())
	release := context.AfterFunc(s.streams, cancel)
	events := make(chan streamed)
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer close(events)
		for event, err := range s.engine.Subscribe(ctx, filter) {
			select {
			case events <- streamed{event, err}:
			case <-ctx.Done():
				return
			}
		}
	}()
	return events, func() {
		cancel()
		release()
		<-done
	}
}

// eventStream is an answer of server-sent events.
type eventStream struct {
	w       http.ResponseWriter
	control *http.ResponseController
	begun   bool
}

// run sends events until there are no more or the client is gone.
func (st *eventStream) run(events <-chan streamed) error {
	timer := time.NewTicker(heartbeat)
	defer timer.Stop()
	if err := st.write(": hello\n\n"); err != nil {
		return nil
	}
	for {
		select {
		case e, more := <-events:
			if !more {
				return nil
			}
			if st.send(e) != nil {
				return nil // the client is gone
			}
		case <-timer.C:
			if st.write(":\n\n") != nil {
				return nil
			}
		}
	}
}

// send writes one event.
func (st *eventStream) send(e streamed) error {
	if e.err != nil {
		if errors.Is(e.err, engine.ErrClosed) || errors.Is(e.err, engine.ErrNotFound) {
			return e.err
		}
		// After an event that is no longer kept, or never was, nothing can be told: the
		// client has to look at the jobs themselves, and come back without its id.
		return errors.Join(st.write("event: reset\nid\ndata: {}\n\n"), e.err)
	}
	data, err := json.Marshal(viewOf(e.event))
	if err != nil {
		return err
	}
	id := ""
	if e.event.Cursor != "" {
		id = "id: " + e.event.Cursor + "\n"
	}
	return st.write(fmt.Sprintf("%sevent: %s\ndata: %s\n\n", id, e.event.Kind, data))
}

func (st *eventStream) write(text string) error {
	if !st.begun {
		st.begun = true
		st.w.Header().Set("Content-Type", "text/event-stream")
		// nginx would hold events back.
		st.w.Header().Set("X-Accel-Buffering", "no")
	}
	if _, err := st.w.Write([]byte(text)); err != nil {
		return err
	}
	return st.control.Flush()
}
