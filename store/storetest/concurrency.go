package storetest

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/spoolmedia/spool/store"
)

// many is how many goroutines do the same at once.
const many = 32

var concurrencyChecks = []check{
	{"concurrency/one of many Creates of a key makes the job", func(c *env) {
		var made atomic.Int32
		ids := make([]string, many)
		c.all(func(i int) error {
			j := job(fmt.Sprint("j", i))
			j.Key, j.Digest = "k", "d"
			found, created, err := c.Create(c.ctx, j, files(20))
			if created {
				made.Add(1)
			}
			ids[i] = found.ID
			return err
		})
		c.equal("made", made.Load(), 1)
		c.equal("one ID", len(slices.Compact(ids)), 1)
		c.equal("list", c.listed(store.Query{}), ids[:1])
		c.equal("tasks", len(c.ready(store.TaskQuery{})), 20)
		c.equal("events", c.kinds(store.EventQuery{}), []string{ids[0] + ":created"})
	}},
	{"concurrency/one of many Creates of an ID makes the job", func(c *env) {
		var made atomic.Int32
		c.all(func(int) error {
			_, created, err := c.Create(c.ctx, job("j"), files(20))
			if created {
				made.Add(1)
			}
			if errors.Is(err, store.ErrExist) {
				return nil
			}
			return err
		})
		c.equal("made", made.Load(), 1)
		c.equal("tasks", len(c.ready(store.TaskQuery{})), 20)
	}},
	{"concurrency/updates of one job are linear", func(c *env) {
		c.create("j", 1)
		const times = 20
		c.all(func(i int) error {
			for range times {
				err := c.Update(c.ctx, first, func(tx *store.Tx) error {
					if tx.Job.Completed != int(tx.Task.Token) || tx.File.Size != int64(tx.Job.Completed) {
						return fmt.Errorf("completed %d, token %d, size %d, want them equal",
							tx.Job.Completed, tx.Task.Token, tx.File.Size)
					}
					tx.Job.Completed++
					tx.Task.Token++
					tx.File.Size++
					tx.Events = []store.Event{{Kind: fmt.Sprint(tx.Job.Completed)}}
					return nil
				})
				if err != nil {
					return err
				}
				if i%2 == 0 {
					err := c.Update(c.ctx, first, func(tx *store.Tx) error {
						tx.Job.Completed = -1
						return errStop
					})
					if !errors.Is(err, errStop) {
						return fmt.Errorf("got error %w, want the function's own", err)
					}
				}
			}
			return nil
		})
		c.equal("completed", c.getJob("j").State.Completed, many*times)
		for i, e := range c.getEvents(store.EventQuery{Job: "j"})[1:] {
			c.equal("event", e.Kind, fmt.Sprint(i+1))
		}
	}},
	{"concurrency/each task is claimed once", func(c *env) {
		c.create("j", 200)
		var claims atomic.Int32
		c.all(func(i int) error {
			q := store.TaskQuery{Lanes: []string{lane}, Due: noon}
			for t, err := range c.Tasks(c.ctx, q) {
				if err != nil {
					return err
				}
				err := c.Update(c.ctx, t.Ref, func(tx *store.Tx) error {
					if tx.Task.Session != "" {
						return errStop
					}
					tx.Task.Session = fmt.Sprint("s", i)
					return nil
				})
				if err == nil {
					claims.Add(1)
				} else if !errors.Is(err, errStop) {
					return err
				}
			}
			return nil
		})
		c.equal("claims", claims.Load(), 200)
		c.equal("ready", c.ready(store.TaskQuery{}), []string{})
	}},
	{"concurrency/jobs come and go side by side", func(c *env) {
		c.all(func(i int) error {
			id := fmt.Sprint("j", i)
			for range 5 {
				_, _, err := c.Create(c.ctx, job(id), files(10))
				if err != nil {
					return err
				}
				err = c.Update(c.ctx, store.Ref{Job: id, Task: "f/3"}, func(tx *store.Tx) error {
					tx.Job.Status, tx.Task = store.Processing, nil
					return nil
				})
				if err != nil {
					return err
				}
				if err := c.Delete(c.ctx, id); err != nil {
					return err
				}
			}
			return nil
		})
		c.equal("list", c.listed(store.Query{}), []string{})
		c.equal("ready", c.ready(store.TaskQuery{}), []string{})
		c.equal("events", c.kinds(store.EventQuery{}), []string{})
	}},
	{"concurrency/Close while all is in use", func(c *env) {
		c.create("j", 50)
		var wg sync.WaitGroup
		started, closed := make(chan struct{}, many), make(chan struct{})
		wg.Go(func() {
			for range many {
				<-started
			}
			_ = c.Close()
			close(closed)
		})
		c.all(func(int) error {
			started <- struct{}{}
			for isClosed := false; ; {
				select {
				case <-closed:
					isClosed = true
				default:
				}
				err := c.Update(c.ctx, first, func(tx *store.Tx) error { tx.Task.Token++; return nil })
				for _, e := range c.Tasks(c.ctx, store.TaskQuery{Lanes: []string{lane}, Due: noon}) {
					err = errors.Join(err, e)
				}
				if errors.Is(err, store.ErrClosed) {
					return nil
				}
				if err != nil {
					return err
				}
				if isClosed {
					return fmt.Errorf("got no error after Close, want %w", store.ErrClosed)
				}
			}
		})
		wg.Wait()
	}},
}

// all runs fn in many goroutines at once.
func (c *env) all(fn func(i int) error) {
	errs := make([]error, many)
	var wg sync.WaitGroup
	for i := range many {
		wg.Go(func() { errs[i] = fn(i) })
	}
	wg.Wait()
	c.ok(errors.Join(errs...))
}
