package engine

import (
	"context"
	"fmt"
	"io"
	"iter"
	"time"

	"github.com/google/uuid"

	"github.com/spoolmedia/spool/store"
)

// Status returns the job as it is now, or [ErrNotFound].
func (e *Engine) Status(ctx context.Context, id string) (Job, error) {
	j, err := e.job(ctx, id)
	if err != nil {
		return Job{}, err
	}
	return e.jobOf(j), nil
}

// job returns the record of a job that is not deleted.
func (e *Engine) job(ctx context.Context, id string) (store.Job, error) {
	j, err := e.config.Store.Job(ctx, id)
	if err == nil && !j.State.Deleted.IsZero() {
		err = fmt.Errorf("engine: job %s: %w", id, ErrNotFound)
	}
	return j, err
}

// Wait returns the job when its status is terminal. How the job ended is no
// error of Wait. It returns [ErrNotFound] if there is no such job, [ErrClosed]
// if the engine closes before the job has ended, and ctx.Err() when ctx ends.
func (e *Engine) Wait(ctx context.Context, id string) (Job, error) {
	woken, stop := e.waiters.add(id)
	defer stop()
	for {
		job, err := e.Status(ctx, id)
		if err != nil || job.Status.Terminal() {
			return job, err
		}
		select {
		case <-woken:
		case <-ctx.Done():
			return job, ctx.Err()
		case <-e.lifetime.Done():
			return job, ErrClosed
		}
	}
}

// Query selects jobs for [Engine.List].
type Query struct {
	Account string // "" means all
	Status  Status // "" means all
	// After is the ID of the last job seen; "" starts at the first.
	After string
	Limit int // 0 means no limit
	// Since and Until bound when a job was created, to the millisecond; zero means
	// no bound.
	Since, Until time.Time
	// Oldest lists the oldest job first.
	Oldest bool
}

// List yields the jobs that match q, newest first. To go on later, set q.After to
// the ID of the last job seen. An error ends it.
func (e *Engine) List(ctx context.Context, q Query) iter.Seq2[Job, error] {
	return func(yield func(Job, error) bool) {
		left := q.Limit
		for j, err := range e.config.Store.List(ctx, q.store()) {
			if err != nil {
				yield(Job{}, err)
				return
			}
			if q.past(j.Created) {
				return
			}
			if !yield(e.jobOf(j), nil) {
				return
			}
			if left--; left == 0 {
				return
			}
		}
	}
}

// store returns the query that begins where q does. Its end is for past, because
// the order of IDs is that of time.
func (q Query) store() store.Query {
	s := store.Query{Account: q.Account, Status: q.Status, Cursor: q.After, Oldest: q.Oldest}
	if s.Cursor != "" {
		return s
	}
	if q.Oldest && !q.Since.IsZero() {
		s.Cursor = idBefore(q.Since)
	}
	if !q.Oldest && !q.Until.IsZero() {
		s.Cursor = idBefore(q.Until.Add(time.Millisecond))
	}
	return s
}

// past reports whether neither a job of that time nor any behind it matches.
func (q Query) past(created time.Time) bool {
	if q.Oldest {
		return !q.Until.IsZero() && created.After(q.Until)
	}
	return !q.Since.IsZero() && created.Before(q.Since)
}

// idBefore returns what no ID made before t, and every one made since, is greater
// than: a UUID of version 7 begins with the milliseconds (RFC 9562).
func idBefore(t time.Time) string {
	var id uuid.UUID
	ms := max(t.UnixMilli(), 0)
	for i := range 6 {
		id[i] = byte(ms >> (40 - 8*i))
	}
	return id.String()
}

// Files yields the files of the job in the order of its inputs. A missing job is
// [ErrNotFound]. An error ends it.
func (e *Engine) Files(ctx context.Context, id string) iter.Seq2[File, error] {
	return e.filesFrom(ctx, id, 0)
}

// File returns one file of the job, by its index among the inputs. A missing job
// or file is [ErrNotFound].
func (e *Engine) File(ctx context.Context, id string, index int) (File, error) {
	for file, err := range e.filesFrom(ctx, id, max(index, 0)) {
		if err != nil {
			return File{}, err
		}
		if file.Index == index {
			return file, nil
		}
		break
	}
	return File{}, fmt.Errorf("engine: file %d of job %s: %w", index, id, ErrNotFound)
}

func (e *Engine) filesFrom(ctx context.Context, id string, from int) iter.Seq2[File, error] {
	return func(yield func(File, error) bool) {
		j, err := e.job(ctx, id)
		if err != nil {
			yield(File{}, err)
			return
		}
		fractions := e.progress.Latest(id)
		for f, err := range e.config.Store.Files(ctx, id, from) {
			if err == nil && f.Manifest != "" {
				f.Outputs, err = e.readManifest(ctx, f.Manifest)
			}
			if err != nil {
				yield(File{}, err)
				return
			}
			file := fileOf(j, f)
			if !file.Status.Terminal() {
				file.Progress = fractions[store.FileTask(f.Index)]
			}
			if !yield(file, nil) {
				return
			}
		}
	}
}

// OpenOutput opens the output for reading. The caller closes it.
func (e *Engine) OpenOutput(ctx context.Context, o Output) (*Reader, error) {
	blob, err := e.config.Storage.Open(ctx, o.key)
	if err != nil {
		return nil, fmt.Errorf("open output %s: %w", o.Name, err)
	}
	return newReader(o, blob, blob.Info().Size, blob.Close), nil
}

// Reader reads an output, from its beginning or by range.
type Reader struct {
	*io.SectionReader
	Output Output
	close  func() error
}

func newReader(o Output, r io.ReaderAt, size int64, closer func() error) *Reader {
	return &Reader{io.NewSectionReader(r, 0, size), o, closer}
}

// Close frees what the reader holds.
func (r *Reader) Close() error { return r.close() }
