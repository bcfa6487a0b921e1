package storagetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spoolmedia/spool/storage"
)

var writeChecks = []check{
	{"a blob has the bytes that were written", roundTrip},
	{"an empty blob is a blob", emptyBlob},
	{"the caller may use its buffer again", bufferReuse},
	{"a blob is invisible until Commit", invisible},
	{"Abort leaves nothing behind", abort},
	{"Create of an existing key is ErrExist and keeps the blob", createExisting},
	{"the second writer of a key does not commit", secondWriter},
	{"Create with an ended context fails with its error", createEnded},
	{"writes fail with the context's error when it ends", writeEnded},
	{"Commit fails with the context's error when it has ended", commitEnded},
}

// sizes of blobs: around the edges of blocks and buffers, and larger than these.
var sizes = []int{1, 4095, 4096, 4097, 32 << 10, 1<<20 + 7}

func pattern(n int) []byte {
	data, x := make([]byte, n), uint32(n)|1
	for i := range data {
		x ^= x << 13
		x ^= x >> 17
		x ^= x << 5
		data[i] = byte(x)
	}
	return data
}

func roundTrip(ctx context.Context, s storage.Storage) error {
	for _, n := range sizes {
		key, data, since := fmt.Sprintf("in/%d.bin", n), pattern(n), time.Now()
		w, err := s.Create(ctx, key)
		if err != nil {
			return err
		}
		defer w.Abort()
		for rest := data; len(rest) > 0; {
			k := min(len(rest), 10_000)
			if m, err := w.Write(rest[:k]); m != k || err != nil {
				return fmt.Errorf("got Write = %d, %v; want %d, nil", m, err, k)
			}
			rest = rest[k:]
		}
		info, err := w.Commit()
		if err != nil {
			return err
		}
		if err := wantInfo(info, key, data, since); err != nil {
			return err
		}
		if err := wantBlob(ctx, s, key, data); err != nil {
			return err
		}
	}
	return nil
}

func emptyBlob(ctx context.Context, s storage.Storage) error {
	since := time.Now()
	info, err := put(ctx, s, "empty", nil)
	if err != nil {
		return err
	}
	if err := wantInfo(info, "empty", nil, since); err != nil {
		return err
	}
	return wantBlob(ctx, s, "empty", nil)
}

func bufferReuse(ctx context.Context, s storage.Storage) error {
	w, err := s.Create(ctx, "a")
	if err != nil {
		return err
	}
	defer w.Abort()
	buf := []byte("first")
	if _, err := w.Write(buf); err != nil {
		return err
	}
	copy(buf, "XXXXX")
	if _, err := w.Commit(); err != nil {
		return err
	}
	got, err := get(ctx, s, "a")
	if err != nil {
		return err
	}
	clear(got) // nor may the reader's buffer be the blob
	return wantBlob(ctx, s, "a", []byte("first"))
}

func invisible(ctx context.Context, s storage.Storage) error {
	w, err := s.Create(ctx, "a/b")
	if err != nil {
		return err
	}
	defer w.Abort()
	if _, err := w.Write([]byte("half")); err != nil {
		return err
	}
	if err := wantGone(ctx, s, "a/b"); err != nil {
		return err
	}
	keys, err := list(ctx, s, "", "")
	if err != nil || len(keys) > 0 {
		return fmt.Errorf("a List before Commit = %q, %v; want nothing", keys, err)
	}
	if _, err := w.Commit(); err != nil {
		return err
	}
	return wantBlob(ctx, s, "a/b", []byte("half"))
}

func abort(ctx context.Context, s storage.Storage) error {
	w, err := s.Create(ctx, "a/b")
	if err != nil {
		return err
	}
	if _, err := w.Write([]byte("half")); err != nil {
		return err
	}
	for i := range 2 {
		if err := w.Abort(); err != nil {
			return fmt.Errorf("an Abort, time %d: %w", i+1, err)
		}
	}
	if _, err := w.Write([]byte("more")); err == nil {
		return errors.New("a Write after Abort succeeds")
	}
	if _, err := w.Commit(); err == nil {
		return errors.New("a Commit after Abort succeeds")
	}
	if err := wantGone(ctx, s, "a/b"); err != nil {
		return err
	}
	_, err = put(ctx, s, "a/b", []byte("other")) // the key is still free
	return err
}

func createExisting(ctx context.Context, s storage.Storage) error {
	if _, err := put(ctx, s, "a", []byte("first")); err != nil {
		return err
	}
	_, err := put(ctx, s, "a", []byte("second"))
	if err := want("the second blob of a key", err, storage.ErrExist); err != nil {
		return err
	}
	return wantBlob(ctx, s, "a", []byte("first"))
}

func secondWriter(ctx context.Context, s storage.Storage) error {
	var writers [2]storage.Writer
	for i := range writers {
		w, err := s.Create(ctx, "a")
		if err != nil {
			return err
		}
		defer w.Abort()
		writers[i] = w
		if _, err := fmt.Fprintf(w, "writer %d", i); err != nil {
			return err
		}
	}
	if _, err := writers[1].Commit(); err != nil {
		return err
	}
	_, err := writers[0].Commit()
	if err := want("the second Commit of a key", err, storage.ErrExist); err != nil {
		return err
	}
	if err := writers[0].Abort(); err != nil {
		return fmt.Errorf("an Abort after a failed Commit: %w", err)
	}
	return wantBlob(ctx, s, "a", []byte("writer 1"))
}

func createEnded(ctx context.Context, s storage.Storage) error {
	_, err := s.Create(ended(ctx), "a")
	return want("Create", err, context.Canceled)
}

func writeEnded(ctx context.Context, s storage.Storage) error {
	sub, cancel := context.WithCancel(ctx)
	defer cancel()
	w, err := s.Create(sub, "a")
	if err != nil {
		return err
	}
	defer w.Abort()
	if _, err := w.Write([]byte("one")); err != nil {
		return err
	}
	cancel()
	_, err = w.Write(bytes.Repeat([]byte("two"), 1<<20))
	if err := want("Write", err, context.Canceled); err != nil {
		return err
	}
	if err := w.Abort(); err != nil {
		return fmt.Errorf("an Abort after the context ended: %w", err)
	}
	return wantGone(ctx, s, "a")
}

func commitEnded(ctx context.Context, s storage.Storage) error {
	sub, cancel := context.WithCancel(ctx)
	defer cancel()
	w, err := s.Create(sub, "a")
	if err != nil {
		return err
	}
	defer w.Abort()
	if _, err := w.Write([]byte("one")); err != nil {
		return err
	}
	cancel()
	_, err = w.Commit()
	if err := want("Commit", err, context.Canceled); err != nil {
		return err
	}
	return wantGone(ctx, s, "a")
}
