package engine

import (
	"context"
	"fmt"
	"io"
	"iter"

	"github.com/spoolmedia/spool/store"
)

// Status returns the job as it is now, or [ErrNotFound].
func (e *Engine) Status(ctx context.Context, id string) (Job, error) {
	j, err := e.config.Store.Job(ctx, id)
	if err != nil {
		return Job{}, err
	}
	return e.jobOf(j), nil
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

// Cancel ends the job: its status and its event are cancelled at once, what is
// pending is never taken up, and what runs is interrupted. A native call ends as
// soon as its library allows, and counts among the workers until then. Files
// that had ended keep their results. Cancelling a cancelled job is no error; one
// that has completed or failed is [ErrEnded]; a missing one is [ErrNotFound].
func (e *Engine) Cancel(ctx context.Context, id string) error {
	if e.closed() {
		return ErrClosed
	}
	return e.config.Store.Update(ctx, store.Ref{Job: id}, func(tx *store.Tx) error {
		return cancel(tx, now())
	})
}

// Query selects jobs for [Engine.List].
type Query struct {
	Account string // "" means all
	Status  Status // "" means all
	After   string // the ID of the last job seen; "" starts at the newest
	Limit   int    // 0 means no limit
}

// List yields the jobs that match q, newest first. To go on later, set q.After to
// the ID of the last job seen. An error ends it.
func (e *Engine) List(ctx context.Context, q Query) iter.Seq2[Job, error] {
	return func(yield func(Job, error) bool) {
		for j, err := range e.config.Store.List(ctx, store.Query{
			Account: q.Account, Status: q.Status, Cursor: q.After, Limit: q.Limit,
		}) {
			if err != nil {
				yield(Job{}, err)
				return
			}
			if !yield(e.jobOf(j), nil) {
				return
			}
		}
	}
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
		j, err := e.config.Store.Job(ctx, id)
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
			file := fileOf(id, j.State.Status, f)
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
