package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/engine"
	"github.com/spoolmedia/spool/engine/enginetest"
	"github.com/spoolmedia/spool/storage"
	"github.com/spoolmedia/spool/storage/memstorage"
)

// TestMain is also the server itself, in the processes that tests start.
func TestMain(m *testing.M) {
	if os.Getenv("SPOOL_SERVER") != "" {
		main()
		return
	}
	goleak.VerifyTestMain(m)
}

const (
	alice = "alice-token"
	bob   = "bob-token"
)

// fixture is a server on loopback whose work the test decides.
type fixture struct {
	t       *testing.T
	url     string
	client  *http.Client
	server  *server
	engine  *engine.Engine
	storage storage.Storage
	token   string // of requests
	api     *description
	hungUp  chan struct{} // gets something when a connection has ended
}

// setup is what a test may change.
type setup struct {
	codec   *enginetest.Codec
	codecs  []codec.Codec // in place of codec
	engine  engine.Config
	limits  limits
	storage storage.Storage
	now     func() time.Time
}

func start(t *testing.T, s setup) *fixture {
	t.Helper()
	if s.storage == nil {
		s.storage = memstorage.New()
	}
	if s.codec == nil {
		s.codec = new(enginetest.Codec)
	}
	if s.codecs == nil {
		s.codecs = []codec.Codec{s.codec}
	}
	quiet := slog.New(slog.DiscardHandler)
	s.engine.Codecs, s.engine.Storage, s.engine.Logger = s.codecs, s.storage, quiet
	eng := enginetest.Open(t, s.engine)
	k, err := parseKeys([]string{"alice:" + alice, "bob:" + bob})
	if err != nil {
		t.Fatal(err)
	}
	srv := newServer(config{
		engine: eng, codecs: s.codecs, keys: k, secret: []byte("secret"),
		limits: s.limits, log: quiet, now: s.now,
	})
	web := httptest.NewUnstartedServer(srv.handler())
	web.Config.ErrorLog = slog.NewLogLogger(quiet.Handler(), slog.LevelError)
	web.Config.RegisterOnShutdown(srv.stopStreams)
	hungUp := make(chan struct{}, 1)
	web.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateClosed {
			select {
			case hungUp <- struct{}{}:
			default:
			}
		}
	}
	web.Start()
	t.Cleanup(web.Close)
	t.Cleanup(srv.stopStreams)
	return &fixture{
		t: t, url: web.URL, client: web.Client(), server: srv, engine: eng, storage: s.storage,
		token: alice, api: new(description), hungUp: hungUp,
	}
}

// as returns the fixture with requests of another account.
func (f *fixture) as(token string) *fixture {
	g := *f
	g.token = token
	return &g
}

// request makes a request with the key.
func (f *fixture) request(method, path string, body io.Reader, header ...string) *http.Request {
	f.t.Helper()
	if !strings.HasPrefix(path, "http") {
		path = f.url + path
	}
	r, err := http.NewRequestWithContext(f.t.Context(), method, path, body)
	if err != nil {
		f.t.Fatal(err)
	}
	if f.token != "" {
		r.Header.Set("Authorization", "Bearer "+f.token)
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return r
}

// do returns the answer with its whole body.
func (f *fixture) do(r *http.Request) (*http.Response, []byte) {
	f.t.Helper()
	answer, err := f.client.Do(r)
	if err != nil {
		f.t.Fatalf("%s %s: %v", r.Method, r.URL.Path, err)
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	if err != nil {
		f.t.Fatalf("%s %s: %v", r.Method, r.URL.Path, err)
	}
	f.api.check(f, r, answer, b)
	return answer, b
}

// get and post want the status, and decode the answer into v if that is not nil.
func (f *fixture) get(path string, status int, v any) {
	f.t.Helper()
	f.call(f.request("GET", path, nil), status, v)
}

func (f *fixture) post(path string, parts []part, status int, v any, header ...string) {
	f.t.Helper()
	body, kind := multipartOf(f.t, parts)
	r := f.request("POST", path, body, append([]string{"Content-Type", kind}, header...)...)
	f.call(r, status, v)
}

func (f *fixture) call(r *http.Request, status int, v any) {
	f.t.Helper()
	answer, b := f.do(r)
	if answer.StatusCode != status {
		f.t.Fatalf("%s %s: status %d, want %d: %s", r.Method, r.URL.Path,
			answer.StatusCode, status, b)
	}
	if status >= 400 {
		f.checkError(answer, b)
	}
	if v != nil {
		if err := json.Unmarshal(b, v); err != nil {
			f.t.Fatalf("%s %s: %v: %s", r.Method, r.URL.Path, err, b)
		}
	}
}

// checkError wants {"error": "…"}, and nothing else.
func (f *fixture) checkError(answer *http.Response, b []byte) {
	f.t.Helper()
	var e map[string]string
	if err := json.Unmarshal(b, &e); err != nil || len(e) != 1 || e["error"] == "" {
		f.t.Errorf("status %d with the body %q", answer.StatusCode, b)
	}
	if kind := answer.Header.Get("Content-Type"); kind != "application/json; charset=utf-8" {
		f.t.Errorf("status %d of type %q", answer.StatusCode, kind)
	}
}

// part is a field of a form; a file if it has a name.
type part struct {
	field, name, content string
}

func multipartOf(t testing.TB, parts []part) (io.Reader, string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, p := range parts {
		h := textproto.MIMEHeader{}
		disposition := `form-data; name="` + p.field + `"`
		if p.name != "" {
			disposition += `; filename="` + strings.ReplaceAll(p.name, `"`, `\"`) + `"`
		}
		h.Set("Content-Disposition", disposition)
		pw, err := w.CreatePart(h)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(pw, p.content); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return &b, w.FormDataContentType()
}

// textFile is an input that the codec of tests converts.
func textFile(field, name string) part { return part{field, name, "some words in " + name + "\n"} }

// submit makes a job and returns its id.
func (f *fixture) submit(parts ...part) string {
	f.t.Helper()
	var a accepted
	f.post("/api/jobs", parts, http.StatusOK, &a)
	if a.JobID == "" || a.Status != "pending" {
		f.t.Fatalf("accepted: %+v", a)
	}
	return a.JobID
}

// job returns the job as the API tells of it.
func (f *fixture) job(id string) jobView {
	f.t.Helper()
	var v jobView
	f.get("/api/jobs/"+id, http.StatusOK, &v)
	return v
}

// ended waits until the job has ended.
func (f *fixture) ended(id string) jobView {
	f.t.Helper()
	enginetest.Wait(f.t, f.engine, id)
	return f.job(id)
}

// inputs begins the keys of what clients send.
const inputs = "in/"

// stored returns the keys in storage with the prefix.
func (f *fixture) stored(prefix string) []string {
	f.t.Helper()
	var keys []string
	for info, err := range f.storage.List(f.t.Context(), prefix, "") {
		if err != nil {
			f.t.Fatal(err)
		}
		keys = append(keys, info.Key)
	}
	return keys
}

// blob returns what is in storage under the key.
func (f *fixture) blob(key string) string {
	f.t.Helper()
	b, err := f.storage.Open(f.t.Context(), key)
	if err != nil {
		f.t.Fatal(err)
	}
	defer b.Close()
	content, err := io.ReadAll(io.NewSectionReader(b, 0, b.Info().Size))
	if err != nil {
		f.t.Fatal(err)
	}
	return string(content)
}

// gate is a codec that holds its work until it is opened.
type gate struct {
	enginetest.Codec
	entered chan string // the names of what was taken up
	open    chan struct{}
}

func newGate() *gate {
	g := &gate{entered: make(chan string, 10_000), open: make(chan struct{})}
	g.Do = func(ctx context.Context, w *codec.Work) error {
		g.entered <- w.In[0].Name()
		select {
		case <-g.open:
			return enginetest.Write(ctx, w, "out.webp", []byte("made"))
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return g
}
