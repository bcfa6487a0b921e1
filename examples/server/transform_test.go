package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/engine"
	"github.com/spoolmedia/spool/engine/enginetest"
)

// transformer does transforms by writing what was asked for.
type transformer struct{ enginetest.Codec }

func (*transformer) Offers() []codec.Offer {
	return []codec.Offer{{Op: "transform", From: []string{"text/plain"}, To: []string{"webp"},
		Lane: codec.LaneImage}}
}

func TestASignedTransformIsMadeOnceForEverybody(t *testing.T) {
	var fetched, made atomic.Int64
	source := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fetched.Add(1)
		_, _ = w.Write([]byte("a picture\n"))
	}))
	t.Cleanup(source.Close)
	c := new(transformer)
	broken := new(atomic.Bool)
	c.Do = func(ctx context.Context, w *codec.Work) error {
		made.Add(1)
		if broken.Load() {
			return codec.Errorf(codec.Invalid, "the picture is broken")
		}
		return enginetest.Write(ctx, w, "p.webp", []byte(w.Op.(codec.Transform).Format))
	}
	now := time.Now()
	f := start(t, setup{codecs: []codec.Codec{c}, now: func() time.Time { return now },
		engine: engine.Config{Outbound: engine.Outbound{
			Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Ports: []uint16{0}}}})
	sign := func(body string, status int) (s signedURL) {
		t.Helper()
		r := f.request("POST", "/api/media/signed-transform", strings.NewReader(body),
			"Content-Type", "application/json")
		f.call(r, status, &s)
		return s
	}
	s := sign(`{"sourceUrl":"`+source.URL+`/p.txt","width":64,"format":"webp","expiresIn":600}`, 200)
	if d := s.ExpiresAt.Sub(now); d > 600*time.Second || d < 598*time.Second {
		t.Errorf("it expires after %v", d)
	}
	nobody := f.as("")
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			answer, b := nobody.do(nobody.request("GET", s.URL, nil))
			if answer.StatusCode != 200 || string(b) != "webp" {
				t.Errorf("status %d, %q", answer.StatusCode, b)
			}
			if cache := answer.Header.Get("Cache-Control"); cache != "public, max-age=600, immutable" &&
				cache != "public, max-age=599, immutable" {
				t.Errorf("Cache-Control %q", cache)
			}
		})
	}
	all.Wait()
	if fetched.Load() != 1 || made.Load() != 1 {
		t.Errorf("fetched %d times, made %d times", fetched.Load(), made.Load())
	}
	var list jobList
	if f.get("/api/jobs", 200, &list); len(list.Jobs) != 0 {
		t.Errorf("%d jobs in the list", len(list.Jobs))
	}
	// Nothing of the address can be changed.
	for _, change := range [][2]string{
		{"width%22%3A64", "width%22%3A65"}, {"account=alice", "account=bob"},
		{"expires=", "expires=9"}, {"p.txt", "q.txt"},
	} {
		if !strings.Contains(s.URL, change[0]) {
			t.Fatalf("%s is not in %s", change[0], s.URL)
		}
		nobody.call(nobody.request("GET", strings.Replace(s.URL, change[0], change[1], 1), nil), 403, nil)
	}
	// What failed is tried again by the next request.
	broken.Store(true)
	s2 := sign(`{"sourceUrl":"`+source.URL+`/p.txt","width":65}`, 200)
	nobody.call(nobody.request("GET", s2.URL, nil), 400, nil)
	broken.Store(false)
	nobody.call(nobody.request("GET", s2.URL, nil), 200, nil)
	now = now.Add(601 * time.Second)
	nobody.call(nobody.request("GET", s.URL, nil), 403, nil)
	for _, bad := range []string{`{}`, `[]`, `{"sourceUrl":"file:///etc/passwd"}`,
		`{"sourceUrl":"http://10.0.0.1/a.png"}`, `{"sourceUrl":"https://a:b@x/"}`,
		`{"sourceUrl":"https://x/","expiresIn":59}`, `{"sourceUrl":"https://x/","expiresIn":604801}`,
		`{"sourceUrl":"https://x/","width":-1}`, `{"sourceUrl":"https://x/","depth":1}`} {
		sign(bad, 400)
	}
}

func TestWhatIsNotAvailableSaysSo(t *testing.T) {
	f := start(t, setup{})
	f.postJSON("/api/video/streams", "{}", http.StatusNotImplemented, nil)
	f.call(f.request("POST", "/api/media/signed-transform", strings.NewReader("{}"),
		"Content-Type", "application/json"), http.StatusNotImplemented, nil)
}
