package engine

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/store"
)

// choreDelay is how long a chore that failed waits, deleteDelay how long a
// deletion waits for attempts that are still under way.
const (
	choreDelay  = 10 * time.Second
	deleteDelay = time.Second
)

// errBusy says that a chore has to wait for others.
var errBusy = errors.New("engine: attempts are still under way")

// doChore does a task of the engine's own. One that fails or is cut short is
// given back.
func (e *Engine) doChore(ctx context.Context, c *claimed, rec record) {
	end := c.claim().end
	var err error
	switch c.task.Kind {
	case taskWalk:
		if strings.HasPrefix(c.task.Task, retryName+"/") {
			err = e.renewFiles(ctx, c, rec)
			end = func(tx *store.Tx) error { return c.claim().renewed(tx, e.now()) }
		} else {
			err = e.dropTasks(ctx, c.task.Job)
		}
	case taskSweep:
		err = e.sweep(ctx, c.task)
	case taskExpire:
		end = func(tx *store.Tx) error { return c.claim().expire(tx, e.now()) }
	case taskDelete:
		if err = e.delete(ctx, c.task.Job, rec.Uploads); err == nil {
			return // the task went with the job
		}
	default:
		e.logger(c).Warn("spool: a task of unknown kind", "kind", c.task.Kind)
		err = errNewer
	}
	if err == nil {
		_ = e.settle(c, end)
		return
	}
	delay := choreDelay
	if errors.Is(err, errBusy) {
		delay = deleteDelay
	} else if ctx.Err() == nil {
		e.logger(c).Warn("spool: a chore failed", "error", err)
	}
	_ = e.settle(c, func(tx *store.Tx) error { return c.claim().postpone(tx, e.now().Add(delay)) })
}

// dropTasks ends the tasks of a cancelled job that nobody holds. Those that are
// held end with their attempts. Concurrent updates share commits.
func (e *Engine) dropTasks(ctx context.Context, job string) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(64)
	for task, err := range e.config.Store.Tasks(ctx, store.TaskQuery{
		Under: store.Ref{Job: job, Task: "f"},
	}) {
		if err != nil {
			return errors.Join(err, group.Wait())
		}
		if task.Session != "" {
			continue
		}
		group.Go(func() error {
			return onlyIfWanted(e.config.Store.Update(ctx, task.Ref, drop))
		})
	}
	return group.Wait()
}

// onlyIfWanted ignores that somebody else was faster.
func onlyIfWanted(err error) error {
	if errors.Is(err, errGone) || errors.Is(err, errTaken) {
		return nil
	}
	return err
}

// renewFiles takes the files that have not completed up in the run of c.
func (e *Engine) renewFiles(ctx context.Context, c *claimed, rec record) error {
	run, err := strconv.Atoi(strings.TrimPrefix(c.task.Task, retryName+"/"))
	if err != nil {
		return err
	}
	offers, err := e.allOffers(ctx)
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(64)
	for f, err := range e.config.Store.Files(ctx, c.task.Job, 0) {
		if err != nil {
			return errors.Join(err, group.Wait())
		}
		if f.Status == store.Completed || f.Run == run {
			continue
		}
		task := e.taskFor(f, rec, offers)
		r := store.Ref{Job: c.task.Job, Task: task.Task}
		group.Go(func() error {
			err := e.config.Store.Update(ctx, r, func(tx *store.Tx) error {
				return renew(tx, run, task)
			})
			if err == nil {
				e.feeder.ready(task.Lane, c.task.Account)
			}
			return onlyIfWanted(err)
		})
	}
	return group.Wait()
}

// taskFor returns the first task of the file: to fetch it or to work on it.
func (e *Engine) taskFor(f store.File, rec record, offers []codec.Offer) store.Task {
	t := store.Task{
		Ref: store.Ref{Task: store.FileTask(f.Index)}, Kind: taskFile, Priority: rec.Priority,
	}
	sources := sourcesOf(f)
	if slices.ContainsFunc(sources, unfetched) {
		t.Task += fetchSuffix
		t.Kind, t.Lane = taskFetch, laneFetch
		return t
	}
	spec := rec.Operation
	if f.Op != nil {
		spec = f.Op
	}
	t.Lane = laneControl
	if spec != nil {
		if op, err := e.config.Registry.Decode(spec.Name, spec.Params); err == nil {
			t.Lane = laneFor(offers, op, typesOf(sources))
		}
	}
	return t
}

// sweep removes what lost attempts left in storage.
func (e *Engine) sweep(ctx context.Context, t store.Task) error {
	var s sweep
	if err := json.Unmarshal(t.Data, &s); err != nil {
		return err
	}
	r := store.Ref{Job: t.Job, Task: s.Task}
	prefixes := make([]string, len(s.Tokens))
	for i, token := range s.Tokens {
		prefixes[i] = blobPrefix(r, token)
	}
	if len(prefixes) == 0 {
		prefixes = []string{taskPrefix(r)}
	}
	for _, prefix := range prefixes {
		if err := e.removeUnder(ctx, prefix); err != nil {
			return err
		}
	}
	return nil
}

// clearLost removes what an attempt made that lost its claim, unless it is
// published: then the outcome was recorded, and only the answer was lost.
func (e *Engine) clearLost(c *claimed) {
	prefix := blobPrefix(c.task.Ref, c.task.Token)
	// It must not end with the work: the engine may be closing.
	ctx := context.Background()
	published, err := e.published(ctx, c, prefix)
	if err == nil && !published {
		err = e.removeUnder(ctx, prefix)
	}
	if err != nil {
		e.logger(c).Warn("spool: removing what a lost attempt made", "error", err)
	}
}

// published reports whether records name blobs with the prefix.
func (e *Engine) published(ctx context.Context, c *claimed, prefix string) (bool, error) {
	index, ok := c.task.File()
	if !ok {
		j, err := e.config.Store.Job(ctx, c.task.Job)
		if err != nil {
			return false, ignoreMissing(err)
		}
		a := j.State.Archive
		return a != nil && strings.HasPrefix(a.Key, prefix), nil
	}
	for f, err := range e.config.Store.Files(ctx, c.task.Job, index) {
		if err != nil {
			return false, ignoreMissing(err)
		}
		if isFetch(c.task.Ref) {
			return slices.ContainsFunc(sourcesOf(f), func(s store.Source) bool {
				return strings.HasPrefix(s.Blob, prefix)
			}), nil
		}
		return f.Status == store.Completed && f.Token == c.task.Token, nil
	}
	return false, nil
}

func ignoreMissing(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}

// delete removes all that belongs to a deleted job, with what was uploaded for it, and
// its records last.
func (e *Engine) delete(ctx context.Context, id, uploads string) error {
	e.running.cancel(id, errCancelled)
	for task, err := range e.config.Store.Tasks(ctx, store.TaskQuery{Under: store.Ref{Job: id}}) {
		if err != nil {
			return err
		}
		if makesBlobs(task.Kind) && task.Session != "" {
			return errBusy
		}
	}
	for f, err := range e.config.Store.Files(ctx, id, 0) {
		if err != nil {
			return err
		}
		for _, s := range sourcesOf(f) {
			// A blob that the host put there itself stays.
			if !strings.HasPrefix(s.Blob, inputPrefix) || !strings.Contains(s.Blob, "/"+id+"/") {
				continue
			}
			if err := e.config.Storage.Remove(ctx, s.Blob); err != nil {
				return err
			}
		}
	}
	prefixes := []string{outputPrefix + id + "/", fetchPrefix + id + "/", archivePrefix + id + "/"}
	if uploads != "" {
		prefixes = append(prefixes, uploads)
	}
	for _, prefix := range prefixes {
		if err := e.removeUnder(ctx, prefix); err != nil {
			return err
		}
	}
	return e.config.Store.Delete(ctx, id)
}
