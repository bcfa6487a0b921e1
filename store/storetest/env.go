package storetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/spoolmedia/spool/store"
)

// env is a store under check. Its methods end the check when something fails;
// they may be called by the check's own goroutine only.
type env struct {
	store.Store
	ctx context.Context
}

// lane is what the tasks need that the checks make.
const lane = "image"

// noon is the time of all that the checks make.
var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

func (c *env) failf(format string, args ...any) {
	panic(failure{fmt.Errorf(format, args...)})
}

// ok ends the check if err is not nil.
func (c *env) ok(err error) {
	if err != nil {
		c.failf("unexpected error: %w", err)
	}
}

// fails ends the check unless err is a want.
func (c *env) fails(what string, err, want error) {
	if !errors.Is(err, want) {
		c.failf("%s: got error %v, want %v", what, err, want)
	}
}

// equal compares the JSON of got and want.
func (c *env) equal(what string, got, want any) {
	if g, w := c.json(got), c.json(want); g != w {
		c.failf("%s:\n got %.2000s\nwant %.2000s", what, g, w)
	}
}

func (c *env) json(v any) string {
	b, err := json.Marshal(v)
	c.ok(err)
	return string(b)
}

// job returns a job to be created.
func job(id string) store.Job {
	return store.Job{
		ID: id, Account: "acct", Created: noon, Request: json.RawMessage(`{"labels":{}}`),
		State: store.State{Status: store.Pending, Run: 1},
	}
}

// files yields n files, each with its task.
func files(n int) iter.Seq2[store.File, store.Task] {
	return func(yield func(store.File, store.Task) bool) {
		for i := range n {
			f := store.File{Index: i, Name: fmt.Sprintf("%d.png", i), Status: store.Pending}
			if !yield(f, task(store.FileTask(i))) {
				return
			}
		}
	}
}

func task(name string) store.Task {
	return store.Task{Ref: store.Ref{Task: name}, Kind: "file", Lane: lane}
}

// create makes job(id) with n files.
func (c *env) create(id string, n int) store.Job { return c.createJob(job(id), n) }

func (c *env) createJob(j store.Job, n int) store.Job {
	made, created, err := c.Create(c.ctx, j, files(n))
	c.ok(err)
	if !created {
		c.failf("create %s: got %s, want a new job", j.ID, made.ID)
	}
	return made
}

// createFor makes a job of n files in another account.
func (c *env) createFor(account, id string, n int) {
	j := job(id)
	j.Account = account
	c.createJob(j, n)
}

func (c *env) update(r store.Ref, fn func(tx *store.Tx)) {
	c.ok(c.Update(c.ctx, r, func(tx *store.Tx) error {
		fn(tx)
		return nil
	}))
}

// add gives the job more tasks.
func (c *env) add(job string, tasks ...store.Task) {
	c.update(store.Ref{Job: job}, func(tx *store.Tx) { tx.Add = tasks })
}

// tell appends events to the job.
func (c *env) tell(job string, kinds ...string) {
	c.update(store.Ref{Job: job}, func(tx *store.Tx) {
		for _, kind := range kinds {
			tx.Events = append(tx.Events, store.Event{Kind: kind, File: -1, Time: noon})
		}
	})
}

func (c *env) getJob(id string) store.Job {
	j, err := c.Job(c.ctx, id)
	c.ok(err)
	return j
}

// getTask returns the task, which must exist.
func (c *env) getTask(r store.Ref) store.Task {
	var found *store.Task
	c.update(r, func(tx *store.Tx) { found = tx.Task })
	if found == nil {
		c.failf("task %v: got none", r)
	}
	return *found
}

func (c *env) getFiles(job string, from int) []store.File {
	return collect(c, c.Files(c.ctx, job, from))
}

func (c *env) getTasks(q store.TaskQuery) []store.Task { return collect(c, c.Tasks(c.ctx, q)) }

func (c *env) getEvents(q store.EventQuery) []store.Event { return collect(c, c.Events(c.ctx, q)) }

// ready returns job/task of the ready tasks that match q, in order.
func (c *env) ready(q store.TaskQuery) []string {
	if q.Lanes == nil {
		q.Lanes = []string{lane}
	}
	if q.Due.IsZero() {
		q.Due = noon
	}
	return c.taskNames(q)
}

func (c *env) taskNames(q store.TaskQuery) []string {
	names := []string{}
	for _, t := range c.getTasks(q) {
		names = append(names, t.Ref.String())
	}
	return names
}

// listed returns the IDs of the jobs that match q, in order.
func (c *env) listed(q store.Query) []string {
	ids := []string{}
	for _, j := range collect(c, c.List(c.ctx, q)) {
		ids = append(ids, j.ID)
	}
	return ids
}

// kinds returns job:kind of the events that match q, in order.
func (c *env) kinds(q store.EventQuery) []string {
	kinds := []string{}
	for _, e := range c.getEvents(q) {
		kinds = append(kinds, e.Job+":"+e.Kind)
	}
	return kinds
}

// nothing checks that no trace of the job can be seen.
func (c *env) nothing(id string) {
	_, err := c.Job(c.ctx, id)
	c.fails("job", err, store.ErrNotFound)
	c.fails("files", last(c.Files(c.ctx, id, 0)), store.ErrNotFound)
	c.equal("tasks under", c.taskNames(store.TaskQuery{Under: store.Ref{Job: id}}), []string{})
	for _, r := range c.ready(store.TaskQuery{}) {
		if store.ParseRef(r).Job == id {
			c.failf("ready: got %s of a job that does not exist", r)
		}
	}
	c.equal("events", c.kinds(store.EventQuery{Job: id}), []string{})
	for _, listed := range c.listed(store.Query{}) {
		if listed == id {
			c.failf("list: got %s, which does not exist", id)
		}
	}
	c.update(store.Ref{Job: id, Task: "f/0"}, func(tx *store.Tx) {
		if tx.Job != nil || tx.Task != nil || tx.File != nil {
			c.failf("update: got a record of %s, want none", id)
		}
	})
}

// collect returns all values, and ends the check at an error.
func collect[T any](c *env, values iter.Seq2[T, error]) []T {
	all := []T{}
	for v, err := range values {
		c.ok(err)
		all = append(all, v)
	}
	return all
}

// last returns the error that values end with, and an error of its own if they
// go on after it.
func last[T any](values iter.Seq2[T, error]) (err error) {
	for _, e := range values {
		if err != nil {
			return fmt.Errorf("the iterator went on after %v", err)
		}
		err = e
	}
	return err
}
