package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/engine"
)

// Bounds of expiresIn, in seconds.
const (
	leastExpiry   = 60
	mostExpiry    = 604800
	defaultExpiry = 3600
)

// transformed is where the results of signed transforms are.
const transformed = "/api/media/transformed"

// retainTransform is how long the result of a transform is kept: whoever asks for
// it again within this time waits for nothing.
const retainTransform = 24 * time.Hour

// signedTransform answers with an address under which anybody gets a picture from
// the web, transformed.
func (s *server) signedTransform(w http.ResponseWriter, r *http.Request) error {
	if _, ok := s.tool("transform"); !ok {
		return failf(http.StatusNotImplemented, "transform is not available on this server.")
	}
	var body map[string]json.RawMessage
	if err := readJSON(w, r, &body); err != nil {
		return err
	}
	source, expiresIn := "", defaultExpiry
	if json.Unmarshal(body["sourceUrl"], &source) != nil {
		return failf(http.StatusBadRequest, "sourceUrl must be an http or https address.")
	}
	if err := s.engine.CheckURL(source); err != nil {
		return failf(http.StatusBadRequest, "sourceUrl: %s", plain(err))
	}
	if text, ok := body["expiresIn"]; ok && (json.Unmarshal(text, &expiresIn) != nil ||
		expiresIn < leastExpiry || expiresIn > mostExpiry) {
		return failf(http.StatusBadRequest, "expiresIn must be from %d to %d seconds.",
			leastExpiry, mostExpiry)
	}
	delete(body, "sourceUrl")
	delete(body, "expiresIn")
	settings, err := json.Marshal(body)
	if err != nil {
		return err
	}
	op, err := s.registry.Decode("transform", settings)
	if err == nil {
		err = op.Validate()
	}
	if err != nil {
		return failf(http.StatusBadRequest, "%s", plain(err))
	}
	if _, settings, err = codec.Encode(op); err != nil {
		return err
	}
	expires := s.now().Add(time.Duration(expiresIn) * time.Second)
	query := url.Values{
		"account": {accountOf(r.Context())}, "sourceUrl": {source}, "settings": {string(settings)},
		"expires": {strconv.FormatInt(expires.Unix(), 10)},
	}
	query.Set("token", s.sign("transform", query.Encode()))
	return writeJSON(w, http.StatusOK, signedURL{
		URL:       s.baseOf(r) + transformed + "?" + query.Encode(),
		ExpiresAt: expires.UTC().Truncate(time.Second),
	})
}

type signedURL struct {
	URL       string    `json:"url"`
	ExpiresAt time.Time `json:"expiresAt"`
}

// getTransformed answers with the picture of a signed address. The engine's
// idempotency is the cache: the same address is the same job, for a thousand
// requests at once as for those that come later.
func (s *server) getTransformed(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	token := query.Get("token")
	query.Del("token")
	if !s.signed(token, "transform", query.Encode()) {
		return failf(http.StatusForbidden, "The link is not valid.")
	}
	expires, err := strconv.ParseInt(query.Get("expires"), 10, 64)
	left := expires - s.now().Unix()
	if err != nil || left < 0 {
		return failf(http.StatusForbidden, "The link has expired.")
	}
	op, err := s.registry.Decode("transform", json.RawMessage(query.Get("settings")))
	if err != nil {
		return err
	}
	in := engine.FromURL(query.Get("sourceUrl"))
	in.Operation = op
	job, err := s.engine.Submit(r.Context(), engine.Request{
		// An account of its own: these are no jobs that somebody has made.
		Account: query.Get("account") + "+transforms", Inputs: []engine.Input{in},
		IdempotencyKey: token, Retain: retainTransform, Operation: op, MaxAttempts: 2,
	})
	if err != nil {
		return err
	}
	if job, err = s.engine.Wait(r.Context(), job.ID); err != nil {
		return err
	}
	file, err := s.engine.File(r.Context(), job.ID, 0)
	if err != nil {
		return err
	}
	if len(file.Outputs) == 0 {
		// The next request shall try again.
		err := s.engine.Delete(r.Context(), job.ID)
		if file.Error != nil {
			return errors.Join(fileFailure(file.Error), err)
		}
		return errors.Join(failf(http.StatusBadGateway, "Nothing was made."), err)
	}
	// It is made to be shown on other sites.
	w.Header().Set("Cross-Origin-Resource-Policy", "cross-origin")
	w.Header().Set("Cache-Control", fmt.Sprintf("public, max-age=%d, immutable", left))
	return s.sendShown(w, r, file.Outputs[0], file.Ended, true)
}
