package callback

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// DefaultMaxBody is how long a body may be.
const DefaultMaxBody = 1 << 20

// Receiver reads callbacks and trusts none that is not signed. The zero value
// accepts nothing: Secrets must be set. It may be used by several goroutines.
type Receiver struct {
	// Secrets are those that a job may have been submitted with: one, or also the
	// former one, as long as jobs that carry it may still call back.
	Secrets []string
	// Tolerance is how far the timestamp may be from this clock; zero stands for
	// [DefaultTolerance], negative for any distance.
	Tolerance time.Duration
	// MaxBody is the length of a body in bytes; default [DefaultMaxBody].
	MaxBody int64
	// SignatureHeader is the name of the header, if the sender's host has changed
	// it; default [SignatureHeader].
	SignatureHeader string
	// Now is the clock; default [time.Now].
	Now func() time.Time
}

// Read reads the body of r, verifies its signature and decodes it. It does not
// close the body, as the server does. The error is one of [Verify],
// an [*http.MaxBytesError], or what came from reading and decoding.
func (rc Receiver) Read(r *http.Request) (Envelope, error) {
	limit := cmp.Or(rc.MaxBody, DefaultMaxBody)
	body, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, limit))
	if err != nil {
		return Envelope{}, fmt.Errorf("callback: read body: %w", err)
	}
	if err := rc.verify(r.Header, body); err != nil {
		return Envelope{}, err
	}
	var e Envelope
	if err := json.Unmarshal(body, &e); err != nil {
		return Envelope{}, fmt.Errorf("callback: decode envelope: %w", err)
	}
	return e, nil
}

// verify tries the secrets. That the signature is right under one of them but
// old says more than that it is wrong under the next.
func (rc Receiver) verify(header http.Header, body []byte) error {
	s, err := parseSignature(header.Get(cmp.Or(rc.SignatureHeader, SignatureHeader)))
	if err != nil {
		return err
	}
	now := time.Now
	if rc.Now != nil {
		now = rc.Now
	}
	for _, secret := range rc.Secrets {
		if s.matches(secret, body) {
			return s.checkTime(now(), rc.Tolerance)
		}
	}
	return ErrSignature
}

// Handler returns a handler that reads callbacks and gives each to handle. It
// answers 204 when handle returns nil, and 500, so that the engine tries again,
// when it returns an error; what that says stays here. What is no callback never
// reaches handle: 405 for another method than POST, 401 for a signature that is
// missing, wrong or old, 413 for too long a body, 400 for one that cannot be read.
//
// The engine waits for the answer, and not for long: handle notes the event and
// leaves the work to others.
func (rc Receiver) Handler(handle func(context.Context, Envelope) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			w.Header().Set("Allow", http.MethodPost)
			http.Error(w, "POST only", http.StatusMethodNotAllowed)
			return
		}
		e, err := rc.Read(r)
		if err != nil {
			status := statusOf(err)
			http.Error(w, http.StatusText(status), status)
			return
		}
		if err := handle(r.Context(), e); err != nil {
			http.Error(w, "not handled", http.StatusInternalServerError)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
}

// statusOf returns the answer to a request that is no callback.
func statusOf(err error) int {
	_, tooLong := errors.AsType[*http.MaxBytesError](err)
	switch {
	case tooLong:
		return http.StatusRequestEntityTooLarge
	case errors.Is(err, ErrHeader), errors.Is(err, ErrSignature), errors.Is(err, ErrTimestamp):
		return http.StatusUnauthorized
	}
	return http.StatusBadRequest
}
