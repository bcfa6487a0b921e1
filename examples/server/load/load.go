package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"slices"
	"sync"
	"time"
)

// load is what the clients do and have seen.
type load struct {
	*site
	picture []byte
	http    http.Client

	mu       sync.Mutex // guards what follows
	waited   []time.Duration
	accepted []time.Duration
	jobs     []string // that were accepted
	cut      int      // attempts while the server was away, which were made again
	errs     []error
}

func (l *load) fail(err error) {
	if err == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.errs = append(l.errs, err)
}

// client makes requests until ctx ends: one that waits, one that makes a job, …
func (l *load) client(ctx context.Context, n int) {
	for i := 0; ctx.Err() == nil; i++ {
		path := "/api/convert"
		if (n+i)%2 == 1 {
			path = "/api/jobs"
		}
		began := time.Now()
		err := l.request(ctx, path, fmt.Sprintf("load-%d-%d", n, i))
		if ctx.Err() != nil {
			return
		}
		l.fail(err)
		l.mu.Lock()
		if path == "/api/jobs" {
			l.accepted = append(l.accepted, time.Since(began))
		} else {
			l.waited = append(l.waited, time.Since(began))
		}
		l.mu.Unlock()
	}
}

// request makes a request; again, with the same key, while the server is away.
func (l *load) request(ctx context.Context, path, key string) error {
	for {
		body, kind := l.form()
		r, err := http.NewRequestWithContext(ctx, "POST", "http://"+l.addr+path, body)
		if err != nil {
			return err
		}
		r.Header.Set("Authorization", "Bearer "+l.key)
		r.Header.Set("Content-Type", kind)
		r.Header.Set("Idempotency-Key", key)
		status, b, err := l.do(r)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			l.mu.Lock()
			l.cut++
			l.mu.Unlock()
			if err := pause(ctx); err != nil {
				return err
			}
			continue
		case status != http.StatusOK:
			return fmt.Errorf("%s: status %d: %s", path, status, b)
		}
		return l.take(path, b)
	}
}

func pause(ctx context.Context) error {
	select {
	case <-time.After(100 * time.Millisecond):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (l *load) do(r *http.Request) (int, []byte, error) {
	answer, err := l.http.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	return answer.StatusCode, b, err
}

// take looks at an answer.
func (l *load) take(path string, b []byte) error {
	var a struct {
		JobID string
		Files []struct {
			MimeType  string
			FinalSize int
		}
	}
	if err := json.Unmarshal(b, &a); err != nil {
		return err
	}
	if path == "/api/convert" {
		if len(a.Files) != 1 || a.Files[0].MimeType != "image/webp" || a.Files[0].FinalSize == 0 {
			return fmt.Errorf("an answer without the picture: %s", b)
		}
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.jobs = append(l.jobs, a.JobID)
	return nil
}

func (l *load) form() (io.Reader, string) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	// A buffer takes everything.
	part, _ := w.CreateFormFile("files", "small.jpg")
	_, _ = part.Write(l.picture)
	_ = w.WriteField("format", "webp")
	_ = w.WriteField("resizeWidth", "160")
	_ = w.Close()
	return &b, w.FormDataContentType()
}

// report tells the figures.
func (l *load) report(d time.Duration, clients int) {
	n := len(l.waited) + len(l.accepted)
	fmt.Printf("%d clients, %v: %d requests, %.0f a second, %d errors; "+
		"%d attempts while it was away\n", clients, d.Round(time.Second), n, float64(n)/d.Seconds(), len(l.errs), l.cut)
	fmt.Printf("converted while the client waits: %s\n", quantiles(l.waited))
	fmt.Printf("a job accepted:                   %s\n", quantiles(l.accepted))
	spent := l.processor()
	fmt.Printf("time of processors: %v, %v for each request\n", spent.Round(time.Second),
		(spent / time.Duration(max(n, 1))).Round(100*time.Microsecond))
	if l.peak != "" {
		fmt.Printf("memory before the kill: %s\n", l.peak)
	}
	fmt.Printf("memory at the end:      %s\n", l.memory())
}

func quantiles(d []time.Duration) string {
	if len(d) == 0 {
		return "none"
	}
	slices.Sort(d)
	at := func(f float64) time.Duration {
		return d[int(f*float64(len(d)-1))].Round(time.Millisecond)
	}
	return fmt.Sprintf("p50 %v, p99 %v, most %v", at(0.5), at(0.99), at(1))
}

// audit waits until every accepted job has ended, and wants all completed.
func (l *load) audit() error {
	began := time.Now()
	slices.Sort(l.jobs)
	jobs := slices.Compact(l.jobs)
	for _, id := range jobs {
		if err := l.completed(id); err != nil {
			l.fail(err)
		}
	}
	if len(l.errs) == 0 {
		fmt.Printf("%d jobs were accepted; all have completed %v later\n",
			len(jobs), time.Since(began).Round(time.Millisecond))
	}
	return errors.Join(l.errs...)
}

func (l *load) completed(id string) error {
	for {
		r, err := http.NewRequest("GET", "http://"+l.addr+"/api/jobs/"+id, nil)
		if err != nil {
			return err
		}
		r.Header.Set("Authorization", "Bearer "+l.key)
		status, b, err := l.do(r)
		if err != nil || status != http.StatusOK {
			return fmt.Errorf("job %s: status %d, %w: %s", id, status, err, b)
		}
		var job struct{ Status string }
		if err := json.Unmarshal(b, &job); err != nil {
			return err
		}
		switch job.Status {
		case "completed":
			return nil
		case "failed":
			return fmt.Errorf("job %s failed: %s", id, b)
		}
		if err := pause(context.Background()); err != nil {
			return err
		}
	}
}
