package storetest

import (
	"context"
	"fmt"

	"github.com/spoolmedia/spool/store"
)

var misuseChecks = []check{
	{"misuse/a cancelled ctx is its error everywhere", func(c *env) {
		c.create("j", 3)
		ctx, cancel := context.WithCancel(c.ctx)
		cancel()
		for what, err := range c.callAll(ctx) {
			c.fails(what, err, context.Canceled)
		}
		c.equal("list", c.listed(store.Query{}), []string{"j"})
		c.equal("status", c.getJob("j").State.Status, store.Pending)
		c.paused([]store.Pause{})
	}},
	{"misuse/after Close all is ErrClosed", func(c *env) {
		c.create("j", 3)
		events := c.Events(c.ctx, store.EventQuery{})
		c.ok(c.Close())
		c.ok(c.Close())
		for what, err := range c.callAll(c.ctx) {
			c.fails(what, err, store.ErrClosed)
		}
		c.fails("events called before", last(events), store.ErrClosed)
	}},
	{"misuse/iterators may be left early", func(c *env) {
		c.create("j", 3)
		c.create("k", 3)
		for range 3 {
			for range c.Files(c.ctx, "j", 0) {
				break
			}
			for range c.List(c.ctx, store.Query{}) {
				break
			}
			for range c.Events(c.ctx, store.EventQuery{Follow: true}) {
				break
			}
			for _, q := range taskForms {
				for range c.Tasks(c.ctx, q) {
					break
				}
			}
		}
		c.ok(c.Delete(c.ctx, "j"))
	}},
	{"misuse/iterators end in the middle with ctx", func(c *env) {
		c.create("j", 700)
		for what, run := range c.iterators() {
			ctx, cancel := context.WithCancel(c.ctx)
			n, err := run(ctx, cancel)
			cancel()
			c.fails(what, err, context.Canceled)
			c.equal(what+": yielded before", n, 1)
		}
	}},
	{"misuse/iterators hold no lock while they yield", func(c *env) {
		c.create("j", 700)
		c.update(first, func(tx *store.Tx) { tx.Task.Session = "gone" })
		n := 0
		for what, run := range c.iterators() {
			count, err := run(c.ctx, func() {
				n++
				c.create(fmt.Sprint("k", n), 1)
				c.update(store.Ref{Job: "j"}, func(tx *store.Tx) { tx.Job.Completed++ })
				c.getJob("j")
				c.ready(store.TaskQuery{Limit: 1})
			})
			c.ok(err)
			if count == 0 {
				c.failf("%s: yielded nothing", what)
			}
		}
	}},
	{"misuse/iterators can run twice", func(c *env) {
		c.create("j", 3)
		files := c.Files(c.ctx, "j", 1)
		events := c.Events(c.ctx, store.EventQuery{})
		tasks := c.Tasks(c.ctx, store.TaskQuery{Lanes: []string{lane}, Due: noon, Limit: 2})
		for range 2 {
			c.equal("files", len(collect(c, files)), 2)
			c.equal("events", len(collect(c, events)), 1)
			c.equal("tasks", len(collect(c, tasks)), 2)
		}
	}},
	{"misuse/odd names find nothing", func(c *env) {
		c.create("j", 1)
		for _, name := range []string{"", "/", "\x00", "j\x00", "j/f", "\xff"} {
			_, err := c.Job(c.ctx, name)
			c.fails(fmt.Sprintf("job %q", name), err, store.ErrNotFound)
			c.fails(fmt.Sprintf("files %q", name), last(c.Files(c.ctx, name, 0)), store.ErrNotFound)
			c.ok(c.Delete(c.ctx, name))
			c.equal("list", c.listed(store.Query{Account: name + "\x00"}), []string{})
			c.update(store.Ref{Job: name, Task: name}, func(tx *store.Tx) {
				c.equal("tx", tx, store.Tx{})
			})
			c.update(store.Ref{Job: "j", Task: "\x00" + name}, func(tx *store.Tx) {
				c.equal("task", tx.Task, nil)
			})
		}
		c.equal("list", c.listed(store.Query{}), []string{"j"})
	}},
	{"misuse/a panic of the function leaves the store usable", func(c *env) {
		c.create("j", 1)
		c.equal("panic", c.panics(func() {
			_ = c.Update(c.ctx, first, func(tx *store.Tx) error {
				tx.Task = nil
				panic("oops")
			})
		}), "oops")
		c.equal("panic", c.panics(func() {
			_, _, _ = c.Create(c.ctx, job("k"), func(func(store.File, store.Task) bool) { panic("oops") })
		}), "oops")
		c.nothing("k")
		c.create("k", 1)
		c.equal("ready", c.ready(store.TaskQuery{}), []string{"j/f/0", "k/f/0"})
	}},
}

// taskForms are the forms of a TaskQuery.
var taskForms = []store.TaskQuery{
	{Lanes: []string{lane}, Due: noon},
	{Lanes: []string{lane}, Due: noon, Limit: 600},
	{Under: store.Ref{Job: "j"}},
	{Orphaned: true},
}

// callAll calls every method and returns the errors.
func (c *env) callAll(ctx context.Context) map[string]error {
	_, _, create := c.Create(ctx, job("new"), files(2))
	_, getJob := c.Job(ctx, "j")
	_, session := c.Session(ctx, nil)
	_, sessions := c.Sessions(ctx)
	called := false
	update := c.Update(ctx, first, func(tx *store.Tx) error {
		called = true
		tx.Job.Status = store.Failed
		return nil
	})
	if called {
		c.failf("update: the function was called")
	}
	_, count := c.Count(ctx, "")
	_, paused := c.Paused(ctx)
	errs := map[string]error{
		"count": count, "paused": paused, "pause": c.SetPaused(ctx, store.Pause{All: true}, true),
		"create": create, "update": update, "job": getJob, "session": session, "sessions": sessions,
		"files":  last(c.Files(ctx, "j", 0)),
		"list":   last(c.List(ctx, store.Query{})),
		"key":    last(c.List(ctx, store.Query{Account: "acct", Key: "k"})),
		"events": last(c.Events(ctx, store.EventQuery{})),
		"follow": last(c.Events(ctx, store.EventQuery{Follow: true, Tail: true})),
		"delete": c.Delete(ctx, "j"),
	}
	for i, q := range taskForms {
		errs[fmt.Sprint("tasks ", i)] = last(c.Tasks(ctx, q))
	}
	return errs
}

// iterators returns functions that each run an iterator to its end, calling fn
// after the first value. They return the count of values and the error.
func (c *env) iterators() map[string]func(context.Context, func()) (int, error) {
	type run = func(context.Context, func()) (int, error)
	runs := map[string]run{
		"files": func(ctx context.Context, fn func()) (int, error) {
			return drain(c.Files(ctx, "j", 0), fn)
		},
		"list": func(ctx context.Context, fn func()) (int, error) {
			return drain(c.List(ctx, store.Query{}), fn)
		},
		"events": func(ctx context.Context, fn func()) (int, error) {
			return drain(c.Events(ctx, store.EventQuery{}), fn)
		},
	}
	for _, q := range taskForms[:3] {
		runs[fmt.Sprintf("tasks %+v", q)] = func(ctx context.Context, fn func()) (int, error) {
			return drain(c.Tasks(ctx, q), fn)
		}
	}
	return runs
}

func drain[T any](values func(yield func(T, error) bool), fn func()) (n int, err error) {
	for _, e := range values {
		if e != nil {
			err = e
			continue
		}
		if n++; n == 1 {
			fn()
		}
	}
	return n, err
}

// panics returns what fn panics with.
func (c *env) panics(fn func()) (value any) {
	defer func() { value = recover() }()
	fn()
	return nil
}
