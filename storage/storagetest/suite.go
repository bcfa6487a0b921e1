// Package storagetest is the suite that every [storage.Storage] passes.
//
// A backend's test is a few lines:
//
//	func TestStorage(t *testing.T) {
//		storagetest.Run(t, func(t *testing.T) storage.Storage {
//			return mystorage.New(t.TempDir())
//		})
//	}
//
// Each check has a fresh storage and is named after the clause of the contract
// that it defends. Checks of an ability are skipped where a backend lacks it.
package storagetest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"slices"
	"testing"
	"time"

	"github.com/spoolmedia/spool/storage"
)

// A check defends one clause of the contract.
type check struct {
	name string
	run  func(ctx context.Context, s storage.Storage) error
}

// errSkip says that the storage lacks the ability that a check is about.
var errSkip = errors.New("the storage has no such ability")

func checks() []check {
	return slices.Concat(
		writeChecks, commitChecks, seekChecks, readChecks, listChecks, keyChecks, togetherChecks,
	)
}

// Run runs the suite as subtests of t. open returns an empty storage; what it
// needs to clean up it leaves to t.Cleanup.
func Run(t *testing.T, open func(t *testing.T) storage.Storage) {
	for _, c := range checks() {
		t.Run(c.name, func(t *testing.T) {
			err := c.run(t.Context(), open(t))
			if errors.Is(err, errSkip) {
				t.Skip(err)
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
}

// Check runs the suite without a [testing.T] and returns all that it found, as
// joined errors. open is called once for each check; a storage that is an
// [io.Closer] is closed after it.
func Check(ctx context.Context, open func() (storage.Storage, error)) error {
	var errs []error
	for _, c := range checks() {
		if err := checkOne(ctx, c, open); err != nil && !errors.Is(err, errSkip) {
			errs = append(errs, fmt.Errorf("%s: %w", c.name, err))
		}
	}
	return errors.Join(errs...)
}

func checkOne(
	ctx context.Context, c check, open func() (storage.Storage, error),
) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
		}
	}()
	s, err := open()
	if err != nil {
		return err
	}
	if closer, ok := s.(io.Closer); ok {
		defer closer.Close()
	}
	return c.run(ctx, s)
}

// put makes a blob.
func put(ctx context.Context, s storage.Storage, key string, data []byte) (storage.Info, error) {
	w, err := s.Create(ctx, key)
	if err != nil {
		return storage.Info{}, err
	}
	defer w.Abort()
	if n, err := w.Write(data); err != nil || n != len(data) {
		return storage.Info{}, fmt.Errorf("got Write = %d, %w; want %d, nil", n, err, len(data))
	}
	return w.Commit()
}

// get reads a whole blob.
func get(ctx context.Context, s storage.Storage, key string) ([]byte, error) {
	b, err := s.Open(ctx, key)
	if err != nil {
		return nil, err
	}
	defer b.Close()
	return io.ReadAll(io.NewSectionReader(b, 0, b.Info().Size))
}

// wantBlob checks that the key has exactly the bytes of want.
func wantBlob(ctx context.Context, s storage.Storage, key string, want []byte) error {
	got, err := get(ctx, s, key)
	if err != nil {
		return fmt.Errorf("reading %q: %w", key, err)
	}
	if !bytes.Equal(got, want) {
		return fmt.Errorf("%q has %d bytes %.40q, want %d bytes %.40q",
			key, len(got), got, len(want), want)
	}
	return nil
}

// wantGone checks that the key can be neither opened nor listed.
func wantGone(ctx context.Context, s storage.Storage, key string) error {
	if b, err := s.Open(ctx, key); !errors.Is(err, storage.ErrNotFound) {
		if err == nil {
			b.Close()
		}
		return fmt.Errorf("an Open(%q) = %v, want ErrNotFound", key, err)
	}
	keys, err := list(ctx, s, key, "")
	if err != nil {
		return err
	}
	if slices.Contains(keys, key) {
		return fmt.Errorf("a List yields %q, which is not there", key)
	}
	return nil
}

// wantInfo checks what Commit says of a blob.
func wantInfo(got storage.Info, key string, data []byte, since time.Time) error {
	sum := sha256.Sum256(data)
	want := storage.Info{
		Key: key, SHA256: hex.EncodeToString(sum[:]), Size: int64(len(data)), Created: got.Created,
	}
	if got != want {
		return fmt.Errorf("got Commit = %+v, want %+v", got, want)
	}
	// File systems cut their times, and take them from a clock that lags.
	if got.Created.Before(since.Add(-time.Minute)) || got.Created.After(time.Now().Add(time.Minute)) {
		return fmt.Errorf("a Created is %v, which is not now", got.Created)
	}
	return nil
}

// list returns the keys of a listing.
func list(ctx context.Context, s storage.Storage, prefix, after string) ([]string, error) {
	var keys []string
	for info, err := range s.List(ctx, prefix, after) {
		if err != nil {
			return keys, fmt.Errorf("a List(%q, %q): %w", prefix, after, err)
		}
		keys = append(keys, info.Key)
	}
	return keys, nil
}

// want checks that err is target.
func want(what string, err, target error) error {
	if !errors.Is(err, target) {
		return fmt.Errorf("%s = %v, want %w", what, err, target)
	}
	return nil
}

// ended returns a context that has ended.
func ended(ctx context.Context) context.Context {
	ctx, cancel := context.WithCancel(ctx)
	cancel()
	return ctx
}
