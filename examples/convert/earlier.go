package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spoolmedia/spool/engine"
)

// marks are the jobs whose outputs were all delivered: an empty file each, in a
// folder of the data. "" keeps no marks.
type marks string

func (m marks) has(job string) bool {
	_, err := os.Stat(filepath.Join(string(m), job))
	return err == nil
}

func (m marks) set(job string) error {
	if err := os.MkdirAll(string(m), 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(string(m), job), nil, 0o644)
}

// finishEarlier waits for the jobs that runs with other arguments have left, and
// delivers their outputs to where those runs wanted them.
func (r *runner) finishEarlier(ctx, user context.Context, delivered marks) error {
	if delivered == "" || user.Err() != nil {
		return nil
	}
	if r.job.ID != "" {
		if err := delivered.set(r.job.ID); err != nil {
			return err
		}
	}
	var errs []error
	for job, err := range r.engine.List(ctx, engine.Query{}) {
		if err != nil {
			return err
		}
		if delivered.has(job.ID) {
			continue
		}
		if err := r.finishJob(user, job); err != nil {
			errs = append(errs, fmt.Errorf("a job of an earlier run: %w", err))
		}
		if user.Err() != nil {
			break
		}
		if err := delivered.set(job.ID); err != nil {
			return err
		}
	}
	return errors.Join(errs...)
}

func (r *runner) finishJob(ctx context.Context, job engine.Job) error {
	job, err := r.engine.Wait(ctx, job.ID)
	if err != nil {
		return err
	}
	d := newDelivery(r.engine, options{
		out: job.Labels["out"], force: job.Labels["force"] == "true",
	})
	d.again = true
	var errs []error
	for file, err := range r.engine.Files(ctx, job.ID) {
		if err != nil {
			return err
		}
		if file.Error != nil {
			errs = append(errs, file.Error)
		}
		for _, o := range file.Outputs {
			_, err := d.deliver(ctx, job.ID, o)
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
