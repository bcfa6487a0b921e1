package storetest

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/spoolmedia/spool/store"
)

var sessionChecks = []check{
	{"sessions/are listed while they live", func(c *env) {
		infos, err := c.Sessions(c.ctx)
		c.ok(err)
		c.equal("sessions", len(infos), 0)
		offers := json.RawMessage(`["a"]`)
		a, b := c.session(offers), c.session(nil)
		copy(offers, `["b"]`)
		if a.ID() == b.ID() || a.ID() == "" {
			c.failf("got IDs %q and %q, want two", a.ID(), b.ID())
		}
		infos = c.infos()
		i := slices.IndexFunc(infos, func(s store.SessionInfo) bool { return s.ID == a.ID() })
		if len(infos) != 2 || i < 0 {
			c.failf("got sessions %v, want %s and %s", infos, a.ID(), b.ID())
		}
		c.equal("offers", infos[i].Offers, json.RawMessage(`["a"]`))
		c.ok(a.Close())
		c.ok(a.Close())
		infos = c.infos()
		if len(infos) != 1 || infos[0].ID != b.ID() {
			c.failf("got sessions %v, want %s", infos, b.ID())
		}
	}},
	{"sessions/lost is closed with the session", func(c *env) {
		a, b := c.session(nil), c.session(nil)
		c.lost("alive", a, false)
		c.ok(a.Close())
		c.lost("closed", a, true)
		c.lost("other", b, false)
		c.ok(c.Close())
		c.lost("store closed", b, true)
		c.ok(b.Close())
	}},
	{"sessions/orphans are what ended sessions hold", func(c *env) {
		c.create("j", 5)
		a, b := c.session(nil), c.session(nil)
		hold := func(i int, session string) {
			c.update(store.Ref{Job: "j", Task: store.FileTask(i)}, func(tx *store.Tx) {
				tx.Task.Session = session
				tx.Task.Token++
			})
		}
		hold(0, a.ID())
		hold(1, b.ID())
		hold(2, a.ID())
		c.equal("orphans", c.orphans(), []string{})
		c.ok(a.Close())
		c.equal("orphans", c.orphans(), []string{"j/f/0", "j/f/2"})
		c.equal("ready", c.ready(store.TaskQuery{}), []string{"j/f/3", "j/f/4"})
		hold(0, "")
		hold(2, b.ID())
		c.equal("orphans", c.orphans(), []string{})
		hold(3, "a session that never was")
		c.equal("orphans", c.orphans(), []string{"j/f/3"})
		c.equal("token", c.getTask(first).Token, 2)
		c.update(store.Ref{Job: "j", Task: "f/3"}, func(tx *store.Tx) { tx.Task = nil })
		c.equal("orphans", c.orphans(), []string{})
	}},
	{"sessions/orphans obey Account and Limit", func(c *env) {
		c.createFor("x", "jx", 3)
		c.createFor("y", "jy", 3)
		for i := range 6 {
			r := store.Ref{Job: []string{"jx", "jy"}[i%2], Task: store.FileTask(i / 2)}
			c.update(r, func(tx *store.Tx) { tx.Task.Session = "gone" })
		}
		x := c.taskNames(store.TaskQuery{Orphaned: true, Account: "x"})
		slices.Sort(x)
		c.equal("x", x, []string{"jx/f/0", "jx/f/1", "jx/f/2"})
		c.equal("limit", len(c.taskNames(store.TaskQuery{Orphaned: true, Limit: 4})), 4)
	}},
	{"sessions/orphans are found among many", func(c *env) {
		c.create("j", 900)
		dead, live := c.session(nil), c.session(nil)
		for i := range 900 {
			session := live.ID()
			if i%3 > 0 {
				session = dead.ID()
			}
			c.update(store.Ref{Job: "j", Task: store.FileTask(i)}, func(tx *store.Tx) {
				tx.Task.Session = session
			})
		}
		c.ok(dead.Close())
		for i, t := range c.orphans() {
			c.equal("orphan", t, fmt.Sprint("j/f/", i/2*3+i%2+1))
		}
		c.equal("orphans", len(c.orphans()), 600)
		seen := 0
		for t, err := range c.Tasks(c.ctx, store.TaskQuery{Orphaned: true}) {
			c.ok(err)
			c.update(t.Ref, func(tx *store.Tx) { tx.Task.Session = "" })
			seen++
		}
		c.equal("freed while listing", seen, 600)
		c.equal("orphans", c.orphans(), []string{})
	}},
}

func (c *env) session(offers json.RawMessage) store.Session {
	s, err := c.Session(c.ctx, offers)
	c.ok(err)
	return s
}

func (c *env) infos() []store.SessionInfo {
	infos, err := c.Sessions(c.ctx)
	c.ok(err)
	return infos
}

// orphans returns the orphaned tasks by job and number.
func (c *env) orphans() []string {
	names := c.taskNames(store.TaskQuery{Orphaned: true})
	slices.SortFunc(names, func(a, b string) int {
		i, _ := store.ParseRef(a).File()
		j, _ := store.ParseRef(b).File()
		return i - j
	})
	return names
}

func (c *env) lost(what string, s store.Session, want bool) {
	got := false
	select {
	case <-s.Lost():
		got = true
	default:
	}
	c.equal("lost: "+what, got, want)
}
