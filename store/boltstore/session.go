package boltstore

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/spoolmedia/spool/store"
)

var _ store.Session = (*session)(nil)

// A session lives as long as it is in the store's map. The file knows nothing of
// it: it can live in the process only that has the file open.
type session struct {
	store *Store
	info  store.SessionInfo
	lost  chan struct{}
}

// Session implements [store.Store].
func (s *Store) Session(ctx context.Context, offers json.RawMessage) (store.Session, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.alive(ctx); err != nil {
		return nil, fmt.Errorf("boltstore: session: %w", err)
	}
	n := &session{
		store: s,
		info:  store.SessionInfo{ID: uuid.NewString(), Offers: bytes.Clone(offers)},
		lost:  make(chan struct{}),
	}
	s.sessions[n.info.ID] = n
	return n, nil
}

// Sessions implements [store.Store].
func (s *Store) Sessions(ctx context.Context) ([]store.SessionInfo, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.alive(ctx); err != nil {
		return nil, fmt.Errorf("boltstore: sessions: %w", err)
	}
	var infos []store.SessionInfo
	for _, n := range s.sessions {
		infos = append(infos, store.SessionInfo{ID: n.info.ID, Offers: bytes.Clone(n.info.Offers)})
	}
	slices.SortFunc(infos, func(a, b store.SessionInfo) int { return strings.Compare(a.ID, b.ID) })
	return infos, nil
}

func (s *Store) living(session string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sessions[session] != nil
}

// endSessions ends all, once s.closed is closed.
func (s *Store) endSessions() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, n := range s.sessions {
		close(n.lost)
	}
	clear(s.sessions)
}

// ID implements [store.Session].
func (n *session) ID() string { return n.info.ID }

// Lost implements [store.Session].
func (n *session) Lost() <-chan struct{} { return n.lost }

// Close implements [store.Session].
func (n *session) Close() error {
	n.store.mu.Lock()
	defer n.store.mu.Unlock()
	if n.store.sessions[n.info.ID] == n {
		delete(n.store.sessions, n.info.ID)
		close(n.lost)
	}
	return nil
}
