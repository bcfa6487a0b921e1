package main

import (
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

// enter takes a place in the account's queue for a request until leave is called. One
// that comes again needs none: its job is there already.
func (a *admission) enter(r *http.Request) (leave func(), err error) {
	account := accountOf(r.Context())
	if known, err := a.known(r, account); known || err != nil {
		return func() {}, err
	}
	stats, err := a.engine.Stats(r.Context(), account)
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
	return sync.OnceFunc(func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		if a.coming[account]--; a.coming[account] == 0 {
			delete(a.coming, account)
		}
	}), nil
}

// known reports whether there is a job with the request's key.
func (a *admission) known(r *http.Request, account string) (bool, error) {
	query := engine.Query{Account: account, IdempotencyKey: r.Header.Get("Idempotency-Key")}
	if query.IdempotencyKey == "" {
		return false, nil
	}
	for _, err := range a.engine.List(r.Context(), query) {
		return err == nil, err
	}
	return false, nil
}
