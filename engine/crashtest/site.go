package crashtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"github.com/spoolmedia/spool/callback"
	"github.com/spoolmedia/spool/engine"
)

// siteName is a name that only the children's resolver knows.
const siteName = "site.test"

// secret signs callbacks.
const secret = "crashtest"

// site is the other side of the children, in the parent: where inputs are fetched
// from, and what receives callbacks and counts them.
type site struct {
	server http.Server
	served chan error
	port   int

	mu       sync.Mutex     // guards received
	received map[string]int // callbacks, by the ID of their envelopes
}

// openSite opens a site on a loopback address.
func openSite() (*site, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &site{
		served: make(chan error, 1), port: l.Addr().(*net.TCPAddr).Port,
		received: make(map[string]int),
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{number}/{index}", s.file)
	mux.Handle("/hook", callback.Receiver{Secrets: []string{secret}}.Handler(s.receive))
	s.server = http.Server{Handler: mux, ReadHeaderTimeout: time.Minute}
	go func() { s.served <- s.server.Serve(l) }()
	return s, nil
}

func (s *site) close() {
	_ = s.server.Close()
	if err := <-s.served; !errors.Is(err, http.ErrServerClosed) {
		log.Print("crashtest: the site: ", err)
	}
}

// file answers with an input of a request.
func (s *site) file(w http.ResponseWriter, r *http.Request) {
	number, err := strconv.ParseUint(r.PathValue("number"), 10, 64)
	index, ierr := strconv.Atoi(r.PathValue("index"))
	if err != nil || ierr != nil || index < 0 || index >= len(files(number)) {
		http.NotFound(w, r)
		return
	}
	_, _ = io.WriteString(w, files(number)[index].content)
}

func (s *site) receive(_ context.Context, e callback.Envelope) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.received[e.ID]++
	return nil
}

// outbound is the children's way to a site, whose address is no public one.
func outbound() engine.Outbound {
	return engine.Outbound{
		Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}, Ports: []uint16{0},
		Resolver: resolver{},
	}
}

// resolver knows the name of the site.
type resolver struct{}

// LookupNetIP implements [engine.Resolver].
func (resolver) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	if host != siteName {
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil
}

// inputURL is where the site has an input of a request.
func inputURL(port int, number uint64, index int) string {
	return fmt.Sprintf("http://%s:%d/%d/%d", siteName, port, number, index)
}

// hookURL is where the site receives callbacks.
func hookURL(port int) string { return fmt.Sprintf("http://%s:%d/hook", siteName, port) }
