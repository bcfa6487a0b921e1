package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/engine/enginetest"
)

func TestDownloadsTakeRangesAndTags(t *testing.T) {
	f := start(t, setup{})
	id := f.submit(part{"files", "a.txt", "0123456789\n"}, part{"format", "", "webp"})
	link := f.ended(id).Results.Files[0].DownloadURL
	whole, b := f.do(f.request("GET", link, nil))
	tag := whole.Header.Get("ETag")
	if whole.StatusCode != 200 || string(b) != "0123456789\n" || tag == "" {
		t.Fatalf("status %d, %q, ETag %s", whole.StatusCode, b, tag)
	}
	for name, want := range map[string]string{
		"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
		"Content-Security-Policy": "default-src 'none'; sandbox",
		"Content-Disposition":     "attachment; filename=a.webp",
		"Accept-Ranges":           "bytes", "Cache-Control": "private, max-age=3600, immutable",
	} {
		if got := whole.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	for _, tt := range []struct {
		header []string
		status int
		body   string
	}{
		{[]string{"Range", "bytes=2-4"}, 206, "234"},
		{[]string{"Range", "bytes=-3"}, 206, "89\n"},
		{[]string{"Range", "bytes=2-4", "If-Range", `"other"`}, 200, "0123456789\n"},
		{[]string{"Range", "bytes=100-"}, 416, ""},
		{[]string{"If-None-Match", tag}, 304, ""},
		{[]string{"If-None-Match", `"other"`}, 200, "0123456789\n"},
	} {
		answer, b := f.do(f.request("GET", link, nil, tt.header...))
		if answer.StatusCode != tt.status || tt.status < 400 && string(b) != tt.body {
			t.Errorf("%v: status %d, %q", tt.header, answer.StatusCode, b)
		}
	}
	head, b := f.do(f.request("HEAD", link, nil))
	if head.StatusCode != 200 || head.ContentLength != 11 || len(b) != 0 {
		t.Errorf("HEAD: status %d, %d bytes", head.StatusCode, head.ContentLength)
	}
}

func TestWhatIsShownAndWhatIsSaved(t *testing.T) {
	names := map[string]string{
		"a.svg": `<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`,
		"a.txt": "words\n", "a.html": "<!doctype html><script>alert(1)</script>",
		"a.gif": "GIF89a\x01\x00\x01\x00\x00\x00\x00;",
	}
	f := start(t, setup{codec: &enginetest.Codec{
		From: []string{"text/plain", "text/html", "image/svg+xml", "image/gif"},
		Do: func(ctx context.Context, w *codec.Work) error {
			return enginetest.Write(ctx, w, "out.webp", []byte("made"))
		},
	}})
	for name, content := range names {
		id := f.submit(part{"files", name, content}, part{"format", "", "webp"})
		f.ended(id)
		answer, _ := f.do(f.request("GET", "/api/jobs/"+id+"/files/0/input?inline=true", nil))
		how, _, _ := strings.Cut(answer.Header.Get("Content-Disposition"), ";")
		if want := name == "a.gif"; answer.StatusCode != 200 || (how == "inline") != want {
			t.Errorf("%s: %d %q", name, answer.StatusCode, answer.Header["Content-Disposition"])
		}
		if csp := answer.Header.Get("Content-Security-Policy"); csp != "default-src 'none'; sandbox" {
			t.Errorf("%s: %q", name, csp)
		}
	}
}

func TestFilesThatAreNotThere(t *testing.T) {
	f := start(t, setup{})
	id := f.submit(textFile("files", "a.txt"), part{"format", "", "webp"})
	f.ended(id)
	for _, path := range []string{
		"files/1/outputs/0", "files/0/outputs/1", "files/-1/outputs/0", "files/0/outputs/-1",
		"files/x/outputs/0", "files/0/outputs/x", "files/1/input", "files/9999999999999999999/input",
		"files/..%2f..%2f0/outputs/0",
	} {
		f.get("/api/jobs/"+id+"/"+path, http.StatusNotFound, nil)
	}
}

func TestADownloadThatNobodyTakesIsGivenUp(t *testing.T) {
	f := start(t, setup{limits: limits{idle: 50 * time.Millisecond}})
	large := strings.Repeat("many words\n", 3<<20)
	id := f.submit(part{"files", "a.txt", large}, part{"format", "", "webp"})
	link := f.ended(id).Results.Files[0].DownloadURL
	conn, err := net.Dial("tcp", strings.TrimPrefix(f.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", strings.TrimPrefix(link, f.url))
	<-f.hungUp
	b, err := io.ReadAll(conn)
	if len(b) >= len(large) || err != nil && !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("%d of %d bytes came, %v", len(b), len(large), err)
	}
}

func TestAllResultsInOneZip(t *testing.T) {
	f := start(t, setup{})
	a := textFile("files", "a.txt")
	id := f.submit(a, a, textFile("files", "a-2.txt"), part{"format", "", "webp"})
	f.ended(id)
	answer, b := f.do(f.request("GET", "/api/jobs/"+id+"/archive", nil))
	if d := answer.Header.Get("Content-Disposition"); d != "attachment; filename="+id+".zip" {
		t.Errorf("Content-Disposition: %q", d)
	}
	names := namesIn(t, b)
	slices.Sort(names)
	if !slices.Equal(names, []string{"a-2-2.webp", "a-2.webp", "a.webp"}) {
		t.Errorf("names: %v", names)
	}
	if err := f.engine.Pause(t.Context()); err != nil {
		t.Fatal(err)
	}
	id = f.submit(textFile("files", "a.txt"), part{"format", "", "webp"})
	f.get("/api/jobs/"+id+"/archive", http.StatusConflict, nil)
}
