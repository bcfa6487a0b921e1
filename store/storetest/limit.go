package storetest

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spoolmedia/spool/store"
)

// tooLong is JSON that fills a record by itself.
var tooLong = json.RawMessage(`"` + strings.Repeat("x", store.MaxRecord) + `"`)

var limitChecks = []check{
	{"limits/refuses a large job", func(c *env) {
		j := job("j")
		j.Request = tooLong
		_, _, err := c.Create(c.ctx, j, files(1))
		c.fails("create", err, store.ErrTooLarge)
		c.nothing("j")
	}},
	{"limits/refuses a large state at Create", func(c *env) {
		j := job("j")
		j.State.Error = &store.Error{Message: strings.Repeat("x", store.MaxState)}
		_, _, err := c.Create(c.ctx, j, files(1))
		c.fails("create", err, store.ErrTooLarge)
		c.nothing("j")
	}},
	{"limits/refuses large files and tasks at Create", func(c *env) {
		for what, pair := range map[string]struct {
			f store.File
			t store.Task
		}{
			"file": {store.File{Index: 1500, Probe: tooLong}, task("f/1500")},
			"task": {store.File{Index: 1500}, store.Task{
				Ref: store.Ref{Task: "f/1500"}, Data: tooLong,
			}},
		} {
			_, _, err := c.Create(c.ctx, job("j"), func(yield func(store.File, store.Task) bool) {
				for f, t := range files(1500) {
					if !yield(f, t) {
						return
					}
				}
				yield(pair.f, pair.t)
			})
			c.fails(what, err, store.ErrTooLarge)
			c.nothing("j")
		}
	}},
	{"limits/refuses large records in Update and changes nothing", largeUpdates},
	{"limits/takes records that just fit", func(c *env) {
		c.create("j", 1)
		c.update(first, func(tx *store.Tx) {
			tx.Task.Data = json.RawMessage(`"` + strings.Repeat("x", store.MaxRecord-1000) + `"`)
			for i := range store.MaxAdd {
				tx.Add = append(tx.Add, task(fmt.Sprint("f/0/p/", i)))
			}
		})
		c.equal("ready", len(c.ready(store.TaskQuery{})), 1+store.MaxAdd)
	}},
	{"limits/refuses long names", func(c *env) {
		long := strings.Repeat("n", store.MaxName+1)
		for what, spoil := range map[string]func(*store.Job){
			"ID":      func(j *store.Job) { j.ID = long },
			"account": func(j *store.Job) { j.Account = long },
			"key":     func(j *store.Job) { j.Key = long },
		} {
			j := job("j")
			spoil(&j)
			_, _, err := c.Create(c.ctx, j, files(1))
			c.fails(what, err, store.ErrTooLarge)
		}
		c.create("j", 1)
		for what, t := range map[string]store.Task{
			"task": task(long), "lane": {Ref: store.Ref{Task: "walk"}, Lane: long},
		} {
			err := c.Update(c.ctx, first, func(tx *store.Tx) error {
				tx.Add = []store.Task{t}
				return nil
			})
			c.fails(what, err, store.ErrTooLarge)
		}
	}},
	{"limits/refuses bad names", func(c *env) {
		for _, id := range []string{"", "a/b", "a\x00b", "a\nb", "\xff"} {
			_, _, err := c.Create(c.ctx, job(id), files(1))
			c.fails(fmt.Sprintf("job %q", id), err, store.ErrBadName)
		}
		c.create("j", 1)
		for _, name := range []string{"", "Walk", "a b", "a\x00", "é", "a.b"} {
			err := c.Update(c.ctx, first, func(tx *store.Tx) error {
				tx.Add = []store.Task{task(name)}
				return nil
			})
			c.fails(fmt.Sprintf("task %q", name), err, store.ErrBadName)
		}
	}},
	{"limits/takes any account key and lane", func(c *env) {
		names := []string{"", "\x00", "\x00\x00", "a\x00", "a", "a\x00b", "a/b", "ü", "\U0010ffff"}
		for i, name := range names {
			j := job(fmt.Sprint("j", i))
			j.Account, j.Key, j.Digest = name, name+"k", name
			_, _, err := c.Create(c.ctx, j, func(yield func(store.File, store.Task) bool) {
				t := task("f/0")
				t.Lane = name
				yield(store.File{}, t)
			})
			c.ok(err)
		}
		for i, name := range names {
			id := fmt.Sprint("j", i)
			c.equal("lane", c.ready(store.TaskQuery{Lanes: []string{name}}), []string{id + "/f/0"})
			c.equal("key", c.listed(store.Query{Account: name, Key: name + "k"}), []string{id})
			if name != "" {
				c.equal("account", c.listed(store.Query{Account: name}), []string{id})
				c.equal("events", c.kinds(store.EventQuery{Account: name}), []string{id + ":created"})
			}
		}
	}},
}

func largeUpdates(c *env) {
	c.create("j", 1)
	large := strings.Repeat("x", store.MaxState)
	for what, fn := range map[string]func(tx *store.Tx){
		"state": func(tx *store.Tx) { tx.Job.Error = &store.Error{Message: large} },
		"file":  func(tx *store.Tx) { tx.File.Probe = tooLong },
		"task":  func(tx *store.Tx) { tx.Task.Data = tooLong },
		"event": func(tx *store.Tx) { tx.Events = []store.Event{{Kind: "x", Data: tooLong}} },
		"add": func(tx *store.Tx) {
			tx.Add = []store.Task{{Ref: store.Ref{Task: "walk"}, Data: tooLong}}
		},
		"many": func(tx *store.Tx) {
			for i := range store.MaxAdd + 1 {
				tx.Add = append(tx.Add, task(fmt.Sprint("f/0/p/", i)))
			}
		},
	} {
		err := c.Update(c.ctx, first, func(tx *store.Tx) error {
			tx.Job.Status = store.Failed
			fn(tx)
			return nil
		})
		c.fails(what, err, store.ErrTooLarge)
	}
	c.equal("status", c.getJob("j").State.Status, store.Pending)
	c.equal("ready", c.ready(store.TaskQuery{}), []string{"j/f/0"})
	c.equal("events", c.kinds(store.EventQuery{}), []string{"j:created"})
}
