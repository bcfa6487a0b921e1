package storetest_test

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spoolmedia/spool/store"
)

// broken is a good store made bad.
type broken struct {
	store.Store
	faults

	mu      sync.Mutex // guards what follows
	jobs    map[string]store.Job
	counted map[store.Status]int
}

// faults are what is wrong with a store.
type faults struct {
	update func(*store.Tx)         // what is done to records after the function
	tasks  func(*store.TaskQuery)  // and to queries
	list   func(*store.Query)      //
	events func(*store.EventQuery) //
	count  func(*string)           //

	commitFailed, wrapError, twoSteps, ignoreCtx bool
	share, anyDigest, noKeys, allFiles, keep     bool
	greedy, textOrder, oldestFirst, deaf         bool
	neverClosed, neverLost, noSessions           bool
	stale, oneMark, pauseOnce                    bool
	keepDeleted, hideDeleted                     bool
}

func loseEvents(tx *store.Tx) { tx.Events = nil }

func loseFence(tx *store.Tx) {
	if tx.Task != nil {
		tx.Task.Left = nil
	}
}

func loseUnknown(tx *store.Tx) {
	if t := tx.Task; t != nil {
		*t = store.Task{
			Ref: t.Ref, Version: t.Version, Account: t.Account, Kind: t.Kind, Lane: t.Lane,
			Priority: t.Priority, Attempt: t.Attempt, Crashes: t.Crashes, Timeouts: t.Timeouts,
			Cost: t.Cost, NotBefore: t.NotBefore, Token: t.Token, Session: t.Session, Left: t.Left, Done: t.Done,
			Data: t.Data,
		}
	}
}

func noPerAccount(q *store.TaskQuery)   { q.PerAccount = 0 }
func alwaysDue(q *store.TaskQuery)      { q.Due = q.Due.Add(1000 * time.Hour) }
func noAccount(q *store.Query)          { q.Account = "" }
func noCursor(q *store.Query)           { q.Cursor = "" }
func noEventCursor(q *store.EventQuery) { q.Cursor = "" }
func noFollow(q *store.EventQuery)      { q.Follow = false }
func noTail(q *store.EventQuery)        { q.Tail = false }
func noOldest(q *store.Query)           { q.Oldest = false }
func noWithout(q *store.TaskQuery)      { q.Without = nil }
func allAccounts(account *string)       { *account = "" }
func loseDeleted(tx *store.Tx) {
	if tx.Job != nil {
		tx.Job.Deleted = time.Time{}
	}
}
func noOrphans(q *store.TaskQuery) {
	if q.Orphaned {
		*q = store.TaskQuery{}
	}
}

func (b *broken) Update(ctx context.Context, r store.Ref, fn func(*store.Tx) error) error {
	if b.ignoreCtx {
		ctx = context.WithoutCancel(ctx)
	}
	if b.twoSteps {
		return b.updateInTwoSteps(ctx, r, fn)
	}
	var failed error
	err := b.Store.Update(ctx, r, func(tx *store.Tx) error {
		var deleted time.Time
		if tx.Job != nil {
			deleted = tx.Job.Deleted
		}
		err := fn(tx)
		if b.keepDeleted && tx.Job != nil && tx.Job.Deleted.IsZero() {
			tx.Job.Deleted = deleted
		}
		if b.update != nil {
			b.update(tx)
		}
		if b.commitFailed {
			failed, err = err, nil
		}
		return err
	})
	if b.wrapError && err != nil {
		err = fmt.Errorf("broken: %w", err)
	}
	return cmp.Or(err, failed)
}

// updateInTwoSteps lets others in between reading and writing.
func (b *broken) updateInTwoSteps(
	ctx context.Context, r store.Ref, fn func(*store.Tx) error,
) error {
	var read *store.Tx
	err := b.Store.Update(ctx, r, func(tx *store.Tx) error {
		read = tx
		return nil
	})
	if err != nil {
		return err
	}
	runtime.Gosched()
	if err := fn(read); err != nil {
		return err
	}
	return b.Store.Update(ctx, r, func(tx *store.Tx) error {
		*tx = *read
		return nil
	})
}

func (b *broken) Create(
	ctx context.Context, j store.Job, files iter.Seq2[store.File, store.Task],
) (store.Job, bool, error) {
	if b.anyDigest {
		j.Digest = ""
	}
	if b.noKeys {
		j.Key = ""
	}
	return b.Store.Create(ctx, j, files)
}

func (b *broken) Job(ctx context.Context, id string) (store.Job, error) {
	j, err := b.Store.Job(ctx, id)
	if b.hideDeleted && !j.State.Deleted.IsZero() {
		return store.Job{}, store.ErrNotFound
	}
	if !b.share || err != nil {
		return j, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, ok := b.jobs[id]; !ok {
		b.jobs[id] = j
	}
	return b.jobs[id], nil
}

func (b *broken) Files(ctx context.Context, id string, from int) iter.Seq2[store.File, error] {
	if b.allFiles {
		from = 0
	}
	return b.Store.Files(ctx, id, from)
}

func (b *broken) List(ctx context.Context, q store.Query) iter.Seq2[store.Job, error] {
	if b.list != nil {
		b.list(&q)
	}
	jobs := b.Store.List(ctx, q)
	if !b.oldestFirst {
		return jobs
	}
	return rearranged(jobs, slices.Reverse)
}

func (b *broken) Tasks(ctx context.Context, q store.TaskQuery) iter.Seq2[store.Task, error] {
	if b.tasks != nil {
		b.tasks(&q)
	}
	limit := q.Limit
	if b.greedy {
		q.Limit = 0
	}
	tasks := b.Store.Tasks(ctx, q)
	if !b.greedy && !b.textOrder {
		return tasks
	}
	return rearranged(tasks, func(ts []store.Task) {
		if b.textOrder {
			slices.SortStableFunc(ts, func(a, b store.Task) int { return strings.Compare(a.Task, b.Task) })
		}
		if limit > 0 {
			clear(ts[min(limit, len(ts)):])
		}
	})
}

func (b *broken) Events(ctx context.Context, q store.EventQuery) iter.Seq2[store.Event, error] {
	if b.events != nil {
		b.events(&q)
	}
	events := b.Store.Events(ctx, q)
	if !b.deaf || !q.Follow {
		return events
	}
	q.Follow = false
	return func(yield func(store.Event, error) bool) {
		for e, err := range b.Store.Events(ctx, q) {
			if !yield(e, err) {
				return
			}
		}
		<-ctx.Done()
		yield(store.Event{}, ctx.Err())
	}
}

func (b *broken) Delete(ctx context.Context, id string) error {
	if b.keep {
		return ctx.Err()
	}
	return b.Store.Delete(ctx, id)
}

func (b *broken) Count(ctx context.Context, account string) (map[store.Status]int, error) {
	if b.count != nil {
		b.count(&account)
	}
	n, err := b.Store.Count(ctx, account)
	if b.stale && err == nil { // as if it had counted once and for all
		b.mu.Lock()
		defer b.mu.Unlock()
		if b.counted == nil {
			b.counted = n
		}
		return b.counted, nil
	}
	return n, err
}

func (b *broken) SetPaused(ctx context.Context, p store.Pause, on bool) error {
	if b.oneMark {
		p = store.Pause{All: true}
	}
	if b.pauseOnce {
		paused, err := b.Store.Paused(ctx)
		if err == nil && slices.Contains(paused, p) == on {
			return store.ErrExist
		}
	}
	return b.Store.SetPaused(ctx, p, on)
}

func (b *broken) Session(ctx context.Context, offers json.RawMessage) (store.Session, error) {
	s, err := b.Store.Session(ctx, offers)
	if b.neverLost && err == nil {
		s = immortal{s}
	}
	return s, err
}

type immortal struct{ store.Session }

func (immortal) Lost() <-chan struct{} { return nil }

func (b *broken) Sessions(ctx context.Context) ([]store.SessionInfo, error) {
	if b.noSessions {
		return nil, ctx.Err()
	}
	return b.Store.Sessions(ctx)
}

func (b *broken) Close() error {
	if b.neverClosed {
		return nil
	}
	return b.Store.Close()
}

// rearranged collects the values and yields them as change has left them, but
// for those that it has cleared.
func rearranged[T any](values iter.Seq2[T, error], change func([]T)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var all []T
		for v, err := range values {
			if err != nil {
				yield(v, err)
				return
			}
			all = append(all, v)
		}
		change(all)
		for _, v := range all {
			if t, ok := any(v).(store.Task); ok && t.Task == "" {
				continue
			}
			if !yield(v, nil) {
				return
			}
		}
	}
}
