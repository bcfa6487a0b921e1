package outbound_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/engine/internal/outbound"
)

// public is the address that names have here unless a test says otherwise. Nothing
// is sent to it: the network connects to a listener on loopback, or to a pipe.
const public = "93.184.215.14"

var errNoRoute = errors.New("connect: no route to host")

// network is a resolver and a dialler that notes what would have been dialled.
type network struct {
	// connect is where dialled addresses lead; nil: nowhere.
	connect func(address string) (net.Conn, error)

	mu      sync.Mutex
	answers map[string][][]netip.Addr // by name; the last one stays
	dialled []string

	serving sync.WaitGroup // the other ends of pipes
}

// resolve gives a name its addresses: one list, separated by blanks, for each
// look-up.
func (n *network) resolve(name string, answers ...string) *network {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.answers == nil {
		n.answers = make(map[string][][]netip.Addr)
	}
	for _, answer := range answers {
		var addrs []netip.Addr
		for text := range strings.FieldsSeq(answer) {
			addrs = append(addrs, netip.MustParseAddr(text))
		}
		n.answers[name] = append(n.answers[name], addrs)
	}
	return n
}

func (n *network) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	answers, ok := n.answers[host]
	if !ok {
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	if len(answers) > 1 {
		n.answers[host] = answers[1:]
	}
	return slices.Clone(answers[0]), nil
}

func (n *network) Dial(ctx context.Context, _, address string) (net.Conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	n.mu.Lock()
	n.dialled = append(n.dialled, address)
	n.mu.Unlock()
	if n.connect == nil {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: errNoRoute}
	}
	return n.connect(address)
}

func (n *network) wantDialled(t *testing.T, want ...string) {
	t.Helper()
	n.mu.Lock()
	defer n.mu.Unlock()
	if !slices.Equal(n.dialled, want) {
		t.Errorf("dialled %q, want %q", n.dialled, want)
	}
}

// client returns a client on the network, closed when the test ends.
func (n *network) client(t testing.TB, config outbound.Config) *outbound.Client {
	config.Resolver, config.Dial = n, n.Dial
	c := outbound.New(config)
	t.Cleanup(func() {
		c.Close()
		n.serving.Wait()
	})
	return c
}

// serve returns a network of one server on loopback, which is files.example.
func serve(t testing.TB, handler http.HandlerFunc) *network {
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return (&network{connect: to(server)}).resolve("files.example", public)
}

func to(server *httptest.Server) func(string) (net.Conn, error) {
	return func(string) (net.Conn, error) {
		return net.Dial("tcp", server.Listener.Addr().String())
	}
}

// script returns a network whose connections are pipes: for each, answer gets the
// first request and may write what it likes. What it leaves open hangs until the
// client has closed it. Pipes work in bubbles of testing/synctest.
func script(answer func(w io.Writer, r *http.Request)) *network {
	n := new(network)
	n.connect = func(string) (net.Conn, error) {
		client, server := net.Pipe()
		n.serving.Go(func() {
			defer server.Close()
			in := bufio.NewReader(server)
			r, err := http.ReadRequest(in)
			if err != nil {
				return
			}
			if _, err := io.Copy(io.Discard, r.Body); err != nil {
				return
			}
			answer(server, r)
			if r.Close {
				return
			}
			io.Copy(io.Discard, in) // until the client closes
		})
		return client, nil
	}
	return n.resolve("files.example", public)
}

// raw returns a network whose server answers with these bytes and closes.
func raw(answer string) *network {
	return script(func(w io.Writer, r *http.Request) {
		io.WriteString(w, answer)
		r.Close = true
	})
}

// wantClass fails the test unless err is of the class.
func wantClass(t *testing.T, err error, want codec.Class) {
	t.Helper()
	if err == nil {
		t.Fatalf("got no error, want one of class %s", want)
	}
	if got := codec.ClassOf(err); got != want {
		t.Errorf("got class %s, want %s: %v (%v)", got, want, err, outbound.Cause(err))
	}
}

// wantRefused fails the test unless err says that an address is refused, without
// saying which, and its cause does.
func wantRefused(t *testing.T, err error, addresses ...string) {
	t.Helper()
	wantClass(t, err, codec.Invalid)
	e, ok := errors.AsType[*outbound.AddressError](err)
	if !ok {
		t.Fatalf("got %v, want an AddressError", err)
	}
	if !errors.Is(err, e.Err) {
		t.Errorf("%v does not wrap its cause", err)
	}
	for _, address := range addresses {
		if strings.Contains(err.Error(), address) {
			t.Errorf("%q tells the address", err)
		}
		if cause := outbound.Cause(err).Error(); !strings.Contains(cause, address) {
			t.Errorf("the cause %q does not tell %s", cause, address)
		}
	}
}
