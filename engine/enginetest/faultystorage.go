package enginetest

import (
	"context"
	"iter"

	"github.com/spoolmedia/spool/storage"
)

var (
	_ storage.Storage   = (*FaultyStorage)(nil)
	_ storage.Unwrapper = (*FaultyStorage)(nil)
	_ storage.Writer    = (*faultyWriter)(nil)
	_ storage.Unwrapper = (*faultyWriter)(nil)
	_ storage.Blob      = (*faultyBlob)(nil)
	_ storage.Unwrapper = (*faultyBlob)(nil)
)

// FaultyStorage is a storage whose calls fail as Faults says. Its methods are
// "Storage.Create" and so on, those of its writers "Writer.Write" and so on, and
// those of its blobs "Blob.ReadAt" and "Blob.Close". A list fails as an iterator
// of [FaultyStore] does. A Write that fails after has written half of what it was
// given: with [ErrDiskFull], that is a disk that is full in the middle of a blob.
//
// The abilities of writers and blobs are those of Storage's, and do not fail.
type FaultyStorage struct {
	Storage storage.Storage
	Faults  *Faults
}

// Unwrap implements [storage.Unwrapper].
func (s *FaultyStorage) Unwrap() any { return s.Storage }

// Create implements [storage.Storage].
func (s *FaultyStorage) Create(ctx context.Context, key string) (storage.Writer, error) {
	var w storage.Writer
	err := s.Faults.do("Storage.Create", func() (err error) {
		w, err = s.Storage.Create(ctx, key)
		return err
	})
	if err != nil && w != nil {
		_ = w.Abort() // nobody else can
	}
	if err != nil {
		return nil, err
	}
	return &faultyWriter{w, s.Faults}, nil
}

// Open implements [storage.Storage].
func (s *FaultyStorage) Open(ctx context.Context, key string) (storage.Blob, error) {
	var b storage.Blob
	err := s.Faults.do("Storage.Open", func() (err error) {
		b, err = s.Storage.Open(ctx, key)
		return err
	})
	if err != nil && b != nil {
		_ = b.Close() // nobody else can
	}
	if err != nil {
		return nil, err
	}
	return &faultyBlob{b, s.Faults}, nil
}

// Remove implements [storage.Storage].
func (s *FaultyStorage) Remove(ctx context.Context, key string) error {
	return s.Faults.do("Storage.Remove", func() error { return s.Storage.Remove(ctx, key) })
}

// List implements [storage.Storage].
func (s *FaultyStorage) List(
	ctx context.Context, prefix, after string,
) iter.Seq2[storage.Info, error] {
	return list(s.Faults, "Storage.List", s.Storage.List(ctx, prefix, after))
}

type faultyWriter struct {
	w      storage.Writer
	faults *Faults
}

// Unwrap implements [storage.Unwrapper].
func (w *faultyWriter) Unwrap() any { return w.w }

// Write implements [io.Writer].
func (w *faultyWriter) Write(b []byte) (int, error) {
	after, err := w.faults.begin("Writer.Write")
	if err != nil {
		return 0, err
	}
	half := len(b) / 2
	n, err := w.w.Write(b[:half])
	if err == nil {
		err = after()
	}
	if err != nil {
		return n, err
	}
	rest, err := w.w.Write(b[half:])
	return n + rest, err
}

// Commit implements [storage.Writer].
func (w *faultyWriter) Commit() (storage.Info, error) {
	return get(w.faults, "Writer.Commit", w.w.Commit)
}

// Abort implements [storage.Writer].
func (w *faultyWriter) Abort() error { return w.faults.do("Writer.Abort", w.w.Abort) }

type faultyBlob struct {
	storage.Blob
	faults *Faults
}

// Unwrap implements [storage.Unwrapper].
func (b *faultyBlob) Unwrap() any { return b.Blob }

// ReadAt implements [io.ReaderAt].
func (b *faultyBlob) ReadAt(p []byte, off int64) (n int, err error) {
	after, err := b.faults.begin("Blob.ReadAt")
	if err != nil {
		return 0, err
	}
	n, err = b.Blob.ReadAt(p, off)
	if fault := after(); fault != nil {
		return 0, fault
	}
	return n, err
}

// Close implements [io.Closer]. It closes the blob also when it fails.
func (b *faultyBlob) Close() error {
	err := b.Blob.Close()
	return b.faults.do("Blob.Close", func() error { return err })
}
