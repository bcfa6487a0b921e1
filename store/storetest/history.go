package storetest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"pgregory.net/rapid"

	"github.com/spoolmedia/spool/store"
)

// checkHistories checks random histories against the model, each on a fresh store
// that open returns. With reopen, which closes the store and opens what it kept, a
// history has such moments too; nil is for stores that keep nothing.
func checkHistories(
	t rapid.TB, ctx context.Context, open func() store.Store, reopen func(store.Store) store.Store,
) {
	rapid.Check(t, func(rt *rapid.T) {
		h := &history{env: &env{open(), ctx}, model: newModel(), rapid: rt}
		defer func() { _ = h.Close() }()
		steps := map[string]func(){
			"create": h.create, "update": h.update, "change": h.update, "delete": h.delete,
			"pause": h.pause, "session": h.session, "look at jobs": h.lookAtJobs,
			"look at tasks": h.lookAtTasks, "look at events": h.lookAtEvents,
		}
		if reopen != nil {
			steps["reopen"] = func() {
				h.Store, h.living = reopen(h.Store), nil
				h.lookAtAll()
			}
		}
		actions := make(map[string]func(*rapid.T))
		for name, step := range steps {
			actions[name] = func(*rapid.T) { h.run(step) }
		}
		rt.Repeat(actions)
		h.run(h.lookAtAll)
	})
}

// A history is one store and the model of it.
type history struct {
	*env
	model  *model
	living []string // sessions
	number int      // of the last event told
	rapid  *rapid.T
}

// run turns the failure of a check into that of the history.
func (h *history) run(step func()) {
	defer func() {
		if r := recover(); r != nil {
			f, ok := r.(failure)
			if !ok {
				panic(r)
			}
			h.rapid.Fatal(f.error)
		}
	}()
	step()
}

func pick[T any](h *history, label string, values ...T) T {
	return rapid.SampledFrom(values).Draw(h.rapid, label)
}

func (h *history) anyJob() string     { return fmt.Sprint("j", pick(h, "job", 0, 1, 2, 3, 4, 5)) }
func (h *history) anyAccount() string { return pick(h, "account", "", "a", "b") }
func (h *history) anyLane() string    { return pick(h, "lane", lane, "av") }
func (h *history) anyStatus() store.Status {
	return pick(h, "status", store.Pending, store.Processing, store.Completed, store.Failed)
}

func (h *history) anyTask() store.Task {
	t := task(pick(h, "task", "f/0", "f/1", "f/2", "f/10", "f/1/p/1", "walk"))
	t.Lane, t.Priority = h.anyLane(), pick(h, "priority", 0, 0, 7, -7)
	if pick(h, "later", false, false, true) {
		t.NotBefore = noon.Add(time.Duration(pick(h, "hours", -1, 0, 1)) * time.Hour)
	}
	return t
}

func (h *history) create() {
	j := job(h.anyJob())
	j.Account, j.Key = h.anyAccount(), pick(h, "key", "", "k", "l")
	j.Digest, j.State.Status = pick(h, "digest", "d", "e"), h.anyStatus()
	var files []store.File
	var tasks []store.Task
	for i := range pick(h, "files", 0, 1, 2, 11) {
		files = append(files, store.File{Index: i, Name: fmt.Sprint(i), Status: store.Pending})
		t := h.anyTask()
		t.Task = store.FileTask(i)
		tasks = append(tasks, t)
	}
	made, created, err := h.Create(h.ctx, j, func(yield func(store.File, store.Task) bool) {
		for i, f := range files {
			if !yield(f, tasks[i]) {
				return
			}
		}
	})
	id, wantCreated, want := h.model.create(j, files, tasks)
	h.same("create", err, want)
	h.equal("created", []any{made.ID, created}, []any{id, wantCreated})
}

// same checks that an error is the one that the model has.
func (h *history) same(what string, got, want error) {
	if !errors.Is(got, want) {
		h.failf("%s: got error %v, want %v", what, got, want)
	}
}

func (h *history) update() {
	r := store.Ref{Job: h.anyJob(), Task: pick(h, "ref", "f/0", "f/1", "f/10", "walk", "")}
	change := h.anyChange()
	fail := pick(h, "fail", false, false, false, true)
	err := h.Update(h.ctx, r, func(tx *store.Tx) error {
		h.equal("tx", tx, h.model.tx(r))
		change(tx)
		if fail {
			return errStop
		}
		return nil
	})
	want := errStop
	if !fail {
		tx := h.model.tx(r)
		change(tx)
		want = h.model.update(r, tx)
	}
	h.same("update", err, want)
}

// anyChange returns a function for Update that may be run several times.
func (h *history) anyChange() func(tx *store.Tx) {
	status, deleted := h.anyStatus(), pick(h, "delete", 0, 0, 0, 0, 0, 1, 2)
	session := pick(h, "session", append(h.living, "", "gone")...)
	end, done := pick(h, "end", false, true), pick(h, "done", false, false, true)
	replace := h.anyTask()
	var add []store.Task
	var events []store.Event
	for range pick(h, "add", 0, 0, 1, 2) {
		add = append(add, h.anyTask())
	}
	for range pick(h, "events", 0, 1, 3) {
		h.number++
		events = append(events, store.Event{Kind: fmt.Sprint(h.number), File: -1, Time: noon})
	}
	return func(tx *store.Tx) {
		tx.Add, tx.Events = slices.Clone(add), slices.Clone(events)
		if tx.Job != nil {
			tx.Job.Status = status
			tx.Job.Completed++
			tx.Job.Deleted = map[int]time.Time{0: tx.Job.Deleted, 1: noon}[deleted]
		}
		if tx.File != nil {
			tx.File.Status, tx.File.Attempts = status, tx.File.Attempts+1
		}
		switch {
		case tx.Task == nil:
		case end:
			tx.Task = nil
		default:
			tx.Task.Token++
			tx.Task.Session, tx.Task.Done, tx.Task.Lane = session, done, replace.Lane
			tx.Task.Priority, tx.Task.NotBefore = replace.Priority, replace.NotBefore
		}
	}
}

func (h *history) delete() {
	id := h.anyJob()
	h.ok(h.Delete(h.ctx, id))
	h.model.delete(id)
}

func (h *history) pause() {
	p := store.Pause{All: pick(h, "all", false, true), Account: h.anyAccount()}
	on := pick(h, "on", false, true)
	h.ok(h.SetPaused(h.ctx, p, on))
	if p.All {
		p.Account = ""
	}
	if delete(h.model.paused, p); on {
		h.model.paused[p] = true
	}
}

func (h *history) session() {
	if len(h.living) == 3 {
		return
	}
	h.living = append(h.living, h.env.session(nil).ID())
}

func (h *history) lookAtAll() {
	h.lookAtJobs()
	h.lookAtTasks()
	h.lookAtEvents()
}

func (h *history) lookAtJobs() {
	q := store.Query{
		Account: h.anyAccount(), Oldest: pick(h, "oldest", false, true),
		Cursor: pick(h, "cursor", "", "j1", "j3", "k"), Limit: pick(h, "limit", 0, 0, 1, 2),
		Key: pick(h, "key", "", "", "k"),
	}
	if pick(h, "any status", false, true) {
		q.Status = h.anyStatus()
	}
	h.equal(fmt.Sprintf("list %+v", q), h.listed(q), h.model.list(q))
	for _, account := range []string{"", "a", "b"} {
		h.counts(account, h.model.count(account))
	}
	paused, err := h.Paused(h.ctx)
	h.ok(err)
	h.equal("paused", len(paused), len(h.model.paused))
	for _, p := range paused {
		h.equal("paused", h.model.paused[p], true)
	}
	id := h.anyJob()
	want := h.model.jobs[id]
	if want == nil {
		h.nothing(id)
		return
	}
	got := h.getJob(id)
	h.equal("job", []any{got, got.State}, []any{want.Job, want.State})
	h.equal("files", h.getFiles(id, 0), append([]store.File{}, want.files...))
}

func (h *history) lookAtTasks() {
	under := store.Ref{Job: h.anyJob(), Task: pick(h, "under", "", "f", "f/1", "walk")}
	h.equal("under", h.taskNames(store.TaskQuery{Under: under}), h.model.under(under))
	orphans := h.orphans()
	slices.Sort(orphans)
	want := h.model.orphans(h.living)
	slices.Sort(want)
	h.equal("orphans", orphans, want)
	q := store.TaskQuery{
		Lanes: [][]string{{lane}, {lane, "av"}}[pick(h, "lanes", 0, 1)], Account: h.anyAccount(),
		PerAccount: pick(h, "per account", 0, 1, 3), Limit: pick(h, "limit", 0, 1, 2, 5),
		Due: pick(h, "due", noon.Add(-1), noon, tasksEnd),
	}
	if pick(h, "leave out", false, true) {
		q.Without = []string{h.anyAccount(), "none"}
	}
	h.lookAtReady(q)
}

// lookAtReady checks that each account has its first tasks in their order, and
// that as many come as there are or as the limit lets through.
func (h *history) lookAtReady(q store.TaskQuery) {
	want, total := h.model.ready(q), 0
	for _, names := range want {
		total += len(names)
	}
	if q.Limit > 0 {
		total = min(total, q.Limit)
	}
	got := make(map[group][]string)
	n := 0
	for _, t := range h.getTasks(q) {
		g := group{t.Lane, t.Account}
		got[g] = append(got[g], t.Ref.String())
		n++
	}
	h.equal(fmt.Sprintf("how many are ready of %+v", q), n, total)
	for g, names := range got {
		first := want[g][:min(len(names), len(want[g]))]
		h.equal(fmt.Sprintf("ready %+v of %+v", g, q), names, first)
	}
}

func (h *history) lookAtEvents() {
	q := store.EventQuery{Account: h.anyAccount()}
	if pick(h, "of a job", false, true) {
		q.Job = h.anyJob()
	}
	all := h.getEvents(q)
	h.equal(fmt.Sprintf("events %+v", q), h.kinds(q), h.model.kinds(q))
	if len(all) == 0 {
		return
	}
	i := rapid.IntRange(0, len(all)-1).Draw(h.rapid, "cursor")
	q.Cursor = all[i].Cursor
	h.equal("events behind "+q.Cursor, h.getEvents(q), append([]store.Event{}, all[i+1:]...))
	if !slices.IsSortedFunc(all, func(a, b store.Event) int { return cmp.Compare(a.Seq, b.Seq) }) {
		h.failf("events: got numbers out of order")
	}
}
