package storetest

import (
	"bytes"
	"encoding"
	"encoding/json"
	"errors"

	"github.com/spoolmedia/spool/store"
)

var (
	first   = store.Ref{Job: "j", Task: "f/0"} // the first file's task in most checks
	errStop = errors.New("storetest: stop")
)

var updateChecks = []check{
	{"update/commits all that changed", updateAll},
	{"update/shows nil for what does not exist", func(c *env) {
		c.create("j", 1)
		for _, r := range []store.Ref{{Job: "none", Task: "f/0"}, {Job: "none"}} {
			c.update(r, func(tx *store.Tx) {
				c.equal("tx of no job", tx, store.Tx{})
			})
		}
		c.update(store.Ref{Job: "j"}, func(tx *store.Tx) {
			c.equal("job, task, file", []bool{tx.Job != nil, tx.Task != nil, tx.File != nil},
				[]bool{true, false, false})
		})
		c.update(store.Ref{Job: "j", Task: "f/7"}, func(tx *store.Tx) {
			c.equal("job, task, file", []bool{tx.Job != nil, tx.Task != nil, tx.File != nil},
				[]bool{true, false, false})
		})
	}},
	{"update/gives parts and ended tasks their file", func(c *env) {
		c.create("j", 2)
		c.update(store.Ref{Job: "j", Task: "f/1/p/3"}, func(tx *store.Tx) {
			if tx.File == nil || tx.File.Index != 1 || tx.Task != nil {
				c.failf("got file %v, task %v, want file 1 and no task", tx.File, tx.Task)
			}
		})
	}},
	{"update/returns the function's error as it is and changes nothing", updateError},
	{"update/ends a task that is set to nil", func(c *env) {
		c.create("j", 2)
		c.update(first, func(tx *store.Tx) { tx.Task = nil })
		c.update(first, func(tx *store.Tx) { c.equal("task", tx.Task, nil) })
		c.equal("ready", c.ready(store.TaskQuery{}), []string{"j/f/1"})
		c.equal("files", len(c.getFiles("j", 0)), 2)
	}},
	{"update/adds tasks", func(c *env) {
		c.create("j", 0)
		walk := task("walk")
		walk.Kind, walk.Data = "walk", json.RawMessage(`{"from":7}`)
		c.add("j", walk, task("expire"))
		t := c.getTask(store.Ref{Job: "j", Task: "walk"})
		c.equal("task", []any{t.Kind, t.Data, t.Account, t.Version, t.Ref.Job},
			[]any{"walk", walk.Data, "acct", store.Version, "j"})
		c.equal("ready", c.ready(store.TaskQuery{}), []string{"j/expire", "j/walk"})
	}},
	{"update/refuses to add a name in use", func(c *env) {
		c.create("j", 1)
		for _, names := range [][]string{{"walk", "f/0"}, {"walk", "walk"}} {
			err := c.Update(c.ctx, store.Ref{Job: "j"}, func(tx *store.Tx) error {
				tx.Job.Status = store.Failed
				tx.Add = []store.Task{task(names[0]), task(names[1])}
				return nil
			})
			c.fails("update", err, store.ErrExist)
		}
		c.equal("status", c.getJob("j").State.Status, store.Pending)
		c.equal("ready", c.ready(store.TaskQuery{}), []string{"j/f/0"})
	}},
	{"update/cannot make a job a task or a file", func(c *env) {
		c.create("j", 1)
		for what, fn := range map[string]func(tx *store.Tx){
			"job":   func(tx *store.Tx) { tx.Job = &store.State{Status: store.Pending} },
			"event": func(tx *store.Tx) { tx.Events = []store.Event{{Kind: "x"}} },
			"add":   func(tx *store.Tx) { tx.Add = []store.Task{task("walk")} },
		} {
			err := c.Update(c.ctx, store.Ref{Job: "none"}, func(tx *store.Tx) error { fn(tx); return nil })
			c.fails(what, err, store.ErrNotFound)
		}
		for what, fn := range map[string]func(tx *store.Tx){
			"task": func(tx *store.Tx) { tx.Task = new(store.Task) },
			"file": func(tx *store.Tx) { tx.File = new(store.File) },
		} {
			r := store.Ref{Job: "j", Task: "f/9"}
			c.fails(what, c.Update(c.ctx, r, func(tx *store.Tx) error { fn(tx); return nil }),
				store.ErrNotFound)
		}
		c.nothing("none")
	}},
	{"update/shares no memory", updateMemory},
	{"update/keeps fields that it does not know", unknownFields},
	{"update/keeps every field of a task", func(c *env) {
		c.create("j", 1)
		c.update(first, func(tx *store.Tx) {
			left := []uint64{1, 5}
			*tx.Task = store.Task{
				Ref: tx.Task.Ref, Version: 1, Account: "acct", Kind: "part", Lane: "av", Priority: -7,
				Attempt: 2, Crashes: 1, Timeouts: 4, Cost: 99, NotBefore: noon, Token: 6, Session: "s", Left: left,
				Data: json.RawMessage(`[1]`),
			}
		})
		c.equal("task", c.json(c.getTask(first)), `{"job":"j","task":"f/0","v":1,`+
			`"account":"acct","kind":"part","lane":"av","priority":-7,"attempt":2,"crashes":1,`+
			`"timeouts":4,"cost":99,"notBefore":"2026-01-02T12:00:00Z","token":6,"session":"s","left":[1,5],`+
			`"data":[1]}`)
	}},
	{"update/keeps every field of a state and a file", func(c *env) {
		c.create("j", 1)
		out := store.Output{
			Name: "o", Key: "k", Type: "t", SHA256: "s", Size: 7, Media: json.RawMessage(`[2]`),
		}
		fault := &store.Error{Class: "limit", Message: "m", Permanent: true}
		state := store.State{
			Version: 1, Account: "acct", Status: store.Failed, Run: 2, Total: 3, Completed: 4, Failed: 5,
			Open: 6, Error: fault, Archive: &out, Started: noon, Ended: noon, Notified: noon,
			Deleted: noon,
		}
		file := store.File{
			Version: 1, PartsOpen: 1, Name: "n", Type: "t", Blob: "b", URL: "u", Size: 2,
			Op: &store.Spec{Name: "x", Version: 3, Params: json.RawMessage(`{}`)}, Status: store.Failed,
			Run: 4, Attempts: 5, Token: 6, Probe: json.RawMessage(`7`), Outputs: []store.Output{out},
			Manifest: "m", Error: fault, Started: noon, Ended: noon,
			More: []store.Source{{Name: "a", Type: "b", Blob: "c", URL: "d", Size: 7}, {Name: "e"}},
		}
		c.update(first, func(tx *store.Tx) { *tx.Job, *tx.File = state, file })
		c.equal("state", c.getJob("j").State, state)
		c.equal("file", c.getFiles("j", 0)[0], file)
		c.update(first, func(tx *store.Tx) { c.equal("tx", []any{tx.Job, tx.File}, []any{state, file}) })
	}},
	{"update/sees what the one before committed", func(c *env) {
		c.create("j", 1)
		for i := range 20 {
			c.update(first, func(tx *store.Tx) {
				c.equal("counters", []int{tx.Job.Completed, int(tx.Task.Token)}, []int{i, i})
				tx.Job.Completed++
				tx.Task.Token++
			})
		}
	}},
}

func updateAll(c *env) {
	c.create("j", 2)
	c.update(first, func(tx *store.Tx) {
		tx.Job.Status, tx.Job.Completed, tx.Job.Ended = store.Processing, 1, noon
		tx.Task.Token, tx.Task.Data = 3, json.RawMessage(`{"a":1}`)
		tx.File.Status, tx.File.Outputs = store.Completed, []store.Output{{Name: "o", Size: 1 << 40}}
		tx.Add = []store.Task{task("f/0/p/1")}
		tx.Events = []store.Event{{Kind: "one", File: 0, Time: noon}, {Kind: "two", File: -1}}
	})
	j := c.getJob("j")
	c.equal("state", []any{j.State.Status, j.State.Completed, j.State.Ended},
		[]any{store.Processing, 1, noon})
	t := c.getTask(first)
	c.equal("task", []any{t.Token, t.Data}, []any{3, json.RawMessage(`{"a":1}`)})
	f := c.getFiles("j", 0)
	c.equal("files", []any{f[0].Status, f[0].Outputs[0].Size, f[1].Status},
		[]any{store.Completed, 1 << 40, store.Pending})
	c.getTask(store.Ref{Job: "j", Task: "f/0/p/1"})
	c.equal("events", c.kinds(store.EventQuery{}), []string{"j:created", "j:one", "j:two"})
}

func updateError(c *env) {
	c.create("j", 1)
	err := c.Update(c.ctx, first, func(tx *store.Tx) error {
		tx.Job.Status, tx.File.Status = store.Failed, store.Failed
		tx.File.Outputs = []store.Output{{}}
		tx.Task = nil
		tx.Add = []store.Task{task("walk")}
		tx.Events = []store.Event{{Kind: "no"}}
		return errStop
	})
	if err != errStop { // as it is, not wrapped
		c.failf("got error %v, want the function's own", err)
	}
	c.equal("status", c.getJob("j").State.Status, store.Pending)
	f := c.getFiles("j", 0)[0]
	c.equal("file", []any{f.Status, len(f.Outputs)}, []any{store.Pending, 0})
	c.equal("ready", c.ready(store.TaskQuery{}), []string{"j/f/0"})
	c.equal("events", c.kinds(store.EventQuery{}), []string{"j:created"})
}

func updateMemory(c *env) {
	c.create("j", 1)
	var kept *store.Tx
	data := json.RawMessage(`{"d":1}`)
	c.update(first, func(tx *store.Tx) {
		tx.Task.Data, tx.Job.Error = data, &store.Error{Message: "before"}
		tx.Job.Archive = &store.Output{Name: "before", Media: data}
		tx.File.Probe, tx.File.Outputs = data, []store.Output{{Name: "o"}}
		tx.Events = []store.Event{{Kind: "x", Data: data}}
		tx.Add = []store.Task{{Ref: store.Ref{Task: "walk"}, Lane: lane, Left: []uint64{1}}}
		kept = tx
	})
	copy(data, `{"d":2}`)
	kept.Job.Error.Message, kept.File.Outputs[0].Name, kept.Add[0].Left[0] = "spoilt", "spoilt", 2
	kept.Task.Token, kept.Job.Archive.Name = 99, "spoilt"
	t, f := c.getTask(first), c.getFiles("j", 0)[0]
	c.equal("data", []any{t.Data, t.Token, f.Probe}, []any{
		json.RawMessage(`{"d":1}`), 0, json.RawMessage(`{"d":1}`),
	})
	c.equal("event", c.getEvents(store.EventQuery{})[1].Data, json.RawMessage(`{"d":1}`))
	c.equal("names", []any{f.Outputs[0].Name, c.getJob("j").State.Error.Message},
		[]any{"o", "before"})
	c.equal("archive", c.getJob("j").State.Archive,
		store.Output{Name: "before", Media: json.RawMessage(`{"d":1}`)})
	c.getJob("j").State.Archive.Name = "spoilt"
	c.equal("archive", c.getJob("j").State.Archive.Name, "before")
	c.equal("left", c.getTask(store.Ref{Job: "j", Task: "walk"}).Left, []uint64{1})
}

// unknownFields writes records as a newer version of the program would.
func unknownFields(c *env) {
	c.create("j", 1)
	c.ok(c.Update(c.ctx, first, func(tx *store.Tx) error {
		return errors.Join(newer(tx.Job), newer(tx.Task), newer(tx.File))
	}))
	c.update(first, func(tx *store.Tx) {
		tx.Job.Completed++
		tx.Task.Token++
		tx.File.Status = store.Completed
	})
	state, file, task := c.getJob("j").State, c.getFiles("j", 0)[0], c.getTask(first)
	c.colourful("state", &state)
	c.colourful("file", &file)
	c.colourful("task", &task)
}

// colour is a field of a version to come: number 1234, in the wire format.
var colour = []byte("\x92\x4d\x03red")

// record is what all records are.
type record interface {
	encoding.BinaryAppender
	encoding.BinaryUnmarshaler
}

// newer gives the record a colour.
func newer(r record) error {
	b, err := r.AppendBinary(nil)
	if err != nil {
		return err
	}
	return r.UnmarshalBinary(append(b, colour...))
}

// colourful ends the check unless the record has its colour.
func (c *env) colourful(what string, r record) {
	b, err := r.AppendBinary(nil)
	c.ok(err)
	if !bytes.HasSuffix(b, colour) {
		c.failf("%s: got %q, want it to keep the field colour", what, b)
	}
}
