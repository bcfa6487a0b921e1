package engine

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/spoolmedia/spool/store"
	"github.com/spoolmedia/spool/store/boltstore"
	"github.com/spoolmedia/spool/store/memstore"
)

// model drives the transitions over a store by a random history: several
// sessions that claim, finish, shut down and die, zombies that come back with old
// claims, cancels, chores. It keeps what blobs the attempts have left.
type model struct {
	t        *rapid.T
	store    store.Store
	job      string
	total    int
	sessions []store.Session
	claims   []claimed               // ever made, also lost ones
	dead     map[string]bool         // sessions
	blobs    map[int]map[uint64]bool // file → tokens with blobs in storage
	swept    map[attemptID]bool      // attempts whose blobs a sweep has removed
	ended    map[int]store.File      // files whose end in this run was committed
	terminal store.Status            // once reached in this run
	run      int
	deleted  bool
	terms    terms
	clock    time.Time
}

// attemptID names an attempt.
type attemptID struct {
	ref   store.Ref
	token uint64
}

func (c claimed) id() attemptID { return attemptID{c.task.Ref, c.task.Token} }

func newModel(t *rapid.T, jobs store.Store) *model {
	m := &model{
		t: t, store: jobs, job: "job-1",
		total: rapid.IntRange(1, 5).Draw(t, "files"),
		dead:  map[string]bool{}, blobs: map[int]map[uint64]bool{}, ended: map[int]store.File{},
		swept: map[attemptID]bool{}, run: 1,
		terms: terms{
			job: "job-1", attempts: 3, crashes: 4, retain: time.Hour,
			notify: []EventKind{Started, Progress, CompletedJob, FailedJob, CancelledJob},
		},
		clock: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
	}
	j := store.Job{Version: 1, ID: m.job, State: store.State{
		Version: 1, Status: store.Pending, Run: 1, Total: m.total, Open: m.total,
	}}
	_, made, err := m.store.Create(t.Context(), j, func(yield func(store.File, store.Task) bool) {
		for i := range m.total {
			name := "file-" + strconv.Itoa(i)
			if !yield(store.File{Version: 1, Index: i, Name: name, Status: store.Pending}, store.Task{
				Ref: store.Ref{Job: m.job, Task: store.FileTask(i)}, Version: 1,
				Kind: taskFile, Lane: "image",
			}) {
				return
			}
		}
	})
	if err != nil || !made {
		t.Fatalf("create: %v, %v", made, err)
	}
	m.open(t)
	return m
}

func (m *model) update(r store.Ref, fn func(*store.Tx) error) error {
	return m.store.Update(m.t.Context(), r, fn)
}

// open begins a session.
func (m *model) open(t *rapid.T) {
	s, err := m.store.Session(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	m.sessions = append(m.sessions, s)
}

// tasks returns all tasks of the job.
func (m *model) tasks() []store.Task {
	var tasks []store.Task
	for task, err := range m.store.Tasks(m.t.Context(), store.TaskQuery{Under: store.Ref{Job: m.job}}) {
		if err != nil {
			m.t.Fatal(err)
		}
		tasks = append(tasks, task)
	}
	return tasks
}

func (m *model) take(t *rapid.T) {
	tasks := m.tasks()
	if len(tasks) == 0 || len(m.sessions) == 0 {
		t.Skip("nothing to take")
	}
	task := rapid.SampledFrom(tasks).Draw(t, "task")
	s := rapid.SampledFrom(m.sessions).Draw(t, "session")
	var c claimed
	err := m.update(task.Ref, func(tx *store.Tx) (err error) {
		c, err = take(tx, s.ID(), m.terms, m.clock)
		return err
	})
	switch {
	case task.Session != "" && task.Session != s.ID() && !errors.Is(err, errTaken):
		t.Fatalf("take of %s, held by %s: got %v, want errTaken", task.Ref, task.Session, err)
	case task.NotBefore.After(m.clock) && task.Session == "" && !errors.Is(err, errNotDue):
		t.Fatalf("take of %s, due at %v: got %v, want errNotDue", task.Ref, task.NotBefore, err)
	case err != nil || c.task.Session == "":
		return
	case task.Session == s.ID():
		if c.task.Token != task.Token || c.task.Attempt != task.Attempt {
			t.Fatalf("taking %s again counts: %+v after %+v", task.Ref, c.task, task)
		}
		return
	case c.task.Token != task.Token+1:
		t.Fatalf("token of %s went from %d to %d", task.Ref, task.Token, c.task.Token)
	}
	m.claims = append(m.claims, c)
}

// claim draws a claim on a file, held or lost.
func (m *model) claim(t *rapid.T) claimed {
	var files []claimed
	for _, c := range m.claims {
		if c.task.Kind == taskFile {
			files = append(files, c)
		}
	}
	if len(files) == 0 {
		t.Skip("no claims")
	}
	return rapid.SampledFrom(files).Draw(t, "claim")
}

// write leaves a blob of the attempt, which a zombie does, too.
func (m *model) write(t *rapid.T) {
	c := m.claim(t)
	if m.swept[c.id()] {
		t.Skip("a zombie is stopped before its blobs are swept")
	}
	m.leave(c)
}

func (m *model) leave(c claimed) {
	if m.blobs[c.file.Index] == nil {
		m.blobs[c.file.Index] = map[uint64]bool{}
	}
	m.blobs[c.file.Index][c.task.Token] = true
}

func (m *model) finish(t *rapid.T) {
	c := m.claim(t)
	f := finished{wait: time.Minute}
	switch class := rapid.SampledFrom([]string{"", "", "invalid", "transient", "timeout"}).
		Draw(t, "class"); class {
	case "invalid", "transient", "timeout":
		f.err = &store.Error{Class: class, Message: "broken", Permanent: class == "invalid"}
	default:
		f.outputs = []store.Output{{Name: "out", Key: fmt.Sprint(c.file.Index, "/", c.task.Token)}}
		if m.holds(c) {
			m.leave(c)
		}
	}
	held := m.holds(c)
	err := m.update(c.task.Ref, func(tx *store.Tx) error { return c.claim().finish(tx, f, m.clock) })
	if held != (err == nil) {
		t.Fatalf("finish of %v: held %v, got %v", c.claim(), held, err)
	}
}

func (m *model) release(t *rapid.T) {
	c := m.claim(t)
	held, attempt := m.holds(c), 0
	err := m.update(c.task.Ref, func(tx *store.Tx) error {
		err := c.claim().release(tx)
		if tx.Task != nil {
			attempt = tx.Task.Attempt
		}
		return err
	})
	if held != (err == nil) {
		t.Fatalf("release of %v: held %v, got %v", c.claim(), held, err)
	}
	if held && m.terminal == "" && c.job.Run == m.run && attempt != c.task.Attempt-1 {
		t.Fatalf("release counts the attempt: %d after %d", attempt, c.task.Attempt)
	}
}

// holds reports whether c is the newest claim of its task and not yet over.
func (m *model) holds(c claimed) bool {
	for _, task := range m.tasks() {
		if task.Ref == c.task.Ref {
			return task.Session == c.task.Session && task.Token == c.task.Token
		}
	}
	return false
}

// die ends a session without a word; its claims stay as they are.
func (m *model) die(t *rapid.T) {
	if len(m.sessions) == 0 {
		t.Skip("no session")
	}
	i := rapid.IntRange(0, len(m.sessions)-1).Draw(t, "session")
	m.dead[m.sessions[i].ID()] = true
	if err := m.sessions[i].Close(); err != nil {
		t.Fatal(err)
	}
	m.sessions = slices.Delete(m.sessions, i, i+1)
}

// recover frees what dead sessions held.
func (m *model) recover(t *rapid.T) {
	for task, err := range m.store.Tasks(t.Context(), store.TaskQuery{Orphaned: true}) {
		if err != nil {
			t.Fatal(err)
		}
		if !m.dead[task.Session] {
			t.Fatalf("task %s of living session %s is orphaned", task.Ref, task.Session)
		}
		c := claim{task.Ref, task.Session, task.Token, m.terms}
		if err := m.update(task.Ref, func(tx *store.Tx) error { return c.recoverTask(tx, m.clock) }); err != nil {
			t.Fatal(err)
		}
	}
}

func (m *model) cancel(t *rapid.T) {
	if m.deleted {
		t.Skip("deleted")
	}
	err := m.update(store.Ref{Job: m.job}, func(tx *store.Tx) error {
		return m.terms.cancel(tx, m.clock)
	})
	if terminal := m.terminal != "" && m.terminal != store.Cancelled; terminal != (err != nil) {
		t.Fatalf("cancel of a job that is %q: %v", m.terminal, err)
	}
}

// rerun opens the next run, if the job failed or was cancelled.
func (m *model) rerun(t *rapid.T) {
	err := m.update(store.Ref{Job: m.job}, func(tx *store.Tx) error {
		return m.terms.rerun(tx, m.clock)
	})
	may := !m.deleted && (m.terminal == store.Failed || m.terminal == store.Cancelled)
	if may != (err == nil) {
		t.Fatalf("rerun of a job that is %q, deleted %v: %v", m.terminal, m.deleted, err)
	}
	if may {
		m.run++
		m.terminal = ""
		for i, f := range m.ended {
			if f.Status != store.Completed {
				delete(m.ended, i)
			}
		}
	}
}

// remove deletes the job; its tasks stay, because nobody does the last chore.
func (m *model) remove(t *rapid.T) {
	err := m.update(store.Ref{Job: m.job}, func(tx *store.Tx) error {
		return m.terms.remove(tx, m.clock)
	})
	if m.deleted != errors.Is(err, ErrNotFound) {
		t.Fatalf("deleting a job, deleted %v: %v", m.deleted, err)
	}
	m.deleted = true
}

// wait lets time pass.
func (m *model) wait(t *rapid.T) {
	m.clock = m.clock.Add(time.Duration(rapid.IntRange(1, 120).Draw(t, "seconds")) * time.Second)
}

// chores does the walks, sweeps and callbacks that are claimed.
func (m *model) chores(t *rapid.T) {
	for _, c := range m.claims {
		if c.task.Kind == taskFile || !m.holds(c) {
			continue
		}
		end := c.claim().end
		switch c.task.Kind {
		case taskWalk:
			if strings.HasPrefix(c.task.Task, cancelName) {
				m.drop(t)
				break
			}
			m.renew(t, c.task)
			end = func(tx *store.Tx) error { return c.claim().renewed(tx, m.clock) }
		case taskSweep:
			m.sweep(t, c.task)
		case taskCallback:
			d := decode[delivery](t, c.task.Data)
			if rapid.Bool().Draw(t, "refused") {
				d.Error = "no"
			}
			end = func(tx *store.Tx) error { return c.claim().delivered(tx, d, false, m.clock) }
		case taskExpire, taskDelete:
			end = func(tx *store.Tx) error { return c.claim().postpone(tx, m.clock.Add(time.Hour)) }
		}
		if err := m.update(c.task.Ref, end); err != nil {
			t.Fatal(err)
		}
	}
}

func (m *model) drop(t *rapid.T) {
	for _, task := range m.tasks() {
		if _, ok := task.File(); ok && task.Session == "" {
			if err := onlyIfWanted(m.update(task.Ref, drop)); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func (m *model) renew(t *rapid.T, walk store.Task) {
	for i := range m.total {
		task := store.Task{
			Ref: store.Ref{Job: m.job, Task: store.FileTask(i)}, Version: 1,
			Kind: taskFile, Lane: "image",
		}
		var run int
		if _, err := fmt.Sscanf(walk.Task, retryName+"/%d", &run); err != nil {
			t.Fatal(err)
		}
		err := m.update(task.Ref, func(tx *store.Tx) error { return renew(tx, run, task) })
		if err := onlyIfWanted(err); err != nil {
			t.Fatal(err)
		}
	}
}

func (m *model) sweep(t *rapid.T, task store.Task) {
	s := decode[sweep](t, task.Data)
	r := store.Ref{Job: m.job, Task: s.Task}
	index, _ := r.File()
	for _, token := range s.Tokens {
		if f := m.file(index); f.Status == store.Completed && f.Token == token {
			t.Fatalf("sweep of file %d removes its outputs, token %d", index, token)
		}
		delete(m.blobs[index], token)
		m.swept[attemptID{r, token}] = true
	}
}

func (m *model) file(index int) store.File {
	for f, err := range m.store.Files(m.t.Context(), m.job, index) {
		if err != nil {
			m.t.Fatal(err)
		}
		return f
	}
	m.t.Fatalf("file %d is gone", index)
	return store.File{}
}

// check holds what must be true after every step.
func (m *model) check(t *rapid.T) {
	j, err := m.store.Job(t.Context(), m.job)
	if err != nil {
		t.Fatal(err)
	}
	s := j.State
	if s.Run != m.run {
		t.Fatalf("job is in run %d, want %d", s.Run, m.run)
	}
	if m.deleted && m.terminal == "" {
		m.terminal = store.Cancelled
	}
	if m.terminal != "" && s.Status != m.terminal {
		t.Fatalf("job went from %s to %s", m.terminal, s.Status)
	}
	if s.Status.Terminal() {
		m.terminal = s.Status
	}
	count := map[store.Status]int{}
	for i := range m.total {
		f := m.file(i)
		status := effectiveStatus(s, f)
		count[status]++
		if was, ok := m.ended[i]; ok && (was.Status != f.Status || was.Token != f.Token) {
			t.Fatalf("file %d ended as %s by %d, now is %s by %d", i, was.Status, was.Token, f.Status, f.Token)
		}
		if f.Status == store.Completed || f.Run == s.Run && f.Status.Terminal() {
			m.ended[i] = f
		}
		if s.Status.Terminal() && !status.Terminal() {
			t.Fatalf("file %d is %s in a job that is %s", i, status, s.Status)
		}
		if f.Status == store.Completed && !m.blobs[i][f.Token] {
			t.Fatalf("file %d is completed by token %d, whose blobs are gone", i, f.Token)
		}
	}
	if s.Completed != count[store.Completed] || s.Failed != count[store.Failed] {
		t.Fatalf("counted %d and %d, files say %v", s.Completed, s.Failed, count)
	}
	if all := s.Completed+s.Failed == s.Total; all != (s.Status == store.Completed || s.Status == store.Failed) {
		t.Fatalf("job is %s with %d + %d of %d files", s.Status, s.Completed, s.Failed, s.Total)
	}
	open := 0
	for _, task := range m.tasks() {
		if !task.Done {
			open++
		}
	}
	if s.Open != open {
		t.Fatalf("state counts %d open tasks, there are %d", s.Open, open)
	}
	m.checkEvents(t, s)
}

// checkEvents holds the events against the state: each end exactly once.
func (m *model) checkEvents(t *rapid.T, s store.State) {
	count := map[EventKind]int{}
	for event, err := range m.store.Events(t.Context(), store.EventQuery{Job: m.job}) {
		if err != nil {
			t.Fatal(err)
		}
		if event.Run == s.Run || EventKind(event.Kind) == FileCompleted {
			count[EventKind(event.Kind)]++
		}
	}
	want := map[EventKind]int{
		FileCompleted: s.Completed, FileFailed: s.Failed,
		CompletedJob: 0, FailedJob: 0, CancelledJob: 0,
	}
	if s.Status.Terminal() {
		want[EventKind(s.Status)] = 1
	}
	for kind, n := range want {
		if count[kind] != n {
			t.Fatalf("%d events %s, want %d (%v)", count[kind], kind, n, count)
		}
	}
	if count[Started] > 1 {
		t.Fatalf("%d events %s", count[Started], Started)
	}
}

// settle lets a healthy session do all that is left, and checks that nothing
// stays behind.
func (m *model) settle(t *rapid.T) {
	for _, s := range m.sessions {
		m.dead[s.ID()] = true
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	m.sessions = nil
	m.recover(t)
	m.open(t)
	for range 100 * (m.total + 1) {
		m.clock = m.clock.Add(24 * time.Hour)
		tasks := slices.DeleteFunc(m.tasks(), func(t store.Task) bool {
			return t.Done || t.Kind == taskExpire || t.Kind == taskDelete
		})
		if len(tasks) == 0 {
			break
		}
		for _, task := range tasks {
			var c claimed
			err := m.update(task.Ref, func(tx *store.Tx) (err error) {
				c, err = take(tx, m.sessions[0].ID(), m.terms, m.clock)
				return err
			})
			if err == nil && c.task.Kind == taskFile {
				m.leave(c)
				done := finished{outputs: []store.Output{{Name: "out"}}}
				err = m.update(task.Ref, func(tx *store.Tx) error { return c.claim().finish(tx, done, m.clock) })
			}
			if err != nil && !errors.Is(err, errGone) {
				t.Fatal(err)
			}
			m.claims = append(m.claims, c)
		}
		m.chores(t)
	}
	m.check(t)
	if m.terminal == "" {
		t.Fatal("all tasks are done and the job has not ended")
	}
	if m.deleted {
		return // everything goes with the job
	}
	for index, tokens := range m.blobs {
		f := m.file(index)
		left := slices.Collect(maps.Keys(tokens))
		if f.Status == store.Completed {
			left = slices.DeleteFunc(left, func(token uint64) bool { return token == f.Token })
		}
		if len(left) > 0 {
			t.Fatalf("blobs of tokens %v of file %d (%s by %d) are never swept", left, index, f.Status, f.Token)
		}
	}
}

func TestTransitionsKeepTheirInvariantsOverRandomHistories(t *testing.T) {
	t.Run("memstore", func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			jobs := memstore.New()
			defer jobs.Close()
			runModel(t, jobs)
		})
	})
	t.Run("boltstore", func(t *testing.T) {
		dir, n := t.TempDir(), 0
		rapid.Check(t, func(t *rapid.T) {
			n++
			path := filepath.Join(dir, strconv.Itoa(n))
			jobs, err := boltstore.Open(path, boltstore.Config{NoSync: true})
			if err != nil {
				t.Fatal(err)
			}
			defer jobs.Close()
			runModel(t, jobs)
		})
	})
}

// runModel runs one random history over an empty store.
func runModel(t *rapid.T, jobs store.Store) {
	m := newModel(t, jobs)
	t.Repeat(map[string]func(*rapid.T){
		"":        m.check,
		"open":    m.open,
		"take":    m.take,
		"write":   m.write,
		"finish":  m.finish,
		"release": m.release,
		"die":     m.die,
		"recover": m.recover,
		"cancel": func(t *rapid.T) {
			if rapid.IntRange(0, 9).Draw(t, "rarely") == 0 {
				m.cancel(t)
			}
		},
		"chores": m.chores,
		"wait":   m.wait,
		"rerun":  m.rerun,
		"remove": func(t *rapid.T) {
			if rapid.IntRange(0, 29).Draw(t, "rarely") == 0 {
				m.remove(t)
			}
		},
	})
	m.settle(t)
}

func decode[T any](t *rapid.T, b []byte) T {
	var v T
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	return v
}
