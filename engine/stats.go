package engine

import (
	"context"
	"time"

	"github.com/spoolmedia/spool/store"
)

// Stats is how much there is to do, and was done.
type Stats struct {
	// Jobs that are kept, by status.
	Pending, Processing, Completed, Failed, Cancelled int
	// OldestPending is when the job was created that has waited longest for its
	// first file to be taken up; zero if none waits.
	OldestPending time.Time
}

// Stats counts the jobs of the account, or of all accounts if it is "". It takes
// the same time whatever their number.
func (e *Engine) Stats(ctx context.Context, account string) (Stats, error) {
	n, err := e.config.Store.Count(ctx, account)
	if err != nil {
		return Stats{}, err
	}
	s := Stats{
		Pending: n[store.Pending], Processing: n[store.Processing],
		Completed: n[store.Completed], Failed: n[store.Failed], Cancelled: n[store.Cancelled],
	}
	for j, err := range e.config.Store.List(ctx, store.Query{
		Account: account, Status: store.Pending, Oldest: true, Limit: 1,
	}) {
		if err != nil {
			return s, err
		}
		s.OldestPending = j.Created
	}
	return s, nil
}
