package boltstore

import (
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

// format is the version of the file that this package reads and writes.
const format = 1

var formatKey = []byte("format")

// openFile opens a file that is whole, as far as that can be told, and of our
// format.
func openFile(path string, cfg Config) (db *bolt.DB, err error) {
	// A page that the file is too short for is a fault, not a panic.
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer recovered(&err)
	_, missing := os.Stat(path)
	db, err = bolt.Open(path, 0o600, &bolt.Options{
		Timeout:      max(cfg.LockTimeout, time.Millisecond),
		NoSync:       cfg.NoSync,
		FreelistType: bolt.FreelistMapType,
		// The list of free pages is found by reading all pages at open, so a commit
		// need not write it, and a damaged page is found before anything is done.
		NoFreelistSync: true,
	})
	if err != nil {
		return nil, openError(err)
	}
	if err := prepare(db); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	if errors.Is(missing, fs.ErrNotExist) {
		err = syncFolder(filepath.Dir(path))
	}
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
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
func prepare(db *bolt.DB) error {
	if err := db.View(whole); err != nil {
		return err
	}
	return db.Update(func(tx *bolt.Tx) error {
		if meta := tx.Bucket(bucketMeta); meta != nil {
			return checkFormat(meta.Get(formatKey))
		}
		for _, name := range buckets {
			if _, err := tx.CreateBucket(name); err != nil {
				return fmt.Errorf("%w: it holds something else: %w", ErrDamaged, err)
			}
		}
		return tx.Bucket(bucketMeta).Put(formatKey, binary.BigEndian.AppendUint32(nil, format))
	})
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

func checkFormat(value []byte) error {
	if len(value) != 4 {
		return fmt.Errorf("%w: no format version", ErrDamaged)
	}
	if v := binary.BigEndian.Uint32(value); v > format {
		return fmt.Errorf("%w: format %d, this program knows up to %d", ErrNewer, v, format)
	}
	return nil
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
