package main

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/engine"
	"github.com/spoolmedia/spool/engine/enginetest"
	"github.com/spoolmedia/spool/storage/memstorage"
)

func TestAJobConvertsItsFiles(t *testing.T) {
	f := start(t, setup{})
	id := f.submit(textFile("files", "a.txt"), textFile("files", "b.txt"),
		part{"format", "", "webp"}, part{"compression", "", "70"}, part{"saveToStorage", "", "true"},
		part{"createArchive", "", "true"})
	v := f.ended(id)
	if v.Status != "completed" || v.JobType != "convert" || v.TotalFiles != 2 ||
		v.CompletedFiles != 2 || v.FailedFiles != 0 || v.Progress != 100 || v.ErrorMessage != nil {
		t.Fatalf("%+v", v)
	}
	if len(v.Results.Files) != 2 {
		t.Fatalf("results: %+v", v.Results)
	}
	r := v.Results.Files[1]
	if r.Filename != "b.webp" || r.MimeType == "" || r.OriginalSize != r.FinalSize ||
		r.AppliedQuality == nil || *r.AppliedQuality != 70 {
		t.Errorf("result: %+v", r)
	}
	if _, b := f.do(f.request("GET", r.DownloadURL, nil)); string(b) != "some words in b.txt\n" {
		t.Errorf("the download is %q", b)
	}
	_, b := f.do(f.request("GET", v.Results.Archive.DownloadURL, nil))
	if names := namesIn(t, b); !slices.Equal(names, []string{"a.webp", "b.webp"}) {
		t.Errorf("in the archive: %v", names)
	}
}

// namesIn returns the names in a zip.
func namesIn(t *testing.T, b []byte) []string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, member := range z.File {
		names = append(names, member.Name)
	}
	return names
}

func TestArraysGiveEachFileItsSettings(t *testing.T) {
	var mu sync.Mutex
	got := map[string]codec.Convert{}
	f := start(t, setup{codec: &enginetest.Codec{Do: func(ctx context.Context, w *codec.Work) error {
		mu.Lock()
		got[w.In[0].Name()] = w.Op.(codec.Convert)
		mu.Unlock()
		return enginetest.Write(ctx, w, w.In[0].Name()+".out", []byte("made"))
	}}})
	id := f.submit(textFile("files", "a.txt"), textFile("files", "b.txt"), textFile("files", "c.txt"),
		part{"formats", "", `["webp","png","JPEG"]`}, part{"compressions", "", `[70,"80",null]`},
		part{"compression", "", "60"}, part{"resizes", "", `["original","width","square"]`},
		part{"resizeWidths", "", `[null,320,64]`}, part{"autoOrients", "", `[true,true,true]`},
		part{"monos", "", `[false,false,false]`})
	if v := f.ended(id); v.Status != "completed" {
		t.Fatalf("%+v", v)
	}
	want := map[string]codec.Convert{
		"a.txt": {Format: "webp", Quality: 70, Resize: "original"},
		"b.txt": {Format: "png", Quality: 80, Resize: "width", Width: 320},
		"c.txt": {Format: "JPEG", Quality: 60, Resize: "square", Width: 64},
	}
	for name, op := range want {
		if !reflect.DeepEqual(got[name], op) {
			t.Errorf("%s: %+v, want %+v", name, got[name], op)
		}
	}
}

func TestTheSameKeyGivesTheSameJob(t *testing.T) {
	f := start(t, setup{})
	parts := []part{textFile("files", "a.txt"), textFile("files", "b.txt"), {"format", "", "webp"}}
	ids := make([]string, 16)
	var all sync.WaitGroup
	for i := range ids {
		all.Go(func() {
			var a accepted
			f.post("/api/jobs", parts, http.StatusOK, &a, "Idempotency-Key", "import-7")
			ids[i] = a.JobID
		})
	}
	all.Wait()
	if same := slices.Compact(slices.Clone(ids)); len(same) != 1 {
		t.Errorf("%d jobs", len(same))
	}
	if keys := f.stored(inputs); len(keys) != 2 {
		t.Errorf("in storage: %v", keys)
	}
	// Another request under the key, and another account's.
	for _, other := range [][]part{
		{textFile("files", "a.txt"), textFile("files", "b.txt"), {"format", "", "png"}},
		{textFile("files", "a.txt"), {"files", "b.txt", "other words"}, {"format", "", "webp"}},
		{textFile("files", "a.txt"), textFile("files", "b.txt"), textFile("files", "c.txt"),
			{"format", "", "webp"}},
	} {
		f.post("/api/jobs", other, http.StatusConflict, nil, "Idempotency-Key", "import-7")
	}
	if keys := f.stored(inputs); len(keys) != 2 {
		t.Errorf("in storage after conflicts: %v", keys)
	}
	var a accepted
	f.as(bob).post("/api/jobs", parts, http.StatusOK, &a, "Idempotency-Key", "import-7")
	if a.JobID == ids[0] {
		t.Error("another account got the job")
	}
	if v := f.ended(ids[0]); v.Status != "completed" {
		t.Errorf("the job is %s", v.Status)
	}
}

func TestOnlyAJobThatWaitsIsDeleted(t *testing.T) {
	g := newGate()
	f := start(t, setup{codecs: []codec.Codec{g}, engine: engine.Config{Workers: 1}})
	running := f.submit(textFile("files", "a.txt"), part{"format", "", "webp"})
	<-g.entered
	waiting := f.submit(textFile("files", "b.txt"), part{"format", "", "webp"})
	f.call(f.request("DELETE", "/api/jobs/"+running, nil), http.StatusConflict, nil)
	var v jobView
	f.call(f.request("DELETE", "/api/jobs/"+waiting, nil), http.StatusOK, &v)
	if v.Status != "failed" || !v.Cancelled || v.ErrorMessage == nil {
		t.Errorf("a cancelled job: %+v", v)
	}
	close(g.open)
	f.ended(running)
	f.call(f.request("DELETE", "/api/jobs/"+running, nil), http.StatusConflict, nil)
	f.call(f.request("DELETE", "/api/jobs/00000000-0000-0000-0000-000000000000", nil),
		http.StatusNotFound, nil)
}

func TestARunningJobCanBeCancelledAndRetried(t *testing.T) {
	g := newGate()
	f := start(t, setup{codecs: []codec.Codec{g}})
	id := f.submit(textFile("files", "a.txt"), part{"format", "", "webp"})
	<-g.entered
	f.call(f.request("POST", "/api/jobs/"+id+"/retry", nil), http.StatusConflict, nil)
	var v jobView
	f.call(f.request("POST", "/api/jobs/"+id+"/cancel", nil), http.StatusOK, &v)
	if v.Status != "failed" || !v.Cancelled {
		t.Errorf("a cancelled job: %+v", v)
	}
	close(g.open)
	f.call(f.request("POST", "/api/jobs/"+id+"/retry", nil), http.StatusOK, nil)
	if v := f.ended(id); v.Status != "completed" || v.Run != 2 {
		t.Errorf("after the retry: %+v", v)
	}
	f.call(f.request("POST", "/api/jobs/"+id+"/cancel", nil), http.StatusConflict, nil)
}

func TestPurgeLeavesNothing(t *testing.T) {
	removed := make(chan string, 100)
	f := start(t, setup{storage: watched{Storage: memstorage.New(), removed: removed}})
	id := f.submit(textFile("files", "a.txt"), part{"format", "", "webp"})
	f.ended(id)
	f.call(f.request("DELETE", "/api/jobs/"+id+"?purge=true", nil), http.StatusNoContent, nil)
	f.call(f.request("GET", "/api/jobs/"+id, nil), http.StatusNotFound, nil)
	for len(f.stored("")) > 0 {
		<-removed
	}
}

func TestTheListIsNewestFirstAndPaged(t *testing.T) {
	fails := new(atomic.Bool)
	g := &enginetest.Codec{Do: func(ctx context.Context, w *codec.Work) error {
		if w.In[0].Name() == "bad.txt" {
			fails.Store(true)
			return codec.Errorf(codec.Invalid, "bad.txt is broken")
		}
		return enginetest.Write(ctx, w, "out.webp", nil)
	}}
	f := start(t, setup{codec: g})
	var ids []string
	for i := range 7 {
		name := "good.txt"
		if i%3 == 0 {
			name = "bad.txt"
		}
		id := f.submit(textFile("files", name), part{"format", "", "webp"})
		f.ended(id)
		ids = append([]string{id}, ids...)
	}
	// One that is cancelled counts among the failed.
	if err := f.engine.Pause(t.Context()); err != nil {
		t.Fatal(err)
	}
	cancelled := f.submit(textFile("files", "good.txt"), part{"format", "", "webp"})
	f.call(f.request("DELETE", "/api/jobs/"+cancelled, nil), http.StatusOK, nil)
	ids = append([]string{cancelled}, ids...)
	for _, tt := range []struct {
		query string
		want  []string
		total int
		more  bool
	}{
		{"", ids, 8, false},
		{"?limit=3", ids[:3], 8, true},
		{"?limit=3&offset=6", ids[6:], 8, false},
		{"?offset=100", nil, 8, false},
		{"?status=failed", []string{ids[0], ids[1], ids[4], ids[7]}, 4, false},
		{"?status=failed&limit=2", []string{ids[0], ids[1]}, 4, true},
		{"?status=completed&offset=1&limit=1", []string{ids[3]}, 4, true},
		{"?status=pending", nil, 0, false},
	} {
		var got struct {
			Jobs       []jobView
			Pagination pagination
		}
		f.get("/api/jobs"+tt.query, http.StatusOK, &got)
		var list []string
		for _, v := range got.Jobs {
			list = append(list, v.JobID)
		}
		if !slices.Equal(list, tt.want) || got.Pagination.Total != tt.total ||
			got.Pagination.HasMore != tt.more {
			t.Errorf("%q: %v, %+v; want %v", tt.query, list, got.Pagination, tt.want)
		}
	}
	for _, bad := range []string{"limit=0", "limit=101", "limit=x", "offset=-1", "status=cancelled"} {
		f.get("/api/jobs?"+bad, http.StatusBadRequest, nil)
	}
}

func TestAFailedFileTellsWhy(t *testing.T) {
	f := start(t, setup{})
	id := f.submit(textFile("files", "a.txt"), part{"files", "b.png", "\x89PNG\r\n\x1a\nrubbish"},
		part{"format", "", "webp"})
	v := f.ended(id)
	if v.Status != "failed" || v.CompletedFiles != 1 || v.FailedFiles != 1 || v.ErrorMessage == nil {
		t.Errorf("%+v", v)
	}
	if len(v.Results.Files) != 1 {
		t.Errorf("results: %+v", v.Results)
	}
	var list struct {
		Files      []fileView
		Pagination pagination
	}
	f.get("/api/jobs/"+id+"/files?limit=1&offset=1", http.StatusOK, &list)
	if len(list.Files) != 1 || list.Files[0].Status != "failed" || list.Files[0].ErrorMessage == nil ||
		list.Files[0].Filename != "b.png" || list.Pagination.Total != 2 {
		t.Errorf("%+v", list)
	}
}

func TestRequestsThatCanNeverWork(t *testing.T) {
	f := start(t, setup{})
	file := textFile("files", "a.txt")
	webp := part{"format", "", "webp"}
	for name, tt := range map[string]struct {
		parts  []part
		status int
	}{
		"no file":                  {[]part{webp}, 400},
		"no format":                {[]part{file}, 400},
		"unknown format":           {[]part{file, {"format", "", "xyz"}}, 400},
		"an archive format":        {[]part{file, {"format", "", "7z"}}, 501},
		"quality out of range":     {[]part{file, webp, {"compression", "", "101"}}, 400},
		"quality of no number":     {[]part{file, webp, {"compression", "", "high"}}, 400},
		"unknown preset":           {[]part{file, webp, {"resize", "", "huge"}}, 400},
		"a width that is missing":  {[]part{file, webp, {"resize", "", "width"}}, 400},
		"lying pictures":           {[]part{file, webp, {"autoOrient", "", "false"}}, 400},
		"one colour of webp":       {[]part{file, webp, {"mono", "", "true"}}, 400},
		"an unknown field":         {[]part{file, webp, {"qality", "", "7"}}, 400},
		"an unknown job type":      {[]part{file, webp, {"jobType", "", "transfer"}}, 400},
		"a compression, not here":  {[]part{file, {"jobType", "", "compress"}}, 501},
		"too few formats":          {[]part{file, file, {"formats", "", `["webp"]`}}, 400},
		"too many formats":         {[]part{file, {"formats", "", `["webp","png"]`}}, 400},
		"formats that are no JSON": {[]part{file, {"formats", "", `webp`}}, 400},
		"formats in formats":       {[]part{file, {"formats", "", `[["webp"]]`}}, 400},
		"not kept":                 {[]part{file, webp, {"saveToStorage", "", "false"}}, 400},
		"an archive, perhaps":      {[]part{file, webp, {"createArchive", "", "maybe"}}, 400},
		"strict, perhaps":          {[]part{file, webp, {"strict", "", "maybe"}}, 400},
		"a callback to nowhere":    {[]part{file, webp, {"callbackUrl", "", "ftp://x/"}}, 400},
		"a callback to loopback": {[]part{file, webp, {"callbackUrl", "", "http://127.0.0.1/x"},
			{"callbackSecret", "", "s"}}, 400},
		"a callback without a secret": {[]part{file, webp,
			{"callbackUrl", "", "https://example.com/"}}, 400},
		"a secret without a callback": {[]part{file, webp, {"callbackSecret", "", "s"}}, 400},
		"a source at loopback":        {[]part{{"sourceUrl", "", "http://127.0.0.1/a.png"}, webp}, 400},
		"a source of files":           {[]part{{"sourceUrl", "", "file:///etc/passwd"}, webp}, 400},
		"a field given twice":         {[]part{file, webp, {"format", "", "png"}}, 400},
	} {
		t.Run(name, func(t *testing.T) {
			g := *f
			g.t = t
			g.post("/api/jobs", tt.parts, tt.status, nil)
			if keys := g.stored(inputs); len(keys) != 0 {
				t.Errorf("left in storage: %v", keys)
			}
		})
	}
	for _, kind := range []string{"", "application/json", "multipart/form-data", "text/plain"} {
		f.call(f.request("POST", "/api/jobs", bytes.NewReader([]byte("{}")), "Content-Type", kind),
			http.StatusUnsupportedMediaType, nil)
	}
	f.get("/api/nothing", http.StatusNotFound, nil)
	answer, _ := f.do(f.request("PUT", "/api/jobs", nil))
	if allow := answer.Header.Values("Allow"); answer.StatusCode != 405 ||
		!slices.Equal(allow, []string{"GET", "POST"}) {
		t.Errorf("status %d, Allow %v", answer.StatusCode, allow)
	}
}

func TestAFullQueueIsTold(t *testing.T) {
	f := start(t, setup{limits: limits{queue: 3}})
	if err := f.engine.Pause(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i, key := range []string{"first", "", ""} {
		parts := []part{textFile("files", fmt.Sprintf("%d.txt", i)), {"format", "", "webp"}}
		f.post("/api/jobs", parts, http.StatusOK, nil, "Idempotency-Key", key)
	}
	body, kind := multipartOf(t, []part{textFile("files", "x.txt"), {"format", "", "webp"}})
	answer, b := f.do(f.request("POST", "/api/jobs", body, "Content-Type", kind))
	if answer.StatusCode != 429 || answer.Header.Get("Retry-After") == "" {
		t.Errorf("status %d, %v", answer.StatusCode, answer.Header)
	}
	f.checkError(answer, b)
	// A request that comes again gets its job.
	f.post("/api/jobs", []part{textFile("files", "0.txt"), {"format", "", "webp"}}, http.StatusOK,
		nil, "Idempotency-Key", "first")
	// Another account has a queue of its own.
	f.as(bob).submit(textFile("files", "x.txt"), part{"format", "", "webp"})
}

func TestFiveHundredRequestsAtOnce(t *testing.T) {
	f := start(t, setup{limits: limits{queue: 10_000}})
	f.client.Transport = &http.Transport{MaxConnsPerHost: 500}
	t.Cleanup(f.client.CloseIdleConnections)
	ids := make([]string, 500)
	var all sync.WaitGroup
	for i := range ids {
		all.Go(func() {
			var a accepted
			f.post("/api/jobs", []part{
				textFile("files", fmt.Sprintf("%d.txt", i)), {"format", "", "webp"},
			}, http.StatusOK, &a)
			ids[i] = a.JobID
		})
	}
	all.Wait()
	for i, id := range ids {
		job := enginetest.Wait(t, f.engine, id)
		if file := enginetest.Files(t, f.engine, id)[0]; job.Status != engine.Completed ||
			file.Outputs[0].Name != fmt.Sprintf("%d.webp", i) {
			t.Fatalf("job %d is %s: %+v", i, job.Status, file)
		}
	}
	if keys := f.stored(inputs); len(keys) != 500 {
		t.Errorf("%d uploads for 500 jobs", len(keys))
	}
}
