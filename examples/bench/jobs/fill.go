package main

import (
	"context"
	"errors"
	"iter"
	"os"
	"strconv"

	"github.com/google/uuid"

	"github.com/spoolmedia/spool/store"
)

// fill makes as many pending jobs as the parent says. The first one is submitted;
// its records are the model for the others, so that they come without a look at
// their input, and without syncs.
func fill(ctx context.Context, dir string) error {
	n, err := strconv.Atoi(os.Args[2])
	if err != nil {
		return err
	}
	s, err := openSpool(dir, setup{noSync: true, do: nothing})
	if err != nil {
		return err
	}
	job, err := s.referring(ctx, "pending.jpg")
	if err != nil {
		return errors.Join(err, s.Close())
	}
	m, err := readModel(ctx, s.jobs, job.ID)
	if err == nil {
		err = submit(ctx, func(ctx context.Context, _ int) error { return m.again(ctx, s.jobs) },
			n-1, 512)
	}
	return errors.Join(err, s.Close())
}

// model is the records of a new job with one file.
type model struct {
	job  store.Job
	file store.File
	task store.Task
}

func readModel(ctx context.Context, s store.Store, id string) (m model, err error) {
	if m.job, err = s.Job(ctx, id); err != nil {
		return m, err
	}
	if m.file, err = first(s.Files(ctx, id, 0)); err != nil {
		return m, err
	}
	m.task, err = first(s.Tasks(ctx, store.TaskQuery{Under: store.Ref{Job: id}}))
	return m, err
}

func first[T any](values iter.Seq2[T, error]) (T, error) {
	for v, err := range values {
		return v, err
	}
	var none T
	return none, store.ErrNotFound
}

// again makes the job again, under a new ID.
func (m model) again(ctx context.Context, s store.Store) error {
	id, err := uuid.NewV7()
	if err != nil {
		return err
	}
	m.job.ID, m.task.Job = id.String(), id.String()
	_, _, err = s.Create(ctx, m.job, func(yield func(store.File, store.Task) bool) {
		yield(m.file, m.task)
	})
	return err
}
