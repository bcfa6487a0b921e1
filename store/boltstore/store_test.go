package boltstore_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"

	"github.com/spoolmedia/spool/store"
	"github.com/spoolmedia/spool/store/boltstore"
	"github.com/spoolmedia/spool/store/storetest"
)

func TestMain(m *testing.M) {
	crashChild()
	goleak.VerifyTestMain(m)
}

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) store.Store { return open(t, t.TempDir()) })
}

// Every other time the log is so small that checkpoints are always under way, and two of
// four times the store is killed instead of closed.
func TestDurableStore(t *testing.T) {
	times := 0
	storetest.RunDurable(t, func(t *testing.T, dir string) store.Store {
		times++
		open := openWith
		if times%2 == 0 {
			open = openTuned
		}
		s := open(t, dir, boltstore.Config{NoSync: true})
		if times%4 < 2 {
			return s
		}
		return killed{s, t, dir}
	})
}

// A killed store leaves its files as they are when it is to be closed.
type killed struct {
	*boltstore.Store
	t   *testing.T
	dir string
}

func (k killed) Close() error {
	switch err := k.Settle(context.Background()); {
	case errors.Is(err, store.ErrClosed):
		return nil
	case err != nil:
		return err
	}
	files := filesIn(k.t, k.dir)
	err := k.Store.Close()
	putFiles(k.t, k.dir, files)
	return err
}

func TestStoreUnderCheckpoints(t *testing.T) {
	storetest.Run(t, func(t *testing.T) store.Store {
		return openTuned(t, t.TempDir(), boltstore.Config{NoSync: true})
	})
}

// open opens the store in dir without the cost of syncs.
func open(t *testing.T, dir string) store.Store {
	t.Helper()
	return openWith(t, dir, boltstore.Config{NoSync: true})
}

func openWith(t testing.TB, dir string, cfg boltstore.Config) *boltstore.Store {
	t.Helper()
	s, err := boltstore.Open(filepath.Join(dir, "jobs.db"), cfg)
	return opened(t, s, err)
}

// openTuned opens the store in dir with a small log and small checkpoints.
func openTuned(t testing.TB, dir string, cfg boltstore.Config) *boltstore.Store {
	t.Helper()
	s, err := boltstore.OpenTuned(filepath.Join(dir, "jobs.db"), cfg, 4<<10, 1<<10, nil)
	return opened(t, s, err)
}

func opened(t testing.TB, s *boltstore.Store, err error) *boltstore.Store {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}
