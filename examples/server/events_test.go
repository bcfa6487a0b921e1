package main

import (
	"bufio"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/spoolmedia/spool/codec"
)

// sent is one server-sent event.
type sentEvent struct {
	id, kind string
	data     eventView
}

// stream reads an event stream.
type stream struct {
	t      *testing.T
	answer *http.Response
	lines  *bufio.Scanner
}

func (f *fixture) stream(path, lastID string) *stream {
	f.t.Helper()
	r := f.request("GET", path, nil)
	if lastID != "" {
		r.Header.Set("Last-Event-ID", lastID)
	}
	answer, err := f.client.Do(r)
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() { answer.Body.Close() })
	return &stream{f.t, answer, bufio.NewScanner(answer.Body)}
}

// next returns the next event that is not progress; ok is false at the end.
func (s *stream) next() (e sentEvent, ok bool) {
	s.t.Helper()
	for s.lines.Scan() {
		name, value, _ := strings.Cut(s.lines.Text(), ": ")
		switch name {
		case "id":
			e.id = value
		case "event":
			e.kind = value
		case "data":
			if err := json.Unmarshal([]byte(value), &e.data); err != nil {
				s.t.Fatalf("data %q: %v", value, err)
			}
		case "":
			if e.kind != "" && e.kind != "progress" {
				return e, true
			}
			e = sentEvent{}
		}
	}
	return e, false
}

// kinds returns the kinds of all events to the end.
func (s *stream) kinds() (kinds []string) {
	for e, ok := s.next(); ok; e, ok = s.next() {
		kinds = append(kinds, e.kind)
	}
	return kinds
}

func TestAJobTellsItsWholeStory(t *testing.T) {
	g := newGate()
	f := start(t, setup{codecs: []codec.Codec{g}})
	id := f.submit(textFile("files", "a.txt"), part{"format", "", "webp"})
	s := f.stream("/api/jobs/"+id+"/events", "")
	if kind := s.answer.Header.Get("Content-Type"); kind != "text/event-stream" {
		t.Errorf("Content-Type %q", kind)
	}
	<-g.entered
	close(g.open)
	whole := []string{"created", "started", "file.started", "file.completed", "completed"}
	var ids []string
	for _, want := range whole {
		e, ok := s.next()
		if !ok || e.kind != want || e.data.Type != want || e.data.JobID != id || e.id == "" {
			t.Fatalf("%+v, want %s", e, want)
		}
		ids = append(ids, e.id)
	}
	if e, ok := s.next(); ok {
		t.Errorf("after the end: %+v", e)
	}
	// Each event but the last has others behind it.
	for i, last := range ids[:4] {
		if got := f.stream("/api/jobs/"+id+"/events", last).kinds(); !slices.Equal(got, whole[i+1:]) {
			t.Errorf("after %s: %v", whole[i], got)
		}
	}
	// 204 tells a browser not to come again.
	if s := f.stream("/api/jobs/"+id+"/events", ids[4]); s.answer.StatusCode != http.StatusNoContent {
		t.Errorf("after the last event: status %d", s.answer.StatusCode)
	}
}

func TestAnAccountHearsOfItsOwnJobs(t *testing.T) {
	f := start(t, setup{})
	before := f.submit(textFile("files", "a.txt"), part{"format", "", "webp"})
	f.ended(before)
	s := f.stream("/api/events", "")
	other := f.as(bob).submit(textFile("files", "b.txt"), part{"format", "", "webp"})
	f.as(bob).ended(other)
	own := f.submit(textFile("files", "c.txt"), part{"format", "", "webp"})
	e, ok := s.next()
	if !ok || e.kind != "created" || e.data.JobID != own {
		t.Fatalf("%+v, want that %s was created", e, own)
	}
	s.answer.Body.Close()
	f.ended(own)
	// What came meanwhile is told to whoever comes back.
	s = f.stream("/api/events", e.id)
	for _, want := range []string{"started", "file.started", "file.completed", "completed"} {
		if e, ok := s.next(); !ok || e.kind != want || e.data.JobID != own {
			t.Errorf("%+v, want %s of %s", e, want, own)
		}
	}
}

func TestStreamsEndWithTheServer(t *testing.T) {
	f := start(t, setup{})
	s := f.stream("/api/events", "")
	f.server.stopStreams()
	if e, ok := s.next(); ok {
		t.Errorf("%+v", e)
	}
}

func TestAnEventThatWasNeverThereResets(t *testing.T) {
	f := start(t, setup{})
	id := f.submit(textFile("files", "a.txt"), part{"format", "", "webp"})
	f.ended(id)
	for _, path := range []string{"/api/events", "/api/jobs/" + id + "/events"} {
		s := f.stream(path, "rubbish")
		if e, ok := s.next(); !ok || e.kind != "reset" || e.id != "" {
			t.Errorf("%s: %+v", path, e)
		}
		if e, ok := s.next(); ok {
			t.Errorf("%s: after the reset: %+v", path, e)
		}
	}
}
