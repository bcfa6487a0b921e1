package main

import (
	"io"
	"net/http"
	"time"
)

// paced gives up connections that stand still: a body of which nothing comes for
// limits.idle, and an answer of which nothing is taken. A deadline for the whole
// would cut off large files of slow, honest clients.
func (s *server) paced(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := http.NewResponseController(w)
		if r.ContentLength != 0 {
			// Also for a body that no handler reads: the server does.
			_ = c.SetReadDeadline(time.Now().Add(s.limits.idle))
		}
		r.Body = &pacedBody{ReadCloser: r.Body, control: c, idle: s.limits.idle}
		next.ServeHTTP(&pacedWriter{ResponseWriter: w, control: c, idle: s.limits.idle}, r)
	})
}

type pacedBody struct {
	io.ReadCloser
	control *http.ResponseController
	idle    time.Duration
}

func (b *pacedBody) Read(p []byte) (int, error) {
	// Not every writer has deadlines: those of tests may not.
	_ = b.control.SetReadDeadline(time.Now().Add(b.idle))
	n, err := b.ReadCloser.Read(p)
	if err == io.EOF {
		// The connection must not end while the answer is made.
		_ = b.control.SetReadDeadline(time.Time{})
	}
	return n, err
}

type pacedWriter struct {
	http.ResponseWriter
	control *http.ResponseController
	idle    time.Duration
}

func (w *pacedWriter) Write(p []byte) (int, error) {
	_ = w.control.SetWriteDeadline(time.Now().Add(w.idle))
	return w.ResponseWriter.Write(p)
}

// Unwrap is for [http.ResponseController].
func (w *pacedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
