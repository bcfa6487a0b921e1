package engine_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/spoolmedia/spool/callback"
	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/engine"
	"github.com/spoolmedia/spool/engine/enginetest"
	"github.com/spoolmedia/spool/storage/memstorage"
	"github.com/spoolmedia/spool/store/memstore"
)

const secret = "whsec_test"

// hooks is a receiver of callbacks that keeps what was sent to it with a good
// signature.
type hooks struct {
	receiver callback.Receiver
	// answer answers the nth request, from 1, if it is not nil.
	answer func(n int, w http.ResponseWriter, r *http.Request)

	mu        sync.Mutex // guards what follows
	requests  int
	envelopes []callback.Envelope
}

func (h *hooks) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e, err := h.receiver.Read(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusUnauthorized)
		return
	}
	h.mu.Lock()
	h.requests++
	n := h.requests
	h.envelopes = append(h.envelopes, e)
	h.mu.Unlock()
	if h.answer != nil {
		h.answer(n, w, r)
	}
}

// got returns the envelopes that came.
func (h *hooks) got() []callback.Envelope {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.envelopes)
}

// types returns the types of the envelopes that came, sorted: callbacks of one
// job may overtake each other.
func (h *hooks) types() []string {
	var all []string
	for _, e := range h.got() {
		all = append(all, e.Type)
	}
	slices.Sort(all)
	return all
}

// answers returns an answer that is the nth of statuses, and then the last.
func answers(statuses ...int) func(int, http.ResponseWriter, *http.Request) {
	return func(n int, w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(statuses[min(n, len(statuses))-1])
		_, _ = io.WriteString(w, "a word\nto the wise")
	}
}

// hanging never answers.
func hanging(_ int, _ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

// clock is a time that stands still until the test moves it.
type clock struct {
	mu  sync.Mutex // guards now
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// set moves the clock and lets the engine do what is due then.
func (c *clock) set(to time.Time) {
	c.mu.Lock()
	c.now = to
	c.mu.Unlock()
	time.Sleep(2 * time.Second) // of the bubble: the engine looks twice a second
	synctest.Wait()
}

// telling is a request with one input and a callback.
func telling(events ...engine.EventKind) engine.Request {
	return engine.Request{
		Inputs: []engine.Input{text("a.txt", "a")}, Operation: toPNG, Retain: -1,
		Callback: &engine.Callback{
			URL: "http://hooks.example/spool?key=s3cret", Secret: secret, Events: events,
		},
	}
}

func deliveries(t *testing.T, eng *engine.Engine, id string) []engine.Delivery {
	t.Helper()
	var all []engine.Delivery
	for d, err := range eng.Deliveries(t.Context(), id) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, d)
	}
	return all
}

// onlyDelivery returns the one delivery of the job.
func onlyDelivery(t *testing.T, eng *engine.Engine, id string) engine.Delivery {
	t.Helper()
	all := deliveries(t, eng, id)
	if len(all) != 1 {
		t.Fatalf("%d deliveries, want 1: %+v", len(all), all)
	}
	return all[0]
}

func TestCallbacksTellOfTheEventsThatWereChosen(t *testing.T) {
	every := []engine.EventKind{
		engine.Started, engine.Progress, engine.CompletedJob, engine.FailedJob, engine.CancelledJob,
	}
	tests := []struct {
		name   string
		input  string
		cancel bool
		events []engine.EventKind
		want   []string
	}{
		{"all, completed", "good", false, every,
			[]string{callback.Completed, callback.Progress, callback.Started}},
		{"all, failed", "bad", false, every,
			[]string{callback.Failed, callback.Progress, callback.Started}},
		{"all, cancelled", "stuck", true, every, []string{callback.Cancelled, callback.Started}},
		{"default, completed", "good", false, nil, []string{callback.Completed}},
		{"default, failed", "bad", false, nil, []string{callback.Failed}},
		{"default, cancelled", "stuck", true, nil, []string{callback.Cancelled}},
		{"others alone", "good", false, []engine.EventKind{engine.FailedJob}, nil},
	}
	fake := func() *enginetest.Codec {
		return &enginetest.Codec{Do: func(ctx context.Context, w *codec.Work) error {
			switch w.In[0].Name() {
			case "bad":
				return codec.Errorf(codec.Invalid, "the picture ends too early")
			case "stuck":
				<-ctx.Done()
				return ctx.Err()
			}
			return enginetest.Write(ctx, w, "a.png", []byte("a"))
		}}
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := &hooks{receiver: callback.Receiver{Secrets: []string{secret}}}
				w := serve(t, h.ServeHTTP)
				eng := enginetest.Open(t, engine.Config{
					Outbound: w.outbound(), Codecs: []codec.Codec{fake()},
				})
				r := telling(tt.events...)
				r.Inputs = []engine.Input{text(tt.input, "a")}
				job := enginetest.Submit(t, eng, r)
				synctest.Wait()
				if tt.cancel {
					if err := eng.Cancel(t.Context(), job.ID); err != nil {
						t.Fatal(err)
					}
				}
				job = enginetest.Wait(t, eng, job.ID)
				time.Sleep(time.Second) // of the bubble
				synctest.Wait()
				if got := h.types(); !slices.Equal(got, tt.want) {
					t.Errorf("got %v, want %v", got, tt.want)
				}
				for _, d := range deliveries(t, eng, job.ID) {
					if d.Status != engine.DeliveryDelivered || d.Attempts != 1 || d.HTTP != 200 ||
						d.Error != "" || d.Run != 1 || d.Job != job.ID || d.Last.IsZero() {
						t.Errorf("delivery: %+v", d)
					}
				}
			})
		})
	}
}

func TestCallbackSaysHowTheJobStands(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var headers http.Header
		h := &hooks{
			receiver: callback.Receiver{Secrets: []string{secret}, SignatureHeader: "X-Signature"},
			answer: func(_ int, w http.ResponseWriter, r *http.Request) {
				headers = r.Header
				w.WriteHeader(http.StatusNoContent)
			},
		}
		out := serve(t, h.ServeHTTP).outbound()
		out.SignatureHeader, out.EventHeader, out.TimestampHeader = "X-Signature", "X-Event", "X-Time"
		eng := enginetest.Open(t, engine.Config{Outbound: out})
		r := telling()
		r.Inputs = []engine.Input{text("a.txt", "a"), text("empty.txt", "")}
		job := enginetest.Submit(t, eng, r)
		job = enginetest.Wait(t, eng, job.ID)
		synctest.Wait()
		d := onlyDelivery(t, eng, job.ID)
		if len(h.got()) != 1 {
			t.Fatalf("%d callbacks, delivery %+v", len(h.got()), d)
		}
		e := h.got()[0]
		if e.ID != d.ID || e.Type != callback.Failed || e.Created != job.Ended.Unix() {
			t.Errorf("envelope: %+v, want ID %s, created %d", e, d.ID, job.Ended.Unix())
		}
		var data map[string]any
		if err := json.Unmarshal(e.Data, &data); err != nil {
			t.Fatal(err)
		}
		for field, want := range map[string]any{
			"jobId": job.ID, "status": "failed", "run": 1.0, "totalFiles": 2.0,
			"completedFiles": 1.0, "failedFiles": 1.0, "progress": 100.0,
			"errorMessage": "1 of 2 files failed",
		} {
			if data[field] != want {
				t.Errorf("data.%s is %v, want %v", field, data[field], want)
			}
		}
		if headers.Get("X-Event") != callback.Failed || headers.Get("X-Time") == "" ||
			headers.Get("Content-Type") != "application/json" {
			t.Errorf("headers: %v", headers)
		}
		for _, name := range []string{
			callback.SignatureHeader, callback.EventHeader, callback.TimestampHeader,
		} {
			if headers.Get(name) != "" {
				t.Errorf("header %s is sent, too", name)
			}
		}
	})
}

// Progress is told of when a file has ended, and at most once a second.
func TestCallbacksOfProgressAreConflated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &hooks{receiver: callback.Receiver{Secrets: []string{secret}}}
		w := serve(t, h.ServeHTTP)
		eng := enginetest.Open(t, engine.Config{
			Outbound: w.outbound(), Workers: 1,
			Codecs: []codec.Codec{&enginetest.Codec{Do: func(ctx context.Context, w *codec.Work) error {
				time.Sleep(300 * time.Millisecond) // of the bubble
				return enginetest.Write(ctx, w, "o.png", []byte("o"))
			}}},
		})
		r := telling(engine.Progress)
		r.Inputs = batch(10).Inputs
		job := enginetest.Submit(t, eng, r)
		enginetest.Wait(t, eng, job.ID)
		synctest.Wait()
		var ended []int
		for _, e := range h.got() {
			var data struct{ CompletedFiles int }
			if err := json.Unmarshal(e.Data, &data); err != nil || e.Type != callback.Progress {
				t.Fatalf("got %+v, %v", e, err)
			}
			ended = append(ended, data.CompletedFiles)
		}
		slices.Sort(ended)
		// The files end after 0.3 s, 0.6 s and so on: a second after 0.3 s is 1.5 s.
		if want := []int{1, 5, 9}; !slices.Equal(ended, want) {
			t.Errorf("was told after %v files, want %v", ended, want)
		}
	})
}

func TestCallbackIsTriedAgainOnScheduleAndThenFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := newClock()
		h := &hooks{
			receiver: callback.Receiver{Secrets: []string{secret}, Now: now.Now},
			answer:   answers(500),
		}
		w := serve(t, h.ServeHTTP)
		eng := enginetest.Open(t, engine.Config{Outbound: w.outbound(), Clock: now.Now})
		job := enginetest.Submit(t, eng, telling())
		enginetest.Wait(t, eng, job.ID)
		synctest.Wait()
		waits := []time.Duration{
			5 * time.Second, 25 * time.Second, 2 * time.Minute, 10 * time.Minute,
			time.Hour, 6 * time.Hour, 24 * time.Hour,
		}
		for i, wait := range waits {
			d := onlyDelivery(t, eng, job.ID)
			if d.Status != engine.DeliveryPending || d.Attempts != i+1 || d.HTTP != 500 ||
				d.Preview != "a word to the wise" || !d.Last.Equal(now.Now()) ||
				!strings.Contains(d.Error, "hooks.example answered 500") ||
				strings.Contains(d.Error, "s3cret") {
				t.Fatalf("after attempt %d: %+v", i+1, d)
			}
			if got := d.Next.Sub(d.Last); got != wait {
				t.Errorf("after attempt %d it waits %v, want %v", i+1, got, wait)
			}
			now.set(d.Next.Add(-time.Millisecond))
			if got := len(h.got()); got != i+1 {
				t.Errorf("%d attempts before the next is due, want %d", got, i+1)
			}
			now.set(d.Next)
		}
		d := onlyDelivery(t, eng, job.ID)
		if d.Status != engine.DeliveryFailed || d.Attempts != 8 || len(h.got()) != 8 {
			t.Errorf("in the end: %+v, after %d requests, want it failed after 8", d, len(h.got()))
		}
		now.set(now.Now().Add(1000 * time.Hour))
		if got := len(h.got()); got != 8 {
			t.Errorf("%d attempts after it has failed", got)
		}
		for _, e := range h.got() {
			if e.ID != d.ID || e.Created != d.Created.Unix() {
				t.Errorf("an attempt has ID %s of %d, want %s of %d", e.ID, e.Created, d.ID, d.Created.Unix())
			}
		}
		h.answer = answers(200)
		if err := eng.Redeliver(t.Context(), job.ID, d.ID); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		d = onlyDelivery(t, eng, job.ID)
		if d.Status != engine.DeliveryDelivered || d.Attempts != 1 || d.Error != "" || d.HTTP != 200 {
			t.Errorf("after Redeliver: %+v", d)
		}
		if err := eng.Redeliver(t.Context(), job.ID, d.ID); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if got := len(h.got()); got != 10 {
			t.Errorf("%d requests after a second Redeliver, want 10", got)
		}
	})
}

func TestCallbackSucceedsAtTheThirdAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		var at []time.Duration
		h := &hooks{
			receiver: callback.Receiver{Secrets: []string{secret}},
			answer: func(n int, w http.ResponseWriter, r *http.Request) {
				at = append(at, time.Since(began).Truncate(time.Second))
				answers(500, 302, 200)(n, w, r)
			},
		}
		w := serve(t, h.ServeHTTP)
		eng := enginetest.Open(t, engine.Config{Outbound: w.outbound()})
		job := enginetest.Submit(t, eng, telling())
		enginetest.Wait(t, eng, job.ID)
		time.Sleep(time.Minute) // of the bubble
		synctest.Wait()
		if want := []time.Duration{0, 5 * time.Second, 30 * time.Second}; !slices.Equal(at, want) {
			t.Errorf("attempts after %v, want %v", at, want)
		}
		d := onlyDelivery(t, eng, job.ID)
		if d.Status != engine.DeliveryDelivered || d.Attempts != 3 || d.HTTP != 200 || d.Error != "" {
			t.Errorf("delivery: %+v", d)
		}
	})
}

func TestCallbackThatWillNeverWorkFailsAtOnce(t *testing.T) {
	for name, tt := range map[string]struct {
		url      string
		status   int
		requests int
	}{
		"gone":                     {"http://hooks.example/", http.StatusGone, 1},
		"name of a private host":   {"http://inside.example/?key=s3cret", 0, 0},
		"name of the host itself":  {"http://loop.example/", 0, 0},
		"name of a metadata place": {"http://metadata.example/", 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := &hooks{
					receiver: callback.Receiver{Secrets: []string{secret}}, answer: answers(410),
				}
				w := serve(t, h.ServeHTTP)
				eng := enginetest.Open(t, engine.Config{Outbound: w.outbound()})
				r := telling()
				r.Callback.URL = tt.url
				job := enginetest.Submit(t, eng, r)
				job = enginetest.Wait(t, eng, job.ID)
				synctest.Wait()
				d := onlyDelivery(t, eng, job.ID)
				if d.Status != engine.DeliveryFailed || d.Attempts != 1 || d.HTTP != tt.status ||
					d.Error == "" || strings.Contains(d.Error, "10.1.2.3") ||
					strings.Contains(d.Error, "s3cret") {
					t.Errorf("delivery: %+v", d)
				}
				if got := w.dials(); len(got) != tt.requests {
					t.Errorf("dialled %v", got)
				}
				if job.Status != engine.Completed {
					t.Errorf("the job is %s", job.Status)
				}
			})
		})
	}
}

func TestCallbackFollowsNoRedirect(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &hooks{
			receiver: callback.Receiver{Secrets: []string{secret}},
			answer: func(_ int, w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, "http://10.1.2.3/", http.StatusTemporaryRedirect)
			},
		}
		w := serve(t, h.ServeHTTP)
		eng := enginetest.Open(t, engine.Config{Outbound: w.outbound()})
		job := enginetest.Submit(t, eng, telling())
		enginetest.Wait(t, eng, job.ID)
		synctest.Wait()
		d := onlyDelivery(t, eng, job.ID)
		if d.Status != engine.DeliveryPending || d.HTTP != 307 || d.Error == "" || len(w.dials()) != 1 {
			t.Errorf("delivery: %+v, dialled %v", d, w.dials())
		}
	})
}

func TestCallbackToAReceiverThatHangsIsCutOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &hooks{receiver: callback.Receiver{Secrets: []string{secret}}, answer: hanging}
		out := serve(t, h.ServeHTTP).outbound()
		out.CallbackTimeout = 3 * time.Second
		eng := enginetest.Open(t, engine.Config{Outbound: out})
		began := time.Now()
		job := enginetest.Submit(t, eng, telling())
		enginetest.Wait(t, eng, job.ID)
		time.Sleep(4 * time.Second) // of the bubble
		synctest.Wait()
		d := onlyDelivery(t, eng, job.ID)
		if d.Attempts != 1 || d.HTTP != 0 || !strings.Contains(d.Error, "hooks.example does not answer") {
			t.Errorf("delivery: %+v", d)
		}
		if got := d.Last.Sub(began).Truncate(time.Second); got != 3*time.Second {
			t.Errorf("it was cut off after %v, want 3s", got)
		}
	})
}

func TestCallbackSurvivesARestart(t *testing.T) {
	for name, answer := range map[string]func(int, http.ResponseWriter, *http.Request){
		"between two attempts": answers(500, 200),
		"during an attempt": func(n int, w http.ResponseWriter, r *http.Request) {
			if n == 1 {
				<-r.Context().Done()
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { checkRestart(t, answer) })
		})
	}
}

func checkRestart(t *testing.T, answer func(int, http.ResponseWriter, *http.Request)) {
	h := &hooks{receiver: callback.Receiver{Secrets: []string{secret}}, answer: answer}
	w := serve(t, h.ServeHTTP)
	jobs, blobs := memstore.New(), memstorage.New()
	t.Cleanup(func() { jobs.Close() })
	config := engine.Config{
		Store: jobs, Storage: blobs, Outbound: w.outbound(), Codecs: []codec.Codec{&enginetest.Codec{}},
	}
	first, err := engine.Open(config)
	if err != nil {
		t.Fatal(err)
	}
	job := enginetest.Submit(t, first, telling())
	enginetest.Wait(t, first, job.ID)
	synctest.Wait()
	attempts := onlyDelivery(t, first, job.ID).Attempts
	closeNow(t, first)
	second := enginetest.Open(t, config)
	time.Sleep(10 * time.Second) // of the bubble
	synctest.Wait()
	d := onlyDelivery(t, second, job.ID)
	if d.Status != engine.DeliveryDelivered || d.Attempts != attempts+1 {
		t.Errorf("delivery: %+v", d)
	}
	got := h.got()
	if len(got) != 2 || got[0].ID != got[1].ID || got[0].ID != d.ID {
		t.Errorf("envelopes: %+v, want two with the ID %s", got, d.ID)
	}
}

func TestCallbacksOfOneAccountDoNotHoldUpAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &hooks{
			receiver: callback.Receiver{Secrets: []string{secret}},
			answer: func(n int, w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/hang" {
					<-r.Context().Done()
				}
			},
		}
		w := serve(t, h.ServeHTTP)
		eng := enginetest.Open(t, engine.Config{Outbound: w.outbound(), NetWorkers: 2})
		for range 5 {
			r := telling()
			r.Account, r.Callback.URL = "slow", "http://hooks.example/hang"
			enginetest.Wait(t, eng, enginetest.Submit(t, eng, r).ID)
		}
		synctest.Wait()
		r := telling()
		r.Account = "quick"
		job := enginetest.Submit(t, eng, r)
		enginetest.Wait(t, eng, job.ID)
		synctest.Wait() // no time passes
		if d := onlyDelivery(t, eng, job.ID); d.Status != engine.DeliveryDelivered {
			t.Errorf("delivery: %+v, while %+v", d, eng.Activities())
		}
	})
}

func TestCallbackIsToldOfEachRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &hooks{receiver: callback.Receiver{Secrets: []string{secret}}}
		w := serve(t, h.ServeHTTP)
		bad := true
		fake := &enginetest.Codec{Do: func(ctx context.Context, w *codec.Work) error {
			if bad {
				return codec.Errorf(codec.Invalid, "bad")
			}
			return enginetest.Write(ctx, w, "a.png", []byte("a"))
		}}
		eng := enginetest.Open(t, engine.Config{Outbound: w.outbound(), Codecs: []codec.Codec{fake}})
		job := enginetest.Submit(t, eng, telling())
		enginetest.Wait(t, eng, job.ID)
		bad = false
		if err := eng.Retry(t.Context(), job.ID); err != nil {
			t.Fatal(err)
		}
		enginetest.Wait(t, eng, job.ID)
		synctest.Wait()
		if got, want := h.types(), []string{callback.Completed, callback.Failed}; !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
		all := deliveries(t, eng, job.ID)
		if len(all) != 2 || all[0].Run != 1 || all[1].Run != 2 || all[0].ID == all[1].ID {
			t.Errorf("deliveries: %+v", all)
		}
		if err := eng.Delete(t.Context(), job.ID); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		for d, err := range eng.Deliveries(t.Context(), job.ID) {
			if err == nil {
				t.Errorf("after Delete: %+v", d)
			}
		}
	})
}

func TestRedeliverOfWhatIsNotThereIsNotFound(t *testing.T) {
	eng := enginetest.Open(t, engine.Config{})
	job := enginetest.Submit(t, eng, batch(1))
	for _, id := range []string{job.ID, "no-such-job"} {
		checkNotFound(t, eng.Redeliver(t.Context(), id, "evt_none"))
	}
	for _, err := range eng.Deliveries(t.Context(), "no-such-job") {
		checkNotFound(t, err)
	}
}

func checkNotFound(t *testing.T, err error) {
	t.Helper()
	if !errors.Is(err, engine.ErrNotFound) {
		t.Errorf("got %v, want ErrNotFound", err)
	}
}
