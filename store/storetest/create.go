package storetest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"github.com/spoolmedia/spool/store"
)

var createChecks = []check{
	{"create/makes the job visible with files tasks and event", createAll},
	{"create/returns what is kept", func(c *env) {
		j := job("j")
		j.Key, j.Digest = "k", "d"
		made := c.createJob(j, 1)
		kept := c.getJob("j")
		c.equal("job", made, kept)
		c.equal("state", made.State, kept.State)
	}},
	{"create/keeps a job without files", func(c *env) {
		c.create("j", 0)
		_, _, err := c.Create(c.ctx, job("nil"), nil)
		c.ok(err)
		c.equal("files", len(c.getFiles("j", 0)), 0)
	}},
	{"create/gives a file without a task's name no task", func(c *env) {
		_, _, err := c.Create(c.ctx, job("j"), func(yield func(store.File, store.Task) bool) {
			_ = yield(store.File{}, store.Task{Lane: lane}) &&
				yield(store.File{Index: 1}, task("f/1"))
		})
		c.ok(err)
		c.equal("files", len(c.getFiles("j", 0)), 2)
		c.equal("ready", c.ready(store.TaskQuery{}), []string{"j/f/1"})
	}},
	{"create/refuses an ID in use", func(c *env) {
		c.create("j", 1)
		_, _, err := c.Create(c.ctx, job("j"), files(3))
		c.fails("create", err, store.ErrExist)
		c.equal("files", len(c.getFiles("j", 0)), 1)
	}},
	{"create/refuses an ID in use by a Create", func(c *env) {
		_, _, err := c.Create(c.ctx, job("j"), func(yield func(store.File, store.Task) bool) {
			_, _, err := c.Create(c.ctx, job("j"), files(3))
			c.fails("create within create", err, store.ErrExist)
			files(1)(yield)
		})
		c.ok(err)
		c.equal("files", len(c.getFiles("j", 0)), 1)
	}},
	{"create/refuses a task's name that comes twice", func(c *env) {
		_, _, err := c.Create(c.ctx, job("j"), func(yield func(store.File, store.Task) bool) {
			_ = yield(store.File{}, task("f/0")) && yield(store.File{Index: 1}, task("f/0"))
		})
		c.fails("create", err, store.ErrExist)
		c.nothing("j")
	}},
	{"create/refuses files out of order", func(c *env) {
		_, _, err := c.Create(c.ctx, job("j"), func(yield func(store.File, store.Task) bool) {
			_ = yield(store.File{}, task("f/0")) && yield(store.File{Index: 2}, task("f/2"))
		})
		if err == nil {
			c.failf("create: got no error for file 2 after file 0")
		}
		c.nothing("j")
	}},
	{"create/returns the job that has the key", sameKey},
	{"create/refuses the key of another request", func(c *env) {
		j := job("a")
		j.Key, j.Digest = "k", "d"
		c.createJob(j, 1)
		j.ID, j.Digest = "b", "e"
		_, _, err := c.Create(c.ctx, j, files(1))
		c.fails("create", err, store.ErrKeyConflict)
		c.nothing("b")
	}},
	{"create/keeps the keys of accounts apart", func(c *env) {
		for i, account := range []string{"", "x", "y", "xk"} {
			j := job(fmt.Sprint("j", i))
			j.Account, j.Key, j.Digest = account, "k", fmt.Sprint(i)
			c.createJob(j, 0)
		}
	}},
	{"create/shares no memory", createMemory},
	{"create/is invisible until it returns", func(c *env) {
		_, _, err := c.Create(c.ctx, job("j"), func(yield func(store.File, store.Task) bool) {
			for f, t := range files(2500) {
				if !yield(f, t) {
					return
				}
			}
			c.nothing("j")
		})
		c.ok(err)
		c.equal("files", len(c.getFiles("j", 0)), 2500)
	}},
	{"create/leaves nothing when it is cancelled", func(c *env) {
		ctx, cancel := context.WithCancel(c.ctx)
		defer cancel()
		_, _, err := c.Create(ctx, job("j"), func(yield func(store.File, store.Task) bool) {
			for f, t := range files(2500) {
				if f.Index == 2000 {
					cancel()
				}
				if !yield(f, t) {
					return
				}
			}
		})
		c.fails("create", err, context.Canceled)
		c.nothing("j")
		c.create("j", 1)
		c.equal("ready", c.ready(store.TaskQuery{}), []string{"j/f/0"})
		c.equal("files", len(c.getFiles("j", 0)), 1)
	}},
	{"create/keeps a batch of 5000 files in order", func(c *env) {
		c.create("j", 5000)
		for i, f := range c.getFiles("j", 0) {
			if f.Index != i {
				c.failf("file %d: got index %d", i, f.Index)
			}
		}
		c.equal("ready", len(c.ready(store.TaskQuery{})), 5000)
	}},
}

func createAll(c *env) {
	c.create("j", 3)
	j := c.getJob("j")
	c.equal("account", j.Account, "acct")
	c.equal("account of the state", j.State.Account, "acct")
	c.equal("version", j.Version, store.Version)
	c.equal("status", j.State.Status, store.Pending)
	c.equal("created", j.Created, noon)
	c.equal("names", []string{c.getFiles("j", 0)[2].Name, c.getFiles("j", 2)[0].Name},
		[]string{"2.png", "2.png"})
	t := c.getTask(store.Ref{Job: "j", Task: "f/1"})
	c.equal("ref", t.Ref, store.Ref{Job: "j", Task: "f/1"})
	c.equal("account of the task", t.Account, "acct")
	c.equal("lane", t.Lane, lane)
	events := c.getEvents(store.EventQuery{Job: "j"})
	c.equal("events", len(events), 1)
	e := events[0]
	c.equal("event", []any{e.Kind, e.Account, e.File, e.Run, e.Time},
		[]any{store.Created, "acct", -1, 1, noon})
}

func sameKey(c *env) {
	j := job("a")
	j.Key, j.Digest = "k", "d"
	c.createJob(j, 2)
	c.update(store.Ref{Job: "a"}, func(tx *store.Tx) { tx.Job.Status = store.Processing })
	j.ID = "b"
	found, made, err := c.Create(c.ctx, j, files(1))
	c.ok(err)
	c.equal("job", []any{found.ID, made, found.State.Status}, []any{"a", false, store.Processing})
	c.nothing("b")
	j.ID = "a" // the very same call once more is no ErrExist
	found, made, err = c.Create(c.ctx, j, files(1))
	c.ok(err)
	c.equal("job", []any{found.ID, made}, []any{"a", false})
	c.equal("files", len(c.getFiles("a", 0)), 2)
	c.equal("events", c.kinds(store.EventQuery{}), []string{"a:created"})
}

func createMemory(c *env) {
	j := job("j")
	name := []byte(`{"name":"before"}`)
	spoil := func() { copy(name, bytes.ReplaceAll(name, []byte("before"), []byte("after!"))) }
	j.Request = name
	made, _, err := c.Create(c.ctx, j, func(yield func(store.File, store.Task) bool) {
		f := store.File{Probe: json.RawMessage(`{"p":1}`), Outputs: []store.Output{{Name: "o"}}}
		t := task("f/0")
		t.Data, t.Left = json.RawMessage(`{"d":1}`), []uint64{1}
		yield(f, t)
		copy(f.Probe, `{"p":2}`)
		copy(t.Data, `{"d":2}`)
		f.Outputs[0].Name, t.Left[0] = "spoilt", 2
	})
	c.ok(err)
	spoil()
	c.equal("request", c.getJob("j").Request, json.RawMessage(`{"name":"before"}`))
	copy(made.Request, `{"name":"after!"}`)
	copy(c.getJob("j").Request, `{"name":"after!"}`)
	c.equal("request", c.getJob("j").Request, json.RawMessage(`{"name":"before"}`))
	f := c.getFiles("j", 0)[0]
	c.equal("file", []any{f.Probe, f.Outputs[0].Name}, []any{json.RawMessage(`{"p":1}`), "o"})
	f.Outputs[0].Name = "spoilt"
	c.equal("file", c.getFiles("j", 0)[0].Outputs[0].Name, "o")
	t := c.getTask(store.Ref{Job: "j", Task: "f/0"})
	c.equal("task", []any{t.Data, t.Left}, []any{json.RawMessage(`{"d":1}`), []uint64{1}})
}
