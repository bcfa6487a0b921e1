package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"maragu.dev/goqite"
	"maragu.dev/goqite/jobs"
)

// goqiteSchema is the one of its schema_sqlite.sql, which the package does not
// export.
const goqiteSchema = `
create table goqite (
  id text primary key default ('m_' || lower(hex(randomblob(16)))),
  created text not null default (strftime('%Y-%m-%dT%H:%M:%fZ')),
  updated text not null default (strftime('%Y-%m-%dT%H:%M:%fZ')),
  queue text not null,
  body blob not null,
  timeout text not null default (strftime('%Y-%m-%dT%H:%M:%fZ')),
  received integer not null default 0,
  priority integer not null default 0
) strict;

create trigger goqite_updated_timestamp after update on goqite begin
  update goqite set updated = strftime('%Y-%m-%dT%H:%M:%fZ') where id = old.id;
end;

create index goqite_queue_priority_created_idx on goqite (queue, priority desc, created);`

// goqiteSide is a goqite with its job runner.
type goqiteSide struct {
	sqlite
	queue *goqite.Queue
	// files is where inputs and outputs go; "" if jobs have none.
	files string
}

// openGoqite has jobs refer to an input, or write and read real ones.
func openGoqite(files bool) func(context.Context, string, int) (running, error) {
	return func(ctx context.Context, dir string, workers int) (running, error) {
		db, err := openSQLite(dir)
		if err != nil {
			return nil, err
		}
		if _, err := db.ExecContext(ctx, goqiteSchema); err != nil {
			return nil, errors.Join(err, db.Close())
		}
		g := &goqiteSide{
			sqlite: sqlite{db: db, left: "select count(*) from goqite"},
			queue:  goqite.New(goqite.NewOpts{DB: db, Name: "jobs"}),
		}
		if files {
			g.files = dir
		}
		ctx, cancel := context.WithCancel(ctx)
		var runner sync.WaitGroup
		g.stop = func() error {
			cancel()
			runner.Wait()
			return nil
		}
		if workers > 0 {
			r := jobs.NewRunner(jobs.NewRunnerOpts{
				Limit: workers, PollInterval: time.Millisecond, Queue: g.queue,
			})
			r.Register("convert", g.work)
			runner.Go(func() { r.Start(ctx) })
		}
		return g, nil
	}
}

// Submit implements [running].
func (g *goqiteSide) Submit(ctx context.Context, number int) error {
	key := inputKey
	if g.files != "" {
		key = strconv.Itoa(number) + ".jpg"
		if err := writeFile(g.files, key, small); err != nil {
			return err
		}
	}
	body, err := json.Marshal(referTo(key))
	if err != nil {
		return err
	}
	_, err = jobs.Create(ctx, g.queue, "convert", goqite.Message{Body: body})
	return err
}

func (g *goqiteSide) work(_ context.Context, body []byte) error {
	var r reference
	err := json.Unmarshal(body, &r)
	if err == nil && g.files != "" {
		var b []byte
		if b, err = os.ReadFile(filepath.Join(g.files, r.Key)); err == nil {
			err = writeFile(g.files, r.Key+".out", b)
		}
	}
	if err == nil {
		g.done.Add(1)
	}
	return err
}

// writeFile makes a file that survives a power cut.
func writeFile(dir, name string, b []byte) error {
	f, err := os.OpenFile(filepath.Join(dir, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
