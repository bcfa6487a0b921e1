package storagetest_test

import (
	"context"
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/spoolmedia/spool/storage"
	"github.com/spoolmedia/spool/storage/memstorage"
	"github.com/spoolmedia/spool/storage/storagetest"
)

func TestCheckPassesASoundStorage(t *testing.T) {
	if err := check(t, memstorage.New); err != nil {
		t.Error(err)
	}
}

func check[S storage.Storage](t *testing.T, open func() S) error {
	return storagetest.Check(t.Context(), func() (storage.Storage, error) { return open(), nil })
}

// Each of these breaks one clause of a sound storage.
type (
	overwrites  struct{ storage.Storage } // the last writer wins
	leaks       struct{ storage.Storage } // what was aborted appears
	unordered   struct{ storage.Storage } // List goes backwards
	afterIs     struct{ storage.Storage } // after is yielded too
	strict      struct{ storage.Storage } // Remove of a missing key fails
	forgets     struct{ storage.Storage } // an open blob goes with Remove
	anyKey      struct{ storage.Storage } // bad keys are bent into good ones
	noSum       struct{ storage.Storage } // Commit has no SHA256
	deaf        struct{ storage.Storage } // ctx is not looked at
	keepsBuffer struct{ storage.Storage } // Write keeps the caller's bytes
)

func (s overwrites) Create(ctx context.Context, key string) (storage.Writer, error) {
	if err := s.Remove(ctx, key); err != nil {
		return nil, err
	}
	return s.Storage.Create(ctx, key)
}

type leakyWriter struct{ storage.Writer }

func (w leakyWriter) Abort() error { _, _ = w.Commit(); return nil }

func (s leaks) Create(ctx context.Context, key string) (storage.Writer, error) {
	w, err := s.Storage.Create(ctx, key)
	if err != nil {
		return nil, err
	}
	return leakyWriter{w}, nil
}

func (s unordered) List(ctx context.Context, prefix, after string) iter.Seq2[storage.Info, error] {
	return func(yield func(storage.Info, error) bool) {
		var all []storage.Info
		for info, err := range s.Storage.List(ctx, prefix, after) {
			if err != nil {
				yield(info, err)
				return
			}
			all = append(all, info)
		}
		for _, info := range slices.Backward(all) {
			if !yield(info, nil) {
				return
			}
		}
	}
}

func (s afterIs) List(ctx context.Context, prefix, after string) iter.Seq2[storage.Info, error] {
	return s.Storage.List(ctx, prefix, strings.TrimSuffix(after, "c"))
}

func (s strict) Remove(ctx context.Context, key string) error {
	b, err := s.Open(ctx, key)
	if err != nil {
		return err
	}
	b.Close()
	return s.Storage.Remove(ctx, key)
}

type forgetfulBlob struct {
	storage.Blob
	ctx     context.Context // of this test
	storage storage.Storage
}

func (b forgetfulBlob) ReadAt(p []byte, off int64) (int, error) {
	now, err := b.storage.Open(b.ctx, b.Info().Key)
	if err != nil {
		return 0, err
	}
	defer now.Close()
	return now.ReadAt(p, off)
}

func (s forgets) Open(ctx context.Context, key string) (storage.Blob, error) {
	b, err := s.Storage.Open(ctx, key)
	if err != nil {
		return nil, err
	}
	return forgetfulBlob{b, ctx, s.Storage}, nil
}

func (s anyKey) Create(ctx context.Context, key string) (storage.Writer, error) {
	return s.Storage.Create(ctx, strings.Trim(key, "./"))
}

type sumlessWriter struct{ storage.Writer }

func (w sumlessWriter) Commit() (storage.Info, error) {
	info, err := w.Writer.Commit()
	info.SHA256 = ""
	return info, err
}

func (s noSum) Create(ctx context.Context, key string) (storage.Writer, error) {
	w, err := s.Storage.Create(ctx, key)
	if err != nil {
		return nil, err
	}
	return sumlessWriter{w}, nil
}

func (s deaf) Create(ctx context.Context, key string) (storage.Writer, error) {
	return s.Storage.Create(context.WithoutCancel(ctx), key)
}

type bufferWriter struct {
	storage.Writer
	kept [][]byte
}

func (w *bufferWriter) Write(p []byte) (int, error) {
	w.kept = append(w.kept, p)
	return len(p), nil
}

func (w *bufferWriter) Commit() (storage.Info, error) {
	for _, p := range w.kept {
		if _, err := w.Writer.Write(p); err != nil {
			return storage.Info{}, err
		}
	}
	return w.Writer.Commit()
}

func (s keepsBuffer) Create(ctx context.Context, key string) (storage.Writer, error) {
	w, err := s.Storage.Create(ctx, key)
	if err != nil {
		return nil, err
	}
	return &bufferWriter{Writer: w}, nil
}

func TestCheckCatchesABrokenStorage(t *testing.T) {
	for name, c := range map[string]struct {
		broken func(storage.Storage) storage.Storage
		clause string // that must be among the findings
	}{
		"overwrites": {
			func(s storage.Storage) storage.Storage { return overwrites{s} },
			"Create of an existing key",
		},
		"leaks": {
			func(s storage.Storage) storage.Storage { return leaks{s} },
			"Abort leaves nothing behind",
		},
		"unordered": {
			func(s storage.Storage) storage.Storage { return unordered{s} },
			"List is in byte order",
		},
		"after is in": {
			func(s storage.Storage) storage.Storage { return afterIs{s} },
			"List keeps to prefix and after",
		},
		"strict Remove": {
			func(s storage.Storage) storage.Storage { return strict{s} },
			"Remove of a missing key",
		},
		"forgets": {
			func(s storage.Storage) storage.Storage { return forgets{s} },
			"readable after Remove",
		},
		"any key": {
			func(s storage.Storage) storage.Storage { return anyKey{s} },
			"a bad key is ErrBadKey",
		},
		"no SHA256": {
			func(s storage.Storage) storage.Storage { return noSum{s} },
			"a blob has the bytes",
		},
		"deaf to ctx": {
			func(s storage.Storage) storage.Storage { return deaf{s} },
			"Create with an ended context",
		},
		"keeps a buffer": {
			func(s storage.Storage) storage.Storage { return keepsBuffer{s} },
			"use its buffer again",
		},
	} {
		t.Run(name, func(t *testing.T) {
			err := check(t, func() storage.Storage { return c.broken(memstorage.New()) })
			if err == nil || !strings.Contains(err.Error(), c.clause) {
				t.Errorf("got %v, want a finding about %q", err, c.clause)
			}
		})
	}
}
