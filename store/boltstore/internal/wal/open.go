package wal

import (
	"errors"
	"os"
)

// Open returns the log of path as it was left, so that what is appended goes on behind
// it, and its records behind done, in their order. Those are on disk when Open returns.
//
// A file that is missing or belongs to another log, or a record that should be there
// and is not, is [ErrDamaged]; the end of the last record may be missing, if that never
// came to be on disk: the next record takes its place.
func Open(path string, id ID, done Position, cfg Config) (*Log, []Record, error) {
	records, err := read(path, id, done)
	if err != nil {
		return nil, nil, err
	}
	l := &Log{id: id, config: cfg, last: done, epoch: done.Epoch + 1, end: headerSize}
	if err := l.open(path, records); err != nil {
		return nil, nil, errors.Join(err, l.Close())
	}
	return l, records, nil
}

// open opens the files, and goes to the end of the records.
func (l *Log) open(path string, records []Record) error {
	for i, name := range Paths(path) {
		f, err := os.OpenFile(name, os.O_RDWR, 0o600)
		if err != nil {
			return err
		}
		l.files[i] = &file{File: f}
		info, err := f.Stat()
		if err != nil {
			return err
		}
		l.files[i].size = info.Size()
	}
	if n := len(records); n > 0 {
		if err := l.goOn(records[n-1]); err != nil {
			return err
		}
	}
	for _, f := range l.files {
		if err := l.sync(f); err != nil {
			return err
		}
	}
	return nil
}

// goOn makes r the last record. It is written again: whoever appended it may have been
// told that its sync failed, after which the system takes for written what is not.
func (l *Log) goOn(r Record) error {
	l.last, l.epoch, l.end = r.Position, r.Epoch, r.end()
	_, err := l.files[r.Epoch%2].WriteAt(r.whole, r.at)
	return err
}
