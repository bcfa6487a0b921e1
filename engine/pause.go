package engine

import (
	"context"
	"slices"
	"sync"

	"github.com/spoolmedia/spool/store"
)

// Pause holds back the work on files, of all accounts or of the named ones: what
// runs goes on, what is pending waits, and Submit still takes jobs. It holds for
// every process on the store, within a second, and across restarts. Pausing twice
// is no error.
func (e *Engine) Pause(ctx context.Context, accounts ...string) error {
	return e.setPaused(ctx, true, accounts)
}

// Resume ends a pause: without accounts that of the whole engine, after which
// accounts that were paused by name still are.
func (e *Engine) Resume(ctx context.Context, accounts ...string) error {
	return e.setPaused(ctx, false, accounts)
}

func (e *Engine) setPaused(ctx context.Context, on bool, accounts []string) error {
	if e.closed() {
		return ErrClosed
	}
	marks := []store.Pause{{All: true}}
	if len(accounts) > 0 {
		marks = nil
		for _, account := range accounts {
			marks = append(marks, store.Pause{Account: account})
		}
	}
	for _, mark := range marks {
		if err := e.config.Store.SetPaused(ctx, mark, on); err != nil {
			return err
		}
	}
	defer e.feeder.wake()
	return e.readPauses(ctx)
}

// Paused reports whether the whole engine is paused, and returns the accounts
// that are paused by name, sorted.
func (e *Engine) Paused(ctx context.Context) (all bool, accounts []string, err error) {
	marks, err := e.config.Store.Paused(ctx)
	for _, mark := range marks {
		if mark.All {
			all = true
		} else {
			accounts = append(accounts, mark.Account)
		}
	}
	slices.Sort(accounts)
	return all, accounts, err
}

// pauses is what this process knows of the marks in the store.
type pauses struct {
	mu       sync.Mutex // guards what follows
	all      bool
	accounts []string // sorted
}

// readPauses brings e.pauses up to date.
func (e *Engine) readPauses(ctx context.Context) error {
	e.pauses.mu.Lock()
	defer e.pauses.mu.Unlock()
	all, accounts, err := e.Paused(ctx)
	if err != nil {
		return err
	}
	e.pauses.all, e.pauses.accounts = all, accounts
	return nil
}

// hold reports whether files of the account must wait.
func (p *pauses) hold(account string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	_, paused := slices.BinarySearch(p.accounts, account)
	return p.all || paused
}

// marks returns whether all are paused, and else the accounts that are.
func (p *pauses) marks() (all bool, accounts []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.all, p.accounts
}
