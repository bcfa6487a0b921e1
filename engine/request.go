package engine

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"time"

	"go.opentelemetry.io/otel/propagation"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/storage"
	"github.com/spoolmedia/spool/store"
)

// ErrBadRequest is in the tree of every error that is the fault of a [Request],
// whatever the inputs hold.
var ErrBadRequest = errors.New("bad request")

// Request is one submission: inputs and what to do with them.
type Request struct {
	// Inputs are the files, at least one. Each has its own result, but for an
	// operation that joins them, a [codec.Combiner]: then the job has one file, of at
	// most 200 inputs.
	Inputs []Input
	// Operation is what to do with each input that does not say otherwise.
	Operation codec.Operation
	// Account owns the job. Accounts share the workers fairly. "" is an account
	// like any other.
	Account string
	// IdempotencyKey makes a repeated Submit harmless: the same account and key
	// give the job that was made first. The same key with a different request is
	// [ErrKeyConflict].
	IdempotencyKey string
	// Priority from -100 to 100 orders the tasks of one account, high before low.
	Priority int
	// NotBefore is when work may begin; zero means now.
	NotBefore time.Time
	// MaxAttempts is how often a file is tried, in each run, if its failures are
	// transient; 0 means Config.MaxAttempts.
	MaxAttempts int
	// Timeout bounds one attempt at a file, from its claim to its outcome; 0 means
	// Config.Timeout.
	Timeout time.Duration
	// Retain is how long the job stays after it has ended, with its inputs and
	// outputs; 0 means Config.Retain, negative for ever.
	Retain time.Duration
	// Strict has files fail that are damaged, where otherwise what can be decoded of video,
	// sound and animations is, and a note tells of the rest: codec.Policy.Strict for this job.
	Strict bool
	// Archive is ArchiveZip or ArchiveTar if all outputs are to be joined in one
	// file too, Job.Archive, before the job is completed; "" means none.
	Archive string
	// Callback asks for an HTTP POST when something happens; nil means none.
	Callback *Callback
	// Labels are kept with the job and mean nothing to spool: at most 16 KiB.
	Labels map[string]string
}

// Formats of Request.Archive. Neither compresses: media is compressed already.
const (
	ArchiveZip = "zip"
	ArchiveTar = "tar"
)

// Input is one file of a [Request], made by [FromFile], [FromReader], [FromURL],
// [FromStorage] or [FromUpload].
type Input struct {
	// Name is the file's name in messages and outputs. "" lets [FromURL] take it
	// from the answer.
	Name string
	// Operation replaces the request's for this input, if not nil.
	Operation codec.Operation

	path    string // FromFile
	inPlace bool
	reader  io.Reader // FromReader
	key     string    // FromStorage
	url     string    // FromURL
	upload  Upload    // FromUpload, besides key
}

// FromFile is the file at path. Submit copies it into storage.
func FromFile(path string) Input { return Input{Name: filepath.Base(path), path: path} }

// InPlace makes an input of [FromFile] refer to the file instead of copying it.
// The file must stay as it is until the job has ended, in the reach of all
// workers: if its size or its time of change differs when work begins, that file
// of the job fails.
func (in Input) InPlace() Input {
	in.inPlace = true
	return in
}

// FromReader is what r yields until [io.EOF], under a file name. Submit reads it
// to the end, in the order of the inputs, and does not close it.
func FromReader(name string, r io.Reader) Input { return Input{Name: name, reader: r} }

// FromStorage is a blob that the engine's storage already has. It must stay
// there until the job has ended.
func FromStorage(key string) Input { return Input{Name: filepath.Base(key), key: key} }

// FromURL is what an http or https address holds. It is fetched after Submit, as
// a durable step of its own that is tried again as the work itself is.
// Config.Outbound says which addresses are allowed, and how much may come.
func FromURL(address string) Input { return Input{url: address} }

// maxLabels is how many bytes of labels a job can carry.
const maxLabels = 16 << 10

// validate returns all faults of r that no input can mend, joined, and as
// ErrBadRequest.
func (r Request) validate() error {
	var errs []error
	if len(r.Inputs) == 0 {
		errs = append(errs, errors.New("inputs: there are none"))
	}
	if r.Priority < -100 || r.Priority > 100 {
		errs = append(errs, fmt.Errorf("priority: %d is not between -100 and 100", r.Priority))
	}
	if len(r.IdempotencyKey) > 255 || len(r.Account) > 42 && len(encode(r.Account)) > 257 {
		errs = append(errs, errors.New("account, idempotencyKey: at most 255 bytes each; "+
			"of an account as JSON, where some characters take six"))
	}
	size := 0
	for name, value := range r.Labels {
		size += len(name) + len(value)
	}
	if size > maxLabels {
		errs = append(errs, fmt.Errorf("labels: %d bytes; at most %d", size, maxLabels))
	}
	if r.MaxAttempts < 0 || r.Timeout < 0 {
		errs = append(errs, errors.New("maxAttempts, timeout: negative"))
	}
	if !slices.Contains([]string{"", ArchiveZip, ArchiveTar}, r.Archive) {
		errs = append(errs, fmt.Errorf("archive: %q is neither %q nor %q",
			r.Archive, ArchiveZip, ArchiveTar))
	}
	if r.Callback != nil {
		errs = append(errs, r.Callback.validate())
	}
	if r.Operation != nil {
		errs = append(errs, r.Operation.Validate())
	}
	if codec.Joins(r.Operation) && len(r.Inputs) > maxJoined {
		errs = append(errs, fmt.Errorf("inputs: %d; %s joins at most %d",
			len(r.Inputs), r.Operation.Name(), maxJoined))
	}
	for i, in := range r.Inputs {
		if err := in.validate(r.Operation); err != nil {
			errs = append(errs, fmt.Errorf("inputs[%d]: %w", i, err))
		}
	}
	return badRequest(errors.Join(errs...))
}

// validate returns what no content can mend, if the request has the operation.
func (in Input) validate(operation codec.Operation) error {
	switch {
	case in.path == "" && in.reader == nil && in.key == "" && in.url == "":
		return errors.New("made by none of FromFile, FromReader, FromURL, FromStorage, FromUpload")
	case in.key != "" && !storage.ValidKey(in.key):
		return fmt.Errorf("%q is no key of a blob", in.key)
	case in.Operation != nil && (codec.Joins(operation) || codec.Joins(in.Operation)):
		return errors.New("an operation that joins inputs is that of the request")
	case in.Operation != nil:
		return in.Operation.Validate()
	case operation == nil:
		return errors.New("there is no operation for it")
	}
	return nil
}

func badRequest(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w: %w", ErrBadRequest, err)
}

// files returns how many files the job has.
func (r Request) files() int {
	if codec.Joins(r.Operation) {
		return 1
	}
	return len(r.Inputs)
}

// operation returns what to do with in.
func (r Request) operation(in Input) codec.Operation {
	if in.Operation != nil {
		return in.Operation
	}
	return r.Operation
}

// record is the part of a Request that is kept in store.Job.Request.
type record struct {
	Operation   *store.Spec       `json:"operation,omitempty"`
	Priority    int               `json:"priority,omitempty"`
	NotBefore   time.Time         `json:"notBefore,omitzero"`
	MaxAttempts int               `json:"maxAttempts,omitempty"`
	Timeout     time.Duration     `json:"timeout,omitempty"`
	Retain      time.Duration     `json:"retain,omitempty"`
	Strict      bool              `json:"strict,omitempty"`
	Archive     string            `json:"archive,omitempty"`
	Callback    *Callback         `json:"callback,omitempty"`
	Labels      map[string]string `json:"labels,omitempty"`
	// Trace is the W3C trace context of Submit, which attempts go on with.
	Trace propagation.MapCarrier `json:"trace,omitempty"`
	// Uploads begins the keys of what the job's draft holds, "" without one.
	Uploads string `json:"uploads,omitempty"`
}

// record returns what is kept of r.
func (r Request) record() (record, error) {
	rec := record{
		Priority: r.Priority, NotBefore: r.NotBefore, MaxAttempts: r.MaxAttempts,
		Timeout: r.Timeout, Retain: r.Retain, Archive: r.Archive, Callback: r.Callback,
		Strict: r.Strict, Labels: r.Labels,
	}
	if r.Operation != nil {
		spec, err := specOf(r.Operation)
		if err != nil {
			return rec, err
		}
		rec.Operation = &spec
	}
	return rec, nil
}

// digest identifies a request that has a key, without the bytes of its inputs but those
// of d.
func (r Request) digest(rec json.RawMessage, d *Draft) (string, error) {
	if r.IdempotencyKey == "" {
		return "", nil
	}
	var b bytes.Buffer
	b.Write(rec)
	e := json.NewEncoder(&b)
	for _, in := range r.Inputs {
		var op *store.Spec
		if in.Operation != nil {
			spec, err := specOf(in.Operation)
			if err != nil {
				return "", err
			}
			op = &spec
		}
		if err := e.Encode([]any{in.Name, in.path, in.inPlace, in.key, in.url, op}); err != nil {
			return "", err
		}
	}
	sum := sha256.Sum256(d.byContent(b.Bytes()))
	return hex.EncodeToString(sum[:]), nil
}

// specOf returns op as it is kept at rest.
func specOf(op codec.Operation) (store.Spec, error) {
	name, params, err := codec.Encode(op)
	if err != nil {
		return store.Spec{}, fmt.Errorf("encode operation %q: %w", op.Name(), err)
	}
	return store.Spec{Name: name, Version: 1, Params: params}, nil
}
