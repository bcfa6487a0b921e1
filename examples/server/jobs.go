package main

import (
	"errors"
	"net/http"
	"slices"

	"github.com/spoolmedia/spool/engine"
)

// createJob makes a job of many files.
func (s *server) createJob(w http.ResponseWriter, r *http.Request) error {
	o, err := s.receive(w, r)
	if err != nil {
		return err
	}
	defer o.end(r.Context())
	if o.form.values["saveToStorage"] == "false" {
		return failf(http.StatusBadRequest, "saveToStorage must be true for jobs.")
	}
	switch o.jobType = o.form.take("jobType"); o.jobType {
	case "", "convert":
		o.jobType = "convert"
		err = s.orderConversion(o)
	case "compress":
		err = s.orderCompression(o)
	default:
		err = failf(http.StatusBadRequest, "jobType: %q is neither convert nor compress.", o.jobType)
	}
	if err != nil {
		return err
	}
	job, err := s.submit(r, o, false)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, accepted{JobID: job.ID, Status: statusOf(job.Status)})
}

// getJob tells how far a job is.
func (s *server) getJob(w http.ResponseWriter, r *http.Request) error {
	job, err := s.job(r)
	if err != nil {
		return err
	}
	var v jobView
	if r.URL.Query().Get("results") == "false" {
		v, err = s.jobView(r.Context(), job)
	} else {
		v, err = s.withResults(r, job)
	}
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, v)
}

// listJobs tells of the account's jobs, newest first.
func (s *server) listJobs(w http.ResponseWriter, r *http.Request) error {
	jobs := []jobView{}
	page, err := s.listed(r, accountOf(r.Context()), r.URL.Query().Get("status"),
		func(job engine.Job) error {
			v, err := s.jobView(r.Context(), job)
			if errors.Is(err, engine.ErrNotFound) { // it has just been removed
				return nil
			}
			jobs = append(jobs, v)
			return err
		})
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, jobList{jobs, page})
}

// listed gives the jobs of the page that the query asks for to add.
func (s *server) listed(
	r *http.Request, account, status string, add func(engine.Job) error,
) (page pagination, err error) {
	limit, err := number(r, "limit", 20, 1, 100)
	offset, err2 := number(r, "offset", 0, 0, 1<<31-1)
	if err := errors.Join(err, err2); err != nil {
		return page, err
	}
	statuses, err := statusesOf(status)
	if err != nil {
		return page, err
	}
	stats, err := s.engine.Stats(r.Context(), account)
	if err != nil {
		return page, err
	}
	page = pagination{Limit: limit, Offset: offset, Total: count(stats, statuses)}
	n := 0
	query := engine.Query{Account: account, Statuses: statuses}
	for job, err := range s.engine.List(r.Context(), query) {
		if err != nil {
			return page, err
		}
		if n++; n <= offset {
			continue
		}
		if page.HasMore = n > offset+limit; page.HasMore {
			break
		}
		if err := add(job); err != nil {
			return page, err
		}
	}
	return page, nil
}

// statusesOf returns the engine's statuses for one of the API's.
func statusesOf(text string) ([]engine.Status, error) {
	switch text {
	case "":
		return nil, nil
	case "pending", "processing", "completed":
		return []engine.Status{engine.Status(text)}, nil
	case "failed":
		return []engine.Status{engine.Failed, engine.Cancelled}, nil
	}
	return nil, failf(http.StatusBadRequest,
		"status: %q is none of pending, processing, completed, failed.", text)
}

func count(s engine.Stats, statuses []engine.Status) (n int) {
	for status, jobs := range map[engine.Status]int{
		engine.Pending: s.Pending, engine.Processing: s.Processing, engine.Completed: s.Completed,
		engine.Failed: s.Failed, engine.Cancelled: s.Cancelled,
	} {
		if len(statuses) == 0 || slices.Contains(statuses, status) {
			n += jobs
		}
	}
	return n
}

// listFiles tells of the files of a job, in the order in which they were sent.
func (s *server) listFiles(w http.ResponseWriter, r *http.Request) error {
	job, err := s.job(r)
	if err != nil {
		return err
	}
	limit, err := number(r, "limit", 100, 1, 1000)
	offset, err2 := number(r, "offset", 0, 0, 1<<31-1)
	if err := errors.Join(err, err2); err != nil {
		return err
	}
	files := []fileView{}
	for f, err := range s.engine.Files(r.Context(), job.ID) {
		if err != nil {
			return err
		}
		if f.Index >= offset+limit {
			break
		}
		if f.Index >= offset {
			files = append(files, s.fileView(r, f))
		}
	}
	return writeJSON(w, http.StatusOK, fileList{files, pagination{
		Limit: limit, Offset: offset, Total: job.Total, HasMore: offset+limit < job.Total,
	}})
}

// deleteJob cancels a job that waits, as the hosted API does; with purge=true it
// removes a job in any state, with its files.
func (s *server) deleteJob(w http.ResponseWriter, r *http.Request) error {
	job, err := s.job(r)
	if err != nil {
		return err
	}
	if r.URL.Query().Get("purge") == "true" {
		if err := s.engine.Delete(r.Context(), job.ID); err != nil {
			return err
		}
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	if job.Status != engine.Pending {
		return failf(http.StatusConflict, "Only a job that waits can be cancelled so; this one is %s.",
			statusOf(job.Status))
	}
	return s.cancel(w, r, job)
}

// cancelJob cancels a job that waits or is being worked on.
func (s *server) cancelJob(w http.ResponseWriter, r *http.Request) error {
	job, err := s.job(r)
	if err != nil {
		return err
	}
	return s.cancel(w, r, job)
}

func (s *server) cancel(w http.ResponseWriter, r *http.Request, job engine.Job) error {
	if err := s.engine.Cancel(r.Context(), job.ID); err != nil {
		return err
	}
	return s.answerJob(w, r, job.ID)
}

// retryJob takes up the files of a job that did not succeed.
func (s *server) retryJob(w http.ResponseWriter, r *http.Request) error {
	job, err := s.job(r)
	if err != nil {
		return err
	}
	if err := s.engine.Retry(r.Context(), job.ID); err != nil {
		return err
	}
	return s.answerJob(w, r, job.ID)
}

// answerJob answers with the job as it is now.
func (s *server) answerJob(w http.ResponseWriter, r *http.Request, id string) error {
	job, err := s.engine.Status(r.Context(), id)
	if err != nil {
		return err
	}
	v, err := s.withResults(r, job)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, v)
}
