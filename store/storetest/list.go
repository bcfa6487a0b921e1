package storetest

import (
	"fmt"
	"slices"

	"github.com/spoolmedia/spool/store"
)

var listChecks = []check{
	{"job/is ErrNotFound if there is none", func(c *env) {
		_, err := c.Job(c.ctx, "none")
		c.fails("job", err, store.ErrNotFound)
	}},
	{"files/come by index from where asked", func(c *env) {
		c.create("j", 600)
		for _, from := range []int{-1, 0, 1, 299, 599, 600, 700} {
			files := c.getFiles("j", from)
			c.equal("count", len(files), min(600, max(0, 600-max(from, 0))))
			for i, f := range files {
				c.equal("index", f.Index, max(from, 0)+i)
			}
		}
	}},
	{"files/are ErrNotFound if there is no job", func(c *env) {
		c.create("j", 2)
		c.fails("files", last(c.Files(c.ctx, "none", 0)), store.ErrNotFound)
		c.fails("files", last(c.Files(c.ctx, "", 0)), store.ErrNotFound)
	}},
	{"list/is newest first", func(c *env) {
		for _, id := range []string{"b", "d", "a", "c"} {
			c.create(id, 0)
		}
		c.equal("list", c.listed(store.Query{}), []string{"d", "c", "b", "a"})
		c.equal("first two", c.listed(store.Query{Limit: 2}), []string{"d", "c"})
		c.equal("behind c", c.listed(store.Query{Cursor: "c"}), []string{"b", "a"})
		c.equal("behind a", c.listed(store.Query{Cursor: "a"}), []string{})
		c.ok(c.Delete(c.ctx, "b"))
		c.equal("behind a deleted one", c.listed(store.Query{Cursor: "b", Limit: 9}), []string{"a"})
	}},
	{"list/is oldest first if asked", func(c *env) {
		for _, id := range []string{"b", "d", "a", "c"} {
			c.create(id, 0)
		}
		c.createFor("acc", "e", 0)   // sorts right before the others
		c.createFor("acct2", "0", 0) // and right behind them
		oldest := func(q store.Query) []string {
			q.Account, q.Oldest = "acct", true
			return c.listed(q)
		}
		all := []string{"a", "b", "c", "d"}
		c.equal("list", oldest(store.Query{}), all)
		c.equal("pending", oldest(store.Query{Status: store.Pending}), all)
		c.equal("first two", oldest(store.Query{Limit: 2}), []string{"a", "b"})
		c.equal("behind b", oldest(store.Query{Cursor: "b"}), []string{"c", "d"})
		c.equal("behind d", oldest(store.Query{Cursor: "d"}), []string{})
		c.ok(c.Delete(c.ctx, "b"))
		c.equal("behind a deleted one", oldest(store.Query{Cursor: "b", Limit: 1}), []string{"c"})
		c.equal("of all accounts", c.listed(store.Query{Oldest: true, Limit: 2}), []string{"0", "a"})
		j := job("k")
		j.Key = "k"
		c.createJob(j, 0)
		c.equal("key", oldest(store.Query{Key: "k", Cursor: "a"}), []string{"k"})
		c.equal("key behind it", oldest(store.Query{Key: "k", Cursor: "k"}), []string{})
	}},
	{"list/selects by account and status", func(c *env) {
		for i := range 8 {
			j := job(fmt.Sprint("j", i))
			j.Account = []string{"", "x"}[i%2]
			j.State.Status = []store.Status{store.Pending, store.Failed}[i/4]
			c.createJob(j, 0)
		}
		c.equal("x", c.listed(store.Query{Account: "x"}), []string{"j7", "j5", "j3", "j1"})
		c.equal("failed", c.listed(store.Query{Status: store.Failed}),
			[]string{"j7", "j6", "j5", "j4"})
		q := store.Query{Account: "x", Status: store.Failed}
		c.equal("both", c.listed(q), []string{"j7", "j5"})
		q.Cursor = "j7"
		c.equal("both behind j7", c.listed(q), []string{"j5"})
		c.equal("none", c.listed(store.Query{Account: "y"}), []string{})
		c.equal("none", c.listed(store.Query{Status: store.Cancelled}), []string{})
	}},
	{"list/follows the status", func(c *env) {
		c.create("a", 0)
		c.create("b", 0)
		c.update(store.Ref{Job: "a"}, func(tx *store.Tx) { tx.Job.Status = store.Completed })
		for _, account := range []string{"", "acct"} {
			c.equal("pending", c.listed(store.Query{Account: account, Status: store.Pending}),
				[]string{"b"})
			c.equal("completed", c.listed(store.Query{Account: account, Status: store.Completed}),
				[]string{"a"})
		}
		c.update(store.Ref{Job: "a"}, func(tx *store.Tx) { tx.Job.Status = store.Pending })
		c.equal("pending", c.listed(store.Query{Status: store.Pending}), []string{"b", "a"})
		c.equal("completed", c.listed(store.Query{Status: store.Completed}), []string{})
	}},
	{"list/holds the present state", func(c *env) {
		c.create("j", 0)
		c.update(store.Ref{Job: "j"}, func(tx *store.Tx) { tx.Job.Completed = 7 })
		for _, j := range collect(c, c.List(c.ctx, store.Query{})) {
			c.equal("completed", j.State.Completed, 7)
			c.equal("request", j.Request, job("j").Request)
		}
	}},
	{"list/finds a key", func(c *env) {
		for i, account := range []string{"x", "y"} {
			j := job(fmt.Sprint("j", i))
			j.Account, j.Key = account, "k"
			c.createJob(j, 0)
		}
		find := func(q store.Query) []string {
			q.Key = "k"
			return c.listed(q)
		}
		c.equal("x", find(store.Query{Account: "x"}), []string{"j0"})
		c.equal("y", find(store.Query{Account: "y", Limit: 1}), []string{"j1"})
		c.equal("z", find(store.Query{Account: "z"}), []string{})
		c.equal("pending", find(store.Query{Account: "x", Status: store.Pending}), []string{"j0"})
		c.equal("failed", find(store.Query{Account: "x", Status: store.Failed}), []string{})
		c.equal("cursor", find(store.Query{Account: "x", Cursor: "j0"}), []string{})
		c.equal("other key", c.listed(store.Query{Account: "x", Key: "l"}), []string{})
	}},
	{"list/goes on over many", func(c *env) {
		var want []string
		for i := range 700 {
			id := fmt.Sprintf("j%04d", i)
			c.create(id, 0)
			want = append(want, id)
		}
		slices.Reverse(want)
		c.equal("list", c.listed(store.Query{}), want)
		c.equal("limit", c.listed(store.Query{Limit: 512, Cursor: "j0699"}), want[1:513])
		slices.Reverse(want)
		c.equal("oldest", c.listed(store.Query{Oldest: true}), want)
		c.equal("limit", c.listed(store.Query{Oldest: true, Limit: 512, Cursor: "j0000"}), want[1:513])
	}},
}
