package codec

import (
	"encoding/json"
	"errors"
	"fmt"
)

// Chain does several operations on a picture or a video in one pass: it is decoded
// and encoded once.
//
//	codec.Chain{Steps: codec.Steps{
//		codec.Transform{CropWidth: 800, CropHeight: 800, Width: 400},
//		codec.Watermark{Text: "© Ada"},
//		codec.Convert{Format: "webp", Quality: 75},
//	}}
type Chain struct {
	// Steps are taken in order, at most 32. Those before the last are [Trim],
	// [Transform], [Adjust], [Watermark] or [BurnSubtitles], without Format,
	// Quality, AutoQuality, Effort and Video; the last may be [Convert], [Thumbnail] or
	// [PosterFrame] as well, and decides about all of these. A time in it counts from where a
	// [Trim] begins.
	Steps Steps `json:"steps"`
}

// Steps are operations that are kept in one. In JSON each is an object with its
// name as "op" besides its fields.
type Steps []Operation

// Name returns "chain".
func (Chain) Name() string { return "chain" }

// Target returns the format that the last step makes.
func (c Chain) Target() string {
	if len(c.Steps) == 0 {
		return ""
	}
	return Target(c.Steps[len(c.Steps)-1])
}

// Blobs returns the storage keys that the steps refer to, under names such as
// "steps[1].logo".
func (c Chain) Blobs() map[string]string {
	blobs := map[string]string{}
	for i, step := range c.Steps {
		if r, ok := step.(References); ok {
			for field, key := range r.Blobs() {
				blobs[fmt.Sprintf("steps[%d].%s", i, field)] = key
			}
		}
	}
	return blobs
}

// Validate implements [Operation].
func (c Chain) Validate() error {
	f := faults{op: c.Name()}
	if len(c.Steps) == 0 || len(c.Steps) > 32 {
		f.add("steps", "%d are not between 1 and 32", len(c.Steps))
	}
	for i, step := range c.Steps {
		last := i == len(c.Steps)-1
		f.prefix = fmt.Sprintf("steps[%d].", i)
		middle, end := chained(step)
		switch {
		case step == nil:
			f.add("op", "is missing")
			continue
		case !middle && !end:
			f.add("op", "%s is no step of a chain", step.Name())
			continue
		case !middle && !last:
			f.add("op", "%s can only be the last step", step.Name())
		case !last && !EncodingOf(step).isZero():
			f.add("format", "format, quality, autoQuality, effort and video are for the last step")
		}
		f.step(step)
	}
	return f.err()
}

// chained says whether an operation can be a step before the last, and the last.
func chained(op Operation) (middle, last bool) {
	switch op.(type) {
	case Trim, Transform, Adjust, Watermark, BurnSubtitles:
		return true, true
	case Convert, Thumbnail, PosterFrame:
		return false, true
	}
	return false, false
}

// MarshalJSON implements [json.Marshaler].
func (s Steps) MarshalJSON() ([]byte, error) {
	steps := make([]map[string]json.RawMessage, len(s))
	for i, op := range s {
		name, params, err := Encode(op)
		if err == nil {
			err = json.Unmarshal(params, &steps[i])
		}
		if err != nil {
			return nil, err
		}
		if steps[i]["op"], err = json.Marshal(name); err != nil {
			return nil, err
		}
	}
	return json.Marshal(steps)
}

// UnmarshalJSON implements [json.Unmarshaler]. It knows the operations that can be
// steps.
func (s *Steps) UnmarshalJSON(data []byte) error {
	var steps []map[string]json.RawMessage
	if err := json.Unmarshal(data, &steps); err != nil {
		return err
	}
	known := new(Registry)
	for _, op := range []Operation{
		Trim{}, Transform{}, Adjust{}, Watermark{}, BurnSubtitles{}, Convert{}, Thumbnail{},
		PosterFrame{},
	} {
		known.Register(op)
	}
	*s = make(Steps, len(steps))
	for i, step := range steps {
		op, err := decodeStep(known, step)
		if e, ok := errors.AsType[*FieldError](err); ok {
			return &FieldError{"chain", fmt.Sprintf("steps[%d].%s", i, e.Field), e.Reason}
		} else if err != nil {
			return &FieldError{"chain", fmt.Sprintf("steps[%d].op", i), err.Error()}
		}
		(*s)[i] = op
	}
	return nil
}

func decodeStep(known *Registry, step map[string]json.RawMessage) (Operation, error) {
	var name string
	if err := json.Unmarshal(step["op"], &name); err != nil {
		return nil, errors.New("is not the name of an operation")
	}
	delete(step, "op")
	params, err := json.Marshal(step)
	if err != nil {
		return nil, err
	}
	return known.Decode(name, params)
}
