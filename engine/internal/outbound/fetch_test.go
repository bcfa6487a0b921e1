package outbound_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/engine/internal/outbound"
)

const film = "http://files.example/film.mp4?sig=secret"

// limit of most fetches here.
const limit = 1 << 20

// fetch fetches film.
func fetch(t *testing.T, n *network) (outbound.Fetched, string, error) {
	t.Helper()
	var got strings.Builder
	f, err := n.client(t, outbound.Config{}).Fetch(t.Context(), film, limit, &got)
	if err != nil {
		for _, secret := range []string{"secret", public} {
			if strings.Contains(err.Error(), secret) {
				t.Errorf("%q tells %s", err, secret)
			}
		}
	}
	return f, got.String(), err
}

func TestFetchTellsWhatCame(t *testing.T) {
	f, got, err := fetch(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "Video/MP4; codecs=avc1")
		w.Header().Set("Content-Encoding", "identity")
		w.Header().Set("Content-Disposition", `attachment; filename="holiday.mp4"`)
		fmt.Fprintf(w, "%s %s", r.Method, r.URL)
	}))
	if err != nil {
		t.Fatal(err)
	}
	want := outbound.Fetched{
		Name: "holiday.mp4", Size: 24, Type: "video/mp4", URL: "http://files.example/film.mp4",
	}
	if f != want || got != "GET /film.mp4?sig=secret" {
		t.Errorf("got %+v and %q, want %+v", f, got, want)
	}
}

func TestFetchBelievesNoAbsurdHeaders(t *testing.T) {
	long := "video/" + strings.Repeat("a", 1000)
	for _, value := range []string{long, "", "video", "a b/c", "\xff/\xff", ";;;"} {
		f, _, err := fetch(t, serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", value)
			w.Header().Set("Content-Encoding", long+value)
		}))
		if err != nil || len(f.Type) > 255 || f.Type != "" && f.Type != "video" || f.Encoding != "" {
			t.Errorf("%.20q: got %+v, %v", value, f, err)
		}
	}
}

func TestFetchLimitsTheSize(t *testing.T) {
	var chunked = func(size int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			for size := size; size > 0; size -= 1 << 10 {
				if _, err := w.Write(make([]byte, min(size, 1<<10))); err != nil {
					return
				}
				w.(http.Flusher).Flush()
			}
		}
	}
	announced := func(size int64) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", fmt.Sprint(size))
			w.Write(make([]byte, min(size, limit+1)))
		}
	}
	tests := []struct {
		name    string
		handler http.HandlerFunc
		class   codec.Class // "": fetched
		written int
	}{
		{"announced, as much as the limit", announced(limit), "", limit},
		{"announced, one more", announced(limit + 1), codec.Limit, 0},
		{"announced, 10 GiB", announced(10 << 30), codec.Limit, 0},
		{"chunked, as much as the limit", chunked(limit), "", limit},
		{"chunked, one more", chunked(limit + 1), codec.Limit, limit},
		{"chunked, without end", chunked(1 << 40), codec.Limit, limit},
		{"nothing", announced(0), "", 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f, got, err := fetch(t, serve(t, test.handler))
			if test.class != "" {
				wantClass(t, err, test.class)
			} else if err != nil || f.Size != int64(test.written) {
				t.Errorf("got size %d, %v", f.Size, err)
			}
			if len(got) != test.written {
				t.Errorf("got %d bytes, want %d", len(got), test.written)
			}
		})
	}
}

func TestFetchWithoutALimit(t *testing.T) {
	n := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.Write(make([]byte, 3<<20)) })
	f, err := n.client(t, outbound.Config{}).Fetch(t.Context(), film, -1, io.Discard)
	if err != nil || f.Size != 3<<20 {
		t.Errorf("got %+v, %v", f, err)
	}
}

// What was compressed on its way is not unpacked: a bomb stays small.
func TestFetchDoesNotDecompress(t *testing.T) {
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	for range 4 { // times the limit
		if _, err := z.Write(make([]byte, 1<<20)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	f, got, err := fetch(t, serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		w.Write(bomb.Bytes())
	}))
	if err != nil || got != bomb.String() || f.Encoding != "gzip" {
		t.Errorf("got %d bytes of %d, encoding %q, %v", len(got), bomb.Len(), f.Encoding, err)
	}
}

func TestFetchClassesOfStatuses(t *testing.T) {
	tests := map[int]codec.Class{
		200: "", 201: "", 203: "", 204: "",
		206: codec.Invalid, 300: codec.Invalid, 304: codec.Invalid, 400: codec.Invalid,
		401: codec.Invalid, 403: codec.Invalid, 404: codec.Invalid, 410: codec.Invalid,
		451: codec.Invalid, 999: codec.Transient,
		408: codec.Transient, 425: codec.Transient, 429: codec.Transient, 500: codec.Transient,
		502: codec.Transient, 503: codec.Transient, 504: codec.Transient, 599: codec.Transient,
	}
	for status, class := range tests {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			_, got, err := fetch(t, serve(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Retry-After", "120")
				w.WriteHeader(status)
				io.WriteString(w, "answer")
			}))
			if class == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			wantClass(t, err, class)
			if got != "" {
				t.Errorf("wrote %q", got)
			}
			e, ok := errors.AsType[*outbound.StatusError](err)
			if status == http.StatusPartialContent {
				return
			}
			if !ok || e.Status != status || e.RetryAfter != 2*time.Minute {
				t.Errorf("got %#v, %v", e, err)
			}
		})
	}
}

func TestRetryAfterIsBounded(t *testing.T) {
	tests := map[string]time.Duration{
		"":                              0,
		"0":                             0,
		"30":                            30 * time.Second,
		"-30":                           0,
		"soon":                          0,
		"1e3":                           0,
		"90000":                         24 * time.Hour,
		"4294967295":                    24 * time.Hour,
		"Sat, 01 Jan 2000 00:01:00 GMT": time.Minute, // a bubble begins with that year
		"Fri, 31 Dec 1999 00:00:00 GMT": 0,
		"Fri, 31 Dec 9999 00:00:00 GMT": 24 * time.Hour,
	}
	for value, want := range tests {
		synctest.Test(t, func(t *testing.T) {
			n := raw("HTTP/1.1 503 Busy\r\nRetry-After: " + value + "\r\nContent-Length: 0\r\n\r\n")
			_, _, err := fetch(t, n)
			e, ok := errors.AsType[*outbound.StatusError](err)
			if !ok || e.RetryAfter != want {
				t.Errorf("%q: got %v, want %v", value, err, want)
			}
		})
	}
}

func TestBrokenAnswersAreTransientFaults(t *testing.T) {
	tests := []struct{ name, answer string }{
		{"nothing", ""},
		{"no HTTP", "SSH-2.0-OpenSSH_9.2\r\n"},
		{"half a head", "HTTP/1.1 200 OK\r\nContent-Le"},
		{"shorter than announced", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"},
		{"nothing of what was announced", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"},
		{"cut in a chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\nhalf"},
		{"cut between chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"},
		{"chunk of no length", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"},
		{"two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nhalf"},
		{"negative length", "HTTP/1.1 200 OK\r\nContent-Length: -4\r\n\r\nhalf"},
		{"huge head", "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("a", 1<<20) + "\r\n\r\n"},
		{"many headers", "HTTP/1.1 200 OK\r\n" + strings.Repeat("X: a\r\n", 1<<17) + "\r\n"},
		{"endless 1xx", strings.Repeat("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", 1<<14)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f, got, err := fetch(t, raw(test.answer))
			wantClass(t, err, codec.Transient)
			if f != (outbound.Fetched{}) || !strings.HasPrefix("half", got) {
				t.Errorf("got %+v and %q", f, got)
			}
			n := raw(test.answer)
			resp, err := n.client(t, outbound.Config{}).Post(t.Context(), film, nil, nil)
			if resp.Status == 0 {
				wantClass(t, err, codec.Transient)
			}
		})
	}
}

func TestAnUnknownCertificateIsAFault(t *testing.T) {
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // it will tell of the handshake
	server.StartTLS()
	defer server.Close()
	n := (&network{connect: to(server)}).resolve("example.com", public)
	_, err := n.client(t, outbound.Config{RootCAs: x509.NewCertPool()}).Fetch(
		t.Context(), "https://example.com/", limit, io.Discard)
	wantClass(t, err, codec.Transient)
	if !strings.Contains(err.Error(), "certificate") {
		t.Errorf("got %v", err)
	}
}

func TestUnknownNamesAndUnreachableHostsAreTransientFaults(t *testing.T) {
	n := (&network{}).resolve("files.example", public)
	c := n.client(t, outbound.Config{})
	for host, want := range map[string]string{
		"nowhere.example": "there is no host nowhere.example",
		"files.example":   "the connection to files.example failed",
	} {
		_, err := c.Fetch(t.Context(), "http://"+host, limit, io.Discard)
		wantClass(t, err, codec.Transient)
		if err.Error() != want {
			t.Errorf("got %q, want %q", err, want)
		}
	}
	_, err := c.Fetch(t.Context(), film, limit, io.Discard)
	if !errors.Is(err, errNoRoute) || !strings.Contains(outbound.Cause(err).Error(), "no route") {
		t.Errorf("the cause of %v is lost", err)
	}
}

var errDiskFull = errors.New("disk full")

type fullDisk struct{}

func (fullDisk) Write(p []byte) (int, error) { return len(p) / 2, errDiskFull }

func TestAnErrorOfTheWriterIsNoFaultOfTheNetwork(t *testing.T) {
	n := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.Write(make([]byte, 1<<20)) })
	_, err := n.client(t, outbound.Config{}).Fetch(t.Context(), film, limit, fullDisk{})
	if !errors.Is(err, errDiskFull) {
		t.Errorf("got %v, want %v", err, errDiskFull)
	}
}

func TestFetchEndsWithItsContext(t *testing.T) {
	errShutdown := errors.New("shutdown")
	for _, stage := range []string{"dial", "head", "body"} {
		t.Run(stage, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancelCause(t.Context())
				n := script(func(w io.Writer, _ *http.Request) {
					if stage == "body" {
						io.WriteString(w, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
					}
				})
				c := n.client(t, outbound.Config{})
				if stage == "dial" {
					c = hanging(t)
				}
				failed := make(chan error)
				go func() {
					_, err := c.Fetch(ctx, film, limit, io.Discard)
					failed <- err
				}()
				synctest.Wait()
				cancel(errShutdown)
				if err := <-failed; !errors.Is(err, errShutdown) {
					t.Errorf("got %v, want %v", err, errShutdown)
				}
			})
		})
	}
}
