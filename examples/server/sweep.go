package main

import (
	"context"
	"time"

	"github.com/spoolmedia/spool/engine"
)

const sweepInterval = time.Hour

// sweepNowAndThen removes the files of jobs that are gone, and those of requests
// that were cut off together with the process.
func (s *server) sweepNowAndThen(ctx context.Context) {
	for timer := time.NewTimer(0); ; timer.Reset(sweepInterval) {
		select {
		case <-timer.C:
			if err := s.sweep(ctx); err != nil && ctx.Err() == nil {
				s.log.Warn("sweeping uploads", "error", err)
			}
		case <-ctx.Done():
			timer.Stop()
			return
		}
	}
}

// sweep removes the uploads that no job names. An owner whose batch began since
// then may have got its job after the jobs were looked at: it waits for the next
// sweep.
func (s *server) sweep(ctx context.Context) error {
	u := s.uploads
	u.mu.Lock()
	clear(u.begun)
	for owner := range u.busy {
		u.begun[owner] = true
	}
	u.mu.Unlock()
	owners, err := u.owners(ctx)
	if err != nil {
		return err
	}
	for job, err := range s.engine.List(ctx, engine.Query{}) {
		if err != nil {
			return err
		}
		delete(owners, job.Labels[uploadLabel])
	}
	for owner := range owners {
		if err := u.remove(ctx, owner, func() (bool, error) {
			u.mu.Lock()
			defer u.mu.Unlock()
			return !u.begun[owner], nil
		}); err != nil {
			return err
		}
	}
	return nil
}
