package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/store"
)

// Submit makes a job of the request and returns it at once. When it returns, the
// inputs and the job are durable in the sense of the backends, and will be worked
// on by whatever process opens them.
//
// A request that can never work is an error in whose tree [ErrBadRequest] is,
// with a [*codec.FieldError] for each field of an operation. An input that cannot
// be read is an error, and no job is made. An input whose content does not suit
// the operation is accepted: its file fails, with the reason.
func (e *Engine) Submit(ctx context.Context, r Request) (Job, error) {
	return e.submit(ctx, r, nil)
}

// submit makes a job of the request, and of the draft if there is one.
func (e *Engine) submit(ctx context.Context, r Request, d *Draft) (Job, error) {
	if e.closed() {
		return Job{}, ErrClosed
	}
	if err := d.check(r); err != nil {
		return Job{}, err
	}
	offers, err := e.checkRequest(ctx, r)
	if err != nil {
		return Job{}, err
	}
	rec, err := r.record()
	if err != nil {
		return Job{}, err
	}
	kept, err := json.Marshal(rec)
	if err != nil {
		return Job{}, err
	}
	digest, err := r.digest(kept, d)
	if err != nil {
		return Job{}, err
	}
	// What follows is not a part of the request.
	rec.Trace, rec.Uploads = traceOf(ctx), d.prefix()
	if rec.Trace != nil || rec.Uploads != "" {
		if kept, err = json.Marshal(rec); err != nil {
			return Job{}, err
		}
	}
	if r.IdempotencyKey != "" {
		if job, ok, err := e.known(ctx, r.Account, r.IdempotencyKey, digest); ok || err != nil {
			return job, err
		}
	}
	if d == nil {
		if d, err = e.Draft(); err != nil {
			return Job{}, err
		}
	}
	j := store.Job{
		Version: store.Version, ID: d.id, Account: r.Account,
		Key: r.IdempotencyKey, Digest: digest, Created: d.begun, Request: kept,
		State: store.State{
			Version: store.Version, Account: r.Account, Status: store.Pending, Run: 1,
			Total: r.files(), Open: r.files(),
		},
	}
	job, made, err := e.create(ctx, j, submission{r, rec, offers})
	d.settle(made)
	return job, err
}

// submission is a request that was checked.
type submission struct {
	Request
	record record
	offers []codec.Offer // here and elsewhere
}

// checkRequest returns what can be worked on here or elsewhere, or why r can
// never be.
func (e *Engine) checkRequest(ctx context.Context, r Request) ([]codec.Offer, error) {
	if err := r.validate(); err != nil {
		return nil, err
	}
	offers, err := e.allOffers(ctx)
	if err != nil {
		return nil, err
	}
	var errs []error
	if r.Operation != nil {
		errs = append(errs, checkOffered(offers, r.Operation))
	}
	for i, in := range r.Inputs {
		if in.Operation != nil {
			errs = append(errs, checkOffered(offers, in.Operation))
		}
		if in.url == "" {
			continue
		}
		if err := e.outbound.CheckURL(in.url); err != nil {
			errs = append(errs, fmt.Errorf("inputs[%d]: %w", i, err))
		}
	}
	if r.Callback != nil {
		if err := e.outbound.CheckURL(r.Callback.URL); err != nil {
			errs = append(errs, fmt.Errorf("callback.url: %w", err))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, badRequest(err)
	}
	return offers, e.checkBlobs(ctx, r)
}

// allOffers returns what the living sessions offer, this one's first.
func (e *Engine) allOffers(ctx context.Context) ([]codec.Offer, error) {
	sessions, err := e.config.Store.Sessions(ctx)
	if err != nil {
		return nil, fmt.Errorf("engine: look for workers: %w", err)
	}
	others := slices.DeleteFunc(sessions, func(s store.SessionInfo) bool {
		return s.ID == e.session.ID()
	})
	return announced(e.offers, others), nil
}

// known returns the job that has the idempotency key, before anything is stored in
// vain. Store.Create has the last word.
func (e *Engine) known(ctx context.Context, account, key, digest string) (Job, bool, error) {
	q := store.Query{Account: account, Key: key}
	for j, err := range e.config.Store.List(ctx, q) {
		if err != nil {
			return Job{}, false, err
		}
		if j.Digest != digest {
			return Job{}, false, fmt.Errorf("engine: key %q: %w", key, ErrKeyConflict)
		}
		return e.jobOf(j), true, nil
	}
	return Job{}, false, nil
}

// create stores the inputs and then the job; if there is no new job in the end,
// it removes the inputs. made says whether there may be one.
func (e *Engine) create(
	ctx context.Context, j store.Job, r submission,
) (job Job, made bool, err error) {
	var staged []stagedInput
	defer func() {
		if !made {
			e.unstage(context.WithoutCancel(ctx), staged)
		}
	}()
	for i, in := range r.Inputs {
		s, err := e.stage(ctx, in, e.inputsOf(j.ID)+strconv.Itoa(i))
		if err != nil {
			return Job{}, false, fmt.Errorf("input %d, %s: %w", i, in.Name, err)
		}
		staged = append(staged, s)
	}
	files := r.grouped(staged)
	for i, f := range files {
		f[0].lane = r.laneOf(r.operation(r.Inputs[i]), f)
	}
	// A cancel that comes now must not leave it open whether there is a job.
	created, made, err := e.config.Store.Create(
		context.WithoutCancel(ctx), j, records(j, r.Request, files))
	if err != nil {
		created, made, err = e.createdAfterAll(context.WithoutCancel(ctx), j.ID, err)
	}
	if err != nil {
		return Job{}, made, fmt.Errorf("engine: create job: %w", err)
	}
	if !made {
		return e.jobOf(created), false, nil
	}
	e.telemetry.submit(ctx, len(r.Inputs))
	e.remember(created, r.record)
	for _, lane := range firstLanes(files) {
		e.feeder.ready(lane, r.Account)
	}
	job = e.jobFrom(created, r.record)
	job.Operation = r.Operation
	return job, true, nil
}

// grouped returns the inputs of each file.
func (r submission) grouped(staged []stagedInput) [][]stagedInput {
	if codec.Joins(r.Operation) {
		return [][]stagedInput{staged}
	}
	return slices.Collect(slices.Chunk(staged, 1))
}

// laneOf returns the lane of the first task of a file with the inputs.
func (r submission) laneOf(op codec.Operation, file []stagedInput) string {
	types := make([]string, len(file))
	for i, s := range file {
		if s.URL != "" {
			return laneFetch
		}
		types[i] = s.Type
	}
	return laneFor(r.offers, op, types)
}

// firstLanes returns the lanes of the files' first tasks, each once.
func firstLanes(files [][]stagedInput) []string {
	var lanes []string
	for _, f := range files {
		if !slices.Contains(lanes, f[0].lane) {
			lanes = append(lanes, f[0].lane)
		}
	}
	return lanes
}

// createdAfterAll finds out whether a Create that failed with err has made the job,
// and only the answer was lost. If that cannot be known either, the inputs stay:
// they are swept if there is no job.
func (e *Engine) createdAfterAll(
	ctx context.Context, id string, err error,
) (j store.Job, made bool, _ error) {
	j, lookup := e.config.Store.Job(ctx, id)
	switch {
	case lookup == nil:
		return j, true, nil
	case errors.Is(lookup, ErrNotFound):
		return store.Job{}, false, err
	}
	return store.Job{}, true, err
}

// records yields the record and the task of each file.
func records(j store.Job, r Request, files [][]stagedInput) iter.Seq2[store.File, store.Task] {
	return func(yield func(store.File, store.Task) bool) {
		for i, inputs := range files {
			file := store.File{Version: store.Version, Index: i, Status: store.Pending}
			sources := make([]store.Source, len(inputs))
			for k, s := range inputs {
				sources[k] = s.Source
			}
			setSources(&file, sources)
			if op := r.Inputs[i].Operation; op != nil {
				// It has been encoded before, for the digest.
				spec, _ := specOf(op)
				file.Op = &spec
			}
			task := store.Task{
				Ref: store.Ref{Job: j.ID, Task: store.FileTask(i)}, Version: store.Version,
				Account: j.Account, Kind: taskFile, Lane: inputs[0].lane, Priority: r.Priority,
				NotBefore: r.NotBefore.UTC(),
			}
			if slices.ContainsFunc(sources, unfetched) {
				task.Task += fetchSuffix
				task.Kind = taskFetch
			}
			if !yield(file, task) {
				return
			}
		}
	}
}
