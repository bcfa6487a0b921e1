package engine

import (
	"context"
	"errors"
	"strings"
	"time"
)

// The janitor removes blobs that nothing owns: inputs of Submits that died before
// there was a job, and what belongs to jobs that are gone. Everything else has a
// task that clears up after it, so this is rare, and slow on purpose.
const (
	janitorInterval = 24 * time.Hour
	janitorPause    = 10 * time.Millisecond // between two jobs
	janitorRetry    = time.Minute           // after an error
)

func (e *Engine) janitor() {
	for {
		wait := janitorInterval
		if _, err := e.clear(e.pulling, janitorPause); err != nil && e.pulling.Err() == nil {
			e.config.Logger.Warn("spool: sweeping blobs that nobody owns", "error", err)
			wait = janitorRetry
		}
		if sleep(e.pulling, wait) != nil {
			return
		}
	}
}

// Sweep removes blobs that nobody owns, and returns how many there were. The
// engine does so itself when it opens and once a day, at leisure: call it where
// that is too late. It looks at every job in storage once.
func (e *Engine) Sweep(ctx context.Context) (int, error) {
	if e.closed() {
		return 0, ErrClosed
	}
	return e.clear(ctx, 0)
}

func (e *Engine) clear(ctx context.Context, pause time.Duration) (removed int, err error) {
	for prefix, wanted := range map[string]func(context.Context, []string) (bool, int, error){
		inputPrefix:   e.wantedInput,
		outputPrefix:  e.wantedJob,
		fetchPrefix:   e.wantedJob,
		archivePrefix: e.wantedJob,
	} {
		n, err := e.clearUnder(ctx, prefix, pause, wanted)
		if removed += n; err != nil {
			return removed, err
		}
	}
	return removed, nil
}

// clearUnder removes the keys with the prefix that are not wanted. Of those that
// are, it passes over all that have as many parts in common as wanted says.
func (e *Engine) clearUnder(
	ctx context.Context, prefix string, pause time.Duration,
	wanted func(ctx context.Context, parts []string) (keep bool, common int, err error),
) (removed int, err error) {
	after := ""
	for {
		key, err := e.firstKey(ctx, prefix, after)
		if err != nil || key == "" {
			return removed, err
		}
		after = key
		parts := strings.Split(key, "/")
		if len(parts) < 4 {
			continue
		}
		// The key was seen first: a session that writes now is alive now.
		keep, common, err := wanted(ctx, parts)
		switch {
		case err != nil:
			return removed, err
		case keep:
			after = strings.Join(parts[:common], "/") + "/\xff"
		default:
			if err := e.config.Storage.Remove(ctx, key); err != nil {
				return removed, err
			}
			removed++
			continue
		}
		if err := sleep(ctx, pause); err != nil {
			return removed, err
		}
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// wantedInput reports whether an input in/<session>/<job>/<index> is to be kept:
// its session lives and may be in the middle of Submit, or its job exists.
func (e *Engine) wantedInput(ctx context.Context, parts []string) (bool, int, error) {
	sessions, err := e.config.Store.Sessions(ctx)
	if err != nil {
		return false, 0, err
	}
	for _, s := range sessions {
		if s.ID == parts[1] {
			return true, 2, nil
		}
	}
	keep, err := e.jobExists(ctx, parts[2])
	return keep, 3, err
}

// wantedJob reports whether a blob out/<job>/… is to be kept: its job exists. A
// deleted one still does, until its task has cleared up.
func (e *Engine) wantedJob(ctx context.Context, parts []string) (bool, int, error) {
	keep, err := e.jobExists(ctx, parts[1])
	return keep, 2, err
}

func (e *Engine) jobExists(ctx context.Context, id string) (bool, error) {
	_, err := e.config.Store.Job(ctx, id)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return true, err
}

// firstKey returns the first key with the prefix behind after, or "".
func (e *Engine) firstKey(ctx context.Context, prefix, after string) (string, error) {
	for info, err := range e.config.Storage.List(ctx, prefix, after) {
		return info.Key, err
	}
	return "", nil
}

// removeUnder removes all blobs with the prefix.
func (e *Engine) removeUnder(ctx context.Context, prefix string) error {
	for info, err := range e.config.Storage.List(ctx, prefix, "") {
		if err != nil {
			return err
		}
		if err := e.config.Storage.Remove(ctx, info.Key); err != nil {
			return err
		}
	}
	return nil
}
