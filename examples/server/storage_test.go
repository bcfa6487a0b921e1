package main

import (
	"context"
	"strings"

	"github.com/spoolmedia/spool/storage"
)

// watched tells when an upload was dropped, and which keys were removed.
type watched struct {
	storage.Storage
	dropped chan struct{}
	removed chan string
}

func (s watched) Remove(ctx context.Context, key string) error {
	err := s.Storage.Remove(ctx, key)
	if s.removed != nil {
		s.removed <- key
	}
	return err
}

func (s watched) Create(ctx context.Context, key string) (storage.Writer, error) {
	w, err := s.Storage.Create(ctx, key)
	if !strings.HasPrefix(key, inputs) {
		return w, err
	}
	return watchedWriter{w, s.dropped}, err
}

type watchedWriter struct {
	storage.Writer
	dropped chan struct{}
}

func (w watchedWriter) Abort() error {
	err := w.Writer.Abort()
	select {
	case w.dropped <- struct{}{}:
	default:
	}
	return err
}
