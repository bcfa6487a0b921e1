package storetest

import (
	"fmt"
	"slices"
	"time"

	"github.com/spoolmedia/spool/store"
)

var taskChecks = []check{
	{"tasks/come by priority then age then number", func(c *env) {
		c.create("b", 12)
		c.create("a", 0)
		urgent, idle := task("urgent"), task("idle")
		urgent.Priority, idle.Priority = 5, -5
		c.add("b", urgent, idle, task("walk"), task("f/2/p/10"), task("f/2/p/9"))
		c.add("a", task("f/0"))
		c.equal("ready", c.ready(store.TaskQuery{}), []string{
			"b/urgent", "a/f/0", "b/f/0", "b/f/1", "b/f/2", "b/f/2/p/9", "b/f/2/p/10", "b/f/3", "b/f/4",
			"b/f/5", "b/f/6", "b/f/7", "b/f/8", "b/f/9", "b/f/10", "b/f/11", "b/walk", "b/idle",
		})
	}},
	{"tasks/come in numeric order of any length", func(c *env) {
		c.create("j", 0)
		names := []string{"f/0", "f/7", "f/10", "f/99", "f/100", "f/4294967295", "f/4294967296",
			"f/18446744073709551616", "f/99999999999999999999"}
		var tasks []store.Task
		var want []string
		for _, name := range names {
			tasks = append(tasks, task(name))
			want = append(want, "j/"+name)
		}
		slices.Reverse(tasks)
		c.add("j", tasks...)
		c.equal("ready", c.ready(store.TaskQuery{}), want)
	}},
	{"tasks/keeps names with leading zeros apart", func(c *env) {
		c.create("j", 0)
		c.add("j", task("f/1"), task("f/01"), task("f/001"), task("f/10"), task("f/0"), task("f/00"))
		c.equal("ready", len(c.ready(store.TaskQuery{})), 6)
		c.update(store.Ref{Job: "j", Task: "f/01"}, func(tx *store.Tx) { tx.Task = nil })
		c.equal("under", len(c.taskNames(store.TaskQuery{Under: store.Ref{Job: "j"}})), 5)
		c.getTask(store.Ref{Job: "j", Task: "f/1"})
	}},
	{"tasks/are those of the lanes asked for", func(c *env) {
		c.create("j", 1)
		av := task("av")
		av.Lane = "av"
		c.add("j", av)
		c.equal("image", c.ready(store.TaskQuery{}), []string{"j/f/0"})
		c.equal("av", c.ready(store.TaskQuery{Lanes: []string{"av", "net"}}), []string{"j/av"})
		both := c.ready(store.TaskQuery{Lanes: []string{lane, "av", lane}})
		slices.Sort(both)
		c.equal("both", both, []string{"j/av", "j/f/0"})
		c.equal("none", c.ready(store.TaskQuery{Lanes: []string{}}), []string{})
		c.equal("prefix", c.ready(store.TaskQuery{Lanes: []string{"imag", "images"}}), []string{})
	}},
	{"tasks/hides those that are held or done", func(c *env) {
		c.create("j", 3)
		c.update(first, func(tx *store.Tx) { tx.Task.Session = "s" })
		c.update(store.Ref{Job: "j", Task: "f/1"}, func(tx *store.Tx) { tx.Task.Done = true })
		c.equal("ready", c.ready(store.TaskQuery{}), []string{"j/f/2"})
		c.update(first, func(tx *store.Tx) { tx.Task.Session = "" })
		c.update(store.Ref{Job: "j", Task: "f/1"}, func(tx *store.Tx) { tx.Task.Done = false })
		c.equal("ready", c.ready(store.TaskQuery{}), []string{"j/f/0", "j/f/1", "j/f/2"})
	}},
	{"tasks/follows a change of lane priority and account", func(c *env) {
		c.create("j", 3)
		c.update(first, func(tx *store.Tx) { tx.Task.Lane = "av" })
		c.update(store.Ref{Job: "j", Task: "f/2"}, func(tx *store.Tx) { tx.Task.Priority = 1 })
		c.equal("image", c.ready(store.TaskQuery{}), []string{"j/f/2", "j/f/1"})
		c.equal("av", c.ready(store.TaskQuery{Lanes: []string{"av"}}), []string{"j/f/0"})
		c.update(store.Ref{Job: "j", Task: "f/2"}, func(tx *store.Tx) { tx.Task.Account = "other" })
		c.equal("other", c.ready(store.TaskQuery{Account: "other"}), []string{"j/f/2"})
		c.equal("acct", c.ready(store.TaskQuery{Account: "acct"}), []string{"j/f/1"})
	}},
	{"tasks/waits until NotBefore", func(c *env) {
		c.create("j", 4)
		for i, after := range []time.Duration{0, time.Nanosecond, time.Hour} {
			r := store.Ref{Job: "j", Task: store.FileTask(i)}
			c.update(r, func(tx *store.Tx) { tx.Task.NotBefore = noon.Add(after) })
		}
		c.equal("before", c.ready(store.TaskQuery{Due: noon.Add(-1)}), []string{"j/f/3"})
		c.equal("at noon", c.ready(store.TaskQuery{Due: noon}), []string{"j/f/0", "j/f/3"})
		all := []string{"j/f/0", "j/f/1", "j/f/2", "j/f/3"}
		c.equal("hour later", c.ready(store.TaskQuery{Due: noon.Add(time.Hour)}), all)
		c.equal("back at noon", c.ready(store.TaskQuery{Due: noon}), []string{"j/f/0", "j/f/3"})
		c.equal("no due", c.taskNames(store.TaskQuery{Lanes: []string{lane}}), []string{"j/f/3"})
		c.update(first, func(tx *store.Tx) { tx.Task.NotBefore = noon.Add(time.Hour) })
		c.equal("put off", c.ready(store.TaskQuery{Due: noon}), []string{"j/f/3"})
		c.update(store.Ref{Job: "j", Task: "f/2"}, func(tx *store.Tx) { tx.Task = nil })
		c.equal("ended", c.ready(store.TaskQuery{Due: noon.Add(time.Hour)}),
			[]string{"j/f/0", "j/f/1", "j/f/3"})
	}},
	{"tasks/under lists free held and done ones in order", func(c *env) {
		c.create("j", 12)
		c.create("k", 1)
		c.add("j", task("f/1/p/10"), task("f/1/p/2"), task("f/1/join"), task("f/1x"), task("walk"))
		c.update(store.Ref{Job: "j", Task: "f/1/p/2"}, func(tx *store.Tx) { tx.Task.Done = true })
		c.update(store.Ref{Job: "j", Task: "f/1"}, func(tx *store.Tx) { tx.Task.Session = "s" })
		under := func(name string) []string {
			return c.taskNames(store.TaskQuery{Under: store.Ref{Job: "j", Task: name}})
		}
		c.equal("f/1", under("f/1"), []string{"j/f/1", "j/f/1/join", "j/f/1/p/2", "j/f/1/p/10"})
		c.equal("f/1/p", under("f/1/p"), []string{"j/f/1/p/2", "j/f/1/p/10"})
		c.equal("f/12", under("f/12"), []string{})
		c.equal("all", len(under("")), 17)
		limited := store.TaskQuery{Under: store.Ref{Job: "j"}, Limit: 3}
		c.equal("limit", c.taskNames(limited), []string{"j/f/0", "j/f/1", "j/f/1/join"})
	}},
	{"tasks/under goes on over many", func(c *env) {
		c.create("j", 1300)
		names := c.taskNames(store.TaskQuery{Under: store.Ref{Job: "j"}})
		for i, name := range names {
			c.equal("name", name, "j/"+store.FileTask(i))
		}
		c.equal("tasks", len(names), 1300)
	}},
}

var windowChecks = []check{
	{"window/holds at most PerAccount of each account in each lane", func(c *env) {
		for _, account := range []string{"", "x", "y"} {
			c.createFor(account, "j"+account, 5)
			av := task("av")
			av.Lane = "av"
			c.add("j"+account, av)
		}
		q := store.TaskQuery{Lanes: []string{lane, "av"}, PerAccount: 2}
		got := c.ready(q)
		slices.Sort(got)
		c.equal("ready", got, []string{"j/av", "j/f/0", "j/f/1", "jx/av", "jx/f/0", "jx/f/1",
			"jy/av", "jy/f/0", "jy/f/1"})
		q.Account = "x"
		got = c.ready(q)
		slices.Sort(got)
		c.equal("ready", got, []string{"jx/av", "jx/f/0", "jx/f/1"})
	}},
	{"window/takes accounts in turns under Limit", func(c *env) {
		c.createFor("a", "ja", 600)
		c.createFor("b", "jb", 2)
		c.createFor("c", "jc", 5)
		count := countJobs(c.ready(store.TaskQuery{Limit: 9}))
		c.equal("by job", count, map[string]int{"ja": 4, "jb": 2, "jc": 3})
		count = countJobs(c.ready(store.TaskQuery{Limit: 500}))
		c.equal("by job", count, map[string]int{"ja": 493, "jb": 2, "jc": 5})
		count = countJobs(c.ready(store.TaskQuery{Limit: 500, PerAccount: 4}))
		c.equal("by job", count, map[string]int{"ja": 4, "jb": 2, "jc": 4})
	}},
	{"window/keeps each account's order under Limit", func(c *env) {
		c.createFor("a", "ja", 30)
		c.createFor("b", "jb", 30)
		seen := map[string]int{}
		for _, name := range c.ready(store.TaskQuery{Limit: 40}) {
			r := store.ParseRef(name)
			c.equal("task", r.Task, store.FileTask(seen[r.Job]))
			seen[r.Job]++
		}
		c.equal("by job", seen, map[string]int{"ja": 20, "jb": 20})
	}},
	{"window/takes lanes in turns under Limit", func(c *env) {
		for i := range 8 {
			c.createFor(fmt.Sprint("a", i), fmt.Sprint("j", i), 3)
		}
		c.create("k", 0)
		av := task("av")
		av.Lane = "av"
		c.add("k", av)
		got := c.ready(store.TaskQuery{Lanes: []string{lane, "av"}, Limit: 4})
		if !slices.Contains(got, "k/av") || len(got) != 4 {
			c.failf("got %v, want 4 tasks with k/av", got)
		}
	}},
	{"window/lets no account hide another for ever", func(c *env) {
		for i := range 7 {
			c.createFor(fmt.Sprint("a", i), fmt.Sprint("j", i), 3)
		}
		seen := map[string]bool{}
		for range 7 {
			for _, name := range c.ready(store.TaskQuery{Limit: 3}) {
				seen[store.ParseRef(name).Job] = true
			}
		}
		c.equal("accounts seen", len(seen), 7)
	}},
	{"window/leaves accounts out", func(c *env) {
		for i, account := range []string{"", "a", "b", "c"} {
			c.createFor(account, fmt.Sprint("j", i), 300)
		}
		without := func(q store.TaskQuery, accounts ...string) map[string]int {
			q.Without = accounts
			return countJobs(c.ready(q))
		}
		all := store.TaskQuery{}
		c.equal("a and c", without(all, "c", "a", "c", "none"), map[string]int{"j0": 300, "j2": 300})
		c.equal("the one without a name", without(all, "", "b"), map[string]int{"j1": 300, "j3": 300})
		c.equal("all", without(all, "", "a", "b", "c"), map[string]int{})
		for range 5 { // whoever's turn it is
			few := store.TaskQuery{Limit: 6, PerAccount: 3}
			c.equal("few", without(few, "b", "c"), map[string]int{"j0": 3, "j1": 3})
		}
		c.equal("one account", without(store.TaskQuery{Account: "a"}, "b"), map[string]int{"j1": 300})
		c.equal("left out itself", without(store.TaskQuery{Account: "a"}, "a"), map[string]int{})
	}},
	{"window/without Limit holds all", func(c *env) {
		want := map[string]int{}
		for i := range 5 {
			id := fmt.Sprint("j", i)
			c.createFor(fmt.Sprint("a", i), id, 300)
			want[id] = 300
		}
		c.equal("by job", countJobs(c.ready(store.TaskQuery{})), want)
	}},
	{"window/passes over accounts that are not due", func(c *env) {
		for i := range 4 {
			c.createFor(fmt.Sprint("a", i), fmt.Sprint("j", i), 1)
			c.update(store.Ref{Job: fmt.Sprint("j", i), Task: "f/0"}, func(tx *store.Tx) {
				tx.Task.NotBefore = noon.Add(time.Duration(3-i) * time.Hour)
			})
		}
		c.equal("later", len(c.ready(store.TaskQuery{Due: noon.Add(9 * time.Hour)})), 4)
		c.equal("now", c.ready(store.TaskQuery{Limit: 2}), []string{"j3/f/0"})
	}},
}

// countJobs returns how many of the tasks each job has.
func countJobs(tasks []string) map[string]int {
	count := make(map[string]int)
	for _, name := range tasks {
		count[store.ParseRef(name).Job]++
	}
	return count
}
