package boltstore

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/spoolmedia/spool/store"
)

// purgeStep is how many records purge removes in one transaction.
const purgeStep = 1000

// Delete implements [store.Store].
func (s *Store) Delete(ctx context.Context, id string) error {
	there := false
	err := s.commits.do(ctx, func(w *write) (err error) {
		there, err = w.behead(id)
		return err
	})
	if err == nil && there {
		// The job is gone; its records must not stay because ctx ends now.
		err = s.purge(id)
	}
	if err != nil {
		return fmt.Errorf("boltstore: delete %q: %w", id, err)
	}
	return nil
}

// behead removes the head of the job, and reports whether there was one.
func (w *write) behead(id string) (bool, error) {
	st, err := w.state(id)
	if err != nil || !st.exists {
		return false, err
	}
	j, err := w.jobNow(id)
	if err != nil {
		return false, err
	}
	w.delete(bucketJob, []byte(id))
	w.delete(bucketState, []byte(id))
	if st.listed {
		w.unlist(j.Account, st.under, id)
	}
	w.freeKey(j)
	w.put(bucketHeadless, []byte(id), []byte("delete"))
	*st = state{}
	return true, nil
}

// freeKey lets others use the idempotency key of j, if it is still j's.
func (w *write) freeKey(j store.Job) {
	if j.Key == "" {
		return
	}
	if key := idemKey(j.Account, j.Key); string(w.get(bucketKey, key)) == j.ID {
		w.delete(bucketKey, key)
	}
}

// purge removes the records of a headless job in small steps.
func (s *Store) purge(id string) error {
	for more := true; more; {
		err := s.commits.do(context.Background(), func(w *write) (err error) {
			more, err = w.purge(id)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// purge does one step, and reports whether there is more to do.
func (w *write) purge(id string) (bool, error) {
	st, err := w.state(id)
	if err != nil || st.exists {
		return false, err // a commit failed, as it seemed, but the head is there
	}
	prefix := jobPrefix(nil, id)
	tasks := w.keys(bucketTask, prefix)
	for _, key := range tasks {
		t, err := w.task(key)
		if err != nil {
			return false, err
		}
		w.deleteTask(*t)
	}
	files := w.keys(bucketFile, prefix)
	for _, key := range files {
		w.delete(bucketFile, key)
	}
	log := w.keys(bucketLog, logPrefix(nil, "", id))
	for _, key := range log {
		seq := binary.BigEndian.Uint64(key[len(key)-8:])
		events, err := w.events(seq)
		if err != nil {
			return false, err
		}
		w.deleteEvents(events[0].Account, id, seq)
	}
	err = errors.Join(
		w.gone(bucketTask, prefix, tasks), w.gone(bucketFile, prefix, files),
		w.gone(bucketLog, logPrefix(nil, "", id), log))
	if err != nil {
		return false, err
	}
	if max(len(tasks), len(files), len(log)) == purgeStep {
		return true, nil
	}
	w.delete(bucketHeadless, []byte(id))
	return false, nil
}

// gone checks that deleted, which were the first keys behind from, are not so any
// more. If pages are damaged, a search may miss what was to be deleted, and there
// would be no end of it.
func (w *write) gone(b bucket, from []byte, deleted [][]byte) error {
	if len(deleted) == 0 {
		return nil
	}
	if k, _ := w.cursor(b).Seek(from); bytes.Equal(k, deleted[0]) {
		return misplaced(b.String(), k)
	}
	return nil
}

// keys returns the first keys that begin with prefix.
func (w *write) keys(b bucket, prefix []byte) (keys [][]byte) {
	c := w.cursor(b)
	for k, _ := c.Seek(prefix); bytes.HasPrefix(k, prefix) && len(keys) < purgeStep; k, _ = c.Next() {
		keys = append(keys, bytes.Clone(k))
	}
	return keys
}
