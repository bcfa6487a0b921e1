package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/engine"
	"github.com/spoolmedia/spool/engine/enginetest"
	"github.com/spoolmedia/spool/storage/memstorage"
)

func TestLimitsOfARequest(t *testing.T) {
	f := start(t, setup{limits: limits{file: 1000, body: 5000, files: 3, fields: 4, field: 100}})
	webp := part{"format", "", "webp"}
	field := func(name string, size int) part { return part{name, "", strings.Repeat("x", size)} }
	file := func(size int) part { return part{"files", "a.txt", strings.Repeat("x", size)} }
	for name, tt := range map[string]struct {
		parts  []part
		status int
	}{
		"a file of the limit":      {[]part{file(1000), webp}, 200},
		"a file above it":          {[]part{file(1001), webp}, 413},
		"the second file above it": {[]part{file(10), file(1001), webp}, 413},
		"files of the limit":       {[]part{file(1), file(2), file(3), webp}, 200},
		"files above it":           {[]part{file(1), file(2), file(3), file(4), webp}, 413},
		"a body above the limit":   {[]part{file(1000), webp, field("x", 5000)}, 413},
		"a field above the limit":  {[]part{file(1), field("format", 101)}, 413},
		"fields above it together": {[]part{file(1), field("a", 60), field("b", 60)}, 413},
		"more fields than the limit": {[]part{file(1), field("a", 0), field("b", 0), field("c", 0),
			field("d", 0), field("e", 0)}, 413},
	} {
		t.Run(name, func(t *testing.T) {
			g := *f
			g.t = t
			before := len(g.stored(inputs))
			g.post("/api/jobs", tt.parts, tt.status, nil)
			if after := len(g.stored(inputs)); tt.status != 200 && after != before {
				t.Errorf("%d files are left in storage", after-before)
			}
		})
	}
}

func TestMultipartRubbish(t *testing.T) {
	f := start(t, setup{})
	for name, body := range map[string]string{
		"empty":                 "",
		"no boundary":           "hello",
		"another boundary":      "--other\r\n\r\n--other--\r\n",
		"no end":                "--b\r\nContent-Disposition: form-data; name=files\r\n\r\nab",
		"no end of the headers": "--b\r\nContent-Disposition: form-data",
		"no name":               "--b\r\n\r\nabc\r\n--b--\r\n",
		"endless header":        "--b\r\nX: " + strings.Repeat("x", 1<<20) + "\r\n\r\nabc\r\n--b--\r\n",
		"a line break in a name": "--b\r\nContent-Disposition: form-data; name=files; " +
			"filename=\"a\r\nX-Evil: 1\"\r\n\r\nabc\r\n--b--\r\n",
		"binary": "--b\r\n\x00\xff\x00\r\n--b--",
	} {
		t.Run(name, func(t *testing.T) {
			g := *f
			g.t = t
			answer, b := g.do(g.request("POST", "/api/jobs", strings.NewReader(body),
				"Content-Type", "multipart/form-data; boundary=b"))
			if answer.StatusCode != 400 && answer.StatusCode != 413 {
				t.Errorf("status %d", answer.StatusCode)
			}
			g.checkError(answer, b)
			if keys := g.stored(inputs); len(keys) != 0 {
				t.Errorf("left in storage: %v", keys)
			}
		})
	}
}

// dial opens a connection and sends the beginning of an upload.
func dial(t *testing.T, f *fixture, length int) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(f.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	fmt.Fprintf(conn, "POST /api/jobs HTTP/1.1\r\nHost: x\r\nX-Api-Key: %s\r\n"+
		"Content-Type: multipart/form-data; boundary=b\r\nContent-Length: %d\r\n\r\n"+
		"--b\r\nContent-Disposition: form-data; name=\"files\"; filename=\"a.txt\"\r\n\r\nbegun",
		alice, length)
	return conn
}

func TestAnUploadThatIsCutOffLeavesNothing(t *testing.T) {
	ended := make(chan struct{}, 1)
	f := start(t, setup{storage: watched{Storage: memstorage.New(), dropped: ended}})
	conn := dial(t, f, 1000)
	conn.Close()
	<-ended
	if keys := f.stored(inputs); len(keys) != 0 {
		t.Errorf("left in storage: %v", keys)
	}
	id := f.submit(textFile("files", "a.txt"), part{"format", "", "webp"})
	if v := f.ended(id); v.Status != "completed" {
		t.Error("the server does not work any more")
	}
}

func TestAnUploadThatStopsIsGivenUp(t *testing.T) {
	f := start(t, setup{limits: limits{idle: 20 * time.Millisecond}})
	conn := dial(t, f, 1000)
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	if answer.StatusCode != http.StatusRequestTimeout || err != nil {
		t.Errorf("status %d: %s, %v", answer.StatusCode, b, err)
	}
	if keys := f.stored(inputs); len(keys) != 0 {
		t.Errorf("left in storage: %v", keys)
	}
}

// TestASlowButSteadyUploadIsTaken sends a byte whenever the server has read one.
func TestASlowButSteadyUploadIsTaken(t *testing.T) {
	f := start(t, setup{limits: limits{idle: 5 * time.Second}})
	body, kind := multipartOf(t, []part{textFile("files", "a.txt"), {"format", "", "webp"}})
	all, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	r, w := io.Pipe()
	go func() {
		for i := range all {
			if _, err := w.Write(all[i : i+1]); err != nil {
				return
			}
		}
		w.Close()
	}()
	var a accepted
	f.call(f.request("POST", "/api/jobs", r, "Content-Type", kind), http.StatusOK, &a)
	if v := f.ended(a.JobID); v.Status != "completed" {
		t.Errorf("%+v", v)
	}
}

func TestTenThousandSmallFiles(t *testing.T) {
	removed := make(chan string, 2*manyFiles)
	f := start(t, setup{storage: watched{Storage: memstorage.New(), removed: removed}})
	if err := f.engine.Pause(t.Context()); err != nil { // what the work costs, others test
		t.Fatal(err)
	}
	parts := make([]part, 0, manyFiles+1)
	for i := range manyFiles {
		parts = append(parts, part{"files", strconv.Itoa(i) + ".txt", "small " + strconv.Itoa(i)})
	}
	parts = append(parts, part{"format", "", "webp"})
	id := f.submit(parts...)
	if n := len(f.stored(inputs)); n != manyFiles {
		t.Errorf("%d files in storage", n)
	}
	var list fileList
	f.get(fmt.Sprintf("/api/jobs/%s/files?offset=%d&limit=100", id, manyFiles-10), 200, &list)
	if v := f.job(id); v.TotalFiles != manyFiles || len(list.Files) != 10 ||
		list.Files[9].Filename != fmt.Sprintf("%d.txt", manyFiles-1) {
		t.Errorf("%d files; the last: %+v", v.TotalFiles, list.Files)
	}
	f.call(f.request("DELETE", "/api/jobs/"+id+"?purge=true", nil), http.StatusNoContent, nil)
	for range manyFiles {
		<-removed
	}
}

func TestResultsOfALargeJobAreCutOff(t *testing.T) {
	f := start(t, setup{limits: limits{results: 5}})
	var parts []part
	for i := range 6 {
		parts = append(parts, part{"files", strconv.Itoa(i) + ".txt", "x"})
	}
	v := f.ended(f.submit(append(parts, part{"format", "", "webp"})...))
	if v.CompletedFiles != 6 || len(v.Results.Files) != 5 || !v.Results.Truncated {
		t.Errorf("%d files, %d results", v.CompletedFiles, len(v.Results.Files))
	}
}

func TestHostileFileNames(t *testing.T) {
	f := start(t, setup{codec: &enginetest.Codec{Do: func(ctx context.Context, w *codec.Work) error {
		return enginetest.Write(ctx, w, w.In[0].Name(), []byte("made"))
	}}})
	for _, name := range []string{
		"../../etc/passwd", `..\..\windows\win.ini`, "/etc/passwd", "C:\\x.txt", ".", "..", "a/b/c.txt",
		"<img src=x onerror=alert(1)>.txt", "a\tb.txt", "名前.txt", "a;b=c.txt", "a%0d%0aX-Evil: 1.txt",
		strings.Repeat("n", 5000) + ".txt", "x.txt\u202egpj.exe", "'; drop table jobs; --",
	} {
		t.Run(name[:min(len(name), 20)], func(t *testing.T) {
			g := *f
			g.t = t
			id := g.submit(part{"files", name, "words\n"}, part{"format", "", "webp"})
			v := g.ended(id)
			if v.Status != "completed" {
				t.Fatalf("%+v", v.ErrorMessage)
			}
			var list struct{ Files []fileView }
			g.get("/api/jobs/"+id+"/files", http.StatusOK, &list)
			for _, link := range []string{list.Files[0].InputURL, v.Results.Files[0].DownloadURL} {
				answer, _ := g.do(g.request("GET", link, nil))
				if answer.StatusCode != 200 || answer.Header.Get("X-Evil") != "" {
					t.Errorf("status %d, %v", answer.StatusCode, answer.Header)
				}
				d := answer.Header.Get("Content-Disposition")
				if !strings.HasPrefix(d, "attachment; filename") || strings.ContainsAny(d, "\r\n/\\<>") {
					t.Errorf("Content-Disposition: %q", d)
				}
			}
		})
	}
}

func TestFilesUnderOtherNames(t *testing.T) {
	f := start(t, setup{})
	// A part that is called files is one, with or without a name.
	body := "--b\r\nContent-Disposition: form-data; name=\"files\"\r\n\r\nwords\n\r\n" +
		"--b\r\nContent-Disposition: form-data; name=\"format\"\r\n\r\nwebp\r\n--b--\r\n"
	var a accepted
	f.call(f.request("POST", "/api/jobs", strings.NewReader(body),
		"Content-Type", "multipart/form-data; boundary=b"), http.StatusOK, &a)
	if v := f.ended(a.JobID); v.Results.Files[0].Filename != "upload.webp" {
		t.Errorf("%+v", v.Results)
	}
	f.post("/api/jobs", []part{textFile("photo", "a.txt"), {"format", "", "webp"}}, 400, nil)
}

func FuzzForm(f *testing.F) {
	body, kind := multipartOf(f, []part{
		textFile("files", "a.txt"), {"formats", "", `["webp",null,1,true]`},
		{"sourceUrl", "", "http://x/"},
	})
	b, _ := io.ReadAll(body)
	_, boundary, _ := strings.Cut(kind, "boundary=")
	f.Add(bytes.ReplaceAll(b, []byte(boundary), []byte("b")), 1)
	f.Add([]byte("--b\r\nContent-Disposition: form-data; name=files; filename=\r\n\r\n\r\n--b--"), 0)
	f.Add([]byte("--b\nContent-Disposition: form-data; name=a\n\n[[1]]\n--b--"), 3)
	l := limits{file: 100, files: 4, fields: 4, field: 200}
	f.Fuzz(func(t *testing.T, body []byte, n int) {
		kept := 0
		form, err := readForm(multipart.NewReader(bytes.NewReader(body), "b"), l,
			func(name string, r io.Reader) (engine.Upload, error) {
				kept++
				b, err := io.ReadAll(r)
				if int64(len(b)) > l.file+1 {
					t.Fatalf("%d bytes of a file were read", len(b))
				}
				if err != nil {
					err = cutOff(err)
				}
				return engine.Upload{Name: name, Size: int64(len(b))}, err
			})
		if err != nil {
			if f := failureOf(err); f.status < 400 || f.status >= 500 {
				t.Fatalf("status %d for %v", f.status, err)
			}
			return
		}
		size := 0
		for name, value := range form.values {
			size += len(value)
			if values, err := form.takeArray(name, n); err == nil && values != nil && len(values) != n {
				t.Fatalf("%d values, want %d", len(values), n)
			}
		}
		if kept > l.files || len(form.files) > kept || size > int(l.field) {
			t.Fatalf("%d files, %d bytes of fields", kept, size)
		}
	})
}
