package memstorage

import (
	"fmt"
	"sync/atomic"

	"github.com/spoolmedia/spool/storage"
)

var _ storage.Blob = (*blob)(nil)

// A blob is one reader's hold on an entry.
type blob struct {
	entry
	closed atomic.Bool
}

// ReadAt implements [io.ReaderAt].
func (b *blob) ReadAt(p []byte, off int64) (int, error) {
	if b.closed.Load() {
		return 0, fmt.Errorf("memstorage: read %q: %w", b.info.Key, storage.ErrClosed)
	}
	return readAt(b.data, p, off)
}

// Close implements [io.Closer]. Closing twice is no error.
func (b *blob) Close() error {
	b.closed.Store(true)
	return nil
}

// Info implements [storage.Blob].
func (b *blob) Info() storage.Info { return b.info }
