package storetest

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spoolmedia/spool/store"
	"github.com/spoolmedia/spool/store/internal/rules"
)

// A model is what a store should hold, kept in the plainest way.
type model struct {
	jobs   map[string]*modelJob
	keys   map[[2]string]string // account and key → job
	paused map[store.Pause]bool
	events []store.Event // in commit order; only what tells them apart
}

type modelJob struct {
	store.Job
	files []store.File
	tasks map[string]store.Task
}

func newModel() *model {
	return &model{
		jobs: make(map[string]*modelJob), keys: make(map[[2]string]string),
		paused: make(map[store.Pause]bool),
	}
}

// create does what Store.Create does.
func (m *model) create(
	j store.Job, files []store.File, tasks []store.Task,
) (id string, made bool, err error) {
	key := [2]string{j.Account, j.Key}
	if id, ok := m.keys[key]; ok && j.Key != "" {
		if m.jobs[id].Digest != j.Digest {
			return "", false, store.ErrKeyConflict
		}
		return id, false, nil
	}
	if m.jobs[j.ID] != nil {
		return "", false, store.ErrExist
	}
	j.Version, j.State.Version, j.State.Account = store.Version, store.Version, j.Account
	n := &modelJob{Job: j, tasks: make(map[string]store.Task)}
	for i, f := range files {
		f.Version = store.Version
		n.files = append(n.files, f)
		n.put(tasks[i])
	}
	m.jobs[j.ID] = n
	if j.Key != "" {
		m.keys[key] = j.ID
	}
	m.tell(n, store.Created)
	return j.ID, true, nil
}

func (j *modelJob) put(t store.Task) {
	t.Version, t.Job, t.Account = store.Version, j.ID, cmp.Or(t.Account, j.Account)
	j.tasks[t.Task] = t
}

func (m *model) tell(j *modelJob, kind string) {
	m.events = append(m.events, store.Event{Account: j.Account, Job: j.ID, Kind: kind})
}

// tx returns what Store.Update shows of r.
func (m *model) tx(r store.Ref) *store.Tx {
	j := m.jobs[r.Job]
	if j == nil {
		return &store.Tx{}
	}
	state := j.State.Clone()
	tx := &store.Tx{Job: &state}
	if t, ok := j.tasks[r.Task]; ok {
		t = t.Clone()
		tx.Task = &t
	}
	if i, ok := r.File(); ok && i < len(j.files) {
		f := j.files[i].Clone()
		tx.File = &f
	}
	return tx
}

// update does what Store.Update does after its function has made tx of m.tx(r).
func (m *model) update(r store.Ref, tx *store.Tx) error {
	j := m.jobs[r.Job]
	switch {
	case j == nil && (len(tx.Add) > 0 || len(tx.Events) > 0):
		return store.ErrNotFound
	case j == nil:
		return nil
	case !j.State.Deleted.IsZero() && tx.Job.Deleted.IsZero():
		return store.ErrDeleted
	}
	tasks := maps.Clone(j.tasks)
	if delete(tasks, r.Task); tx.Task != nil {
		tasks[r.Task] = *tx.Task
	}
	for _, t := range tx.Add {
		if _, ok := tasks[t.Task]; ok {
			return store.ErrExist
		}
		tasks[t.Task] = t
	}
	j.tasks = make(map[string]store.Task)
	for _, t := range tasks {
		j.put(t)
	}
	if tx.File != nil {
		j.files[tx.File.Index] = *tx.File
	}
	j.State = *tx.Job
	if !j.State.Deleted.IsZero() {
		m.freeKey(j)
	}
	for _, e := range tx.Events {
		m.tell(j, e.Kind)
	}
	return nil
}

func (m *model) freeKey(j *modelJob) {
	if key := [2]string{j.Account, j.Key}; m.keys[key] == j.ID {
		delete(m.keys, key)
	}
}

func (m *model) delete(id string) {
	if j := m.jobs[id]; j != nil {
		m.freeKey(j)
		delete(m.jobs, id)
		m.events = slices.DeleteFunc(m.events, func(e store.Event) bool { return e.Job == id })
	}
}

// list returns the IDs that Store.List yields.
func (m *model) list(q store.Query) []string {
	ids := []string{}
	for id, j := range m.jobs {
		if j.State.Deleted.IsZero() && (q.Account == "" || j.Account == q.Account) &&
			(q.Status == "" || j.State.Status == q.Status) &&
			(q.Key == "" || j.Account == q.Account && j.Key == q.Key) &&
			(q.Cursor == "" || id != q.Cursor && (id > q.Cursor) == q.Oldest) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	if !q.Oldest {
		slices.Reverse(ids)
	}
	if q.Limit > 0 {
		ids = ids[:min(q.Limit, len(ids))]
	}
	return ids
}

func (m *model) count(account string) counts {
	n := counts{}
	for _, id := range m.list(store.Query{Account: account}) {
		n[m.jobs[id].State.Status]++
	}
	return n
}

// under returns the tasks of a job at and below a name.
func (m *model) under(r store.Ref) []string {
	names := []string{}
	for _, t := range m.sorted(r.Job) {
		if r.Task == "" || t.Task == r.Task || strings.HasPrefix(t.Task, r.Task+"/") {
			names = append(names, t.Ref.String())
		}
	}
	return names
}

// sorted returns the tasks of a job, or of all, by job and name.
func (m *model) sorted(job string) (tasks []store.Task) {
	for id, j := range m.jobs {
		if job == "" || id == job {
			tasks = slices.AppendSeq(tasks, maps.Values(j.tasks))
		}
	}
	slices.SortFunc(tasks, func(a, b store.Task) int {
		return cmp.Or(cmp.Compare(a.Job, b.Job), cmp.Compare(rules.Key(a.Task), rules.Key(b.Task)))
	})
	return tasks
}

// A group are the ready tasks of one account in one lane, which have an order.
type group struct{ lane, account string }

// ready returns the ready tasks that match q, but for its Limit.
func (m *model) ready(q store.TaskQuery) map[group][]string {
	tasks := m.sorted("")
	slices.SortStableFunc(tasks, func(a, b store.Task) int { return cmp.Compare(b.Priority, a.Priority) })
	groups := make(map[group][]string)
	for _, t := range tasks {
		g := group{t.Lane, t.Account}
		if t.Done || t.Session != "" || t.NotBefore.After(q.Due) || !slices.Contains(q.Lanes, t.Lane) ||
			q.Account != "" && t.Account != q.Account || slices.Contains(q.Without, t.Account) ||
			q.PerAccount > 0 && len(groups[g]) == q.PerAccount {
			continue
		}
		groups[g] = append(groups[g], t.Ref.String())
	}
	return groups
}

// orphans returns the tasks that are held by none of the living sessions.
func (m *model) orphans(living []string) []string {
	names := []string{}
	for _, t := range m.sorted("") {
		if t.Session != "" && !t.Done && !slices.Contains(living, t.Session) {
			names = append(names, t.Ref.String())
		}
	}
	return names
}

// kinds returns job:kind of the events that match q, which has no cursor.
func (m *model) kinds(q store.EventQuery) []string {
	kinds := []string{}
	for _, e := range m.events {
		if (q.Account == "" || e.Account == q.Account) && (q.Job == "" || e.Job == q.Job) {
			kinds = append(kinds, e.Job+":"+e.Kind)
		}
	}
	return kinds
}

// tasksEnd is later than any task's NotBefore.
var tasksEnd = noon.Add(24 * time.Hour)
