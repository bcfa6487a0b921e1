package engine

import (
	"context"
	"fmt"
	"io"

	"github.com/spoolmedia/spool/storage"
)

// OpenOutput opens the output for reading. The caller closes it.
func (e *Engine) OpenOutput(ctx context.Context, o Output) (*Reader, error) {
	blob, err := e.config.Storage.Open(ctx, o.key)
	if err != nil {
		return nil, fmt.Errorf("open output %s: %w", o.Name, err)
	}
	return newReader(o, blob, blob.Info().Size, blob.Close), nil
}

// OpenSource opens what a file was made of. The caller closes it. An address that has
// not been fetched is [storage.ErrNotFound], as is a blob that the host has removed.
func (e *Engine) OpenSource(ctx context.Context, s Source) (*Reader, error) {
	if s.blob == "" {
		return nil, fmt.Errorf("open input %s: it has not been fetched yet: %w",
			s.Name, storage.ErrNotFound)
	}
	src, err := e.openSource(ctx, s.blob, s.Size)
	if err != nil {
		return nil, fmt.Errorf("open input %s: %w", s.Name, err)
	}
	o := Output{Name: s.Name, Type: s.Type, Size: s.Size}
	return newReader(o, src, src.size, src.Close), nil
}

// Reader reads an output or an input, from its beginning or by range.
type Reader struct {
	*io.SectionReader
	Output Output // of an input: name, type and size
	close  func() error
}

func newReader(o Output, r io.ReaderAt, size int64, closer func() error) *Reader {
	return &Reader{io.NewSectionReader(r, 0, size), o, closer}
}

// Close frees what the reader holds.
func (r *Reader) Close() error { return r.close() }
