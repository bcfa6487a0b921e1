package main

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/spoolmedia/spool/engine"
)

// Links to files are signed, so that images, players and other programs can follow
// them without a key. They last for a day or a little more: the end is a full hour,
// so that a page that is drawn again finds its pictures in the cache.
const (
	linkLength = 24 * time.Hour
	linkStep   = time.Hour
)

// baseOf returns the beginning of links to this server, without a slash.
func (s *server) baseOf(r *http.Request) string {
	if s.base != "" {
		return s.base
	}
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	return scheme + "://" + r.Host
}

// link returns a signed address of the path.
func (s *server) link(r *http.Request, format string, args ...any) string {
	path := fmt.Sprintf(format, args...)
	end := s.now().Add(linkLength + linkStep).Truncate(linkStep)
	expires := strconv.FormatInt(end.Unix(), 10)
	query := url.Values{"expires": {expires}, "token": {s.sign("link", path, expires)}}
	return s.baseOf(r) + path + "?" + query.Encode()
}

// jobFor returns the job in the path, for whoever has a link or the key of its
// account. To others there is no such job.
func (s *server) jobFor(r *http.Request) (engine.Job, error) {
	query := r.URL.Query()
	expires, token := query.Get("expires"), query.Get("token")
	if token == "" {
		account, err := s.accountFor(r)
		if err != nil {
			return engine.Job{}, err
		}
		return s.jobOf(r, account)
	}
	until, err := strconv.ParseInt(expires, 10, 64)
	if err != nil || !s.signed(token, "link", r.URL.Path, expires) {
		return engine.Job{}, failf(http.StatusForbidden, "The link is not valid.")
	}
	if s.now().Unix() > until {
		return engine.Job{}, failf(http.StatusForbidden, "The link has expired.")
	}
	return s.engine.Status(r.Context(), r.PathValue("id"))
}

// job returns the job in the path, if it is of the request's account.
func (s *server) job(r *http.Request) (engine.Job, error) {
	return s.jobOf(r, accountOf(r.Context()))
}

func (s *server) jobOf(r *http.Request, account string) (engine.Job, error) {
	id, err := uuid.Parse(r.PathValue("id"))
	if err != nil {
		return engine.Job{}, engine.ErrNotFound
	}
	job, err := s.engine.Status(r.Context(), id.String())
	if err == nil && job.Account != account {
		return engine.Job{}, engine.ErrNotFound
	}
	return job, err
}

// number returns a number in the query, def if it is not there.
func number(r *http.Request, name string, def, least, most int) (int, error) {
	text := r.URL.Query().Get(name)
	n, err := strconv.Atoi(cmp.Or(text, strconv.Itoa(def)))
	if err != nil || n < least || n > most {
		return 0, failf(http.StatusBadRequest, "%s: %q is not a number from %d to %d.",
			name, text, least, most)
	}
	return n, nil
}
