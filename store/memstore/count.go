package memstore

import (
	"context"
	"fmt"
	"maps"

	"github.com/spoolmedia/spool/store"
)

// counts are the listed jobs by account, or all (""), and status.
type counts map[string]map[store.Status]int

// add counts j n times.
func (c counts) add(j *job, n int) {
	c.addTo("", j.State.Status, n)
	if j.Account != "" {
		c.addTo(j.Account, j.State.Status, n)
	}
}

func (c counts) addTo(account string, status store.Status, n int) {
	if c[account] == nil {
		c[account] = make(map[store.Status]int)
	}
	if c[account][status] += n; c[account][status] == 0 {
		delete(c[account], status)
	}
	if len(c[account]) == 0 {
		delete(c, account)
	}
}

// Count implements [store.Store].
func (s *Store) Count(ctx context.Context, account string) (map[store.Status]int, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if err := s.alive(ctx); err != nil {
		return nil, fmt.Errorf("memstore: count: %w", err)
	}
	counts := make(map[store.Status]int)
	maps.Copy(counts, s.counts[account])
	return counts, nil
}
