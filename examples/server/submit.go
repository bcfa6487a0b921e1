package main

import (
	"cmp"
	"context"
	"io"
	"mime"
	"net/http"
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
	strict     bool // what is damaged fails

	draft *engine.Draft // of the job, with the files
	leave func()        // the queue
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
	leave, err := s.queue.enter(r)
	if err != nil {
		return nil, err
	}
	o := &order{leave: leave}
	if o.draft, err = s.engine.Draft(); err != nil {
		leave()
		return nil, err
	}
	if err := o.read(r, s.limits); err != nil {
		o.end(r.Context())
		return nil, err
	}
	return o, nil
}

// read reads the form to its end.
func (o *order) read(r *http.Request, l limits) error {
	parts, err := r.MultipartReader()
	if err != nil {
		return cutOff(err)
	}
	o.form, err = readForm(parts, l, func(name string, from io.Reader) (engine.Upload, error) {
		source := &witness{Reader: from}
		u, err := o.draft.Upload(r.Context(), name, source)
		switch {
		case source.err != nil:
			return u, cutOff(source.err)
		case err != nil:
			return u, unavailable(err)
		}
		return u, nil
	})
	if err == nil {
		// Only at its end does the connection tell that a client is gone.
		_, err = io.Copy(io.Discard, r.Body)
	}
	return err
}

// witness remembers why reading failed, to tell it from why storing did.
type witness struct {
	io.Reader
	err error
}

func (w *witness) Read(p []byte) (int, error) {
	n, err := w.Reader.Read(p)
	if err != io.EOF {
		w.err = cmp.Or(w.err, err)
	}
	return n, err
}

// end lets go of what the order holds while there is no job: its place in the queue
// and, if there never is one, its files.
func (o *order) end(ctx context.Context) {
	_ = o.draft.Discard(context.WithoutCancel(ctx)) // else the engine's sweep does it
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
	if o.strict, err = f.takeBool("strict"); err != nil {
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
		Archive: o.archive, Strict: o.strict, Callback: o.callback, Operation: o.operations[0],
		Labels: map[string]string{"type": o.jobType},
	}
	if o.tool != "" {
		request.Labels["tool"] = o.tool
	}
	if brief && !o.save {
		request.Retain = retainUnsaved
	}
	for _, u := range o.form.files {
		request.Inputs = append(request.Inputs, engine.FromUpload(u.Upload))
	}
	for _, source := range o.form.sources {
		request.Inputs = append(request.Inputs, engine.FromURL(source))
	}
	if len(o.operations) > 1 {
		for i, op := range o.operations {
			request.Inputs[i].Operation = op
		}
	}
	job, err := o.draft.Submit(r.Context(), request)
	o.end(r.Context())
	return job, err
}

// accepted answers a request that became a job.
type accepted struct {
	JobID  string `json:"jobId"`
	Status string `json:"status"`
	Tool   string `json:"tool,omitempty"`
}
