package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"sync/atomic"

	_ "github.com/mattn/go-sqlite3" // the driver that goqite and backlite show
)

// sqliteSettings are those that the three have in common. FULL is what makes a
// commit of WAL durable: its default in this driver, NORMAL, may lose the last
// ones with the power.
const sqliteSettings = "mattn/go-sqlite3, WAL, synchronous=FULL, one connection"

// openSQLite opens a database in dir. One connection, as goqite and River advise:
// there is only one writer anyway.
func openSQLite(dir string) (*sql.DB, error) {
	db, err := sql.Open("sqlite3", filepath.Join(dir, "jobs.sqlite")+
		"?_journal=WAL&_timeout=5000&_fk=true&_synchronous=FULL")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	db.SetMaxIdleConns(1)
	var journal string
	var synchronous int
	err = errors.Join(db.QueryRow("PRAGMA journal_mode").Scan(&journal),
		db.QueryRow("PRAGMA synchronous").Scan(&synchronous))
	if err == nil && (journal != "wal" || synchronous != 2) {
		err = fmt.Errorf("sqlite: journal %s, synchronous %d", journal, synchronous)
	}
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// sqlite is what the three have in common while they run.
type sqlite struct {
	db   *sql.DB
	done atomic.Int64 // how often a handler ran
	left string       // query: how many jobs are not on the disk as done
	stop func() error
}

// Wait implements [running].
func (s *sqlite) Wait(ctx context.Context, n int) error {
	return until(ctx, func() (bool, error) {
		if s.done.Load() < int64(n) {
			return false, nil
		}
		var left int
		err := s.db.QueryRowContext(ctx, s.left).Scan(&left)
		return left == 0, err
	})
}

// Close stops the workers and closes the database. Closing twice is no error.
func (s *sqlite) Close() error {
	if s.stop == nil {
		return nil
	}
	err := s.stop()
	s.stop = nil
	return errors.Join(err, s.db.Close())
}
