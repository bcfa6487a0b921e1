package outbound_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/engine/internal/outbound"
)

const hook = "http://hooks.example/spool?token=secret"

func hooks(t testing.TB, handler http.HandlerFunc) *network {
	return serve(t, handler).resolve("hooks.example", public)
}

func TestPostSendsHeadersAndBody(t *testing.T) {
	n := hooks(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.WriteHeader(http.StatusAccepted)
		fmt.Fprintln(w, r.Method, r.URL, r.ContentLength, string(body), r.Header["X-Signature"],
			r.Header["Content-Type"], r.Header["User-Agent"])
	})
	c := n.client(t, outbound.Config{UserAgent: "Example/1.0"})
	header := http.Header{"x-signature": {"t=1,v1=00"}}
	for _, test := range []struct{ userAgent, want string }{
		{"", "Example/1.0"}, {"Convertly-Webhooks/1.0", "Convertly-Webhooks/1.0"},
	} {
		if test.userAgent != "" {
			header.Set("User-Agent", test.userAgent)
		}
		resp, err := c.Post(t.Context(), hook, header, []byte(`{"id":1}`))
		if err != nil {
			t.Fatal(err)
		}
		want := `POST /spool?token=secret 8 {"id":1} [t=1,v1=00] [application/json] [` +
			test.want + "] "
		if resp.Status != http.StatusAccepted || resp.Preview != want {
			t.Errorf("got %+v, want %q", resp, want)
		}
	}
	n.wantDialled(t, public+":80") // the second went over the same connection
	if len(header) != 2 {
		t.Errorf("the caller's header was changed: %v", header)
	}
}

func TestPostFailsUnlessTheStatusIsSuccess(t *testing.T) {
	tests := map[int]codec.Class{
		200: "", 202: "", 204: "", 299: "",
		300: codec.Invalid, 304: codec.Invalid, 400: codec.Invalid, 401: codec.Invalid,
		404: codec.Invalid, 410: codec.Invalid, 408: codec.Transient, 425: codec.Transient,
		429: codec.Transient, 500: codec.Transient, 503: codec.Transient,
	}
	for status, class := range tests {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			n := hooks(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Retry-After", "7")
				w.WriteHeader(status)
				io.WriteString(w, "answer")
			})
			resp, err := n.client(t, outbound.Config{}).Post(t.Context(), hook, nil, nil)
			if resp.Status != status || resp.RetryAfter != 7*time.Second {
				t.Errorf("got %+v", resp)
			}
			if bodiless := status == 204 || status == 304; !bodiless && resp.Preview != "answer" {
				t.Errorf("got %+v", resp)
			}
			if class == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			wantClass(t, err, class)
			if e, ok := errors.AsType[*outbound.StatusError](err); !ok || e.Status != status {
				t.Errorf("got %v, want a StatusError", err)
			}
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("%q tells the token", err)
			}
		})
	}
}

func TestPostFollowsNoRedirect(t *testing.T) {
	for _, status := range []int{301, 302, 303, 307, 308} {
		for _, location := range []string{"http://169.254.169.254/", "/elsewhere"} {
			var requests atomic.Int64
			n := hooks(t, func(w http.ResponseWriter, _ *http.Request) {
				requests.Add(1)
				w.Header().Set("Location", location)
				w.WriteHeader(status)
			})
			resp, err := n.client(t, outbound.Config{}).Post(
				t.Context(), hook, nil, []byte("body"))
			wantClass(t, err, codec.Invalid)
			if resp.Status != status || requests.Load() != 1 {
				t.Errorf("got %+v after %d requests", resp, requests.Load())
			}
			n.wantDialled(t, public+":80")
		}
	}
}

func TestPostChecksTheURL(t *testing.T) {
	n := new(network)
	c := n.client(t, outbound.Config{})
	for _, u := range []string{
		"http://10.0.0.1/", "ftp://hooks.example/", "http://user:secret@hooks.example/", "%",
	} {
		resp, err := c.Post(t.Context(), u, nil, nil)
		wantClass(t, err, codec.Invalid)
		if resp != (outbound.Response{}) {
			t.Errorf("%s: got %+v", u, resp)
		}
	}
	n.wantDialled(t)
}

// A receiver that answers without end is cut off: Post returns. A pipe has no
// buffer, so what was written was read.
func TestPostReadsLittle(t *testing.T) {
	written := make(chan int, 1)
	n := script(func(w io.Writer, _ *http.Request) {
		io.WriteString(w, "HTTP/1.1 200 OK\r\n\r\n")
		total := 0
		for {
			n, err := io.WriteString(w, "no end ")
			if total += n; err != nil {
				written <- total
				return
			}
		}
	}).resolve("hooks.example", public)
	resp, err := n.client(t, outbound.Config{}).Post(t.Context(), hook, nil, nil)
	if err != nil || len(resp.Preview) != 512 || !strings.HasPrefix(resp.Preview, "no end no") {
		t.Errorf("got %+v, %v", resp, err)
	}
	if got := <-written; got > 16<<10 {
		t.Errorf("read %d bytes", got)
	}
}

func TestPreviewIsText(t *testing.T) {
	long := strings.Repeat("a", 510)
	tests := []struct{ name, answer, want string }{
		{"short", "ok", "ok"},
		{"nothing", "", ""},
		{"line breaks", "a\r\nb\tc", "a  b c"},
		{"terminal", "\x1b[31mred\x00\x7f\u0085", " [31mred   "},
		{"right to left", "a\u202eb", "a b"},
		{"no UTF-8", "a\xff\xc3b\xe2\x82", "a??b??"},
		{"as long as it may be", long + "bc", long + "bc"},
		{"one longer", long + "bcd", long + "bc"},
		{"two bytes at the cut", long + "bü", long + "b"},
		{"two bytes before the cut", long + "üb", long + "ü"},
		{"three bytes at the cut", long + "€", long},
		{"four bytes at the cut", long[1:] + "😀", long[1:]},
		{"half a character before the cut", long + "\xe2b" + "c", long + "?b"},
	}
	for _, test := range tests {
		got := outbound.Preview([]byte(test.answer))
		if got != test.want || len(got) > 512 || !utf8.ValidString(got) {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}
