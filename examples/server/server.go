package main

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/engine"
)

// config is what a server stands on.
type config struct {
	engine   *engine.Engine
	codecs   []codec.Codec   // the engine's
	policy   codec.Policy    // the engine's
	registry *codec.Registry // the engine's; nil means spool's own operations
	keys     keys
	secret   []byte // of links and sessions
	base     string // of links; "" takes it from each request
	limits   limits
	log      *slog.Logger
	now      func() time.Time // nil means time.Now
}

// server answers requests.
type server struct {
	config
	queue *admission
	// qualities are the defaults of operations that have a quality.
	qualities map[string]int
	// streams ends when event streams must.
	streams     context.Context
	stopStreams context.CancelFunc
}

// newServer makes a server.
func newServer(c config) *server {
	if c.registry == nil {
		c.registry = codec.NewRegistry()
	}
	if c.log == nil {
		c.log = slog.Default()
	}
	if c.now == nil {
		c.now = time.Now
	}
	c.limits = c.limits.withDefaults()
	s := &server{config: c, queue: newAdmission(c), qualities: qualities(c.registry)}
	s.streams, s.stopStreams = context.WithCancel(context.Background())
	return s
}

// handler returns all that the server answers.
func (s *server) handler() http.Handler {
	mux := http.NewServeMux()
	for _, r := range s.routes() {
		h := r.handle
		if !r.public {
			h = s.authenticated(h)
		}
		mux.Handle(r.pattern, s.answered(h))
	}
	mux.Handle("GET /openapi.json", s.answered(s.describe))
	mux.Handle("/video/", s.answered(notHere(mux)))
	mux.Handle("/api/", s.answered(notHere(mux)))
	mux.Handle("/", page())
	guard := http.NewCrossOriginProtection()
	guard.SetDenyHandler(s.answered(func(http.ResponseWriter, *http.Request) error {
		return failf(http.StatusForbidden, "Requests of other sites are refused.")
	}))
	return secured(s.paced(guard.Handler(mux)))
}

// notHere answers what no route takes: 405 if one takes the path, 404 if not.
func notHere(mux *http.ServeMux) handle {
	return func(w http.ResponseWriter, r *http.Request) error {
		for _, method := range []string{"GET", "POST", "DELETE"} {
			other := r.Clone(r.Context())
			other.Method = method
			if _, pattern := mux.Handler(other); pattern != "/api/" && pattern != "/video/" {
				w.Header().Add("Allow", method)
			}
		}
		if len(w.Header().Values("Allow")) > 0 {
			return failf(http.StatusMethodNotAllowed, "%s is not possible here.", r.Method)
		}
		return failf(http.StatusNotFound, "There is nothing at this address.")
	}
}

// secured sets what every answer needs: no guessing of types, and no address,
// which may be signed, for other sites.
func secured(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Referrer-Policy", "no-referrer")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; sandbox")
		next.ServeHTTP(w, r)
	})
}
