package storetest

import (
	"fmt"

	"github.com/spoolmedia/spool/store"
)

var deleteChecks = []check{
	{"delete/leaves nothing", func(c *env) {
		c.createFor("x", "k", 1)
		c.create("j", 2500)
		c.update(first, func(tx *store.Tx) { tx.Task.Session = "gone" })
		c.update(store.Ref{Job: "j", Task: "f/1"}, func(tx *store.Tx) {
			tx.Task.NotBefore = noon
			tx.Events = []store.Event{{Kind: "x"}}
		})
		c.ok(c.Delete(c.ctx, "j"))
		c.nothing("j")
		c.equal("orphans", c.orphans(), []string{})
		c.equal("ready", c.ready(store.TaskQuery{}), []string{"k/f/0"})
		c.equal("events", c.kinds(store.EventQuery{}), []string{"k:created"})
		c.equal("account", c.kinds(store.EventQuery{Account: "acct"}), []string{})
		c.equal("list", c.listed(store.Query{Status: store.Pending}), []string{"k"})
		c.equal("files", len(c.getFiles("k", 0)), 1)
	}},
	{"delete/of no job is no error", func(c *env) {
		c.ok(c.Delete(c.ctx, "none"))
		c.create("j", 1)
		c.ok(c.Delete(c.ctx, "j"))
		c.ok(c.Delete(c.ctx, "j"))
	}},
	{"delete/frees the key and the ID", func(c *env) {
		for i := range 3 {
			j := job("j")
			j.Key, j.Digest = "k", fmt.Sprint(i)
			c.createJob(j, 3-i)
			c.equal("files", len(c.getFiles("j", 0)), 3-i)
			c.equal("ready", len(c.ready(store.TaskQuery{})), 3-i)
			c.equal("events", c.kinds(store.EventQuery{}), []string{"j:created"})
			c.ok(c.Delete(c.ctx, "j"))
			c.equal("key", c.listed(store.Query{Account: "acct", Key: "k"}), []string{})
		}
	}},
	{"delete/keeps cursors good", func(c *env) {
		c.create("a", 0)
		c.create("b", 0)
		cursor := c.getEvents(store.EventQuery{Job: "b"})[0].Cursor
		c.ok(c.Delete(c.ctx, "b"))
		c.tell("a", "1")
		c.equal("rest", c.kinds(store.EventQuery{Cursor: cursor}), []string{"a:1"})
	}},
	{"delete/does not touch jobs with similar names", func(c *env) {
		for _, id := range []string{"j", "j0", "j f", "i", "jj"} {
			c.create(id, 2)
		}
		c.ok(c.Delete(c.ctx, "j"))
		c.nothing("j")
		for _, id := range []string{"j0", "j f", "i", "jj"} {
			c.equal("files", len(c.getFiles(id, 0)), 2)
			c.equal("tasks", len(c.taskNames(store.TaskQuery{Under: store.Ref{Job: id}})), 2)
			c.equal("events", c.kinds(store.EventQuery{Job: id}), []string{id + ":created"})
		}
	}},
}
