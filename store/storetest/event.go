package storetest

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"

	"github.com/spoolmedia/spool/store"
)

var eventChecks = []check{
	{"events/keeps every field", func(c *env) {
		c.create("j", 1)
		c.update(first, func(tx *store.Tx) {
			tx.Events = []store.Event{{
				Kind: "x", File: 7, Run: 2, Time: noon, Data: json.RawMessage(`{"a":1}`),
			}}
		})
		e := c.getEvents(store.EventQuery{})[1]
		c.equal("event", []any{e.Version, e.Account, e.Job, e.Kind, e.File, e.Run, e.Time, e.Data},
			[]any{store.Version, "acct", "j", "x", 7, 2, noon, json.RawMessage(`{"a":1}`)})
	}},
	{"events/come in commit order of all jobs", func(c *env) {
		c.create("a", 0)
		c.create("b", 0)
		c.tell("b", "1", "2")
		c.tell("a", "3")
		c.tell("b", "4")
		c.equal("kinds", c.kinds(store.EventQuery{}),
			[]string{"a:created", "b:created", "b:1", "b:2", "a:3", "b:4"})
	}},
	{"events/have growing numbers", func(c *env) {
		c.create("a", 0)
		c.tell("a", "1", "2")
		c.tell("a", "3")
		events := c.getEvents(store.EventQuery{Job: "a"})
		for i, e := range events[1:] {
			if e.Seq <= events[i].Seq || e.Cursor == "" || e.Cursor == events[i].Cursor {
				c.failf("got seq %d, cursor %q after seq %d, cursor %q",
					e.Seq, e.Cursor, events[i].Seq, events[i].Cursor)
			}
		}
	}},
	{"events/selects by account and job", func(c *env) {
		c.createFor("x", "a", 0)
		c.createFor("x", "b", 0)
		c.createFor("y", "c", 0)
		c.equal("x", c.kinds(store.EventQuery{Account: "x"}), []string{"a:created", "b:created"})
		c.equal("b", c.kinds(store.EventQuery{Job: "b"}), []string{"b:created"})
		c.equal("both", c.kinds(store.EventQuery{Account: "x", Job: "a"}), []string{"a:created"})
		c.equal("neither", c.kinds(store.EventQuery{Account: "y", Job: "a"}), []string{})
		c.equal("none", c.kinds(store.EventQuery{Job: "none"}), []string{})
	}},
	{"events/go on behind each cursor without gap or repetition", func(c *env) {
		c.createFor("x", "a", 0)
		c.createFor("y", "b", 0)
		for i := range 300 {
			c.tell([]string{"a", "b"}[i%2], fmt.Sprint(i))
		}
		for _, q := range []store.EventQuery{{}, {Account: "x"}, {Job: "b"}} {
			all := c.getEvents(q)
			for i := 0; i < len(all); i += 37 {
				q.Cursor = all[i].Cursor
				c.equal("rest", c.getEvents(q), all[i+1:])
			}
			q.Cursor = all[len(all)-1].Cursor
			c.equal("rest", c.kinds(q), []string{})
		}
	}},
	{"events/takes the cursor of one job for all", func(c *env) {
		c.create("a", 0)
		c.create("b", 0)
		c.tell("a", "1")
		cursor := c.getEvents(store.EventQuery{Job: "b"})[0].Cursor
		c.equal("rest", c.kinds(store.EventQuery{Cursor: cursor}), []string{"a:1"})
	}},
	{"events/refuses cursors that it never made", func(c *env) {
		c.create("a", 0)
		for _, cursor := range []string{"x", "-1", "99999999", "99999999999999999999999", " 1", "\x00"} {
			err := last(c.Events(c.ctx, store.EventQuery{Cursor: cursor}))
			c.fails(fmt.Sprintf("cursor %q", cursor), err, store.ErrBadCursor)
			follow := store.EventQuery{Cursor: cursor, Follow: true}
			c.fails(fmt.Sprintf("cursor %q", cursor), last(c.Events(c.ctx, follow)), store.ErrBadCursor)
		}
	}},
	{"events/tail starts where it is called", func(c *env) {
		c.create("a", 0)
		tail := c.Events(c.ctx, store.EventQuery{Tail: true})
		c.tell("a", "1")
		c.create("b", 0)
		var kinds []string
		for e, err := range tail {
			c.ok(err)
			kinds = append(kinds, e.Job+":"+e.Kind)
		}
		c.equal("kinds", kinds, []string{"a:1", "b:created"})
		c.equal("kinds", c.kinds(store.EventQuery{Tail: true}), []string{})
	}},
}

var followChecks = []check{
	{"follow/sees what is committed while it waits", func(c *env) {
		c.create("j", 0)
		var wg sync.WaitGroup
		defer wg.Wait()
		tell := make(chan string)
		defer close(tell)
		wg.Go(func() {
			for kind := range tell {
				_ = c.Update(c.ctx, store.Ref{Job: "j"}, func(tx *store.Tx) error {
					tx.Events = []store.Event{{Kind: kind}}
					return nil
				})
			}
		})
		i := 0
		for e, err := range c.Events(c.ctx, store.EventQuery{Job: "j", Follow: true}) {
			c.ok(err)
			if i > 0 {
				c.equal("kind", e.Kind, fmt.Sprint(i-1))
			}
			if i == 20 {
				return
			}
			tell <- fmt.Sprint(i)
			i++
		}
		c.failf("follow ended")
	}},
	{"follow/sees a new job", func(c *env) {
		for _, q := range []store.EventQuery{{}, {Account: "acct"}, {Job: "1"}} {
			q.Follow, q.Tail = true, true
			events := c.Events(c.ctx, q)
			var wg sync.WaitGroup
			wg.Go(func() {
				for _, id := range []string{"0", "1", "2"} {
					_, _, _ = c.Create(c.ctx, job(id), files(1))
				}
			})
			for e, err := range events {
				c.ok(err)
				if e.Job == "1" {
					break
				}
				c.equal("job", e.Job, "0")
			}
			wg.Wait()
			for _, id := range []string{"0", "1", "2"} {
				c.ok(c.Delete(c.ctx, id))
			}
		}
	}},
	{"follow/ends with ctx", func(c *env) {
		c.create("j", 0)
		ctx, cancel := context.WithCancel(c.ctx)
		defer cancel()
		var err error
		for _, e := range c.Events(ctx, store.EventQuery{Follow: true}) {
			if err != nil {
				c.failf("follow went on after %v", err)
			}
			err = e
			cancel()
		}
		c.fails("follow", err, context.Canceled)
	}},
	{"follow/ends with Close", func(c *env) {
		c.create("j", 0)
		var wg sync.WaitGroup
		defer wg.Wait()
		var err error
		for _, e := range c.Events(c.ctx, store.EventQuery{Follow: true}) {
			if err = e; err == nil {
				wg.Go(func() { _ = c.Close() })
			}
		}
		c.fails("follow", err, store.ErrClosed)
	}},
	{"follow/many see the same in the same order", func(c *env) {
		c.create("j", 0)
		const followers, events = 16, 100
		got := make([][]string, followers)
		var wg sync.WaitGroup
		for i := range followers {
			wg.Go(func() {
				for e, err := range c.Events(c.ctx, store.EventQuery{Job: "j", Follow: true}) {
					if err != nil {
						return
					}
					if got[i] = append(got[i], e.Kind); len(got[i]) == events+1 {
						return
					}
				}
			})
		}
		for i := range events {
			c.tell("j", fmt.Sprint(i))
		}
		wg.Wait()
		for i := range got {
			if len(got[i]) != events+1 || !slices.Equal(got[i], got[0]) {
				c.failf("follower %d: got %v, want %v", i, got[i], got[0])
			}
		}
	}},
}
