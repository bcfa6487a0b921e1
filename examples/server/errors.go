package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strconv"
	"strings"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/engine"
	"github.com/spoolmedia/spool/storage"
)

// handle answers a request, or returns why not.
type handle func(http.ResponseWriter, *http.Request) error

// failure is an error with an HTTP status and a text for the client.
type failure struct {
	status  int
	message string
	retry   int // seconds, for Retry-After; 0 leaves it out
}

func (f *failure) Error() string { return f.message }

func failf(status int, format string, args ...any) error {
	return &failure{status: status, message: fmt.Sprintf(format, args...)}
}

// answered makes a handler of h: its error becomes {"error": "…"}.
func (s *server) answered(h handle) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		err := h(w, r)
		if err == nil {
			return
		}
		f := failureOf(err)
		// A body that stops coming ends the context too.
		if r.Context().Err() != nil && f.status != http.StatusRequestTimeout {
			return // nobody is there to be told
		}
		if f.status >= 500 && f.status != http.StatusNotImplemented {
			s.log.Error("a request failed", "method", r.Method, "path", r.URL.Path, "error", err)
		}
		if f.retry > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(f.retry))
		}
		_ = writeJSON(w, f.status, errorBody{f.message})
	})
}

// failureOf finds the status for an error.
func failureOf(err error) *failure {
	if f, ok := errors.AsType[*failure](err); ok {
		return f
	}
	if e, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return &failure{status: 413, message: fmt.Sprintf(
			"The request is larger than %d bytes, which is the limit.", e.Limit)}
	}
	switch {
	case errors.Is(err, engine.ErrBadRequest):
		return &failure{status: 400, message: plain(err)}
	case errors.Is(err, engine.ErrNotFound):
		return &failure{status: 404, message: "There is no such job."}
	case errors.Is(err, storage.ErrNotFound):
		return &failure{status: 404, message: "The file is no longer there."}
	case errors.Is(err, engine.ErrKeyConflict):
		return &failure{status: 409, message: "The Idempotency-Key belongs to a different request."}
	case errors.Is(err, engine.ErrEnded):
		return &failure{status: 409, message: "The job has already ended."}
	case errors.Is(err, engine.ErrNotEnded):
		return &failure{status: 409, message: "The job has not ended yet."}
	case errors.Is(err, engine.ErrClosed):
		return &failure{status: 503, message: "The server is shutting down.", retry: 5}
	case errors.Is(err, context.DeadlineExceeded):
		return &failure{status: 503, message: "The server is busy.", retry: 5}
	}
	if e, ok := errors.AsType[*codec.FieldError](err); ok {
		return &failure{status: 400, message: e.Error()}
	}
	return &failure{status: 500, message: "Something went wrong on the server."}
}

// plain makes one line of an error of the engine.
func plain(err error) string {
	text := strings.TrimPrefix(err.Error(), engine.ErrBadRequest.Error()+": ")
	return strings.ReplaceAll(text, "\n", "; ")
}

// fileFailure finds the status for the reason why a file failed.
func fileFailure(e *engine.Error) *failure {
	f := &failure{status: 500, message: e.Message}
	switch e.Class {
	case codec.Invalid:
		f.status = 400
	case codec.Unsupported:
		f.status = 415
	case codec.Limit:
		f.status = 413
	case codec.Transient, codec.Memory, codec.Timeout:
		f.status, f.retry = 503, 30
	}
	return f
}

// cutOff translates errors of reading a form.
func cutOff(err error) error {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return err
	}
	var timeout interface{ Timeout() bool }
	switch {
	case errors.As(err, &timeout) && timeout.Timeout():
		return failf(http.StatusRequestTimeout, "The upload stopped for too long.")
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return failf(http.StatusBadRequest, "The upload ended before the form was complete.")
	case errors.Is(err, multipart.ErrMessageTooLarge):
		return failf(http.StatusRequestEntityTooLarge, "A header of the form is too long.")
	}
	return failf(http.StatusBadRequest, "The form cannot be read: %v.", err)
}

// unavailable says that storage fails.
func unavailable(err error) error {
	return fmt.Errorf("%w: %w", &failure{
		status: http.StatusServiceUnavailable, retry: 30,
		message: "The server cannot store files at the moment.",
	}, err)
}

func writeJSON(w http.ResponseWriter, status int, body any) error {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	return json.NewEncoder(w).Encode(body)
}

// maxJSON is how long a JSON body may be.
const maxJSON = 1 << 20

// readJSON reads the body of the request.
func readJSON(w http.ResponseWriter, r *http.Request, body any) error {
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != "application/json" {
		return failf(http.StatusUnsupportedMediaType, "Send JSON, with that Content-Type.")
	}
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxJSON))
	if err := d.Decode(body); err != nil {
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return err
		}
		return failf(http.StatusBadRequest, "The JSON cannot be read: %v.", err)
	}
	return nil
}
