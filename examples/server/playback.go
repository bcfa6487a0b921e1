package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spoolmedia/spool/engine"
)

// grant is the element of a path that lets a player in. It is no query, because
// playlists name their segments by paths that are relative to their own.
func (s *server) grant(playback string, o streamOrder) string {
	if o.Access == "public" {
		return "public"
	}
	end := s.now().Add(time.Duration(o.TokenTTLSeconds) * time.Second)
	expires := strconv.FormatInt(end.Unix(), 10)
	return expires + "." + s.sign("playback", playback, expires)
}

// play sends a playlist, a manifest, a segment, captions or the poster of a stream.
func (s *server) play(w http.ResponseWriter, r *http.Request) error {
	playback := r.PathValue("playback")
	job, err := s.engine.Status(r.Context(), strings.TrimPrefix(playback, "pb_"))
	var o streamOrder
	if err != nil || json.Unmarshal([]byte(job.Labels["stream"]), &o) != nil {
		return failf(http.StatusNotFound, "There is no such stream.")
	}
	left, err := s.admit(playback, r.PathValue("grant"), o)
	if err != nil {
		return err
	}
	if err := admitOrigin(w, r.Header.Get("Origin"), o.AllowedDomains); err != nil {
		return err
	}
	file, err := s.engine.File(r.Context(), job.ID, 0)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(file.Outputs, func(o engine.Output) bool {
		return o.Name == r.PathValue("name")
	})
	if i < 0 {
		return failf(http.StatusNotFound, "There is no such file.")
	}
	w.Header().Set("Cross-Origin-Resource-Policy", "cross-origin")
	w.Header().Set("Cache-Control", fmt.Sprintf("public, max-age=%d, immutable", int(left.Seconds())))
	return s.sendShown(w, r, file.Outputs[i], file.Ended, true)
}

// admit returns how long the grant lets a player in.
func (s *server) admit(playback, grant string, o streamOrder) (time.Duration, error) {
	if o.Access == "public" {
		return time.Hour, nil
	}
	expires, mac, _ := strings.Cut(grant, ".")
	until, err := strconv.ParseInt(expires, 10, 64)
	if err != nil || !s.signed(mac, "playback", playback, expires) {
		return 0, failf(http.StatusForbidden, "The link is not valid.")
	}
	left := time.Unix(until, 0).Sub(s.now())
	if left < 0 {
		return 0, failf(http.StatusForbidden, "The link has expired.")
	}
	return left, nil
}

// admitOrigin lets pages of the domains in, or of all if there are none. Players
// that are no pages send no origin.
func admitOrigin(w http.ResponseWriter, origin string, domains []string) error {
	if len(domains) == 0 {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		return nil
	}
	w.Header().Set("Vary", "Origin")
	if origin == "" {
		return nil
	}
	u, err := url.Parse(origin)
	if err != nil || !slices.Contains(domains, u.Hostname()) {
		return failf(http.StatusForbidden, "The stream does not play on pages of %q.", origin)
	}
	w.Header().Set("Access-Control-Allow-Origin", origin)
	return nil
}
