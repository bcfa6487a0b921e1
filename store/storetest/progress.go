package storetest

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/spoolmedia/spool/store"
)

var progressChecks = []check{
	{"progress/keeps the latest of each running task", func(c *env) {
		p := c.progress()
		p.Report(first, at(0.25))
		p.Report(first, at(0.5))
		p.Report(store.Ref{Job: "j", Task: "f/1"}, at(1))
		p.Report(store.Ref{Job: "k", Task: "f/0"}, at(0.1))
		c.equal("latest", p.Latest("j"), map[string]store.Advance{"f/0": at(0.5), "f/1": at(1)})
		p.Report(first, at(-1))
		c.equal("latest", p.Latest("j"), map[string]store.Advance{"f/1": at(1)})
		c.equal("latest", len(p.Latest("none")), 0)
	}},
	{"progress/watch yields the newest and then what changes", func(c *env) {
		p := c.progress()
		p.Report(first, at(0.25))
		p.Report(store.Ref{Job: "k", Task: "f/0"}, at(0.1))
		step := 0
		for r, a := range p.Watch(c.ctx, "j") {
			c.equal("ref", r, first)
			c.equal("advance", a, at([]float64{0.25, 0.5, 0.75}[step]))
			if step++; step == 3 {
				return
			}
			p.Report(store.Ref{Job: "k", Task: "f/0"}, at(0.2))
			p.Report(first, at([]float64{0, 0.5, 0.75}[step]))
		}
		c.failf("watch ended")
	}},
	{"progress/watch ends with ctx", func(c *env) {
		p := c.progress()
		ctx, cancel := context.WithCancel(c.ctx)
		defer cancel()
		p.Report(first, at(0.5))
		for range p.Watch(ctx, "") {
			cancel()
		}
		c.fails("ctx", ctx.Err(), context.Canceled)
	}},
	{"progress/watch ends with Close", func(c *env) {
		p := c.progress()
		p.Report(first, at(0.5))
		var wg sync.WaitGroup
		for range p.Watch(c.ctx, "j") {
			wg.Go(func() { _ = c.Close() })
		}
		wg.Wait()
		c.ok(c.ctx.Err())
		for range p.Watch(c.ctx, "j") {
			c.fails("watch after Close", errors.New("it yielded"), store.ErrClosed)
		}
	}},
}

// at is an advance to the fraction.
func at(fraction float64) store.Advance {
	return store.Advance{Fraction: fraction, Speed: 2 * fraction, Left: time.Minute}
}

// progress returns the ability, or skips the check.
func (c *env) progress() store.Progress {
	p, ok := store.As[store.Progress](c.Store)
	if !ok {
		panic(failure{errSkip})
	}
	return p
}
