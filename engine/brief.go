package engine

import (
	"context"
	"sync"

	"github.com/spoolmedia/spool/store"
)

// brief is what workers need to know of a job. It never changes.
type brief struct {
	account string
	terms   terms
	record  record
}

// maxBriefs and maxBriefBytes bound a generation of briefs, of which two are kept.
const (
	maxBriefs     = 8192
	maxBriefBytes = 4 << 20 // of requests at rest
)

// briefs remembers the briefs of jobs that were submitted or worked on lately, so
// that a batch is not read for each of its files.
type briefs struct {
	mu       sync.Mutex // guards what follows
	young    map[string]brief
	old      map[string]brief
	youngest int // bytes of young
}

// get returns the brief of the job, if it is remembered.
func (b *briefs) get(job string) (brief, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if one, ok := b.young[job]; ok {
		return one, true
	}
	one, ok := b.old[job]
	return one, ok
}

// put remembers the brief of the job, whose request has that size at rest.
func (b *briefs) put(job string, one brief, size int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.young) >= maxBriefs || b.youngest+size > maxBriefBytes {
		b.old, b.young, b.youngest = b.young, nil, 0
	}
	if b.young == nil {
		b.young = make(map[string]brief)
	}
	b.young[job] = one
	b.youngest += size
}

// briefOf returns the brief of the job, from the store if it must be.
func (e *Engine) briefOf(ctx context.Context, job string) (brief, error) {
	if b, ok := e.briefs.get(job); ok {
		return b, nil
	}
	j, err := e.config.Store.Job(ctx, job)
	if err != nil {
		return brief{}, err
	}
	t, rec, err := e.termsOf(j)
	if err != nil {
		return brief{}, err
	}
	b := brief{j.Account, t, rec}
	e.briefs.put(job, b, len(j.Request))
	return b, nil
}

// remember keeps the brief of a job that was just made.
func (e *Engine) remember(j store.Job, rec record) {
	if e.config.Workers > 0 {
		e.briefs.put(j.ID, brief{j.Account, e.termsFor(j.ID, rec), rec}, len(j.Request))
	}
}
