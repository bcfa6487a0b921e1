package main

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/spoolmedia/spool/engine"
)

// streamAccount is the account of an account's streams: they are no jobs of a list,
// and stay until they are deleted.
func streamAccount(account string) string { return account + "+streams" }

// Bounds of tokenTtlSeconds.
const (
	defaultTTL = 3600
	mostTTL    = 7 * 24 * 3600
)

// streamOrder is what POST /api/video/streams takes, besides the fields of the
// operation.
type streamOrder struct {
	SourceFileID    string   `json:"sourceFileId"`
	SourceURL       string   `json:"sourceUrl"`
	Access          string   `json:"access"`
	TokenTTLSeconds int      `json:"tokenTtlSeconds"`
	AllowedDomains  []string `json:"allowedDomains"`
}

type (
	streamAnswer struct {
		Stream streamView `json:"stream"`
	}
	streamList struct {
		Streams    []streamView `json:"streams"`
		Pagination pagination   `json:"pagination"`
	}
)

// createStream makes a stream of a file that a job has made, or of one from the web.
func (s *server) createStream(w http.ResponseWriter, r *http.Request) error {
	if _, ok := s.tool("stream"); !ok {
		return failf(http.StatusNotImplemented,
			"Streams are not available on this server. Convert the video to mp4 or webm instead.")
	}
	var body map[string]json.RawMessage
	if err := readJSON(w, r, &body); err != nil {
		return err
	}
	o, err := takeStreamOrder(body)
	if err != nil {
		return err
	}
	settings, err := json.Marshal(body)
	if err != nil {
		return err
	}
	op, err := s.registry.Decode("stream", settings)
	if err == nil {
		err = op.Validate()
	}
	if err != nil {
		return failf(http.StatusBadRequest, "%s", plain(err))
	}
	in, done, err := s.streamInput(r, o)
	if err != nil {
		return err
	}
	defer done()
	text, err := json.Marshal(o)
	if err != nil {
		return err
	}
	job, err := s.engine.Submit(r.Context(), engine.Request{
		Account: streamAccount(accountOf(r.Context())), Inputs: []engine.Input{in}, Operation: op,
		IdempotencyKey: r.Header.Get("Idempotency-Key"), Retain: -1,
		Labels: map[string]string{"stream": string(text)},
	})
	if err != nil {
		return err
	}
	return s.answerStream(w, r, job)
}

// takeStreamOrder takes what is not of the operation out of the body.
func takeStreamOrder(body map[string]json.RawMessage) (o streamOrder, err error) {
	for name, field := range map[string]any{
		"sourceFileId": &o.SourceFileID, "sourceUrl": &o.SourceURL, "access": &o.Access,
		"tokenTtlSeconds": &o.TokenTTLSeconds, "allowedDomains": &o.AllowedDomains,
	} {
		if text, ok := body[name]; ok && json.Unmarshal(text, field) != nil {
			return o, failf(http.StatusBadRequest, "%s: %s does not fit.", name, text)
		}
		delete(body, name)
	}
	switch {
	case (o.SourceFileID == "") == (o.SourceURL == ""):
		return o, failf(http.StatusBadRequest, "Either sourceFileId or sourceUrl is needed.")
	case o.Access != "" && o.Access != "public" && o.Access != "signed":
		return o, failf(http.StatusBadRequest, "access: %q is neither public nor signed.", o.Access)
	case o.TokenTTLSeconds < 0 || o.TokenTTLSeconds > mostTTL:
		return o, failf(http.StatusBadRequest, "tokenTtlSeconds must be from 1 to %d.", mostTTL)
	}
	if o.Access == "" {
		o.Access = "signed"
	}
	if o.TokenTTLSeconds == 0 {
		o.TokenTTLSeconds = defaultTTL
	}
	return o, nil
}

// streamInput returns the source of a stream, and what lets go of it.
func (s *server) streamInput(r *http.Request, o streamOrder) (engine.Input, func(), error) {
	if o.SourceURL != "" {
		return engine.FromURL(o.SourceURL), func() {}, nil
	}
	output, err := s.storedFile(r, o.SourceFileID)
	if err != nil {
		return engine.Input{}, nil, err
	}
	reader, err := s.engine.OpenOutput(r.Context(), output)
	if err != nil {
		return engine.Input{}, nil, err
	}
	return engine.FromReader(output.Name, reader), func() { reader.Close() }, nil
}

// storedFile returns the output that a storedFileId names: <job>.<file>.<output>.
func (s *server) storedFile(r *http.Request, id string) (engine.Output, error) {
	missing := failf(http.StatusNotFound, "There is no file %q.", id)
	parts := strings.Split(id, ".")
	if len(parts) != 3 {
		return engine.Output{}, missing
	}
	r.SetPathValue("id", parts[0])
	r.SetPathValue("file", parts[1])
	job, err := s.job(r)
	if err != nil {
		return engine.Output{}, missing
	}
	file, err := s.file(r, job)
	n, err2 := strconv.Atoi(parts[2])
	if err := errors.Join(err, err2); err != nil || n < 0 || n >= len(file.Outputs) {
		return engine.Output{}, missing
	}
	return file.Outputs[n], nil
}

// streamOf returns the stream in the path, if it is of the request's account.
func (s *server) streamOf(r *http.Request) (engine.Job, error) {
	job, err := s.jobOf(r, streamAccount(accountOf(r.Context())))
	if errors.Is(err, engine.ErrNotFound) {
		return job, failf(http.StatusNotFound, "There is no such stream.")
	}
	return job, err
}

func (s *server) getStream(w http.ResponseWriter, r *http.Request) error {
	job, err := s.streamOf(r)
	if err != nil {
		return err
	}
	return s.answerStream(w, r, job)
}

func (s *server) deleteStream(w http.ResponseWriter, r *http.Request) error {
	job, err := s.streamOf(r)
	if err != nil {
		return err
	}
	if err := s.engine.Delete(r.Context(), job.ID); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (s *server) answerStream(w http.ResponseWriter, r *http.Request, job engine.Job) error {
	v, err := s.streamView(r, job)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, streamAnswer{v})
}

// listStreams tells of the account's streams, newest first.
func (s *server) listStreams(w http.ResponseWriter, r *http.Request) error {
	status := r.URL.Query().Get("status")
	if status == "ready" {
		status = string(engine.Completed)
	}
	views := []streamView{}
	page, err := s.listed(r, streamAccount(accountOf(r.Context())), status,
		func(job engine.Job) error {
			v, err := s.streamView(r, job)
			views = append(views, v)
			return err
		})
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, streamList{views, page})
}
