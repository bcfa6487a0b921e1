package codec_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"testing"

	"github.com/spoolmedia/spool/codec"
)

// stamp is an operation of a host.
type stamp struct {
	Text  string   `json:"text,omitempty"`
	Size  float64  `json:"size,omitempty"`
	Bold  bool     `json:"bold,omitempty"`
	Lines []string `json:"lines,omitempty"`
	Plain int
}

func (stamp) Name() string    { return "stamp" }
func (stamp) Validate() error { return nil }

type pointer struct{}

func (*pointer) Name() string    { return "pointer" }
func (*pointer) Validate() error { return nil }

func registry() *codec.Registry {
	r := codec.NewRegistry()
	r.Register(stamp{})
	return r
}

func TestRegistryReversesEncode(t *testing.T) {
	for _, op := range []codec.Operation{
		codec.Convert{Format: "webp", Quality: 82, Width: 7, Enlarge: true},
		codec.Convert{},
		stamp{Text: "höi", Size: 1.5, Bold: true, Lines: []string{"a"}, Plain: -3},
	} {
		name, params, err := codec.Encode(op)
		if err != nil {
			t.Fatal(err)
		}
		got, err := registry().Decode(name, params)
		if err != nil || !reflect.DeepEqual(got, op) {
			t.Errorf("Decode(%s, %s) = %+v, %v, want %+v", name, params, got, err, op)
		}
	}
	if got, err := registry().Decode("convert", nil); err != nil || !reflect.DeepEqual(got, codec.Convert{}) {
		t.Errorf("Decode without parameters = %+v, %v", got, err)
	}
}

func TestRegistryNamesTheFieldAtFault(t *testing.T) {
	for _, c := range []struct{ name, params, field string }{
		{"unknown field", `{"quallity": 3}`, "quallity"},
		{"wrong type", `{"quality": "high"}`, "quality"},
		{"fraction", `{"width": 1.5}`, "width"},
		{"no object", `[]`, ""},
		{"no JSON", `{`, ""},
		{"two values", `{} {}`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := registry().Decode("convert", json.RawMessage(c.params))
			f, ok := errors.AsType[*codec.FieldError](err)
			if !ok || f.Op != "convert" || f.Field != c.field {
				t.Errorf("Decode returned %v, want a FieldError of %q", err, c.field)
			}
		})
	}
}

func TestRegistryParsesText(t *testing.T) {
	got, err := registry().Parse("stamp", map[string]string{
		"text": "1", "size": "2.5", "bold": "true", "lines": `["a","b"]`, "Plain": "7",
	})
	want := stamp{Text: "1", Size: 2.5, Bold: true, Lines: []string{"a", "b"}, Plain: 7}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("Parse = %+v, %v, want %+v", got, err, want)
	}
	for field, text := range map[string]string{
		"size": "big", "bold": "perhaps", "lines": "a,b", "Plain": "1.5", "colour": "red",
	} {
		_, err := registry().Parse("stamp", map[string]string{field: text})
		if f, ok := errors.AsType[*codec.FieldError](err); !ok || f.Field != field {
			t.Errorf("Parse of %s=%s returned %v, want a FieldError", field, text, err)
		}
	}
}

func TestRegistryKnowsItsNames(t *testing.T) {
	got := registry().Names()
	if !slices.IsSorted(got) {
		t.Errorf("Names = %v", got)
	}
	for _, name := range []string{"archive", "convert", "extract", "extract-audio", "image-to-pdf",
		"stamp", "trim", "vectorize"} {
		if !slices.Contains(got, name) {
			t.Errorf("Names = %v, without %s", got, name)
		}
	}
	for _, r := range []*codec.Registry{registry(), new(codec.Registry)} {
		if _, err := r.Decode("shrink", nil); !errors.Is(err, codec.ErrUnknownOperation) {
			t.Errorf("Decode returned %v, want ErrUnknownOperation", err)
		}
		if _, err := r.Parse("shrink", nil); !errors.Is(err, codec.ErrUnknownOperation) {
			t.Errorf("Parse returned %v, want ErrUnknownOperation", err)
		}
	}
}

func TestRegistryRefusesPointers(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("Register takes a pointer")
		}
	}()
	new(codec.Registry).Register(&pointer{})
}
