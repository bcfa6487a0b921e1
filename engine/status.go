package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"

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
		var rec record
		_ = json.Unmarshal(j.Request, &rec) // see jobOf
		op := e.decode(rec.Operation)
		advances := e.progress.Latest(id)
		for f, err := range e.config.Store.Files(ctx, id, from) {
			if err == nil && f.Manifest != "" {
				f.Outputs, err = e.readManifest(ctx, f.Manifest)
			}
			if err != nil {
				yield(File{}, err)
				return
			}
			file := fileOf(j, f)
			if file.Operation = op; f.Op != nil {
				file.Operation = e.decode(f.Op)
			}
			if !file.Status.Terminal() {
				a := advances[store.FileTask(f.Index)]
				file.Progress, file.Speed, file.Left = a.Fraction, a.Speed, a.Left
			}
			if !yield(file, nil) {
				return
			}
		}
	}
}
