package wal

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
)

// MaxPayload is how many bytes the payload of a record may have.
const MaxPayload = math.MaxUint32 - 2*headSize

// Files grow by their own size, within these limits.
const (
	minGrow = 128 << 10
	maxGrow = 4 << 20
)

// Config is how a log is written. The zero Config is durable.
type Config struct {
	// NoSync leaves it to the operating system when to write to the disk.
	NoSync bool
	// Moment is told, in tests, what is about to be done. It may be nil.
	Moment func(name string)
}

// A Log is one that is written. It is not safe for use by many goroutines at once.
type Log struct {
	id     ID
	config Config
	files  [2]*file
	last   Position // of what was appended
	epoch  uint64   // of what is appended next
	end    int64    // of what was appended, in the file in use
	broken error    // a sync failed: nobody knows what is on disk
}

// A file is one of the two.
type file struct {
	*os.File
	size int64
}

// Paths returns where the files of the log of path are.
func Paths(path string) [2]string { return [2]string{path + "-wal0", path + "-wal1"} }

// Create makes the two files, in place of those that are there. The caller has yet to
// sync the folder.
func Create(path string, id ID, cfg Config) (*Log, error) {
	l := &Log{id: id, config: cfg, epoch: 1, end: headerSize}
	for i, name := range Paths(path) {
		f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
		if err != nil {
			return nil, errors.Join(err, l.Close())
		}
		l.files[i] = &file{File: f}
		if err := l.start(l.files[i]); err != nil {
			return nil, errors.Join(err, l.Close())
		}
	}
	return l, nil
}

func (l *Log) start(f *file) error {
	if _, err := f.WriteAt(header(l.id), 0); err != nil {
		return err
	}
	f.size = headerSize
	return l.sync(f)
}

// Append writes the record, which began with [Begin], and returns when it is on disk.
// After an error it is not in the log, and the next one is written in its place;
// but if it is a sync that has failed, nothing more is appended.
func (l *Log) Append(record []byte) error {
	if l.broken != nil {
		return l.broken
	}
	if Size(record) > MaxPayload {
		return fmt.Errorf("a record of %d bytes is too large", len(record))
	}
	at := Position{l.epoch, l.last.Number + 1}
	record = seal(record, l.id, at)
	f := l.files[l.epoch%2]
	l.moment("append")
	if err := f.reserve(l.end + int64(len(record))); err != nil {
		return err
	}
	if _, err := f.WriteAt(record, l.end); err != nil {
		return err
	}
	l.moment("sync")
	if err := l.sync(f); err != nil {
		l.broken = fmt.Errorf("%w: what is on disk is known after opening the store again", err)
		return l.broken
	}
	l.moment("synced")
	l.last, l.end = at, l.end+int64(len(record))
	return nil
}

// Broken returns why nothing more can be appended, or nil.
func (l *Log) Broken() error { return l.broken }

// Last returns the position of the last record. Without one in the present epoch,
// its epoch is the one before.
func (l *Log) Last() Position { return l.last }

// Epoch returns the present epoch, that of what is appended next.
func (l *Log) Epoch() uint64 { return l.epoch }

// Size returns how many bytes the present epoch has.
func (l *Log) Size() int64 { return l.end - headerSize }

// Turn has the next record written to the beginning of the other file, over what is
// there, which must not be needed any more.
func (l *Log) Turn() {
	l.moment("turn")
	l.epoch, l.end = l.epoch+1, headerSize
}

// Close closes the files, which stay.
func (l *Log) Close() (err error) {
	for i, f := range l.files {
		if f != nil {
			err = errors.Join(err, f.Close())
			l.files[i] = nil
		}
	}
	return err
}

// Remove removes the files of the log of path, if there are any.
func Remove(path string) (err error) {
	for _, name := range Paths(path) {
		if e := os.Remove(name); !errors.Is(e, fs.ErrNotExist) {
			err = errors.Join(err, e)
		}
	}
	return err
}

func (l *Log) sync(f *file) error {
	if l.config.NoSync {
		return nil
	}
	return syncData(f.File)
}

func (l *Log) moment(name string) {
	if l.config.Moment != nil {
		l.config.Moment(name)
	}
}

// reserve has the file reach to end, so that the space is there, and if there is more
// of it further.
func (f *file) reserve(end int64) error {
	if end <= f.size {
		return nil
	}
	size := max(end, f.size+min(max(f.size, minGrow), maxGrow))
	for f.size < size {
		n, err := f.WriteAt(zeroes[:min(size-f.size, int64(len(zeroes)))], f.size)
		f.size += int64(n)
		if err != nil && f.size < end {
			return err
		}
		if err != nil {
			break
		}
	}
	return nil
}

var zeroes = make([]byte, 128<<10)
