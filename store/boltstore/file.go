package boltstore

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"time"

	bolt "go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

// format is the version of the file that this package reads and writes. 1 had no
// counters, no marks of what is paused, and other lists.
const format = 2

var formatKey = []byte("format")

// openFile opens a file that is whole, as far as that can be told, and of our
// format.
func openFile(path string, cfg Config) (db *bolt.DB, err error) {
	// A page that the file is too short for is a fault, not a panic.
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer recovered(&err)
	options := bolt.Options{
		Timeout:      max(cfg.LockTimeout, time.Millisecond),
		NoSync:       cfg.NoSync,
		FreelistType: bolt.FreelistMapType,
		// The list of free pages can be long. It is written at Close only, not with
		// every commit; after a crash it is found by reading all pages.
		NoFreelistSync: true,
	}
	info, err := os.Stat(path)
	isNew := errors.Is(err, fs.ErrNotExist)
	if err == nil && info.Size() > 0 {
		if err := inspect(path, options); err != nil {
			return nil, err
		}
	}
	if db, err = bolt.Open(path, 0o600, &options); err != nil {
		return nil, openError(err)
	}
	err = db.Update(prepare)
	if err == nil && isNew {
		err = syncFolder(filepath.Dir(path))
	}
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// inspect reads the whole file, without changing it, to find pages that are
// damaged. bbolt, which reads them all itself unless the file was closed, would
// do so in a goroutine of its own, where a panic ends the process.
func inspect(path string, options bolt.Options) (err error) {
	options.ReadOnly = true
	db, err := bolt.Open(path, 0o600, &options)
	if err != nil {
		return openError(err)
	}
	defer func() { err = errors.Join(err, db.Close()) }() // after a panic too: it holds the lock
	return db.View(func(tx *bolt.Tx) error {
		if err := whole(tx); err != nil {
			return err
		}
		return tx.ForEach(inspectBucket)
	})
}

// inspectBucket checks that the keys are in order. Otherwise a search could go
// round in circles.
func inspectBucket(name []byte, b *bolt.Bucket) error {
	var last []byte
	return b.ForEach(func(k, _ []byte) error {
		if bytes.Compare(last, k) >= 0 {
			return fmt.Errorf("%w: keys of %q are out of order", ErrDamaged, name)
		}
		last = k
		return nil
	})
}

// closeFile closes the file, with the list of its free pages, so that bbolt need
// not look for them when it opens it next.
func closeFile(db *bolt.DB) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer recovered(&err)
	db.NoFreelistSync = false
	err = db.Update(func(*bolt.Tx) error { return nil })
	return errors.Join(err, db.Close())
}

func openError(err error) error {
	for _, damage := range []error{
		berrors.ErrInvalid, berrors.ErrVersionMismatch, berrors.ErrChecksum, berrors.ErrInvalidMapping,
	} {
		if errors.Is(err, damage) {
			return fmt.Errorf("%w: %w", ErrDamaged, err)
		}
	}
	if errors.Is(err, berrors.ErrTimeout) {
		return ErrLocked
	}
	return err
}

// prepare makes the buckets of a new file and checks the version of an old one.
func prepare(tx *bolt.Tx) error {
	if meta := tx.Bucket(bucketMeta); meta != nil {
		v, err := formatOf(meta)
		if err != nil || v == format {
			return err
		}
		return upgrade(tx)
	}
	for _, name := range buckets {
		if _, err := tx.CreateBucket(name); err != nil {
			return fmt.Errorf("%w: it holds something else: %w", ErrDamaged, err)
		}
	}
	return putFormat(tx)
}

// upgrade makes a file of format 1 one of the present format.
func upgrade(tx *bolt.Tx) error {
	if err := tx.DeleteBucket(bucketList); err != nil {
		return err
	}
	for _, name := range [][]byte{bucketList, bucketCount, bucketPaused} {
		if _, err := tx.CreateBucket(name); err != nil {
			return err
		}
	}
	return errors.Join(listAll(tx), putFormat(tx))
}

func putFormat(tx *bolt.Tx) error {
	return tx.Bucket(bucketMeta).Put(formatKey, binary.BigEndian.AppendUint32(nil, format))
}

// whole checks that the file is as long as it should be.
func whole(tx *bolt.Tx) error {
	info, err := os.Stat(tx.DB().Path())
	if err != nil {
		return err
	}
	if info.Size() < tx.Size() {
		return fmt.Errorf("%w: it has %d bytes of %d", ErrDamaged, info.Size(), tx.Size())
	}
	return nil
}

// formatOf returns the version of the file, if it is one that we know.
func formatOf(meta *bolt.Bucket) (uint32, error) {
	value := meta.Get(formatKey)
	if len(value) != 4 {
		return 0, fmt.Errorf("%w: no format version", ErrDamaged)
	}
	v := binary.BigEndian.Uint32(value)
	if v > format {
		return 0, fmt.Errorf("%w: format %d, this program knows up to %d", ErrNewer, v, format)
	}
	return v, nil
}

// syncFolder makes the name of a new file durable.
func syncFolder(path string) error {
	if runtime.GOOS == "windows" {
		return nil // a folder cannot be synced there
	}
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
