package codec_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/spoolmedia/spool/codec"
)

// shout is an operation of a host's own.
type shout struct {
	Words  string            `json:"words"`
	Volume float64           `json:"volume,omitempty"`
	Echo   bool              `json:"echo,omitempty"`
	Labels map[string]string `json:"labels,omitempty"`
	hidden int
}

func (shout) Name() string { return "shout" }

func (s shout) Validate() error {
	_ = s.hidden
	if s.Words == "" {
		return &codec.FieldError{Op: "shout", Field: "words", Reason: "there are none"}
	}
	return nil
}

func (s shout) WithDefaults() shout {
	if s.Volume == 0 {
		s.Volume = 11
	}
	return s
}

func TestFieldsTellWhatAnOperationTakes(t *testing.T) {
	r := codec.NewRegistry()
	r.Register(shout{})
	bound := func(n float64) *float64 { return &n }
	for _, tt := range []struct {
		op   string
		want []codec.Field
	}{
		{"trim", []codec.Field{
			{Name: "format", Kind: codec.ChoiceField, Choices: []string{
				"mp4", "webm", "mov", "mkv", "mp3", "m4a", "wav", "ogg", "opus", "flac"}},
			{Name: "start", Kind: codec.NumberField, Least: bound(0), Most: bound(31536000)},
			{Name: "duration", Kind: codec.NumberField, Default: 10.,
				Least: bound(0.1), Most: bound(31536000)},
			{Name: "mode", Kind: codec.ChoiceField, Default: "accurate",
				Choices: []string{"accurate", "fast"}},
			{Name: "quality", Kind: codec.IntegerField, Default: 82,
				Least: bound(1), Most: bound(100)},
			{Name: "effort", Kind: codec.IntegerField, Least: bound(1), Most: bound(9)},
			{Name: "video", Kind: codec.JSONField},
		}},
		{"shout", []codec.Field{
			{Name: "words", Kind: codec.TextField, Required: true},
			{Name: "volume", Kind: codec.NumberField, Default: 11.},
			{Name: "echo", Kind: codec.BooleanField},
			{Name: "labels", Kind: codec.JSONField},
		}},
	} {
		got, err := r.Fields(tt.op)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.op, diff)
		}
	}
	if _, err := r.Fields("whisper"); !errors.Is(err, codec.ErrUnknownOperation) {
		t.Errorf("got %v", err)
	}
}

// TestFieldsAreTrue tries each default and each bound on the operation itself.
func TestFieldsAreTrue(t *testing.T) {
	r := codec.NewRegistry()
	for _, name := range r.Names() {
		fields, err := r.Fields(name)
		if err != nil {
			t.Fatal(err)
		}
		params := map[string]any{}
		for _, f := range fields {
			if f.Required && f.Kind == codec.ChoiceField {
				params[f.Name] = f.Choices[0]
			}
		}
		for _, f := range fields {
			if f.Default != nil {
				checkField(t, r, name, params, f.Name, f.Default, true)
			}
			for _, choice := range f.Choices {
				checkField(t, r, name, params, f.Name, choice, true)
			}
			if f.Most != nil {
				checkField(t, r, name, params, f.Name, *f.Most, true)
				checkField(t, r, name, params, f.Name, *f.Most+1, false)
				checkField(t, r, name, params, f.Name, *f.Least-1, *f.Least == 1)
			}
		}
	}
}

// checkField sets one field of the operation and looks whether that field is
// refused.
func checkField(
	t *testing.T, r *codec.Registry, name string, params map[string]any, field string,
	value any, fine bool,
) {
	t.Helper()
	all := map[string]any{field: value}
	for k, v := range params {
		if k != field {
			all[k] = v
		}
	}
	raw, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	op, err := r.Decode(name, raw)
	if err != nil {
		t.Fatal(err)
	}
	refused := strings.Contains(fmt.Sprint(op.Validate()), name+": "+field+": ")
	if refused == fine {
		t.Errorf("%s: %s = %v: %v", name, field, value, op.Validate())
	}
}
