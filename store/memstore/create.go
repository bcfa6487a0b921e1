package memstore

import (
	"context"
	"fmt"
	"iter"

	"github.com/spoolmedia/spool/store"
	"github.com/spoolmedia/spool/store/internal/rules"
)

// Create implements [store.Store].
func (s *Store) Create(
	ctx context.Context, j store.Job, files iter.Seq2[store.File, store.Task],
) (store.Job, bool, error) {
	found, made, err := s.create(ctx, j, files)
	if err != nil {
		return store.Job{}, false, fmt.Errorf("memstore: create %q: %w", j.ID, err)
	}
	return found, made, nil
}

func (s *Store) create(
	ctx context.Context, j store.Job, files iter.Seq2[store.File, store.Task],
) (store.Job, bool, error) {
	head, err := rules.NewHead(j)
	if err != nil {
		return store.Job{}, false, err
	}
	j = head.Job.Value
	if found, err := s.reserve(ctx, j); found != nil || err != nil {
		return deref(found), false, err
	}
	defer s.release(j.ID)
	d := draft{job: &job{Job: j}}
	if err := s.consume(ctx, head, files, &d); err != nil {
		return store.Job{}, false, err
	}
	return s.publish(ctx, head, d)
}

// A draft is a job that Create works on.
type draft struct {
	job   *job
	tasks []store.Task
}

func deref(j *store.Job) store.Job {
	if j == nil {
		return store.Job{}
	}
	return *j
}

// reserve keeps others from using the ID of j, or returns the job that has the
// idempotency key of j.
func (s *Store) reserve(ctx context.Context, j store.Job) (*store.Job, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.alive(ctx); err != nil {
		return nil, err
	}
	if found, err := s.known(j); found != nil || err != nil {
		return found, err
	}
	if s.jobs[j.ID] != nil || s.making[j.ID] {
		return nil, store.ErrExist
	}
	s.making[j.ID] = true
	return nil, nil
}

func (s *Store) release(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.making, id)
}

// known returns a copy of the job that has the idempotency key of j, if any.
func (s *Store) known(j store.Job) (*store.Job, error) {
	id, ok := s.keys[key{j.Account, j.Key}]
	if !ok || j.Key == "" {
		return nil, nil
	}
	found := s.jobs[id].Job.Clone()
	if found.Digest != j.Digest {
		return nil, store.ErrKeyConflict
	}
	return &found, nil
}

// consume reads the files, without the lock.
func (s *Store) consume(
	ctx context.Context, head *rules.Head, files iter.Seq2[store.File, store.Task], d *draft,
) error {
	if files == nil {
		return nil
	}
	names := make(map[string]bool)
	for f, t := range files {
		if err := s.alive(ctx); err != nil {
			return err
		}
		file, task, err := head.Next(f, t)
		if err != nil {
			return err
		}
		d.job.files = append(d.job.files, file.Value)
		if task == nil {
			continue
		}
		if names[task.Value.Task] {
			return fmt.Errorf("task %q: %w", task.Value.Task, store.ErrExist)
		}
		names[task.Value.Task] = true
		d.tasks = append(d.tasks, task.Value)
	}
	return nil
}

// publish makes the draft visible, unless another has the key by now.
func (s *Store) publish(
	ctx context.Context, head *rules.Head, d draft,
) (store.Job, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.alive(ctx); err != nil {
		return store.Job{}, false, err
	}
	j := d.job
	if found, err := s.known(j.Job); found != nil || err != nil {
		return deref(found), false, err
	}
	event, err := head.Event(s.events.seq + 1)
	if err != nil {
		return store.Job{}, false, err
	}
	s.jobs[j.ID] = j
	if j.Key != "" {
		s.keys[key{j.Account, j.Key}] = j.ID
	}
	s.enlist(j)
	for _, t := range d.tasks {
		s.tasks.put(t)
	}
	s.events.add(event.Value)
	s.events.flush()
	return j.Job.Clone(), true, nil
}

// Delete implements [store.Store].
func (s *Store) Delete(ctx context.Context, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.alive(ctx); err != nil {
		return fmt.Errorf("memstore: delete %q: %w", id, err)
	}
	j := s.jobs[id]
	if j == nil {
		return nil
	}
	delete(s.jobs, id)
	s.freeKey(j)
	s.unlist(j)
	s.tasks.removeJob(id)
	s.events.removeJob(id)
	return nil
}

// freeKey lets others use the idempotency key of j, if it is still j's.
func (s *Store) freeKey(j *job) {
	if k := (key{j.Account, j.Key}); s.keys[k] == j.ID {
		delete(s.keys, k)
	}
}
