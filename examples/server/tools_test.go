package main

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"runtime"
	"strings"
	"testing"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/engine"
	"github.com/spoolmedia/spool/engine/enginetest"
)

// marker is a codec that lays a text file over another.
type marker struct{ enginetest.Codec }

func (*marker) Offers() []codec.Offer {
	return []codec.Offer{
		{Op: "watermark", From: []string{"text/plain"}, To: []string{"png"}, Lane: codec.LaneImage},
		{Op: "convert", From: []string{"text/plain"}, To: []string{"webp"}, Lane: codec.LaneImage},
		{Op: "compress", From: []string{"text/plain"}, Lane: codec.LaneImage},
		{Op: "inspect", From: []string{"text/plain"}, Lane: codec.LaneImage},
	}
}

func newMarker() *marker {
	m := new(marker)
	m.Do = func(ctx context.Context, w *codec.Work) error {
		switch op := w.Op.(type) {
		case codec.Inspect:
			report, err := json.Marshal(codec.Report{Filename: w.In[0].Name()})
			if err != nil {
				return err
			}
			return enginetest.Write(ctx, w, "report.json", report)
		case codec.Watermark:
			return enginetest.Write(ctx, w, "marked.png", []byte(op.Text+op.Logo))
		}
		return enginetest.Write(ctx, w, "out.webp", []byte("made"))
	}
	return m
}

func TestAToolAnswersAtOnceOrWithAJob(t *testing.T) {
	f := start(t, setup{codecs: []codec.Codec{newMarker()}})
	file := textFile("file", "a.txt")
	var now answer
	f.post("/api/media/watermark", []part{file, {"text", "", "© Ada"}}, http.StatusOK, &now)
	if len(now.Files) != 1 || now.Files[0].Filename != "marked.png" || now.Storage.Saved {
		t.Fatalf("%+v", now)
	}
	if _, b := f.do(f.request("GET", now.Files[0].DownloadURL, nil)); string(b) != "© Ada" {
		t.Errorf("the download is %q", b)
	}
	for _, field := range []string{"async", "background"} {
		var a accepted
		f.post("/api/media/watermark", []part{file, {"text", "", "x"}, {field, "", "true"}},
			http.StatusOK, &a)
		if a.Status != "pending" || a.Tool != "watermark" {
			t.Errorf("%+v", a)
		}
		if v := f.ended(a.JobID); v.JobType != "media_tool" || v.Status != "completed" ||
			v.Tool != "watermark" {
			t.Errorf("%+v", v)
		}
	}
	// The twin that some clients send is one file.
	f.post("/api/media/watermark", []part{file, textFile("files", "a.txt"), {"text", "", "x"}},
		http.StatusOK, &now)
	if len(now.Files) != 1 {
		t.Errorf("%d files of one", len(now.Files))
	}
}

func TestInspectAnswersWithTheReport(t *testing.T) {
	f := start(t, setup{codecs: []codec.Codec{newMarker()}})
	var got struct{ Media codec.Report }
	f.post("/api/media/inspect", []part{textFile("file", "a.txt")}, http.StatusOK, &got)
	if got.Media.Filename != "a.txt" {
		t.Errorf("%+v", got)
	}
}

func TestALogoIsAFileOfTheRequest(t *testing.T) {
	f := start(t, setup{codecs: []codec.Codec{newMarker()}})
	for _, field := range []string{"watermarkFile", "logo"} {
		var now answer
		f.post("/api/media/watermark", []part{
			{field, "logo.txt", "a logo"}, textFile("file", "a.txt"),
		}, http.StatusOK, &now)
		_, key := f.do(f.request("GET", now.Files[0].DownloadURL, nil))
		if logo := f.blob(string(key)); logo != "a logo" {
			t.Errorf("the logo is %q", logo)
		}
	}
	// The picture itself is a logo as well as another.
	f.post("/api/media/watermark", []part{textFile("file", "a.txt"),
		textFile("watermarkFile", "a.txt")}, http.StatusOK, nil)
	// The file is still the first input, though a logo was sent before it.
	var list struct{ Jobs []jobView }
	f.get("/api/jobs?limit=1", http.StatusOK, &list)
	_, b := f.do(f.request("GET", "/api/jobs/"+list.Jobs[0].JobID+"/files/0/input", nil))
	if string(b) != "some words in a.txt\n" {
		t.Errorf("the input is %q", b)
	}
	// A key would be anybody's file.
	secret := f.as(bob).submit(textFile("files", "secret.txt"), part{"format", "", "webp"})
	f.as(bob).ended(secret)
	for _, key := range f.stored("") {
		f.post("/api/media/watermark", []part{textFile("file", "a.txt"), {"logo", "", key}}, 400, nil)
		f.post("/api/media/watermark",
			[]part{textFile("file", "a.txt"), {"watermarkFile", "", key}}, 400, nil)
	}
}

func TestToolsThatAreNotThere(t *testing.T) {
	f := start(t, setup{})
	file := textFile("file", "a.txt")
	f.post("/api/media/remove-background", []part{file}, http.StatusNotImplemented, nil)
	f.post("/api/media/nonsense", []part{file}, http.StatusNotFound, nil)
	f.post("/api/media/convert", []part{{"format", "", "webp"}}, 400, nil)
	f.post("/api/media/convert", []part{file, {"format", "", "webp"}, {"async", "", "1"}}, 400, nil)
	f.post("/api/media/convert", []part{file, {"format", "", "webp"}, {"colour", "", "1"}}, 400, nil)
	f.post("/api/media/convert",
		[]part{file, {"format", "", "webp"}, {"compressionLevel", "", "1000"}}, 400, nil)
	var list struct{ Tools []tool }
	f.get("/api/media", http.StatusOK, &list)
	if len(list.Tools) != 1 || list.Tools[0].Name != "convert" || len(list.Tools[0].Fields) < 5 {
		t.Errorf("%+v", list)
	}
}

func TestConvertAndCompressAnswerAtOnce(t *testing.T) {
	f := start(t, setup{codecs: []codec.Codec{newMarker()}})
	var now answer
	f.post("/api/convert", []part{textFile("files", "a.txt"), textFile("files", "b.txt"),
		{"format", "", "webp"}, {"saveToStorage", "", "true"}, {"createArchive", "", "true"}},
		http.StatusOK, &now)
	if len(now.Files) != 2 || !now.Storage.Saved || now.Archive == nil {
		t.Errorf("%+v", now)
	}
	f.post("/api/compress", []part{textFile("files", "a.txt"), {"mode", "", "quality"},
		{"quality", "", "70"}, {"stripMetadata", "", "true"}}, http.StatusOK, &now)
	if len(now.Files) != 1 || *now.Files[0].AppliedQuality != 70 || now.Storage.Saved {
		t.Errorf("%+v", now)
	}
	f.post("/api/compress", []part{textFile("files", "a.txt"), {"mode", "", "fast"}}, 400, nil)
	id := f.submit(textFile("files", "a.txt"), part{"jobType", "", "compress"})
	if v := f.ended(id); v.JobType != "compress" || v.Status != "completed" {
		t.Errorf("%+v", v)
	}
}

func TestWhyAFileFailedDecidesTheStatus(t *testing.T) {
	var class codec.Class
	f := start(t, setup{engine: engine.Config{MaxAttempts: 1}, codec: &enginetest.Codec{
		Do: func(_ context.Context, w *codec.Work) error {
			if w.In[0].Name() == "good.txt" {
				return enginetest.Write(context.Background(), w, "good.webp", nil)
			}
			return codec.Errorf(class, "%s does not work", w.In[0].Name())
		}}})
	webp := part{"format", "", "webp"}
	for c, status := range map[codec.Class]int{
		codec.Invalid: 400, codec.Unsupported: 415, codec.Limit: 413, codec.Transient: 503,
		codec.Internal: 500,
	} {
		class = c
		var e map[string]string
		f.post("/api/convert", []part{textFile("files", "bad.txt"), webp}, status, &e)
		if !strings.Contains(e["error"], "bad.txt does not work") {
			t.Errorf("%s: %v", c, e)
		}
	}
	f.post("/api/convert", []part{{"files", "a.png", "\x89PNG\r\n\x1a\n..."}, webp}, 415, nil)
	// One of two that failed is told beside the result of the other.
	var now answer
	f.post("/api/convert", []part{textFile("files", "bad.txt"), textFile("files", "good.txt"), webp},
		http.StatusOK, &now)
	if len(now.Errors) != 1 || now.Errors[0].Filename != "bad.txt" {
		t.Errorf("%+v", now)
	}
}

func TestASourceIsFetched(t *testing.T) {
	source := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte("from afar\n"))
	}))
	t.Cleanup(source.Close)
	f := start(t, setup{engine: engine.Config{Outbound: engine.Outbound{
		Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Ports: []uint16{0},
	}}})
	var now answer
	f.post("/api/convert", []part{{"sourceUrl", "", source.URL + "/far.txt"}, {"format", "", "webp"}},
		http.StatusOK, &now)
	if len(now.Files) != 1 || now.Files[0].Filename != "far.webp" {
		t.Fatalf("%+v", now)
	}
	if _, b := f.do(f.request("GET", now.Files[0].DownloadURL, nil)); string(b) != "from afar\n" {
		t.Errorf("the download is %q", b)
	}
	var list struct{ Jobs []jobView }
	f.get("/api/jobs", http.StatusOK, &list)
	var files fileList
	f.get("/api/jobs/"+list.Jobs[0].JobID+"/files", http.StatusOK, &files)
	if _, b := f.do(f.request("GET", files.Files[0].InputURL, nil)); string(b) != "from afar\n" {
		t.Errorf("what was fetched is %q", b)
	}
	// Before it is fetched there is nothing.
	if err := f.engine.Pause(t.Context()); err != nil {
		t.Fatal(err)
	}
	id := f.submit(part{"sourceUrl", "", source.URL + "/far.txt"}, part{"format", "", "webp"})
	var waiting fileList
	f.get("/api/jobs/"+id+"/files", http.StatusOK, &waiting)
	if waiting.Files[0].InputURL != "" {
		t.Errorf("%+v", waiting.Files[0])
	}
	f.get("/api/jobs/"+id+"/files/0/input", http.StatusNotFound, nil)
}

// leaving makes a synchronous request, and leaves when the work on it has begun.
func (f *fixture) leaving(g *gate, header ...string) {
	f.t.Helper()
	ctx, leave := context.WithCancel(f.t.Context())
	body, kind := multipartOf(f.t, []part{textFile("files", "a.txt"), {"format", "", "webp"}})
	r := f.request("POST", "/api/convert", body, append(header, "Content-Type", kind)...)
	left := make(chan struct{})
	go func() {
		defer close(left)
		if answer, err := f.client.Do(r.WithContext(ctx)); err == nil {
			answer.Body.Close()
		}
	}()
	<-g.entered
	leave()
	<-left
}

func TestAClientThatLeavesTakesItsWorkWithIt(t *testing.T) {
	g := newGate()
	f := start(t, setup{codecs: []codec.Codec{g}})
	events := f.stream("/api/events", "")
	f.leaving(g)
	for e, ok := events.next(); e.kind != "cancelled"; e, ok = events.next() {
		if !ok {
			t.Fatal("the stream ended without the cancel")
		}
	}
}

// coming is how many accounts have requests on their way into the queue.
func (f *fixture) coming() int {
	f.server.queue.mu.Lock()
	defer f.server.queue.mu.Unlock()
	return len(f.server.queue.coming)
}

func TestAClientWithAKeyMayComeBack(t *testing.T) {
	g := newGate()
	f := start(t, setup{codecs: []codec.Codec{g}, limits: limits{queue: 1}})
	f.leaving(g, "Idempotency-Key", "back-soon")
	// What is worked on takes no place in the queue, once Submit has returned.
	for f.coming() > 0 {
		runtime.Gosched()
	}
	other := f.submit(textFile("files", "b.txt"), part{"format", "", "webp"})
	close(g.open)
	f.ended(other)
	var now answer
	f.post("/api/convert", []part{textFile("files", "a.txt"), {"format", "", "webp"}}, http.StatusOK,
		&now, "Idempotency-Key", "back-soon")
	if len(now.Files) != 1 {
		t.Errorf("%+v", now)
	}
	if stats, err := f.engine.Stats(t.Context(), "alice"); err != nil || stats.Completed != 2 ||
		stats.Cancelled != 0 {
		t.Errorf("%+v, %v", stats, err)
	}
}
