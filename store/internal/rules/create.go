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
	state := new(Record[store.State])
	if err := setState(state, j.State); err != nil {
		return nil, err
	}
	j.State = state.Value
	job := new(Record[store.Job])
	if err := encode(job, j, store.MaxRecord); err != nil {
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
	file := new(Record[store.File])
	if err := setFile(file, f.Clone()); err != nil {
		return nil, nil, err
	}
	h.files++
	if t.Task == "" {
		return file, nil, nil
	}
	t = t.Clone()
	t.Job = h.Job.Value.ID
	task := new(Record[store.Task])
	if err := h.existing.setTask(task, t); err != nil {
		return nil, nil, err
	}
	return file, task, nil
}

// Event returns the event that tells of the job, with that number.
func (h *Head) Event(seq uint64) (Record[store.Event], error) {
	j := h.Job.Value
	var r Record[store.Event]
	err := setEvent(&r, store.Event{
		Account: j.Account, Job: j.ID, Kind: store.Created, File: -1, Run: j.State.Run,
		Time: j.Created,
	}, seq)
	return r, err
}
