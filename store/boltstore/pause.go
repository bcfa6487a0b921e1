package boltstore

import (
	"context"
	"fmt"

	"github.com/spoolmedia/spool/store"
	"github.com/spoolmedia/spool/store/internal/rules"
)

// SetPaused implements [store.Store].
func (s *Store) SetPaused(ctx context.Context, p store.Pause, on bool) error {
	p, err := rules.Pause(p)
	if err == nil {
		err = s.commits.do(ctx, func(w *write) error {
			if on {
				w.put(bucketPaused, pauseKey(p), nil)
			} else {
				w.delete(bucketPaused, pauseKey(p))
			}
			return nil
		})
	}
	if err != nil {
		return fmt.Errorf("boltstore: pause: %w", err)
	}
	return nil
}

// Paused implements [store.Store].
func (s *Store) Paused(ctx context.Context) (paused []store.Pause, err error) {
	err = s.view(ctx, func(r *read) error {
		paused = nil
		c := r.cursor(bucketPaused)
		for k, _ := c.First(); k != nil; k, _ = c.Next() {
			if k[0] == '*' {
				paused = append(paused, store.Pause{All: true})
			} else {
				paused = append(paused, store.Pause{Account: string(k[1:])})
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("boltstore: paused: %w", err)
	}
	return paused, nil
}
