package storetest

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/spoolmedia/spool/store"
)

// A durableCheck defends a clause about stores that are opened again.
type durableCheck struct {
	name string
	run  func(*env, func() *env)
}

// RunDurable checks what outlives Close, one subtest a clause. The function open
// opens the store that is kept in the folder dir, which is empty at first.
func RunDurable(t *testing.T, open func(t *testing.T, dir string) store.Store) {
	for _, d := range durableChecks {
		t.Run(d.name, func(t *testing.T) {
			dir := t.TempDir()
			s := open(t, dir)
			defer func() { _ = s.Close() }()
			c := check{d.name, func(c *env) {
				d.run(c, func() *env {
					c.ok(s.Close())
					s = open(t, dir)
					return &env{s, c.ctx}
				})
			}}
			if err := c.do(t.Context(), s); err != nil {
				t.Error(err)
			}
		})
	}
	t.Run("reopen/random histories", func(t *testing.T) {
		var dir string
		again := func(s store.Store) store.Store {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
			return open(t, dir)
		}
		checkHistories(t, t.Context(), func() store.Store {
			dir = t.TempDir()
			return open(t, dir)
		}, again)
	})
}

var durableChecks = []durableCheck{
	{"reopen/keeps all records", func(c *env, reopen func() *env) {
		j := job("j")
		j.Key, j.Digest = "k", "d"
		c.createJob(j, 1200)
		c.update(first, func(tx *store.Tx) {
			tx.Job.Status, tx.File.Status, tx.Task = store.Processing, store.Completed, nil
			tx.Add = []store.Task{task("walk")}
			tx.Events = []store.Event{{Kind: "x", Time: noon}}
		})
		look := func(c *env) string {
			j := c.getJob("j")
			return c.json([]any{j, j.State, c.getFiles("j", 0), c.getEvents(store.EventQuery{}),
				c.getTasks(store.TaskQuery{Under: store.Ref{Job: "j"}}), c.ready(store.TaskQuery{}),
				c.listed(store.Query{Account: "acct", Status: store.Processing}),
				c.listed(store.Query{Account: "acct", Key: "k"})})
		}
		before := look(c)
		for range 2 {
			c = reopen()
			c.equal("records", look(c), before)
		}
		found, made, err := c.Create(c.ctx, j, files(1))
		c.ok(err)
		c.equal("key", []any{found.ID, made}, []any{"j", false})
	}},
	{"reopen/keeps counts marks and deleted jobs", func(c *env, reopen func() *env) {
		for i, account := range []string{"", "x", "x", "y"} {
			c.createFor(account, fmt.Sprint("j", i), 1)
		}
		c.update(store.Ref{Job: "j1"}, func(tx *store.Tx) { tx.Job.Status = store.Failed })
		c.update(store.Ref{Job: "j3"}, markDeleted)
		c.ok(c.SetPaused(c.ctx, store.Pause{All: true}, true))
		c.ok(c.SetPaused(c.ctx, store.Pause{Account: "x"}, true))
		for range 2 {
			c = reopen()
			c.counts("", counts{store.Pending: 2, store.Failed: 1})
			c.counts("x", counts{store.Pending: 1, store.Failed: 1})
			c.counts("y", counts{})
			c.equal("list", c.listed(store.Query{Oldest: true}), []string{"j0", "j1", "j2"})
			c.equal("deleted", c.getJob("j3").State.Deleted, noon)
			c.paused([]store.Pause{{All: true}, {Account: "x"}})
		}
		c.ok(c.SetPaused(c.ctx, store.Pause{All: true}, false))
		c = reopen()
		c.paused([]store.Pause{{Account: "x"}})
	}},
	{"reopen/keeps cursors and numbers", func(c *env, reopen func() *env) {
		c.create("a", 0)
		c.create("b", 0)
		c.tell("b", "1")
		c.ok(c.Delete(c.ctx, "b"))
		events := c.getEvents(store.EventQuery{})
		c = reopen()
		c.tell("a", "2")
		rest := c.getEvents(store.EventQuery{Cursor: events[0].Cursor})
		c.equal("kind", rest[0].Kind, "2")
		if rest[0].Seq <= events[0].Seq+2 {
			c.failf("got seq %d, used already by a deleted event", rest[0].Seq)
		}
	}},
	{"reopen/keeps later tasks", func(c *env, reopen func() *env) {
		c.create("j", 3)
		for i := range 2 {
			c.update(store.Ref{Job: "j", Task: store.FileTask(i)}, func(tx *store.Tx) {
				tx.Task.NotBefore = noon.Add(time.Duration(i) * time.Hour)
			})
		}
		c.equal("ready", c.ready(store.TaskQuery{}), []string{"j/f/0", "j/f/2"})
		c = reopen()
		c.equal("ready", c.ready(store.TaskQuery{}), []string{"j/f/0", "j/f/2"})
		c.equal("later", len(c.ready(store.TaskQuery{Due: noon.Add(time.Hour)})), 3)
	}},
	{"reopen/orphans what earlier sessions hold", func(c *env, reopen func() *env) {
		c.create("j", 3)
		old := c.session(nil)
		for i := range 2 {
			c.update(store.Ref{Job: "j", Task: store.FileTask(i)}, func(tx *store.Tx) {
				tx.Task.Session = old.ID()
				tx.Task.Token = 7
			})
		}
		c = reopen()
		c.equal("sessions", len(c.infos()), 0)
		c.equal("orphans", c.orphans(), []string{"j/f/0", "j/f/1"})
		c.equal("ready", c.ready(store.TaskQuery{}), []string{"j/f/2"})
		c.equal("token", c.getTask(first).Token, 7)
		fresh := c.session(nil)
		if fresh.ID() == old.ID() {
			c.failf("got session %s twice", old.ID())
		}
		c.update(first, func(tx *store.Tx) { tx.Task.Session = fresh.ID() })
		c.equal("orphans", c.orphans(), []string{"j/f/1"})
	}},
	{"reopen/leaves nothing of a Create that was cut off", func(c *env, reopen func() *env) {
		c.create("k", 1)
		j := job("j")
		j.Key, j.Digest = "k", "d"
		_, _, err := c.Create(c.ctx, j, func(yield func(store.File, store.Task) bool) {
			for f, t := range files(3000) {
				if f.Index == 2500 {
					c = reopen()
				}
				if !yield(f, t) {
					return
				}
			}
		})
		c.fails("create", err, store.ErrClosed)
		c.nothing("j")
		c.equal("ready", c.ready(store.TaskQuery{}), []string{"k/f/0"})
		j.Digest = "e"
		c.createJob(j, 2)
		c.equal("files", len(c.getFiles("j", 0)), 2)
		c.equal("tasks", len(c.taskNames(store.TaskQuery{Under: store.Ref{Job: "j"}})), 2)
	}},
	{"reopen/completes a Delete that was cut off", func(c *env, reopen func() *env) {
		const n = 4000
		c.create("j", n)
		c.create("k", 1)
		var err error
		var wg sync.WaitGroup
		wg.Go(func() { err = c.Delete(c.ctx, "j") })
		for !slices.Equal(c.listed(store.Query{}), []string{"k"}) {
			c.ok(c.ctx.Err())
		}
		c = reopen()
		wg.Wait()
		if err != nil && !errors.Is(err, store.ErrClosed) {
			c.failf("delete: got error %v", err)
		}
		c.nothing("j")
		c.create("j", 1)
		c.equal("files", len(c.getFiles("j", 0)), 1)
		c.equal("ready", c.ready(store.TaskQuery{}), []string{"j/f/0", "k/f/0"})
	}},
	{"reopen/keeps unknown fields", func(c *env, reopen func() *env) {
		unknownFields(c)
		c = reopen()
		c.update(first, func(tx *store.Tx) {
			c.colourful("state", tx.Job)
			c.colourful("task", tx.Task)
			c.colourful("file", tx.File)
		})
	}},
	{"reopen/goes on where it was", func(c *env, reopen func() *env) {
		for i := range 5 {
			c.create(fmt.Sprint("j", i), 2)
			c.update(store.Ref{Job: fmt.Sprint("j", i), Task: "f/0"}, func(tx *store.Tx) {
				tx.Task = nil
				tx.Job.Completed++
			})
			c = reopen()
			c.equal("list", len(c.listed(store.Query{})), i+1)
			c.equal("ready", len(c.ready(store.TaskQuery{})), i+1)
		}
	}},
}
