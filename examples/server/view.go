package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"time"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/engine"
)

// jobView is a job as clients see it. The first fields are those of the hosted
// API; the rest is ours.
type jobView struct {
	JobID          string   `json:"jobId"`
	JobType        string   `json:"jobType"`
	Status         string   `json:"status"`
	TotalFiles     int      `json:"totalFiles"`
	CompletedFiles int      `json:"completedFiles"`
	FailedFiles    int      `json:"failedFiles"`
	Progress       int      `json:"progress"` // 0 to 100
	ErrorMessage   *string  `json:"errorMessage"`
	Results        *results `json:"results"`

	Tool          string `json:"tool"`
	FirstFilename string `json:"firstFilename"`
	// Inputs is how many files were sent: more than TotalFiles if they are joined.
	Inputs int `json:"inputs"`
	// Settings are the operation's fields that are not at their defaults.
	Settings    json.RawMessage `json:"settings,omitempty"`
	Cancelled   bool            `json:"cancelled"`
	Run         int             `json:"run"`
	Callback    bool            `json:"callback"`
	CreatedAt   time.Time       `json:"createdAt"`
	StartedAt   *time.Time      `json:"startedAt"`
	CompletedAt *time.Time      `json:"completedAt"`
}

// results are what a job has made so far.
type results struct {
	Files []result `json:"files"`
	// Archive is a zip of all files, if it was asked for.
	Archive *archiveView `json:"archive,omitempty"`
	// Truncated says that there are more files; GET …/files lists all.
	Truncated bool `json:"truncated,omitempty"`
}

// result is one file that was made.
type result struct {
	Filename       string  `json:"filename"`
	MimeType       string  `json:"mimeType"`
	OriginalSize   int64   `json:"originalSize"`
	FinalSize      int64   `json:"finalSize"`
	SavedPercent   float64 `json:"savedPercent"` // negative if it grew
	DownloadURL    string  `json:"downloadUrl"`
	AppliedQuality *int    `json:"appliedQuality"`
	StoredFileID   *string `json:"storedFileId"`

	Width    int      `json:"width,omitempty"`
	Height   int      `json:"height,omitempty"`
	Duration float64  `json:"duration,omitempty"` // seconds
	SHA256   string   `json:"sha256"`
	Notes    []string `json:"notes,omitempty"`
}

type archiveView struct {
	Filename    string `json:"filename"`
	FinalSize   int64  `json:"finalSize"`
	DownloadURL string `json:"downloadUrl"`
}

// fileView is one input and what became of it.
type fileView struct {
	Index        int      `json:"index"`
	Filename     string   `json:"filename"`
	MimeType     string   `json:"mimeType"`
	Size         int64    `json:"size"`
	Status       string   `json:"status"`
	Cancelled    bool     `json:"cancelled"`
	Progress     int      `json:"progress"`
	ErrorMessage *string  `json:"errorMessage"`
	Attempts     int      `json:"attempts"`
	InputURL     string   `json:"inputUrl,omitempty"` // none until it is fetched
	Width        int      `json:"width,omitempty"`
	Height       int      `json:"height,omitempty"`
	Duration     float64  `json:"duration,omitempty"`
	Outputs      []result `json:"outputs"`
}

// pagination tells where a list is in the whole.
type pagination struct {
	Limit   int  `json:"limit"`
	Offset  int  `json:"offset"`
	Total   int  `json:"total"`
	HasMore bool `json:"hasMore"`
}

// statusOf returns the status by one of the four words of the hosted API. Its
// clients wait for "completed" or "failed" only.
func statusOf(s engine.Status) string {
	if s == engine.Cancelled {
		return string(engine.Failed)
	}
	return string(s)
}

// percent returns a fraction as a whole number that is 100 only at the end.
func percent(fraction float64) int { return int(math.Floor(fraction * 100)) }

func (s *server) jobView(ctx context.Context, job engine.Job) (jobView, error) {
	v := jobView{
		JobID: job.ID, JobType: job.Labels["type"], Status: statusOf(job.Status),
		TotalFiles: job.Total, CompletedFiles: job.Completed, FailedFiles: job.Failed,
		Progress:  percent(job.Progress),
		Cancelled: job.Status == engine.Cancelled, Run: job.Run,
		Callback: job.Callback != nil,
		Inputs:   job.Total, CreatedAt: job.Created, StartedAt: timeOf(job.Started),
		CompletedAt: timeOf(job.Ended),
	}
	if job.Operation != nil {
		_, settings, err := codec.Encode(job.Operation)
		if err != nil {
			return v, err
		}
		v.Settings = settings
	}
	v.Tool = job.Labels["tool"]
	if v.Tool == "" && job.Operation != nil {
		v.Tool = job.Operation.Name()
	}
	switch {
	case job.Error != nil:
		v.ErrorMessage = &job.Error.Message
	case v.Cancelled:
		message := "The job was cancelled."
		v.ErrorMessage = &message
	}
	first, err := s.engine.File(ctx, job.ID, 0)
	v.FirstFilename = first.Name
	if codec.Joins(job.Operation) {
		v.Inputs = len(first.Sources)
	}
	return v, err
}

func timeOf(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// withResults adds what the job has made so far.
func (s *server) withResults(r *http.Request, job engine.Job) (jobView, error) {
	v, err := s.jobView(r.Context(), job)
	if err != nil {
		return v, err
	}
	made := results{Files: []result{}}
	for f, err := range s.engine.Files(r.Context(), job.ID) {
		if err != nil {
			return v, err
		}
		if made.Truncated = len(made.Files) >= s.limits.results; made.Truncated {
			break
		}
		made.Files = append(made.Files, s.resultsOf(r, f)...)
	}
	if job.Archive != nil {
		made.Archive = &archiveView{
			Filename: job.Archive.Name, FinalSize: job.Archive.Size,
			DownloadURL: s.link(r, "/api/jobs/%s/archive", job.ID),
		}
	}
	if len(made.Files) > 0 || job.Status == engine.Completed {
		v.Results = &made
	}
	return v, nil
}

// resultsOf returns what was made of one file.
func (s *server) resultsOf(r *http.Request, f engine.File) []result {
	size := int64(0)
	for _, in := range f.Sources {
		size += in.Size
	}
	list := make([]result, len(f.Outputs))
	for i, o := range f.Outputs {
		media := o.Result.Media
		id := fmt.Sprintf("%s.%d.%d", f.Job, f.Index, i)
		list[i] = result{
			StoredFileID: &id,
			Filename:     o.Name, MimeType: o.Type, OriginalSize: size, FinalSize: o.Size,
			DownloadURL:    s.link(r, "/api/jobs/%s/files/%d/outputs/%d", f.Job, f.Index, i),
			AppliedQuality: s.qualityOf(f.Operation, o.Result),
			Width:          media.Width, Height: media.Height, Duration: media.Duration.Seconds(),
			SHA256: o.SHA256, Notes: o.Result.Notes,
		}
		if size > 0 && len(f.Outputs) == 1 { // an archive has no size to compare with
			saved := 100 * (1 - float64(o.Size)/float64(size))
			list[i].SavedPercent = math.Round(saved*10) / 10
		}
	}
	return list
}

func (s *server) fileView(r *http.Request, f engine.File) fileView {
	v := fileView{
		Index: f.Index, Filename: f.Name, MimeType: f.Type, Size: f.Size,
		Status: statusOf(f.Status), Cancelled: f.Status == engine.Cancelled,
		Progress: percent(f.Progress), Attempts: f.Attempts,
		Width: f.Media.Width, Height: f.Media.Height, Duration: f.Media.Duration.Seconds(),
		Outputs: s.resultsOf(r, f),
	}
	if f.Error != nil {
		v.ErrorMessage = &f.Error.Message
	}
	if f.Type != "" { // it is here
		v.InputURL = s.link(r, "/api/jobs/%s/files/%d/input", f.Job, f.Index)
	}
	return v
}
