package main

import (
	"archive/zip"
	"bufio"
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"image/png"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/spoolmedia/spool/codec"
)

// process is the server in a process of its own, with all its codecs.
type process struct {
	*fixture
	data, addr string
	cmd        *exec.Cmd
}

var greeting = regexp.MustCompile(`http://([^/]+)/#key=(\S+)`)

func startProcess(t *testing.T) *process {
	t.Helper()
	p := &process{
		fixture: &fixture{t: t, client: new(http.Client), api: new(description)},
		data:    t.TempDir(), addr: "127.0.0.1:0",
	}
	t.Cleanup(p.client.CloseIdleConnections)
	t.Cleanup(func() { _ = p.stop(os.Kill) })
	p.start()
	return p
}

func (p *process) start() {
	p.t.Helper()
	p.cmd = exec.Command(os.Args[0], "-addr", p.addr, "-data", p.data)
	p.cmd.Env = append(os.Environ(), "SPOOL_SERVER=1")
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		p.t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	m := greeting.FindStringSubmatch(line)
	if m == nil {
		p.t.Fatalf("the server says %q, %v", line, err)
	}
	if p.token != "" && p.token != m[2] {
		p.t.Errorf("the key is another one after the start")
	}
	p.addr, p.token, p.url = m[1], m[2], "http://"+m[1]
	// For the description: what the process has.
	p.server = &server{config: config{
		codecs: allCodecs(), registry: codec.NewRegistry(), limits: limits{}.withDefaults(),
	}}
}

func (p *process) stop(signal os.Signal) error {
	_ = p.cmd.Process.Signal(signal)
	err := p.cmd.Wait()
	p.client.CloseIdleConnections()
	return err
}

// wait waits until the job has ended.
func (p *process) wait(id string) jobView {
	p.t.Helper()
	s := p.stream("/api/jobs/"+id+"/events", "")
	for e, ok := s.next(); ok; e, ok = s.next() {
		if e.data.Status != "" {
			break
		}
	}
	return p.job(id)
}

func TestARealStreamPlays(t *testing.T) {
	p := startProcess(t)
	var clip answer
	p.post("/api/media/trim", []part{{"file", "f.mp4", sample(t, "harbour.mp4")},
		{"duration", "", "2"}, {"saveToStorage", "", "true"}}, http.StatusOK, &clip)
	var a streamAnswer
	p.postJSON("/api/video/streams", `{"sourceFileId":"`+*clip.Files[0].StoredFileID+
		`","renditions":[{"height":180}],"captions":[{"label":"English","language":"en",`+
		`"content":"WEBVTT\n\n00:00.000 --> 00:01.000\nHello\n"}]}`, http.StatusOK, &a)
	for a.Stream.Status == "pending" || a.Stream.Status == "processing" {
		p.get("/api/video/streams/"+a.Stream.ID, http.StatusOK, &a)
	}
	ladder := a.Stream.Renditions
	if a.Stream.Status != "ready" || len(ladder) != 1 || ladder[0].Height != 180 {
		t.Fatalf("%+v, error %v", a.Stream, a.Stream.Error)
	}
	base := strings.TrimSuffix(*a.Stream.HLSManifestURL, "master.m3u8")
	nobody := *p.fixture
	nobody.token = ""
	if c := a.Stream.Captions; len(c) != 1 || c[0].Language != "en" {
		t.Errorf("captions: %+v", c)
	} else if _, b := nobody.do(nobody.request("GET", c[0].URL, nil)); !strings.HasPrefix(
		string(b), "WEBVTT") {
		t.Errorf("captions: %q", b)
	}
	_, playlist := nobody.do(nobody.request("GET", base+ladder[0].ID+".m3u8", nil))
	var film []byte
	for _, m := range segment.FindAllStringSubmatch(string(playlist), -1) {
		answer, b := nobody.do(nobody.request("GET", base+m[1]+m[2], nil))
		if answer.StatusCode != http.StatusOK || len(b) == 0 {
			t.Errorf("%s: status %d, %d bytes", m[0], answer.StatusCode, len(b))
		}
		film = append(film, b...)
	}
	// Joined, they are a film like any other.
	var got report
	p.post("/api/media/inspect", []part{{"file", "joined.mp4", string(film)}}, http.StatusOK, &got)
	if got.Media.Height != 180 || got.Media.Duration < 1.9 || got.Media.Duration > 2.1 {
		t.Errorf("%+v, of %d bytes from\n%s", got.Media, len(film), playlist)
	}
}

// segment finds what a playlist names: an init segment or a line of its own.
var segment = regexp.MustCompile(`(?m)URI="([^"]+)"|^([^#\s].*)$`)

// zipOf returns a zip with the file.
func zipOf(t *testing.T, p part) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create(p.name)
	if err == nil {
		_, err = io.WriteString(w, p.content)
	}
	if err := errors.Join(err, z.Close()); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func sample(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile("../media/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestRealMediaComesOut(t *testing.T) {
	p := startProcess(t)
	photo := part{"file", "p.jpg", sample(t, "harbour.jpg")}
	film := part{"file", "f.mp4", sample(t, "harbour.mp4")}
	for _, tt := range []struct {
		path          string
		parts         []part
		name, kind    string
		width, height int
	}{
		{"/api/convert", []part{{"files", "p.jpg", photo.content}, {"format", "", "png"},
			{"resize", "", "width"}, {"resizeWidth", "", "200"}}, "p.png", "image/png", 200, 133},
		{"/api/media/thumbnail", []part{photo, {"width", "", "64"}, {"height", "", "64"}},
			"p.jpg", "image/jpeg", 64, 64},
		{"/api/media/transform", []part{photo, {"preset", "", "avatar"}, {"format", "", "webp"}},
			"p.webp", "image/webp", 512, 512},
		{"/api/media/extract-audio", []part{film, {"format", "", "m4a"}}, "f.m4a", "audio/mp4", 0, 0},
		{"/api/media/image-to-pdf", []part{photo, photo}, "p.pdf", "application/pdf", 0, 0},
		{"/api/convert", []part{{"files", "a.zip", zipOf(t, photo)}, {"format", "", "gif"},
			{"resize", "", "height"}, {"resizeHeight", "", "50"}}, "p.gif", "image/gif", 75, 50},
		{"/api/media/archive", []part{photo, film}, "archive.zip", "application/zip", 0, 0},
	} {
		var now answer
		p.post(tt.path, tt.parts, http.StatusOK, &now)
		if len(now.Files) != 1 {
			t.Fatalf("%s: %+v", tt.path, now)
		}
		f := now.Files[0]
		_, b := p.do(p.request("GET", f.DownloadURL, nil))
		kind, err := codec.Sniff(bytes.NewReader(b), int64(len(b)))
		if err != nil || kind != tt.kind || f.MimeType != tt.kind || f.Filename != tt.name ||
			f.FinalSize != int64(len(b)) {
			t.Errorf("%s: %s, %v, of %d bytes: %+v", tt.path, kind, err, len(b), f)
		}
		if tt.width > 0 && (f.Width != tt.width || f.Height != tt.height) {
			t.Errorf("%s: %d × %d", tt.path, f.Width, f.Height)
		}
		if tt.kind == "image/png" {
			c, err := png.DecodeConfig(bytes.NewReader(b))
			if err != nil || c.Width != tt.width || c.Height != tt.height {
				t.Errorf("%s: %+v, %v", tt.path, c, err)
			}
		}
	}
}

func TestAKilledServerGoesOn(t *testing.T) {
	p := startProcess(t)
	var parts []part
	for range 8 {
		parts = append(parts, part{"files", "a.png", noise(t, 150)})
	}
	id := p.submit(append(parts, part{"format", "", "webp"}, part{"createArchive", "", "true"})...)
	s := p.stream("/api/jobs/"+id+"/events", "")
	last := ""
	for e, ok := s.next(); e.kind != "file.completed"; e, ok = s.next() {
		if !ok {
			t.Fatal("the stream ended")
		}
		last = e.id
	}
	_ = p.stop(os.Kill)
	p.start()
	// A stream goes on where it was, on the other side of the kill.
	s = p.stream("/api/jobs/"+id+"/events", last)
	if e, ok := s.next(); !ok || e.kind == "created" {
		t.Errorf("after the start the stream goes on with %+v", e)
	}
	v := p.wait(id)
	if v.Status != "completed" || v.CompletedFiles != 8 || v.Results.Archive == nil {
		t.Errorf("%+v", v)
	}
	if err := p.stop(syscall.SIGTERM); err != nil {
		t.Errorf("after SIGTERM: %v", err)
	}
}

// noise is a picture that takes a while to encode.
func noise(t *testing.T, side int) string {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, side, side))
	for y := range side {
		for x := range side {
			m.Set(x, y, color.RGBA{uint8(x * y), uint8(x*x + y), uint8(y * y), 255})
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestServingEndsInOrder(t *testing.T) {
	f := start(t, setup{limits: limits{idle: 50 * time.Millisecond}})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- serve(ctx, f.server, listener, slog.New(slog.DiscardHandler)) }()
	// Somebody who never ends the headers is hung up on.
	conn, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\nX-Slow: "); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(conn); err != nil && !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the slow connection ends with %v", err)
	}
	// An open stream does not hold the end up.
	f.url = "http://" + listener.Addr().String()
	s := f.stream("/api/events", "")
	stop()
	if e, ok := s.next(); ok {
		t.Errorf("%+v", e)
	}
	if err := <-served; err != nil {
		t.Error(err)
	}
}

func TestThePageLoadsNothingOfOthers(t *testing.T) {
	f := start(t, setup{})
	for path, kind := range map[string]string{
		"/": "text/html; charset=utf-8", "/style.css": "text/css; charset=utf-8",
		"/app.js": "text/javascript; charset=utf-8", "/icon.svg": "image/svg+xml",
	} {
		answer, b := f.do(f.request("GET", path, nil))
		if answer.StatusCode != 200 || answer.Header.Get("Content-Type") != kind || len(b) == 0 {
			t.Errorf("%s: status %d, %q", path, answer.StatusCode, answer.Header.Get("Content-Type"))
		}
		policy := answer.Header.Get("Content-Security-Policy")
		if strings.Contains(policy, "unsafe") || !strings.Contains(policy, "script-src 'self'") {
			t.Errorf("%s: %q", path, policy)
		}
		for _, bad := range []string{
			"<style", " style=", "<script>", " onclick=", "innerHTML", "src=\"http",
		} {
			if strings.Contains(string(b), bad) {
				t.Errorf("%s has %q", path, bad)
			}
		}
	}
}
