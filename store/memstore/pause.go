package memstore

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/spoolmedia/spool/store"
	"github.com/spoolmedia/spool/store/internal/rules"
)

// SetPaused implements [store.Store].
func (s *Store) SetPaused(ctx context.Context, p store.Pause, on bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := rules.Pause(p)
	if err == nil {
		err = s.alive(ctx)
	}
	switch {
	case err != nil:
		return fmt.Errorf("memstore: pause: %w", err)
	case on:
		s.paused[p] = struct{}{}
	default:
		delete(s.paused, p)
	}
	return nil
}

// Paused implements [store.Store].
func (s *Store) Paused(ctx context.Context) ([]store.Pause, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if err := s.alive(ctx); err != nil {
		return nil, fmt.Errorf("memstore: paused: %w", err)
	}
	return slices.SortedFunc(maps.Keys(s.paused), rules.ComparePauses), nil
}
