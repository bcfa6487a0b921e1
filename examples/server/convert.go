package main

import (
	"context"
	"net/http"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/engine"
)

// orderConversion takes the settings of a conversion out of the form.
func (s *server) orderConversion(o *order) (err error) {
	if err := o.takeCommon(); err != nil {
		return err
	}
	for _, u := range o.form.files {
		if u.field != "files" && u.field != "file" {
			return failf(http.StatusBadRequest, "There is no file field %q.", u.field)
		}
	}
	if o.operations, err = s.conversions(&o.form, o.inputs()); err != nil {
		return err
	}
	return o.nothingLeft()
}

// orderCompression takes the settings of a compression out of the form.
func (s *server) orderCompression(o *order) error {
	if err := o.takeCommon(); err != nil {
		return err
	}
	t, ok := s.tool("compress")
	if !ok {
		return failf(http.StatusNotImplemented, "compress is not available on this server.")
	}
	// Some clients say compression as they do for a conversion.
	if quality := o.form.take("compression"); quality != "" && o.form.values["quality"] == "" {
		o.form.values["quality"] = quality
	}
	op, err := s.toolOperation(t, o)
	o.operations = []codec.Operation{op}
	return err
}

// convert converts the files of a request and answers with the results.
func (s *server) convert(w http.ResponseWriter, r *http.Request) error {
	return s.atOnce(w, r, "convert", s.orderConversion)
}

// compress makes the files of a request smaller and answers with the results.
func (s *server) compress(w http.ResponseWriter, r *http.Request) error {
	return s.atOnce(w, r, "compress", s.orderCompression)
}

func (s *server) atOnce(
	w http.ResponseWriter, r *http.Request, jobType string, read func(*order) error,
) error {
	o, err := s.receive(w, r)
	if err != nil {
		return err
	}
	defer o.end(r.Context())
	o.jobType = jobType
	if err := read(o); err != nil {
		return err
	}
	job, err := s.submit(r, o, true)
	if err != nil {
		return err
	}
	return s.answerNow(w, r, job, o)
}

// answer is what a synchronous request gets.
type answer struct {
	results
	Errors  []fileError   `json:"errors,omitempty"` // of the files that failed
	Storage *storageState `json:"storage"`
}

type fileError struct {
	Filename string `json:"filename"`
	Error    string `json:"error"`
}

type storageState struct {
	Saved  bool   `json:"saved"`
	Notice string `json:"notice"`
}

// answerNow waits for the job and answers with its results. A client that does
// not wait takes the job with it, unless it has a key to come back with.
func (s *server) answerNow(w http.ResponseWriter, r *http.Request, job engine.Job, o *order) error {
	ended, err := s.engine.Wait(r.Context(), job.ID)
	if err != nil {
		if r.Context().Err() != nil && job.IdempotencyKey == "" {
			_ = s.engine.Cancel(context.WithoutCancel(r.Context()), job.ID)
		}
		return err
	}
	job = ended
	a := answer{results: results{Files: []result{}}}
	var reason *engine.Error
	for f, err := range s.engine.Files(r.Context(), job.ID) {
		if err != nil {
			return err
		}
		a.Files = append(a.Files, s.resultsOf(r, f)...)
		if f.Error != nil {
			reason = f.Error
			a.Errors = append(a.Errors, fileError{f.Name, f.Error.Message})
		}
	}
	switch {
	case job.Status == engine.Cancelled:
		return failf(http.StatusConflict, "The job was cancelled.")
	case reason != nil && len(a.Errors) == job.Total:
		return fileFailure(reason)
	}
	if job.Archive != nil {
		a.Archive = &archiveView{job.Archive.Name, job.Archive.Size,
			s.link(r, "/api/jobs/%s/archive", job.ID)}
	}
	a.Storage = &storageState{Saved: o.save, Notice: "The results can be downloaded for an hour."}
	if o.save {
		a.Storage.Notice = "The results are kept with the job " + job.ID + "."
	}
	if o.tool == "inspect" {
		return s.answerReport(w, r, job)
	}
	return writeJSON(w, http.StatusOK, a)
}
