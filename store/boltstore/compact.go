package boltstore

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	bolt "go.etcd.io/bbolt"
)

// compactStep is how many bytes Compact writes in one transaction.
const compactStep = 16 << 20

// Compact copies the store in the file at path, which must be closed, to a new
// file without its free pages. It changes nothing in the old file.
//
// A store uses the pages of deleted jobs again, so its file stays near the largest
// size that its jobs once had. To make it smaller after that, compact it and put
// the new file in the place of the old one before it is opened again:
//
//	if err := boltstore.Compact("jobs.db", "jobs.db.new"); err != nil {
//		return err
//	}
//	return os.Rename("jobs.db.new", "jobs.db")
//
// A file in use is [ErrLocked], one that is damaged [ErrDamaged], and one whose store
// was not closed, so that a part of it is in its log, [ErrUnclosed]. A file at to is
// fs.ErrExist.
func Compact(path, to string) error {
	if err := compact(path, to); err != nil {
		return fmt.Errorf("boltstore: compact %s: %w", path, err)
	}
	return nil
}

func compact(path, to string) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer recovered(&err)
	options := bolt.Options{Timeout: time.Millisecond, ReadOnly: true}
	if _, err := os.Stat(path); err != nil { // bbolt would say that it is locked
		return err
	}
	if _, err := os.Lstat(to); !errors.Is(err, fs.ErrNotExist) {
		return errors.Join(err, fmt.Errorf("%s: %w", to, fs.ErrExist))
	}
	if err := inspect(path, options); err != nil {
		return err
	}
	from, err := bolt.Open(path, 0o600, &options)
	if err != nil {
		return openError(err)
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	if m, _, err := markOf(from); err != nil || m.open {
		return cmp.Or(err, ErrUnclosed)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(to))
		}
	}()
	if err := compactInto(to, from); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(to))
}

func compactInto(path string, from *bolt.DB) (err error) {
	to, err := bolt.Open(path, 0o600, &bolt.Options{
		Timeout: time.Millisecond, NoSync: true, FreelistType: bolt.FreelistMapType,
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	if err := bolt.Compact(to, from, compactStep); err != nil {
		return err
	}
	return to.Sync()
}
