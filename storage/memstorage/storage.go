// Package memstorage is the [storage.Storage] that keeps blobs in memory: for
// tests, and for programs whose files are small and need not outlive them.
//
//	s := memstorage.New()
//	w, err := s.Create(ctx, "in/hello.txt")
//	…
//
// Its writers can seek ([storage.Seeker]). There is no limit but the memory of
// the process.
package memstorage

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"sync"

	"github.com/google/btree"
	"github.com/spoolmedia/spool/storage"
)

var _ storage.Storage = (*Storage)(nil)

// Storage keeps blobs in memory. It needs no Close.
type Storage struct {
	mu    sync.RWMutex // guards blobs
	blobs *btree.BTreeG[entry]
}

// An entry is one committed blob. Its data never changes, so that readers go on
// with it after it was removed.
type entry struct {
	info storage.Info
	data []byte
}

// New returns an empty storage.
func New() *Storage {
	return &Storage{blobs: btree.NewG(32, func(a, b entry) bool {
		return a.info.Key < b.info.Key
	})}
}

// Create implements [storage.Storage].
func (s *Storage) Create(ctx context.Context, key string) (storage.Writer, error) {
	if err := check(ctx, key); err != nil {
		return nil, fmt.Errorf("memstorage: create %q: %w", key, err)
	}
	if _, ok := s.get(key); ok {
		return nil, fmt.Errorf("memstorage: create %q: %w", key, storage.ErrExist)
	}
	return &writer{storage: s, key: key, ctxErr: ctx.Err}, nil
}

// Open implements [storage.Storage].
func (s *Storage) Open(ctx context.Context, key string) (storage.Blob, error) {
	if err := check(ctx, key); err != nil {
		return nil, fmt.Errorf("memstorage: open %q: %w", key, err)
	}
	e, ok := s.get(key)
	if !ok {
		return nil, fmt.Errorf("memstorage: open %q: %w", key, storage.ErrNotFound)
	}
	return &blob{entry: e}, nil
}

// Remove implements [storage.Storage].
func (s *Storage) Remove(ctx context.Context, key string) error {
	if err := check(ctx, key); err != nil {
		return fmt.Errorf("memstorage: remove %q: %w", key, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.blobs.Delete(at(key))
	return nil
}

// List implements [storage.Storage].
func (s *Storage) List(
	ctx context.Context, prefix, after string,
) iter.Seq2[storage.Info, error] {
	return func(yield func(storage.Info, error) bool) {
		after := after
		for {
			page := s.page(prefix, after)
			for _, info := range page {
				if err := ctx.Err(); err != nil {
					yield(storage.Info{}, fmt.Errorf("memstorage: list: %w", err))
					return
				}
				if !yield(info, nil) {
					return
				}
			}
			if len(page) < pageSize {
				break
			}
			after = page[len(page)-1].Key
		}
		if err := ctx.Err(); err != nil {
			yield(storage.Info{}, fmt.Errorf("memstorage: list: %w", err))
		}
	}
}

// pageSize is how many entries List copies while it holds the lock.
const pageSize = 256

// page returns the next blobs of a listing.
func (s *Storage) page(prefix, after string) []storage.Info {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var page []storage.Info
	s.blobs.AscendGreaterOrEqual(at(max(prefix, after)), func(e entry) bool {
		if e.info.Key == after {
			return true
		}
		if !strings.HasPrefix(e.info.Key, prefix) {
			return false
		}
		page = append(page, e.info)
		return len(page) < pageSize
	})
	return page
}

func (s *Storage) get(key string) (entry, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.blobs.Get(at(key))
}

// add makes e visible unless its key is taken.
func (s *Storage) add(e entry) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.blobs.Has(e) {
		return storage.ErrExist
	}
	s.blobs.ReplaceOrInsert(e)
	return nil
}

// at returns the place of key in the tree.
func at(key string) entry { return entry{info: storage.Info{Key: key}} }

func check(ctx context.Context, key string) error {
	if !storage.ValidKey(key) {
		return storage.ErrBadKey
	}
	return ctx.Err()
}
