package main

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"time"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/engine"
)

// order is a request on its way to a job.
type order struct {
	form       form
	jobType    string // convert, compress or media_tool
	tool       string
	operations []codec.Operation // one, or one for each file
	archive    string
	callback   *engine.Callback
	save       bool

	batch     *batch
	submitted bool
	leave     func() // the queue
	ended     bool
}

// retainUnsaved is how long the results of synchronous requests stay whose client
// did not ask to keep them.
const retainUnsaved = time.Hour

// receive reads the form of a request, and puts its files into storage. The order
// must be ended.
func (s *server) receive(w http.ResponseWriter, r *http.Request) (*order, error) {
	kind, parameters, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/form-data" || parameters["boundary"] == "" {
		return nil, failf(http.StatusUnsupportedMediaType, "Send a form: multipart/form-data.")
	}
	if r.ContentLength > s.limits.body {
		return nil, &http.MaxBytesError{Limit: s.limits.body}
	}
	r.Body = http.MaxBytesReader(w, r.Body, s.limits.body)
	account := accountOf(r.Context())
	leave, err := s.queue.enter(r.Context(), account)
	if err != nil {
		return nil, err
	}
	o := &order{leave: leave}
	o.batch, err = s.uploads.begin(r.Context(), account, r.Header.Get("Idempotency-Key"))
	if err != nil {
		leave()
		return nil, err
	}
	parts, err := r.MultipartReader()
	if err == nil {
		o.form, err = readForm(parts, s.limits, o.batch.keeper(r.Context()))
	}
	if err == nil {
		// Only at its end does the connection tell that a client is gone.
		_, err = io.Copy(io.Discard, r.Body)
	}
	if err != nil {
		o.end(r.Context())
		return nil, err
	}
	return o, nil
}

// end lets go of what the order holds while there is no job: its place in the queue
// and, if there never was one, its files. The second time it does nothing.
func (o *order) end(ctx context.Context) {
	if o.ended {
		return
	}
	o.ended = true
	o.batch.end(ctx, o.submitted)
	o.leave()
}

// takeCommon takes out of the form what every request can say.
func (o *order) takeCommon() error {
	f := &o.form
	archive, err := f.takeBool("createArchive")
	if err != nil {
		return err
	}
	if archive {
		o.archive = engine.ArchiveZip
	}
	if o.save, err = f.takeBool("saveToStorage"); err != nil {
		return err
	}
	address, secret := f.take("callbackUrl"), f.take("callbackSecret")
	if address != "" {
		o.callback = &engine.Callback{URL: address, Secret: secret}
	} else if secret != "" {
		return failf(http.StatusBadRequest, "callbackSecret is of no use without callbackUrl.")
	}
	return nil
}

// inputs is how many files the order has.
func (o *order) inputs() int { return len(o.form.files) + len(o.form.sources) }

// nothingLeft returns an error if the form has fields that nothing has taken.
func (o *order) nothingLeft() error {
	for name, value := range o.form.values {
		if value != "" {
			return failf(http.StatusBadRequest, "There is no field %q.", name)
		}
	}
	return nil
}

// submit makes a job of the order. A brief one goes soon after it has ended.
func (s *server) submit(r *http.Request, o *order, brief bool) (engine.Job, error) {
	if o.inputs() == 0 {
		return engine.Job{}, failf(http.StatusBadRequest,
			"There is no file. Send one, or its sourceUrl.")
	}
	request := engine.Request{
		Account: accountOf(r.Context()), IdempotencyKey: r.Header.Get("Idempotency-Key"),
		Archive: o.archive, Callback: o.callback, Operation: o.operations[0],
		Labels: map[string]string{
			"type": o.jobType, uploadLabel: o.batch.owner, inputsLabel: rangesOf(o.form.files),
		},
	}
	if o.tool != "" {
		request.Labels["tool"] = o.tool
	}
	if o.callback != nil {
		request.Labels["callback"] = "true"
	}
	if brief && !o.save {
		request.Retain = retainUnsaved
	}
	if c, ok := o.operations[0].(codec.Combiner); ok && c.Combines() {
		o.describeJoined(request.Labels)
	}
	for _, u := range o.form.files {
		in := engine.FromStorage(u.key)
		in.Name = u.name
		request.Inputs = append(request.Inputs, in)
	}
	for _, source := range o.form.sources {
		request.Inputs = append(request.Inputs, engine.FromURL(source))
	}
	if len(o.operations) > 1 {
		request.Labels["mixed"] = "true"
		for i, op := range o.operations {
			request.Inputs[i].Operation = op
		}
	}
	job, err := s.engine.Submit(r.Context(), request)
	// The job may be there after all when only the answer was lost: the sweep knows.
	o.submitted = err == nil || !errors.Is(err, engine.ErrBadRequest) &&
		!errors.Is(err, engine.ErrKeyConflict) && !errors.Is(err, context.Canceled)
	o.end(r.Context())
	return job, err
}

// describeJoined notes what the one file of a job that joins its inputs is made of.
func (o *order) describeJoined(labels map[string]string) {
	size := int64(0)
	for _, u := range o.form.files {
		size += u.size
	}
	labels["joined"] = strconv.Itoa(o.inputs())
	labels["joinedSize"] = strconv.FormatInt(size, 10)
}

// accepted answers a request that became a job.
type accepted struct {
	JobID  string `json:"jobId"`
	Status string `json:"status"`
	Tool   string `json:"tool,omitempty"`
}
