package engine_test

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/engine"
	"github.com/spoolmedia/spool/engine/enginetest"
	"github.com/spoolmedia/spool/storage/memstorage"
	"github.com/spoolmedia/spool/store"
	"github.com/spoolmedia/spool/store/memstore"
)

// web is a network that lives in a bubble: all of its hosts are one server, which
// is reached through pipes.
type web struct {
	conns chan net.Conn
	done  chan struct{}
	close sync.Once

	mu      sync.Mutex // guards dialled
	dialled []string
}

// hosts are the names that the web's resolver knows.
var hosts = map[string]string{
	"files.example": "93.184.216.34", "hooks.example": "93.184.216.35",
	"inside.example": "10.1.2.3", "loop.example": "::ffff:127.0.0.1",
	"metadata.example": "169.254.169.254",
}

// serve makes a web whose server is closed when the test ends: open engines
// after it.
func serve(t *testing.T, handler http.HandlerFunc) *web {
	w := &web{conns: make(chan net.Conn), done: make(chan struct{})}
	server := &http.Server{Handler: handler}
	served := make(chan error, 1)
	go func() { served <- server.Serve(w) }()
	t.Cleanup(func() {
		_ = server.Close()
		if err := <-served; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
	return w
}

// outbound is the way into the web.
func (w *web) outbound() engine.Outbound { return engine.Outbound{Resolver: w, Dial: w.dial} }

func (w *web) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	if addr, ok := hosts[host]; ok {
		return []netip.Addr{netip.MustParseAddr(addr)}, nil
	}
	return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
}

func (w *web) dial(ctx context.Context, _, address string) (net.Conn, error) {
	w.mu.Lock()
	w.dialled = append(w.dialled, address)
	w.mu.Unlock()
	client, server := net.Pipe()
	select {
	case w.conns <- server:
		return client, nil
	case <-w.done:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// dials returns the addresses that were dialled.
func (w *web) dials() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.dialled)
}

// Accept implements [net.Listener].
func (w *web) Accept() (net.Conn, error) {
	select {
	case c := <-w.conns:
		return c, nil
	case <-w.done:
		return nil, net.ErrClosed
	}
}

// Close implements [net.Listener].
func (w *web) Close() error {
	w.close.Do(func() { close(w.done) })
	return nil
}

// Addr implements [net.Listener].
func (w *web) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(93, 184, 216, 34), Port: 80} }

// loopback lets an engine reach httptest servers.
var loopback = engine.Outbound{
	Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Ports: []uint16{0},
}

// soon is the least wait between two attempts.
var soon = engine.Backoff{Base: time.Millisecond, Max: time.Millisecond}

// named is an input from a URL under a name.
func named(name, address string) engine.Input {
	in := engine.FromURL(address)
	in.Name = name
	return in
}

// kinds returns the kinds of the job's stored events.
func kinds(t *testing.T, eng *engine.Engine, id string) []engine.EventKind {
	t.Helper()
	var all []engine.EventKind
	for event, err := range eng.Subscribe(t.Context(), engine.Filter{Job: id}) {
		if err != nil {
			t.Fatal(err)
		}
		if event.Kind != engine.Progress {
			all = append(all, event.Kind)
		}
	}
	return all
}

func count[T comparable](all []T, what T) int {
	n := 0
	for _, one := range all {
		if one == what {
			n++
		}
	}
	return n
}

func closeNow(t *testing.T, eng *engine.Engine) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := eng.Close(ctx); err != nil {
		t.Fatal(err)
	}
}

func TestFetchNamesSniffsAndConvertsWhatAURLHolds(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if name := r.URL.Query().Get("name"); name != "" {
			w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
		}
		if r.URL.Path == "/old" {
			http.Redirect(w, r, "/new/place.txt", http.StatusFound)
			return
		}
		w.Header().Set("Content-Type", "video/mp4") // a lie
		_, _ = io.WriteString(w, "content of "+r.URL.Path)
	}))
	defer server.Close()
	eng := enginetest.Open(t, engine.Config{Outbound: loopback})
	tests := []struct {
		in                    engine.Input
		name, output, content string
	}{
		{engine.FromURL(server.URL + "/files/a.txt?token=x"), "a.txt", "a.png", "/files/a.txt"},
		{engine.FromURL(server.URL + "/get?name=holiday.txt"), "holiday.txt", "holiday.png", "/get"},
		{engine.FromURL(server.URL + "/get?name=../../etc/b.txt"), "b.txt", "b.png", "/get"},
		{engine.FromURL(server.URL), "input", "input.png", "/"},
		{engine.FromURL(server.URL + "/old"), "place.txt", "place.png", "/new/place.txt"},
		{named("mine.txt", server.URL+"/get?name=theirs.txt"), "mine.txt", "mine.png", "/get"},
		{named("../up.txt", server.URL+"/get"), "up.txt", "up.png", "/get"},
	}
	var r engine.Request
	r.Operation = toPNG
	for _, tt := range tests {
		r.Inputs = append(r.Inputs, tt.in)
	}
	job := enginetest.Submit(t, eng, r)
	job = enginetest.Wait(t, eng, job.ID)
	if job.Status != engine.Completed {
		t.Fatalf("job is %s: %v", job.Status, job.Error)
	}
	for i, f := range enginetest.Files(t, eng, job.ID) {
		want, content := tests[i], "content of "+tests[i].content
		if f.Name != want.name || f.Type != "text/plain" || f.Size != int64(len(content)) {
			t.Errorf("file %d is %q, %s of %d bytes, want %q, text/plain of %d",
				i, f.Name, f.Type, f.Size, want.name, len(content))
		}
		o := f.Outputs[0]
		if got := string(enginetest.Read(t, eng, o)); got != content || o.Name != want.output {
			t.Errorf("output %d, %q: got %q, want %q, %q", i, o.Name, got, want.output, content)
		}
	}
}

func TestFetchIsTriedAgainUntilTheServerRecovers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		w := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if calls++; calls <= 2 {
				http.Error(w, "busy", http.StatusServiceUnavailable)
				return
			}
			_, _ = io.WriteString(w, "content")
		})
		blobs := memstorage.New()
		eng := enginetest.Open(t, engine.Config{Storage: blobs, Outbound: w.outbound(), Backoff: soon})
		job := enginetest.Submit(t, eng, engine.Request{
			Inputs: []engine.Input{engine.FromURL("http://files.example/a.txt")}, Operation: toPNG,
		})
		job = enginetest.Wait(t, eng, job.ID)
		file := enginetest.Files(t, eng, job.ID)[0]
		if job.Status != engine.Completed || file.Error != nil {
			t.Errorf("job is %s: %v, %v", job.Status, job.Error, file.Error)
		}
		if got := string(enginetest.Read(t, eng, file.Outputs[0])); got != "content" {
			t.Errorf("the output is %q", got)
		}
		retries := 0
		for event := range eng.Subscribe(t.Context(), engine.Filter{Job: job.ID}) {
			if event.Kind != engine.FileRetrying {
				continue
			}
			retries++
			if event.Error.Class != codec.Transient || event.Next.IsZero() ||
				!strings.Contains(event.Error.Message, "files.example answered 503") {
				t.Errorf("retrying: %+v, %v", event, event.Error)
			}
		}
		if retries != 2 || calls != 3 {
			t.Errorf("%d retries and %d requests, want 2 and 3", retries, calls)
		}
		synctest.Wait()
		if got := keys(t, blobs, "fetch/"); len(got) != 1 {
			t.Errorf("fetched: %v, want the blob of the third attempt alone", got)
		}
		if err := eng.Delete(t.Context(), job.ID); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute) // of the bubble
		synctest.Wait()
		if got := keys(t, blobs, ""); len(got) != 0 {
			t.Errorf("left after Delete: %v", got)
		}
	})
}

func TestFetchGivesUpAfterMaxAttemptsAndRetryBeginsAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		w := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if calls++; calls <= 3 {
				w.Header().Set("Content-Length", "1000")
				_, _ = io.WriteString(w, "a part")
				panic(http.ErrAbortHandler)
			}
			_, _ = io.WriteString(w, "content")
		})
		blobs := memstorage.New()
		eng := enginetest.Open(t, engine.Config{Storage: blobs, Outbound: w.outbound(), Backoff: soon})
		job := enginetest.Submit(t, eng, engine.Request{
			Inputs: []engine.Input{engine.FromURL("http://files.example/a.txt")}, Operation: toPNG,
			MaxAttempts: 3,
		})
		job = enginetest.Wait(t, eng, job.ID)
		file := enginetest.Files(t, eng, job.ID)[0]
		if job.Status != engine.Failed || job.Error.Class != codec.Transient || file.Attempts != 3 {
			t.Errorf("job is %s: %v, after %d attempts", job.Status, job.Error, file.Attempts)
		}
		synctest.Wait()
		if got := keys(t, blobs, "fetch/"); len(got) != 0 {
			t.Errorf("left in storage: %v", got)
		}
		if err := eng.Retry(t.Context(), job.ID); err != nil {
			t.Fatal(err)
		}
		job = enginetest.Wait(t, eng, job.ID)
		if job.Status != engine.Completed || job.Run != 2 || calls != 4 {
			t.Errorf("run %d is %s: %v, after %d requests", job.Run, job.Status, job.Error, calls)
		}
	})
}

func TestFetchThatCannotWorkFailsAtOnceAndSaysWhy(t *testing.T) {
	tests := []struct {
		name, url string
		class     codec.Class
		says      string
		dials     int
	}{
		{"not found", "http://files.example/gone.txt", codec.Invalid, "files.example answered 404", 1},
		{"too large", "http://files.example/large.txt", codec.Limit, "limit", 1},
		{"too large, unannounced", "http://files.example/endless.txt", codec.Limit, "limit", 1},
		{"compressed", "http://files.example/zipped.txt", codec.Invalid, "compressed (gzip)", 1},
		{"empty", "http://files.example/empty.txt", codec.Invalid, "is empty", 1},
		{"redirected to a private address", "http://files.example/inside", codec.Invalid, "", 1},
		{"redirected to a private name", "http://files.example/named", codec.Invalid, "", 1},
		{"name of a private address", "http://inside.example/a.txt", codec.Invalid, "", 0},
		{"name of IPv4 in IPv6", "http://loop.example/a.txt", codec.Invalid, "", 0},
		{"name of metadata", "http://metadata.example/a.txt", codec.Invalid, "", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { checkFetchFails(t, tt.url, tt.class, tt.says, tt.dials) })
		})
	}
}

func checkFetchFails(t *testing.T, url string, class codec.Class, says string, dials int) {
	const limit = 1000
	w := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/large.txt":
			w.Header().Set("Content-Length", "1001")
		case "/endless.txt":
			for {
				if _, err := w.Write(make([]byte, 100)); err != nil {
					return
				}
			}
		case "/zipped.txt":
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			_, _ = io.WriteString(z, "content")
			_ = z.Close()
		case "/empty.txt":
		case "/inside":
			http.Redirect(w, r, "http://192.168.0.1/a.txt", http.StatusFound)
		case "/named":
			http.Redirect(w, r, "http://inside.example/a.txt", http.StatusFound)
		default:
			http.NotFound(w, r)
		}
	})
	blobs := memstorage.New()
	out := w.outbound()
	out.MaxInput = limit
	eng := enginetest.Open(t, engine.Config{Storage: blobs, Outbound: out})
	job := enginetest.Submit(t, eng, engine.Request{
		Inputs: []engine.Input{engine.FromURL(url + "?token=s3cret")}, Operation: toPNG,
	})
	job = enginetest.Wait(t, eng, job.ID)
	f := enginetest.Files(t, eng, job.ID)[0]
	if f.Status != engine.Failed || f.Error.Class != class || !strings.Contains(f.Error.Message, says) {
		t.Fatalf("file is %s: %+v, want %s: … %s …", f.Status, f.Error, class, says)
	}
	for _, secret := range []string{"s3cret", "token", "10.1.2.3", "127.0.0.1", "169.254"} {
		if strings.Contains(f.Error.Message, secret) {
			t.Errorf("the message tells %q: %s", secret, f.Error.Message)
		}
	}
	if f.Attempts != 1 || count(kinds(t, eng, job.ID), engine.FileRetrying) != 0 {
		t.Errorf("it was tried again: %d attempts", f.Attempts)
	}
	if got := w.dials(); len(got) != dials {
		t.Errorf("dialled %v, want %d connections", got, dials)
	}
	synctest.Wait()
	// What could be fetched belongs to the file, though it is of no use.
	if got := keys(t, blobs, "fetch/"); len(got) != 0 && says != "is empty" {
		t.Errorf("left in storage: %v", got)
	}
	if err := eng.Delete(t.Context(), job.ID); err != nil {
		t.Fatal(err)
	}
	time.Sleep(time.Minute) // of the bubble
	synctest.Wait()
	if got := keys(t, blobs, ""); len(got) != 0 {
		t.Errorf("left after Delete: %v", got)
	}
}

func TestFetchOfAnAddressThatIsRefusedIsABadRequest(t *testing.T) {
	eng := enginetest.Open(t, engine.Config{Outbound: engine.Outbound{
		Dial: func(_ context.Context, _, address string) (net.Conn, error) {
			t.Errorf("dialled %s", address)
			return nil, net.ErrClosed
		},
	}})
	for _, address := range []string{
		"http://127.0.0.1/a.txt", "http://[::1]/a.txt", "http://[::ffff:10.0.0.1]/a.txt",
		"http://10.0.0.1/a.txt", "http://192.168.1.1/a.txt", "http://[fd00::1]/a.txt",
		"http://169.254.169.254/latest/meta-data", "http://[fe80::1]/a.txt",
		"http://224.0.0.1/a.txt", "http://0.0.0.0/a.txt", "http://[64:ff9b::7f00:1]/a.txt",
		"http://files.example:22/a.txt", "http://user:pass@files.example/a.txt",
		"ftp://files.example/a.txt", "file:///etc/passwd", "http:///a.txt", "a.txt",
	} {
		for what, r := range map[string]engine.Request{
			"input": {Inputs: []engine.Input{engine.FromURL(address)}, Operation: toPNG},
			"callback": {
				Inputs: []engine.Input{text("a.txt", "a")}, Operation: toPNG,
				Callback: &engine.Callback{URL: address, Secret: "s"},
			},
		} {
			_, err := eng.Submit(t.Context(), r)
			if !errors.Is(err, engine.ErrBadRequest) || strings.Contains(err.Error(), "pass@") {
				t.Errorf("%s %s: got %v, want ErrBadRequest", what, address, err)
			}
		}
		if err := eng.CheckURL(address); !errors.Is(err, engine.ErrBadRequest) {
			t.Errorf("check %s: got %v, want ErrBadRequest", address, err)
		}
		outputs, err := eng.Process(t.Context(), toPNG, engine.FromURL(address))
		if codec.ClassOf(err) != codec.Invalid || outputs != nil {
			t.Errorf("process %s: got %v, want it invalid", address, err)
		}
	}
	if err := eng.CheckURL("https://files.example/a.txt"); err != nil {
		t.Errorf("got %v of an address without fault", err)
	}
}

func TestFetchSurvivesARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hang := true
		w := serve(t, func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, "con")
			if hang {
				w.(http.Flusher).Flush()
				<-r.Context().Done()
				return
			}
			_, _ = io.WriteString(w, "tent")
		})
		jobs, blobs := memstore.New(), memstorage.New()
		t.Cleanup(func() { jobs.Close() })
		config := engine.Config{
			Store: jobs, Storage: blobs, Outbound: w.outbound(), Codecs: []codec.Codec{&enginetest.Codec{}},
		}
		first, err := engine.Open(config)
		if err != nil {
			t.Fatal(err)
		}
		job := enginetest.Submit(t, first, engine.Request{
			Inputs: []engine.Input{engine.FromURL("http://files.example/a.txt")}, Operation: toPNG,
		})
		synctest.Wait()
		if got := first.Activities(); len(got) != 1 || got[0].Kind != "fetch" {
			t.Errorf("the first engine does %+v, want one fetch", got)
		}
		closeNow(t, first)
		hang = false
		for task, err := range jobs.Tasks(t.Context(), store.TaskQuery{Under: store.Ref{Job: job.ID}}) {
			if err != nil || task.Session != "" || task.Attempt != 0 {
				t.Errorf("task after close: %+v, %v; want it free and no attempt counted", task, err)
			}
		}
		second := enginetest.Open(t, config)
		job = enginetest.Wait(t, second, job.ID)
		if job.Status != engine.Completed {
			t.Fatalf("job is %s: %v", job.Status, job.Error)
		}
		file := enginetest.Files(t, second, job.ID)[0]
		if got := string(enginetest.Read(t, second, file.Outputs[0])); got != "content" || file.Name != "a.txt" {
			t.Errorf("the output of %q is %q", file.Name, got)
		}
		synctest.Wait()
		if got := keys(t, blobs, "fetch/"); len(got) != 1 {
			t.Errorf("fetched: %v, want one blob", got)
		}
	})
}

func TestFetchIsInterruptedByCancelAndByItsTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := serve(t, func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, "con")
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		})
		blobs := memstorage.New()
		out := w.outbound()
		out.FetchTimeout = 10 * time.Second
		eng := enginetest.Open(t, engine.Config{Storage: blobs, Outbound: out, Backoff: soon})
		r := engine.Request{
			Inputs: []engine.Input{engine.FromURL("http://files.example/a.txt")}, Operation: toPNG,
			MaxAttempts: 1,
		}
		cancelled, late := enginetest.Submit(t, eng, r), enginetest.Submit(t, eng, r)
		synctest.Wait()
		if err := eng.Cancel(t.Context(), cancelled.ID); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if got := eng.Activities(); len(got) != 1 || got[0].Job != late.ID {
			t.Errorf("after the cancel: %+v, want the other fetch alone", got)
		}
		if f := enginetest.Files(t, eng, cancelled.ID)[0]; f.Status != engine.Cancelled {
			t.Errorf("the file is %s", f.Status)
		}
		late = enginetest.Wait(t, eng, late.ID)
		if late.Status != engine.Failed || !strings.Contains(late.Error.Message, "longer than 10s") {
			t.Errorf("the other is %s: %v", late.Status, late.Error)
		}
		synctest.Wait()
		if got := keys(t, blobs, ""); len(got) != 0 {
			t.Errorf("left in storage: %v", got)
		}
	})
}

// Nothing is fetched for an account that is paused.
func TestFetchWaitsWhileItsAccountIsPaused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "a") })
		eng := enginetest.Open(t, engine.Config{Outbound: w.outbound()})
		if err := eng.Pause(t.Context(), "paused"); err != nil {
			t.Fatal(err)
		}
		from := func(account string) engine.Job {
			return enginetest.Submit(t, eng, engine.Request{
				Account: account, Operation: toPNG,
				Inputs: []engine.Input{named("a.txt", "http://files.example/"+account)},
			})
		}
		held := from("paused")
		if other := enginetest.Wait(t, eng, from("other").ID); other.Status != engine.Completed {
			t.Errorf("the job of another account is %s: %v", other.Status, other.Error)
		}
		time.Sleep(time.Minute) // of the bubble
		if got := w.dials(); len(got) != 1 {
			t.Errorf("dialled %v, want only for the other account", got)
		}
		if err := eng.Resume(t.Context(), "paused"); err != nil {
			t.Fatal(err)
		}
		if held = enginetest.Wait(t, eng, held.ID); held.Status != engine.Completed {
			t.Errorf("the job is %s: %v", held.Status, held.Error)
		}
	})
}

// A fault of storage while an input is fetched costs an attempt, and leaves nothing.
func TestFetchIsTriedAgainAfterAFaultOfStorage(t *testing.T) {
	for _, moment := range []enginetest.Call{
		{Method: "Storage.Create", N: 1}, {Method: "Writer.Write", N: 1, After: true},
		{Method: "Writer.Commit", N: 1}, {Method: "Writer.Commit", N: 1, After: true},
		{Method: "Storage.Open", N: 1}, {Method: "Blob.ReadAt", N: 1, After: true},
	} {
		t.Run(moment.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := serve(t, func(w http.ResponseWriter, _ *http.Request) {
					_, _ = io.WriteString(w, "content")
				})
				blobs, struck := memstorage.New(), false
				faults := &enginetest.Faults{At: func(c enginetest.Call) error {
					if c != moment {
						return nil
					}
					struck = true
					return enginetest.ErrUnreachable
				}}
				eng := enginetest.Open(t, engine.Config{
					Outbound: w.outbound(), Logger: slog.New(slog.DiscardHandler),
					Storage: &enginetest.FaultyStorage{Storage: blobs, Faults: faults},
				})
				job := enginetest.Submit(t, eng, engine.Request{
					Operation: toPNG, Retain: -1,
					Inputs: []engine.Input{named("a.txt", "http://files.example/a")},
				})
				if job = enginetest.Wait(t, eng, job.ID); job.Status != engine.Completed || !struck {
					t.Errorf("the job is %s: %v (a fault: %t)", job.Status, job.Error, struck)
				}
				synctest.Wait()
				if got := keys(t, blobs, "fetch/"); len(got) != 1 {
					t.Errorf("in storage: %v, want one input", got)
				}
			})
		})
	}
}

func TestFetchForProcessKeepsNothing(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/a.txt":
			_, _ = io.WriteString(w, "content")
		case "/zipped.txt":
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = io.WriteString(w, "plain all the same")
		default:
			http.NotFound(w, r)
		}
	}))
	defer server.Close()
	blobs, temp := memstorage.New(), t.TempDir()
	eng := enginetest.Open(t, engine.Config{Storage: blobs, TempDir: temp, Outbound: loopback})
	outputs, err := eng.Process(t.Context(), toPNG, engine.FromURL(server.URL+"/a.txt?token=x"))
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(outputs[0])
	if err != nil || string(b) != "content" || outputs[0].Output.Size != 7 {
		t.Errorf("got %q, %v, %+v", b, err, outputs[0].Output)
	}
	if err := outputs[0].Close(); err != nil {
		t.Fatal(err)
	}
	for path, says := range map[string]string{
		"/gone.txt?token=s3cret": "answered 404", "/zipped.txt": "compressed (gzip)",
	} {
		_, err := eng.Process(t.Context(), toPNG, engine.FromURL(server.URL+path))
		if codec.ClassOf(err) != codec.Invalid || !strings.Contains(err.Error(), says) ||
			strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: got %q, want it to say %q", path, err, says)
		}
	}
	checkEmpty(t, temp)
	if got := keys(t, blobs, ""); len(got) != 0 {
		t.Errorf("in storage: %v", got)
	}
}
