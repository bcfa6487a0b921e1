package main

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
)

// riverSide is a River on SQLite.
type riverSide struct {
	sqlite
	client *river.Client[*sql.Tx]
}

// Kind implements [river.JobArgs].
func (reference) Kind() string { return "convert" }

type riverWorker struct {
	river.WorkerDefaults[reference]
	side *riverSide
}

// Work implements [river.Worker].
func (w *riverWorker) Work(context.Context, *river.Job[reference]) error {
	w.side.done.Add(1)
	return nil
}

func openRiver(ctx context.Context, dir string, workers int) (running, error) {
	db, err := openSQLite(dir)
	if err != nil {
		return nil, err
	}
	s := &riverSide{sqlite: sqlite{
		db: db, left: "select count(*) from river_job where finalized_at is null",
	}}
	if err := s.start(ctx, workers); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return s, nil
}

func (s *riverSide) start(ctx context.Context, workers int) error {
	quiet := slog.New(slog.DiscardHandler)
	driver := riversqlite.New(s.db)
	migrator, err := rivermigrate.New(driver, &rivermigrate.Config{Logger: quiet})
	if err != nil {
		return err
	}
	if _, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return err
	}
	known := river.NewWorkers()
	river.AddWorker(known, &riverWorker{side: s})
	config := river.Config{Workers: known, Logger: quiet}
	if workers > 0 {
		config.Queues = map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: workers}}
		// Its own benchmarks shorten these, as throughput is limited by them.
		config.FetchCooldown, config.FetchPollInterval = time.Millisecond, 10*time.Millisecond
	}
	if s.client, err = river.NewClient(driver, &config); err != nil {
		return err
	}
	s.stop = func() error { return nil }
	if workers > 0 {
		s.stop = func() error { return s.client.Stop(context.WithoutCancel(ctx)) }
		return s.client.Start(ctx)
	}
	return nil
}

// Submit implements [running].
func (s *riverSide) Submit(ctx context.Context, _ int) error {
	_, err := s.client.Insert(ctx, referTo(inputKey), nil)
	return err
}
