package engine

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/store"
)

// The errors of this package. Callers test them with [errors.Is].
var (
	// ErrNotFound says that there is no such job.
	ErrNotFound = store.ErrNotFound
	// ErrKeyConflict says that the idempotency key belongs to a job that was made
	// by a different request.
	ErrKeyConflict = store.ErrKeyConflict
	// ErrClosed says that the engine is closed or closing.
	ErrClosed = fmt.Errorf("engine: closed")
	// ErrEnded says that the job has already completed or failed.
	ErrEnded = fmt.Errorf("engine: job has ended")
	// ErrNotEnded says that a job is still under way.
	ErrNotEnded = fmt.Errorf("engine: job has not ended")
)

// Status is where a job or a file stands: pending → processing → completed |
// failed | cancelled.
type Status = store.Status

// The statuses. A job is Completed when every file succeeded, Failed when all
// files have ended and at least one did not succeed, Cancelled when it was
// cancelled. Completed, Failed and Cancelled are terminal: they never change
// within a run.
const (
	Pending    = store.Pending
	Processing = store.Processing
	Completed  = store.Completed
	Failed     = store.Failed
	Cancelled  = store.Cancelled
)

// Job is one submission and how far it is.
type Job struct {
	ID             string
	Account        string
	IdempotencyKey string
	// Operation is what to do with the inputs that do not say otherwise. It is
	// nil if this program does not know it.
	Operation codec.Operation
	Labels    map[string]string
	Priority  int
	// Callback is what the request asked for, without the secret; nil means none.
	Callback *Callback

	Status    Status
	Run       int // from 1
	Total     int // files
	Completed int // files
	Failed    int // files
	// Progress from 0 to 1 over all files; 1 only after the last commit.
	Progress float64
	// Error is why the job failed, for people.
	Error *Error
	// Archive holds all outputs, if Request.Archive asked for it and it is made.
	Archive *Output

	Created time.Time
	Started time.Time // zero until the first file is taken up
	Ended   time.Time // zero until the status is terminal
}

// File is one input of a job and what became of it.
type File struct {
	Job   string
	Index int    // among the inputs of the request; 0 if the operation joins them
	Name  string // of the first input, as Type and Size
	Type  string // media type found in the bytes
	Size  int64  // bytes
	// Operation is what is done with it: its own or the job's. It is nil if this
	// program does not know it.
	Operation codec.Operation
	// Sources are what it is made of: one, or all inputs that the operation joins.
	Sources  []Source
	Status   Status
	Progress float64 // from 0 to 1; 1 only after the commit
	// Speed is how many seconds of video or sound are done in a second, and Left how long
	// the file will take, going by how long it has: while it is worked on, 0 if not known.
	Speed    float64
	Left     time.Duration
	Media    codec.Media
	Outputs  []Output // of a Completed file
	Attempts int      // in the job's run
	// Error is why a Failed file failed, or the last attempt at one that waits for
	// the next.
	Error   *Error
	Started time.Time
	Ended   time.Time
}

// Source is an input as the job has it. [Engine.OpenSource] reads it.
type Source struct {
	Name string
	Type string // media type found in the bytes; "" until an address is fetched
	Size int64  // bytes
	URL  string // where it was fetched from; "" if it was not

	blob string
}

// Output is one file that an operation made. [Engine.OpenOutput] reads it.
type Output struct {
	Name   string // file name with extension
	Type   string // media type
	Size   int64  // bytes
	SHA256 string // of the bytes, in hex
	// Result is the codec's account: dimensions, duration, and what became of
	// each stream.
	Result codec.Result

	key string
}

// Error is why a job or a file failed. Its message is for the person who
// submitted it.
type Error struct {
	Class   codec.Class
	Message string
}

// Error returns the message.
func (e *Error) Error() string { return e.Message }

func errorOf(e *store.Error) *Error {
	if e == nil {
		return nil
	}
	return &Error{codec.Class(e.Class), e.Message}
}

// jobOf returns what a host reads of j.
func (e *Engine) jobOf(j store.Job) Job {
	var rec record
	// A request of a newer version may not decode; the rest of the job still does.
	_ = json.Unmarshal(j.Request, &rec)
	job := e.jobFrom(j, rec)
	job.Operation = e.decode(rec.Operation)
	return job
}

// decode returns the operation, nil if there is none or it is not known here.
func (e *Engine) decode(spec *store.Spec) codec.Operation {
	if spec == nil {
		return nil
	}
	op, err := e.config.Registry.Decode(spec.Name, spec.Params)
	if err != nil {
		return nil
	}
	return op
}

// jobFrom returns what a host reads of j, whose request is rec, but the operation.
func (e *Engine) jobFrom(j store.Job, rec record) Job {
	s := j.State
	job := Job{
		ID: j.ID, Account: j.Account, IdempotencyKey: j.Key,
		Labels: rec.Labels, Priority: rec.Priority,
		Status: s.Status, Run: s.Run,
		Total: s.Total, Completed: s.Completed, Failed: s.Failed,
		Progress: e.progressOf(j.ID, s), Error: errorOf(s.Error),
		Created: j.Created, Started: s.Started, Ended: s.Ended,
	}
	if s.Archive != nil {
		archive := outputOf(*s.Archive)
		job.Archive = &archive
	}
	if rec.Callback != nil {
		callback := *rec.Callback
		callback.Secret = ""
		job.Callback = &callback
	}
	return job
}

// fileOf returns what a host reads of f, a file of j.
func fileOf(j store.Job, f store.File) File {
	file := File{
		Job: j.ID, Index: f.Index, Name: f.Name, Type: f.Type, Size: f.Size,
		Status: effectiveStatus(j.State, f), Attempts: f.Attempts,
		Error: errorOf(f.Error), Started: f.Started, Ended: f.Ended,
	}
	if file.Status == store.Cancelled {
		file.Error = nil // of an attempt that would have been followed by another
	}
	if f.Status == store.Failed && file.Status != store.Failed {
		file.Error, file.Attempts, file.Ended = nil, 0, time.Time{} // of an earlier run
	}
	if file.Status.Terminal() {
		file.Progress = 1
	}
	_ = json.Unmarshal(f.Probe, &file.Media) // absent before the probe
	for _, in := range sourcesOf(f) {
		file.Sources = append(file.Sources, Source{in.Name, in.Type, in.Size, in.URL, in.Blob})
	}
	for _, o := range f.Outputs {
		file.Outputs = append(file.Outputs, outputOf(o))
	}
	return file
}

// effectiveStatus is what a file's record says, unless a walk of the job has not
// come to it yet: then it is pending in a new run, or cancelled.
func effectiveStatus(s store.State, f store.File) Status {
	status := f.Status
	if f.Run < s.Run && status != store.Completed {
		status = store.Pending
	}
	if s.Status == store.Cancelled && !status.Terminal() {
		return store.Cancelled
	}
	return status
}

func outputOf(o store.Output) Output {
	output := Output{Name: o.Name, Type: o.Type, Size: o.Size, SHA256: o.SHA256, key: o.Key}
	_ = json.Unmarshal(o.Media, &output.Result) // absent if the codec gave none
	return output
}
