package boltstore

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"runtime/debug"
	"time"

	bolt "go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"github.com/spoolmedia/spool/store/boltstore/internal/fsck"
	"github.com/spoolmedia/spool/store/boltstore/internal/wal"
)

// format is the version of the file that this package reads and writes. Those
// before were of programs that were never released.
const format = 4

// The keys of bucketMeta.
var (
	formatKey = []byte("format") // the version, 4 bytes
	markKey   = []byte("log")    // a mark
	seqKey    = []byte("seq")    // the number of the newest event, 8 bytes
)

// openFile opens a file that is whole, as far as that can be told, and of our
// format.
func openFile(path string, cfg Config) (db *bolt.DB, err error) {
	// A page that the file is too short for is a fault, not a panic.
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer recovered(&err)
	options := bolt.Options{
		Timeout:    max(cfg.LockTimeout, time.Millisecond),
		NoSync:     cfg.NoSync,
		NoGrowSync: cfg.NoSync,

		InitialMmapSize: mapped,
		FreelistType:    bolt.FreelistMapType,
		NoFreelistSync:  true, // or bbolt would change a file before it is known to be ours
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if err := leftover(path, wal.ID{}); err != nil {
			return nil, err
		}
	case err == nil && info.Size() > 0:
		if err := inspect(path, options); err != nil {
			return nil, err
		}
	}
	if db, err = bolt.Open(path, 0o600, &options); err != nil {
		return nil, openError(err)
	}
	db.AllocSize = growBy
	// Without the list of free pages in the file, bbolt looks for them when it opens it
	// after a crash, by reading all pages.
	db.NoFreelistSync = false
	return db, nil
}

// growBy is how many bytes longer than it must be the file becomes when it grows.
const growBy = 128 << 10

// inspect looks for damage before bbolt works with the file, without changing it. It
// reads the pages that lead to others, and the rest only if bbolt is going to do so
// itself; damage there is an error when it is used. A crash is no reason to look
// further: what bbolt wrote last was synced before it became a part of the file.
func inspect(path string, options bolt.Options) (err error) {
	options.ReadOnly = true
	db, err := bolt.Open(path, 0o600, &options) // for its lock
	if err != nil {
		return openError(err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	err = fsck.Check(f, info.Size(), fsck.Needed)
	if errors.Is(err, fsck.ErrDamaged) {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return err
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

// prepare makes the buckets of a new file.
func prepare(tx *bolt.Tx) error {
	if tx.Bucket(bucketNames[bucketMeta]) != nil {
		return nil
	}
	for _, name := range bucketNames {
		if _, err := tx.CreateBucket(name); err != nil {
			return fmt.Errorf("%w: it holds something else: %w", ErrDamaged, err)
		}
	}
	meta := tx.Bucket(bucketNames[bucketMeta])
	return meta.Put(formatKey, binary.BigEndian.AppendUint32(nil, format))
}

// checkFormat refuses a file of another version.
func checkFormat(meta *bolt.Bucket) error {
	value := meta.Get(formatKey)
	if len(value) != 4 {
		return fmt.Errorf("%w: no format version", ErrDamaged)
	}
	switch v := binary.BigEndian.Uint32(value); {
	case v > format:
		return fmt.Errorf("%w: format %d, this program knows up to %d", ErrNewer, v, format)
	case v < format:
		return fmt.Errorf("%w: format %d is that of an unreleased program", ErrDamaged, v)
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
