package main

import (
	"context"
	"errors"
	"time"

	"github.com/mikestefanello/backlite"
)

// backliteSide is a backlite. It does not retain tasks that are done.
type backliteSide struct {
	sqlite
	client *backlite.Client
}

// Config implements [backlite.Task].
func (reference) Config() backlite.QueueConfig {
	return backlite.QueueConfig{Name: "convert", MaxAttempts: 5, Backoff: 5 * time.Second}
}

func openBacklite(ctx context.Context, dir string, workers int) (running, error) {
	db, err := openSQLite(dir)
	if err != nil {
		return nil, err
	}
	b := &backliteSide{sqlite: sqlite{db: db, left: "select count(*) from backlite_tasks"}}
	b.client, err = backlite.NewClient(backlite.ClientConfig{
		DB: db, NumWorkers: max(workers, 1), ReleaseAfter: 10 * time.Minute,
	})
	if err == nil {
		err = b.client.Install()
	}
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	b.client.Register(backlite.NewQueue(func(context.Context, reference) error {
		b.done.Add(1)
		return nil
	}))
	if workers > 0 {
		b.client.Start(ctx)
	}
	b.stop = func() error {
		if !b.client.Stop(ctx) {
			return errors.New("backlite: its workers did not stop")
		}
		return nil
	}
	if workers == 0 {
		b.stop = func() error { return nil }
	}
	return b, nil
}

// Submit implements [running].
func (b *backliteSide) Submit(ctx context.Context, _ int) error {
	_, err := b.client.Add(referTo(inputKey)).Ctx(ctx).Save()
	return err
}
