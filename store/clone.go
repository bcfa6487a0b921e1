package store

import (
	"bytes"
	"slices"
)

// Clone returns a copy that shares no memory with j.
func (j Job) Clone() Job {
	j.Request = bytes.Clone(j.Request)
	j.State = j.State.Clone()
	return j
}

// Clone returns a copy that shares no memory with s.
func (s State) Clone() State {
	s.Error = clonePointer(s.Error)
	if s.Archive = clonePointer(s.Archive); s.Archive != nil {
		s.Archive.Media = bytes.Clone(s.Archive.Media)
	}
	return s
}

// Clone returns a copy that shares no memory with f.
func (f File) Clone() File {
	if f.Op = clonePointer(f.Op); f.Op != nil {
		f.Op.Params = bytes.Clone(f.Op.Params)
	}
	f.Probe = bytes.Clone(f.Probe)
	f.Outputs = slices.Clone(f.Outputs)
	for i := range f.Outputs {
		f.Outputs[i].Media = bytes.Clone(f.Outputs[i].Media)
	}
	f.Error = clonePointer(f.Error)
	f.More = slices.Clone(f.More)
	return f
}

// Clone returns a copy that shares no memory with t.
func (t Task) Clone() Task {
	t.Left = slices.Clone(t.Left)
	t.Data = bytes.Clone(t.Data)
	return t
}

// Clone returns a copy that shares no memory with e.
func (e Event) Clone() Event {
	e.Data = bytes.Clone(e.Data)
	return e
}

func clonePointer[T any](p *T) *T {
	if p == nil {
		return nil
	}
	v := *p
	return &v
}
