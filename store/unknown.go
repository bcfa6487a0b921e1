package store

import (
	"bytes"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// unknownFields are the fields of a record that this version of the program
// does not know, kept for the next time the record is written.
type unknownFields map[string]json.RawMessage

// marshal encodes known, which must encode as an object, and adds unknown.
func marshal(known any, unknown unknownFields) ([]byte, error) {
	b, err := json.Marshal(known)
	if err != nil || len(unknown) == 0 {
		return b, err
	}
	b = bytes.TrimSuffix(b, []byte("}"))
	for _, name := range slices.Sorted(maps.Keys(unknown)) {
		quoted, err := json.Marshal(name)
		if err != nil {
			return nil, err
		}
		b = append(append(append(append(b, ','), quoted...), ':'), unknown[name]...)
	}
	var compact bytes.Buffer // what is unknown may have come with spaces and line breaks
	err = json.Compact(&compact, append(b, '}'))
	return compact.Bytes(), err
}

// unmarshal decodes b into known and returns the fields that known has no place
// for. Finding none, the usual case, costs no second pass.
func unmarshal(b []byte, known any) (unknownFields, error) {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if d.Decode(known) == nil && d.InputOffset() == int64(len(b)) {
		return nil, nil
	}
	if err := json.Unmarshal(b, known); err != nil {
		return nil, err
	}
	var all unknownFields
	if err := json.Unmarshal(b, &all); err != nil {
		return nil, err
	}
	for _, f := range reflect.VisibleFields(reflect.TypeOf(known).Elem()) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		delete(all, name)
	}
	if len(all) == 0 {
		return nil, nil
	}
	return all, nil
}

// The records encode and decode themselves as their plain twins, types without
// these methods, plus what is unknown.
type (
	plainJob   Job
	plainState State
	plainFile  File
	plainTask  Task
	plainEvent Event
)

// MarshalJSON implements [json.Marshaler].
func (j Job) MarshalJSON() ([]byte, error) { return marshal(plainJob(j), j.unknown) }

// UnmarshalJSON implements [json.Unmarshaler].
func (j *Job) UnmarshalJSON(b []byte) (err error) {
	j.unknown, err = unmarshal(b, (*plainJob)(j))
	return err
}

// MarshalJSON implements [json.Marshaler].
func (s State) MarshalJSON() ([]byte, error) { return marshal(plainState(s), s.unknown) }

// UnmarshalJSON implements [json.Unmarshaler].
func (s *State) UnmarshalJSON(b []byte) (err error) {
	s.unknown, err = unmarshal(b, (*plainState)(s))
	return err
}

// MarshalJSON implements [json.Marshaler].
func (f File) MarshalJSON() ([]byte, error) { return marshal(plainFile(f), f.unknown) }

// UnmarshalJSON implements [json.Unmarshaler].
func (f *File) UnmarshalJSON(b []byte) (err error) {
	f.unknown, err = unmarshal(b, (*plainFile)(f))
	return err
}

// MarshalJSON implements [json.Marshaler].
func (t Task) MarshalJSON() ([]byte, error) { return marshal(plainTask(t), t.unknown) }

// UnmarshalJSON implements [json.Unmarshaler].
func (t *Task) UnmarshalJSON(b []byte) (err error) {
	t.unknown, err = unmarshal(b, (*plainTask)(t))
	return err
}

// MarshalJSON implements [json.Marshaler].
func (e Event) MarshalJSON() ([]byte, error) { return marshal(plainEvent(e), e.unknown) }

// UnmarshalJSON implements [json.Unmarshaler].
func (e *Event) UnmarshalJSON(b []byte) (err error) {
	e.unknown, err = unmarshal(b, (*plainEvent)(e))
	return err
}
