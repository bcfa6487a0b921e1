package storetest

import (
	"fmt"
	"time"

	"github.com/spoolmedia/spool/store"
)

// markDeleted sets State.Deleted.
func markDeleted(tx *store.Tx) { tx.Job.Deleted = noon }

var deletedChecks = []check{
	{"deleted/is in no listing", func(c *env) {
		c.create("j", 1)
		c.create("k", 1)
		c.update(store.Ref{Job: "j"}, func(tx *store.Tx) {
			markDeleted(tx)
			tx.Job.Status = store.Cancelled
		})
		for _, q := range []store.Query{
			{}, {Account: "acct"}, {Status: store.Pending}, {Account: "acct", Oldest: true},
		} {
			c.equal(fmt.Sprintf("list %+v", q), c.listed(q), []string{"k"})
		}
		c.equal("cancelled", c.listed(store.Query{Status: store.Cancelled}), []string{})
		c.update(store.Ref{Job: "j"}, func(tx *store.Tx) { tx.Job.Status = store.Failed })
		c.equal("failed", c.listed(store.Query{Status: store.Failed}), []string{})
	}},
	{"deleted/is not counted", func(c *env) {
		c.create("j", 1)
		c.create("k", 1)
		c.update(store.Ref{Job: "j"}, markDeleted)
		c.counts("", counts{store.Pending: 1})
		c.update(store.Ref{Job: "j"}, func(tx *store.Tx) { tx.Job.Status = store.Failed })
		c.update(store.Ref{Job: "j"}, func(tx *store.Tx) { tx.Job.Deleted = noon.Add(time.Hour) })
		c.counts("acct", counts{store.Pending: 1})
		c.ok(c.Delete(c.ctx, "j"))
		c.counts("", counts{store.Pending: 1})
		c.counts("acct", counts{store.Pending: 1})
	}},
	{"deleted/frees the key at once", func(c *env) {
		for i := range 3 {
			j := job(fmt.Sprint("j", i))
			j.Key, j.Digest = "k", fmt.Sprint(i)
			c.createJob(j, 1)
			c.update(store.Ref{Job: j.ID}, markDeleted)
			c.equal("key", c.listed(store.Query{Account: "acct", Key: "k"}), []string{})
		}
		j := job("last")
		j.Key, j.Digest = "k", "d"
		c.createJob(j, 1)
		c.ok(c.Delete(c.ctx, "j1")) // has the key no more
		c.update(store.Ref{Job: "j0"}, func(tx *store.Tx) { tx.Job.Deleted = noon.Add(1) })
		c.equal("key", c.listed(store.Query{Account: "acct", Key: "k"}), []string{"last"})
		found, made, err := c.Create(c.ctx, j, files(1))
		c.ok(err)
		c.equal("create", []any{found.ID, made}, []any{"last", false})
	}},
	{"deleted/is found by all else until Delete", func(c *env) {
		c.create("j", 2)
		c.update(first, func(tx *store.Tx) {
			markDeleted(tx)
			tx.Add = []store.Task{task("delete")}
			tx.Events = []store.Event{{Kind: "deleted"}}
		})
		c.equal("deleted", c.getJob("j").State.Deleted, noon)
		c.equal("files", len(c.getFiles("j", 0)), 2)
		all := []string{"j/delete", "j/f/0", "j/f/1"}
		c.equal("ready", c.ready(store.TaskQuery{}), all)
		c.equal("under", c.taskNames(store.TaskQuery{Under: store.Ref{Job: "j"}}), all)
		c.equal("events", c.kinds(store.EventQuery{}), []string{"j:created", "j:deleted"})
		c.update(first, func(tx *store.Tx) { tx.Job.Completed, tx.Task.Session = 1, "gone" })
		c.equal("completed", c.getJob("j").State.Completed, 1)
		c.equal("orphans", c.orphans(), []string{"j/f/0"})
		_, _, err := c.Create(c.ctx, job("j"), files(1))
		c.fails("create", err, store.ErrExist)
		c.ok(c.Delete(c.ctx, "j"))
		c.nothing("j")
	}},
	{"deleted/cannot be set back", func(c *env) {
		c.create("j", 1)
		c.update(store.Ref{Job: "j"}, markDeleted)
		err := c.Update(c.ctx, first, func(tx *store.Tx) error {
			tx.Job.Deleted = time.Time{}
			tx.Task = nil
			return nil
		})
		c.fails("update", err, store.ErrDeleted)
		c.equal("deleted", c.getJob("j").State.Deleted, noon)
		c.equal("ready", c.ready(store.TaskQuery{}), []string{"j/f/0"})
		c.equal("list", c.listed(store.Query{}), []string{})
		j := job("k")
		j.State.Deleted = noon
		_, _, err = c.Create(c.ctx, j, files(1))
		c.fails("create", err, store.ErrDeleted)
		c.nothing("k")
	}},
}
