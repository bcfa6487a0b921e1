package main

import (
	"context"
	"strings"

	"github.com/spoolmedia/spool/storage"
)

// watched tells when an upload was dropped.
type watched struct {
	storage.Storage
	dropped chan struct{}
}

func (s watched) Create(ctx context.Context, key string) (storage.Writer, error) {
	w, err := s.Storage.Create(ctx, key)
	if !strings.HasPrefix(key, uploadPrefix) {
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
