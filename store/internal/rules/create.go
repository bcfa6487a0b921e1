package rules

import (
	"cmp"
	"fmt"

	"github.com/spoolmedia/spool/store"
)

// Head is the part of a new job that is written last, at rest.
type Head struct {
	Job   *Record[store.Job]
	State *Record[store.State]

	existing Existing
	files    int
}

// NewHead checks j and returns a copy of it at rest.
func NewHead(j store.Job) (*Head, error) {
	j = j.Clone()
	if err := Job(j); err != nil {
		return nil, err
	}
	if !j.State.Deleted.IsZero() {
		return nil, store.ErrDeleted
	}
	j.Version = cmp.Or(j.Version, store.Version)
	j.State.Account = j.Account
	state, err := State(j.State)
	if err != nil {
		return nil, err
	}
	j.State = state.Value
	job, err := Encode(j, store.MaxRecord)
	if err != nil {
		return nil, err
	}
	return &Head{Job: job, State: state, existing: Existing{job: true, account: j.Account}}, nil
}

// Next returns the job's next file, and its task or nil, at rest. They share no
// memory with what is passed in. Whether the task's name came before is left to
// the backend.
func (h *Head) Next(
	f store.File, t store.Task,
) (*Record[store.File], *Record[store.Task], error) {
	if f.Index != h.files {
		return nil, nil, fmt.Errorf("file %d comes where file %d is due", f.Index, h.files)
	}
	file, err := File(f.Clone())
	if err != nil {
		return nil, nil, err
	}
	h.files++
	if t.Task == "" {
		return file, nil, nil
	}
	t = t.Clone()
	t.Job = h.Job.Value.ID
	task, err := h.existing.Task(t)
	return file, task, err
}

// Event returns the event that tells of the job, with that number.
func (h *Head) Event(seq uint64) (*Record[store.Event], error) {
	j := h.Job.Value
	return Event(store.Event{
		Account: j.Account, Job: j.ID, Kind: store.Created, File: -1, Run: j.State.Run,
		Time: j.Created,
	}, seq)
}
