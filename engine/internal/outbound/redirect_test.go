package outbound_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/engine/internal/outbound"
)

func TestFetchFollowsRedirects(t *testing.T) {
	for _, status := range []int{301, 302, 303, 307, 308} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			n := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if r.Host == "files.example" {
					w.Header().Set("Location", "http://cdn.example:8080/b.png?sig=1#x")
					w.WriteHeader(status)
					return
				}
				fmt.Fprint(w, r.Method, " ", r.URL)
			})
			n.resolve("cdn.example", "1.1.1.1")
			var got strings.Builder
			f, err := n.client(t, outbound.Config{}).Fetch(
				t.Context(), "http://files.example/a.jpg", -1, &got)
			if err != nil || got.String() != "GET /b.png?sig=1" {
				t.Errorf("got %q, %v", got.String(), err)
			}
			if f.URL != "http://cdn.example:8080/b.png" || f.Name != "b.png" {
				t.Errorf("got %+v", f)
			}
			n.wantDialled(t, public+":80", "1.1.1.1:8080")
		})
	}
}

func TestRedirectsAreCheckedAgain(t *testing.T) {
	tests := []struct {
		name, location string
		address        bool // refused because of its address
	}{
		{"private address", "http://10.0.0.1/", true},
		{"metadata", "http://169.254.169.254/latest/meta-data/", true},
		{"loopback", "http://[::1]:8080/", true},
		{"name of a private address", "http://inside.example/", true},
		{"other scheme", "file:///etc/passwd", false},
		{"gopher", "gopher://files.example/", false},
		{"user", "http://user:secret@files.example/", false},
		{"port", "http://files.example:6379/", false},
		{"no URL", "http://[secret", false},
		{"nowhere", "", false},
		{"endless", "/" + strings.Repeat("a", 9000), false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			n := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Location", test.location)
				w.WriteHeader(http.StatusFound)
			})
			n.resolve("inside.example", "192.168.1.1")
			_, err := n.client(t, outbound.Config{}).Fetch(
				t.Context(), "http://files.example/a.jpg", -1, io.Discard)
			wantClass(t, err, codec.Invalid)
			if _, ok := errors.AsType[*outbound.AddressError](err); ok != test.address {
				t.Errorf("got %v, want an AddressError: %v", err, test.address)
			}
			if strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "192.168") {
				t.Errorf("%q tells too much", err)
			}
			n.wantDialled(t, public+":80")
		})
	}
}

func TestRedirectsEnd(t *testing.T) {
	for _, test := range []struct {
		max  int
		want int64 // requests
	}{{0, 6}, {2, 3}, {-1, 1}} {
		t.Run(fmt.Sprint(test.max), func(t *testing.T) {
			var requests atomic.Int64
			n := serve(t, func(w http.ResponseWriter, r *http.Request) {
				requests.Add(1)
				http.Redirect(w, r, "/loop", http.StatusFound)
			})
			_, err := n.client(t, outbound.Config{MaxRedirects: test.max}).Fetch(
				t.Context(), "http://files.example/loop", -1, io.Discard)
			wantClass(t, err, codec.Invalid)
			if got := requests.Load(); got != test.want {
				t.Errorf("sent %d requests, want %d", got, test.want)
			}
		})
	}
}

func TestRedirectsDoNotLeaveHTTPS(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(
		func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://plain.example/", http.StatusFound)
		}))
	defer server.Close()
	plain := serve(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "film") })
	for _, allow := range []bool{false, true} {
		n := (&network{connect: func(address string) (net.Conn, error) {
			if strings.HasSuffix(address, ":443") {
				return to(server)(address)
			}
			return plain.connect(address)
		}}).resolve("example.com", public).resolve("plain.example", "1.1.1.1")
		c := n.client(t, outbound.Config{RootCAs: rootsOf(server), AllowDowngrade: allow})
		_, err := c.Fetch(t.Context(), "https://example.com/", -1, io.Discard)
		if allow {
			if err != nil {
				t.Error(err)
			}
			n.wantDialled(t, public+":443", "1.1.1.1:80")
			continue
		}
		wantClass(t, err, codec.Invalid)
		n.wantDialled(t, public+":443")
	}
}

// The next host learns nothing of the last one: neither its query, nor its cookies.
func TestRedirectsCarryNothingAlong(t *testing.T) {
	var got http.Header
	n := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Host == "files.example" {
			w.Header().Set("Set-Cookie", "session=secret; Path=/")
			w.Header().Set("WWW-Authenticate", "Basic")
			http.Redirect(w, r, "http://other.example/", http.StatusFound)
			return
		}
		got = r.Header
	})
	n.resolve("other.example", "1.1.1.1")
	_, err := n.client(t, outbound.Config{UserAgent: "Example/1.0"}).Fetch(
		t.Context(), "http://files.example/?sig=secret", -1, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || got.Get("User-Agent") != "Example/1.0" ||
		got.Get("Accept-Encoding") != "identity" {
		t.Errorf("the other host received %v", got)
	}
}
