package storetest

import (
	"fmt"
	"strings"

	"github.com/spoolmedia/spool/store"
)

// counts is what Count returns.
type counts = map[store.Status]int

var countChecks = []check{
	{"count/is by account and status", func(c *env) {
		c.counts("", counts{})
		for i, account := range []string{"", "x", "x", "xy"} {
			c.createFor(account, fmt.Sprint("j", i), 1)
		}
		c.update(store.Ref{Job: "j1"}, func(tx *store.Tx) { tx.Job.Status = store.Processing })
		c.counts("", counts{store.Pending: 3, store.Processing: 1})
		c.counts("x", counts{store.Pending: 1, store.Processing: 1})
		c.counts("xy", counts{store.Pending: 1})
		c.counts("none", counts{})
	}},
	{"count/follows status and Delete", func(c *env) {
		c.create("a", 1)
		c.create("b", 1)
		for _, status := range []store.Status{store.Processing, store.Failed, store.Pending, "new"} {
			c.update(store.Ref{Job: "a"}, func(tx *store.Tx) { tx.Job.Status = status })
			want := counts{store.Pending: 1}
			want[status]++
			c.counts("acct", want)
			c.counts("", want)
		}
		c.update(store.Ref{Job: "a"}, func(tx *store.Tx) { tx.Job.Completed++ })
		c.counts("", counts{store.Pending: 1, "new": 1})
		c.ok(c.Delete(c.ctx, "a"))
		c.counts("", counts{store.Pending: 1})
		c.ok(c.Delete(c.ctx, "a"))
		c.ok(c.Delete(c.ctx, "b"))
		c.counts("", counts{})
		c.counts("acct", counts{})
	}},
	{"count/knows nothing of what failed", func(c *env) {
		c.create("a", 1)
		_ = c.Update(c.ctx, store.Ref{Job: "a"}, func(tx *store.Tx) error {
			tx.Job.Status = store.Failed
			return errStop
		})
		_, _, err := c.Create(c.ctx, job("a"), files(1))
		c.fails("create", err, store.ErrExist)
		_, _, err = c.Create(c.ctx, job("b"), func(yield func(store.File, store.Task) bool) {
			_ = yield(store.File{}, task("f/0")) && yield(store.File{Index: 1}, task("f/0"))
		})
		c.fails("create", err, store.ErrExist)
		j := job("c")
		j.Key = "k"
		c.createJob(j, 1)
		j.ID = "d"
		_, _, err = c.Create(c.ctx, j, files(1))
		c.ok(err)
		c.counts("acct", counts{store.Pending: 2})
	}},
	{"count/is right after many changes at once", func(c *env) {
		c.all(func(i int) error {
			id := fmt.Sprint("j", i)
			if _, _, err := c.Create(c.ctx, job(id), files(1)); err != nil {
				return err
			}
			for _, status := range []store.Status{store.Processing, store.Completed}[:i%3] {
				err := c.Update(c.ctx, store.Ref{Job: id}, func(tx *store.Tx) error {
					tx.Job.Status = status
					return nil
				})
				if err != nil {
					return err
				}
			}
			if i%4 == 0 {
				return c.Delete(c.ctx, id)
			}
			return nil
		})
		want := counts{}
		for _, j := range collect(c, c.List(c.ctx, store.Query{})) {
			want[j.State.Status]++
		}
		c.counts("", want)
		c.counts("acct", want)
	}},
}

// counts checks the counts of an account.
func (c *env) counts(account string, want counts) {
	got, err := c.Count(c.ctx, account)
	c.ok(err)
	c.equal(fmt.Sprintf("counts of %q", account), got, want)
}

var pauseChecks = []check{
	{"pause/is kept until it is cleared", func(c *env) {
		c.paused([]store.Pause{})
		for range 2 { // twice is no error
			for _, account := range []string{"y", "", "x"} {
				c.ok(c.SetPaused(c.ctx, store.Pause{Account: account}, true))
			}
		}
		c.paused([]store.Pause{{}, {Account: "x"}, {Account: "y"}})
		c.ok(c.SetPaused(c.ctx, store.Pause{All: true}, true))
		c.ok(c.SetPaused(c.ctx, store.Pause{All: true, Account: "ignored"}, true))
		c.paused([]store.Pause{{All: true}, {}, {Account: "x"}, {Account: "y"}})
		for range 2 {
			c.ok(c.SetPaused(c.ctx, store.Pause{}, false))
			c.ok(c.SetPaused(c.ctx, store.Pause{Account: "y"}, false))
			c.ok(c.SetPaused(c.ctx, store.Pause{Account: "never"}, false))
		}
		c.paused([]store.Pause{{All: true}, {Account: "x"}})
		c.ok(c.SetPaused(c.ctx, store.Pause{All: true}, false))
		c.paused([]store.Pause{{Account: "x"}})
	}},
	{"pause/is no business of the store", func(c *env) {
		c.create("j", 1)
		c.ok(c.SetPaused(c.ctx, store.Pause{All: true}, true))
		c.ok(c.SetPaused(c.ctx, store.Pause{Account: "acct"}, true))
		c.equal("ready", c.ready(store.TaskQuery{}), []string{"j/f/0"})
		c.ok(c.Delete(c.ctx, "j"))
		c.paused([]store.Pause{{All: true}, {Account: "acct"}})
	}},
	{"pause/takes any account but refuses long ones", func(c *env) {
		want := []store.Pause{}
		for _, account := range []string{"\x00", "\x00\x01", "*", "a", "a/b", "ü"} {
			want = append(want, store.Pause{Account: account})
			c.ok(c.SetPaused(c.ctx, store.Pause{Account: account}, true))
		}
		c.paused(want)
		long := store.Pause{Account: strings.Repeat("n", store.MaxName+1)}
		c.fails("long", c.SetPaused(c.ctx, long, true), store.ErrTooLarge)
		c.fails("no UTF-8", c.SetPaused(c.ctx, store.Pause{Account: "\xff"}, true), store.ErrBadName)
		c.paused(want)
	}},
}

// paused checks the marks that are set.
func (c *env) paused(want []store.Pause) {
	got, err := c.Paused(c.ctx)
	c.ok(err)
	c.equal("paused", append([]store.Pause{}, got...), want)
}
