package engine

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/spoolmedia/spool/store"
)

// Callback asks for a signed HTTP POST when something happens to a job. Package
// callback verifies it at the other end.
//
// Each is a durable task of its own: it is tried at once, then after 5 s, 25 s,
// 2 min, 10 min, 1 h, 6 h and 24 h, across restarts, until the receiver answers
// with a status from 200 to 299. [Engine.Deliveries] tells what became of it.
type Callback struct {
	// URL is http or https. Addresses of private networks are refused when it is
	// called, unless Config.Outbound allows them.
	URL string `json:"url"`
	// Secret is the key of the signature. It is kept with the job.
	Secret string `json:"secret"`
	// Events are what to tell of: Started, Progress, CompletedJob, FailedJob,
	// CancelledJob. nil means the last three. Progress comes when a file has
	// ended, and at most once a second.
	Events []EventKind `json:"events,omitempty"`
}

var (
	callbackEvents  = []EventKind{Started, Progress, CompletedJob, FailedJob, CancelledJob}
	callbackDefault = callbackEvents[2:]
)

func (c Callback) events() []EventKind {
	if len(c.Events) == 0 {
		return callbackDefault
	}
	return c.Events
}

func (c Callback) validate() error {
	var errs []error
	u, err := url.Parse(c.URL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		errs = append(errs, errors.New("callback.url: not an http or https address"))
	}
	if c.Secret == "" {
		errs = append(errs, errors.New("callback.secret: there is none to sign with"))
	}
	if len(c.URL) > 2048 || len(c.Secret) > 255 {
		errs = append(errs, errors.New("callback: a url has at most 2048 bytes, a secret 255"))
	}
	for _, kind := range c.Events {
		if !slices.Contains(callbackEvents, kind) {
			errs = append(errs, fmt.Errorf("callback.events: nobody is told of %q", kind))
		}
	}
	return errors.Join(errs...)
}

// tellInterval is how far apart callbacks that tell of progress are at least.
const tellInterval = time.Second

// tell adds the callback that tells of the event, if one is wanted.
func (t terms) tell(tx *store.Tx, kind EventKind, now time.Time) {
	name := string(kind)
	if kind == FileCompleted || kind == FileFailed {
		since := now.Sub(tx.Job.Notified)
		if since >= 0 && since < tellInterval {
			return
		}
		kind = Progress
		name = "progress/" + strconv.Itoa(tx.Job.Completed+tx.Job.Failed)
	}
	if !t.wants(kind) {
		return
	}
	if kind == Progress {
		tx.Job.Notified = now
	}
	task := store.Task{
		Ref:  store.Ref{Task: fmt.Sprintf("%s%d/%s", callbackPrefix, tx.Job.Run, name)},
		Kind: taskCallback, Lane: laneNet,
	}
	task.Data = encode(delivery{
		Event: kind, Created: now, Status: DeliveryPending, Body: t.callbackBody(tx.Job),
	})
	addTask(tx, task)
}

// callbackPrefix begins the names of callback tasks.
const callbackPrefix = "cb/"

// callbackBody is the data of an envelope: how the job stands when the event
// happens, in the words of the hosted API.
func (t terms) callbackBody(s *store.State) json.RawMessage {
	body := struct {
		Job       string  `json:"jobId"`
		Status    Status  `json:"status"`
		Run       int     `json:"run"`
		Total     int     `json:"totalFiles"`
		Completed int     `json:"completedFiles"`
		Failed    int     `json:"failedFiles"`
		Progress  int     `json:"progress"` // percent
		Error     *string `json:"errorMessage"`
	}{
		t.job, s.Status, s.Run, s.Total, s.Completed, s.Failed,
		100 * (s.Completed + s.Failed) / max(s.Total, 1), nil,
	}
	if s.Error != nil {
		body.Error = &s.Error.Message
	}
	return encode(body)
}

// delivery is the Data of a taskCallback.
type delivery struct {
	Event    EventKind       `json:"event"`
	Created  time.Time       `json:"created"`
	Body     json.RawMessage `json:"body"`
	Status   DeliveryStatus  `json:"status"`
	Attempts int             `json:"attempts,omitempty"`
	HTTP     int             `json:"http,omitempty"`
	Preview  string          `json:"preview,omitempty"`
	Error    string          `json:"error,omitempty"`
	Last     time.Time       `json:"last,omitzero"`
}

// DeliveryStatus says how far a callback is.
type DeliveryStatus string

// The statuses of deliveries.
const (
	DeliveryPending   DeliveryStatus = "pending"
	DeliveryDelivered DeliveryStatus = "delivered" // the receiver said so
	DeliveryFailed    DeliveryStatus = "failed"    // all attempts were in vain
)

// callbackWaits are the waits after each attempt but the last.
var callbackWaits = []time.Duration{
	5 * time.Second, 25 * time.Second, 2 * time.Minute, 10 * time.Minute,
	time.Hour, 6 * time.Hour, 24 * time.Hour,
}

// delivered records an attempt at a callback: it is over, or waits for the next.
func (c claim) delivered(tx *store.Tx, d delivery, final bool, now time.Time) error {
	if err := c.check(tx); err != nil {
		return err
	}
	d.Attempts++
	d.Last = now
	tx.Task.Session = ""
	switch {
	case d.Error == "":
		d.Status = DeliveryDelivered
	case final || d.Attempts > len(callbackWaits):
		d.Status = DeliveryFailed
	default:
		tx.Task.NotBefore = now.Add(callbackWaits[d.Attempts-1])
	}
	tx.Task.Data = encode(d)
	if d.Status != DeliveryPending {
		tx.Task.Done = true
		tx.Job.Open--
	}
	return nil
}

// redeliver lets a callback that is over be tried again, at once.
func redeliver(tx *store.Tx) error {
	t := tx.Task
	if tx.Job == nil || t == nil || t.Kind != taskCallback {
		return ErrNotFound
	}
	if !t.Done {
		return nil // it is under way
	}
	var d delivery
	if err := json.Unmarshal(t.Data, &d); err != nil {
		return err
	}
	d.Status, d.Attempts = DeliveryPending, 0
	t.Data = encode(d)
	t.Done, t.NotBefore, t.Attempt = false, time.Time{}, 0
	tx.Job.Open++
	return nil
}

// encode returns v as JSON. It panics if that cannot be: v is made of what always
// can.
func encode(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}

// eventID is the ID of a callback's envelope, the same for every attempt: a
// receiver knows by it what it has seen.
func eventID(r store.Ref) string {
	return "evt_" + uuid.NewSHA1(uuid.NameSpaceURL, []byte("spool:"+r.String())).String()
}

// isCallback reports whether the task is a callback.
func isCallback(r store.Ref) bool { return strings.HasPrefix(r.Task, callbackPrefix) }
