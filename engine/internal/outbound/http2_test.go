package outbound_test

import (
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/engine/internal/outbound"
)

func newHTTP2Server(handler http.HandlerFunc) *httptest.Server {
	server := httptest.NewUnstartedServer(handler)
	server.EnableHTTP2 = true
	return server
}

// rootsOf returns the certificate of a server as the only authority.
func rootsOf(server *httptest.Server) *x509.CertPool {
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	return roots
}

func TestFetchOverHTTP2(t *testing.T) {
	server := newHTTP2Server(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "16")
		io.WriteString(w, r.Proto)
		if r.URL.Path == "/cut" {
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		}
		if r.URL.Path != "/short" {
			io.WriteString(w, " is here")
		}
	})
	server.StartTLS()
	defer server.Close()
	n := (&network{connect: to(server)}).resolve("example.com", public)
	c := n.client(t, outbound.Config{RootCAs: rootsOf(server)})

	var got strings.Builder
	_, err := c.Fetch(t.Context(), "https://example.com/", limit, &got)
	if err != nil || got.String() != "HTTP/2.0 is here" {
		t.Errorf("got %q, %v", got.String(), err)
	}
	for _, path := range []string{"cut", "short"} {
		_, err := c.Fetch(t.Context(), "https://example.com/"+path, limit, io.Discard)
		wantClass(t, err, codec.Transient)
	}
}

// All requests to a host share one connection of HTTP/2. When that dies without a
// word, one of them has to wait, and the next finds a new connection.
func TestADeadHTTP2ConnectionIsReplaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := newHTTP2Server(func(http.ResponseWriter, *http.Request) {})
		server.Listener.Close() // outside of the bubble
		pipes := newPipeListener()
		server.Listener = pipes
		server.StartTLS()
		defer server.Close()
		var current *deadly
		n := (&network{connect: func(string) (net.Conn, error) {
			client, conn := net.Pipe()
			pipes.conns <- conn
			current = &deadly{Conn: client}
			return current, nil
		}}).resolve("example.com", public)
		c := n.client(t, outbound.Config{RootCAs: rootsOf(server)})
		post := func() error {
			_, err := c.Post(t.Context(), "https://example.com/", nil, nil)
			return err
		}
		if err := post(); err != nil {
			t.Fatal(err)
		}
		current.dead.Store(true)
		wantClass(t, post(), codec.Transient)
		if err := post(); err != nil {
			t.Errorf("after a dead connection: %v", err)
		}
		n.wantDialled(t, public+":443", public+":443")
	})
}

// deadly is a connection that, once it is dead, swallows what is written to it.
type deadly struct {
	net.Conn
	dead atomic.Bool
}

func (d *deadly) Write(p []byte) (int, error) {
	if d.dead.Load() {
		return len(p), nil
	}
	return d.Conn.Write(p)
}

// pipeListener accepts what is sent to conns.
type pipeListener struct {
	conns chan net.Conn
	close func()
}

func newPipeListener() *pipeListener {
	conns := make(chan net.Conn)
	return &pipeListener{conns, sync.OnceFunc(func() { close(conns) })}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	conn, ok := <-l.conns
	if !ok {
		return nil, net.ErrClosed
	}
	return conn, nil
}

func (l *pipeListener) Close() error   { l.close(); return nil }
func (l *pipeListener) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }
