package store

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// Version is the version of the records that this package writes. A record of a
// higher version is left to programs that know it.
const Version = 1

// Status is where a job or a file stands.
type Status string

// The statuses: pending → processing → completed | failed | cancelled.
const (
	Pending    Status = "pending"
	Processing Status = "processing"
	Completed  Status = "completed"
	Failed     Status = "failed"
	Cancelled  Status = "cancelled"
)

// Terminal reports whether the status ends a run.
func (s Status) Terminal() bool {
	return s == Completed || s == Failed || s == Cancelled
}

// Created is the Kind of the event that Store.Create writes.
const Created = "created"

// Ref names a job (Task is "") or one of its tasks: "f/17" for the work on file
// 17, "f/17/p/3" for a part of it, "walk" or "expire" for chores of the job.
// A task's name is made of lower-case letters, digits and slashes.
type Ref struct {
	Job  string `json:"job"`
	Task string `json:"task,omitempty"`
}

// String returns job/task, the form that [ParseRef] reads.
func (r Ref) String() string {
	if r.Task == "" {
		return r.Job
	}
	return r.Job + "/" + r.Task
}

// ParseRef returns the Ref that String wrote. Job IDs contain no slash and no
// control characters.
func ParseRef(s string) Ref {
	job, task, _ := strings.Cut(s, "/")
	return Ref{job, task}
}

// File returns the index of the file that the task belongs to, and false if it
// belongs to none.
func (r Ref) File() (int, bool) {
	rest, ok := strings.CutPrefix(r.Task, "f/")
	if !ok {
		return 0, false
	}
	number, _, _ := strings.Cut(rest, "/")
	i, err := strconv.Atoi(number)
	return i, err == nil && i >= 0
}

// FileTask returns the name of the task of the file with that index.
func FileTask(index int) string { return "f/" + strconv.Itoa(index) }

// Spec is an operation at rest. Only the engine decodes it; one that a process
// does not know travels through it untouched.
type Spec struct {
	Name    string          `json:"op"`
	Version int             `json:"v"`
	Params  json.RawMessage `json:"params,omitempty"`

	unknown string
}

// Job is what was asked, written once, and the State of it, which is kept as a
// record of its own.
type Job struct {
	Version int             `json:"v"`
	ID      string          `json:"id"` // time-ordered: UUID version 7
	Account string          `json:"account,omitempty"`
	Key     string          `json:"key,omitempty"`    // idempotency key
	Digest  string          `json:"digest,omitempty"` // of the request, if there is a Key
	Created time.Time       `json:"created"`
	Request json.RawMessage `json:"request,omitempty"` // operation, labels; no per-file data
	State   State           `json:"-"`

	unknown string // fields that this version does not know
}

// State is how far a job is. It is rewritten with every file, and stays under
// MaxState bytes.
type State struct {
	Version   int       `json:"v"`
	Account   string    `json:"account,omitempty"` // of the job, for what Update sees
	Status    Status    `json:"status"`
	Run       int       `json:"run"` // Retry opens the next run; terminal is final within a run
	Total     int       `json:"total"`
	Completed int       `json:"completed"`
	Failed    int       `json:"failed"`
	Open      int       `json:"open"` // tasks of the run that have not ended
	Error     *Error    `json:"error,omitempty"`
	Archive   *Output   `json:"archive,omitempty"` // all outputs in one, once it is made
	Started   time.Time `json:"started,omitzero"`
	Ended     time.Time `json:"ended,omitzero"`
	Notified  time.Time `json:"notified,omitzero"` // when a callback last told of progress
	// Deleted is when the job was deleted. From the commit that sets it the job
	// is in no listing and no count, and its idempotency key is free. All but
	// Store.List and Store.Count still find it, for the tasks that clear up after
	// it, until Store.Delete removes it. It cannot be set back.
	Deleted time.Time `json:"deleted,omitzero"`

	unknown string // fields that this version does not know
}

// File is the user's view of one input, or of all of them if the operation joins
// them. When its job is cancelled, a file that
// has not ended is cancelled too, whatever its own record still says.
type File struct {
	Version   int             `json:"v"`
	Index     int             `json:"index"`
	PartsOpen int             `json:"partsOpen,omitempty"`
	Name      string          `json:"name"`
	Type      string          `json:"type"`          // media type found in the bytes
	Blob      string          `json:"blob"`          // where the bytes are; "" until they are fetched
	URL       string          `json:"url,omitempty"` // where they are fetched from
	Size      int64           `json:"size"`
	Op        *Spec           `json:"op,omitempty"` // nil: the job's
	Status    Status          `json:"status"`
	Run       int             `json:"run,omitempty"`      // of the job, in which the file was taken up last
	Attempts  int             `json:"attempts,omitempty"` // in that run
	Token     uint64          `json:"token,omitempty"`    // of the claim that ended the file
	Probe     json.RawMessage `json:"probe,omitempty"`
	Outputs   []Output        `json:"outputs,omitempty"`
	Manifest  string          `json:"manifest,omitempty"` // key of a blob with many outputs
	Error     *Error          `json:"error,omitempty"`
	Started   time.Time       `json:"started,omitzero"`
	Ended     time.Time       `json:"ended,omitzero"`
	// More are the inputs after the first, which Name, Type, Blob, URL and Size
	// are about.
	More []Source `json:"more,omitempty"`

	unknown string // fields that this version does not know
}

// Source is one input of a file that joins several. Its fields are those of [File].
type Source struct {
	Name string `json:"name"`
	Type string `json:"type"`
	Blob string `json:"blob"`
	URL  string `json:"url,omitempty"`
	Size int64  `json:"size"`

	unknown string
}

// Output is one file that an operation made.
type Output struct {
	Name   string          `json:"name"`
	Key    string          `json:"key"` // in storage
	Type   string          `json:"type"`
	SHA256 string          `json:"sha256"`
	Size   int64           `json:"size"`
	Media  json.RawMessage `json:"media,omitempty"` // the codec's account of it

	unknown string
}

// Task is one durable unit of work.
type Task struct {
	Ref
	Version   int             `json:"v"`
	Account   string          `json:"account,omitempty"`
	Kind      string          `json:"kind"`               // file, walk, sweep, …
	Lane      string          `json:"lane"`               // what a worker must offer
	Priority  int             `json:"priority,omitempty"` // -100 to 100, high first
	Attempt   int             `json:"attempt,omitempty"`
	Crashes   int             `json:"crashes,omitempty"`  // sessions that died while they held it
	Timeouts  int             `json:"timeouts,omitempty"` // attempts that ran out of time
	Cost      int64           `json:"cost,omitempty"`
	NotBefore time.Time       `json:"notBefore,omitzero"`
	Token     uint64          `json:"token,omitempty"`   // +1 with each claim, never restarts: the fence
	Session   string          `json:"session,omitempty"` // holder; "" means free
	Left      []uint64        `json:"left,omitempty"`    // tokens whose blobs are still to be swept
	Done      bool            `json:"done,omitempty"`    // ended but kept, with its outputs in Data
	Data      json.RawMessage `json:"data,omitempty"`

	unknown string // fields that this version does not know
}

// Error is why a job or a file failed, as data.
type Error struct {
	Class     string `json:"class"` // of codec.Class
	Message   string `json:"message"`
	Permanent bool   `json:"permanent,omitempty"`

	unknown string
}

// Event is something that happened to a job.
type Event struct {
	Version int             `json:"v"`
	Cursor  string          `json:"-"`   // opaque, store-wide; see EventQuery
	Seq     uint64          `json:"seq"` // grows within a job; gaps are allowed
	Account string          `json:"account,omitempty"`
	Job     string          `json:"job"`
	Kind    string          `json:"kind"`
	File    int             `json:"file"` // index, or -1: the whole job
	Run     int             `json:"run"`
	Time    time.Time       `json:"time"`
	Data    json.RawMessage `json:"data,omitempty"`

	unknown string // fields that this version does not know
}
