package main

import (
	"context"
	"net/http"
	"sync"

	"github.com/spoolmedia/spool/engine"
)

// admission keeps the queue of each account bounded: a client that submits faster
// than the workers work learns it at once, instead of filling the disk.
type admission struct {
	engine *engine.Engine
	most   int
	mu     sync.Mutex     // guards coming
	coming map[string]int // requests of an account on their way into the queue
}

func newAdmission(c config) *admission {
	return &admission{engine: c.engine, most: c.limits.queue, coming: map[string]int{}}
}

// enter takes a place in the account's queue until leave is called.
func (a *admission) enter(ctx context.Context, account string) (leave func(), err error) {
	stats, err := a.engine.Stats(ctx, account)
	if err != nil {
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if stats.Pending+a.coming[account] >= a.most {
		return nil, &failure{status: http.StatusTooManyRequests, retry: 10, message: "Too many " +
			"jobs wait already. Try again when some of them have been taken up."}
	}
	a.coming[account]++
	return func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		if a.coming[account]--; a.coming[account] == 0 {
			delete(a.coming, account)
		}
	}, nil
}
