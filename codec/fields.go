package codec

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
)

// FieldKind says what a field of an operation holds.
type FieldKind string

// The kinds of fields.
const (
	TextField    FieldKind = "text"
	IntegerField FieldKind = "integer"
	NumberField  FieldKind = "number"
	BooleanField FieldKind = "boolean"
	ChoiceField  FieldKind = "choice" // one of Field.Choices
	ColourField  FieldKind = "colour" // "#rrggbb"
	BlobField    FieldKind = "blob"   // the storage key of a second input: see [References]
	JSONField    FieldKind = "json"   // a list or an object
)

// Field describes a field of an operation, for forms and documentation.
type Field struct {
	Name string    `json:"name"` // in JSON
	Kind FieldKind `json:"kind"`
	// Required says that the operation is refused where neither this field nor
	// one that can take its place is given.
	Required bool `json:"required,omitempty"`
	// Default is what the zero value stands for; nil if that is nothing, or
	// depends on the input.
	Default any `json:"default,omitempty"`
	// Least and Most bound a number; nil means no bound.
	Least *float64 `json:"least,omitempty"`
	Most  *float64 `json:"most,omitempty"`
	// Choices are the words that a ChoiceField takes.
	Choices []string `json:"choices,omitempty"`
}

// Fields describes the fields of the operation of that name, in their order. The
// operation itself is asked: its Validate for kinds and bounds, its WithDefaults
// and Target, if there are such methods, for defaults. An operation of a host
// tells its kinds and defaults that way, but no bounds and choices. A name that
// is not registered is [ErrUnknownOperation].
func (r *Registry) Fields(name string) ([]Field, error) {
	t, ok := r.types[name]
	if !ok {
		return nil, fmt.Errorf("%w %q", ErrUnknownOperation, name)
	}
	missing := faultsOf(reflect.New(t).Elem())
	defaults := defaultsOf(t)
	var fields []Field
	for _, f := range reflect.VisibleFields(t) {
		tag, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if !f.IsExported() || f.Anonymous || tag == "-" {
			continue
		}
		field := Field{Name: tag, Kind: kindOf(f.Type)}
		if tag == "" {
			field.Name = f.Name
		}
		_, field.Required = missing[field.Name]
		if v := defaults.FieldByIndex(f.Index); !v.IsZero() {
			field.Default = reflect.Indirect(v).Interface()
		}
		field.obey(broken(t, f, field.Name))
		fields = append(fields, field)
	}
	return fields, nil
}

func kindOf(t reflect.Type) FieldKind {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch kind := t.Kind(); {
	case kind == reflect.String:
		return TextField
	case kind == reflect.Bool:
		return BooleanField
	case reflect.Int <= kind && kind <= reflect.Uint64:
		return IntegerField
	case kind == reflect.Float32 || kind == reflect.Float64:
		return NumberField
	}
	return JSONField
}

// defaultsOf returns the zero operation with its defaults filled in.
func defaultsOf(t reflect.Type) reflect.Value {
	v := reflect.New(t).Elem()
	if m := v.MethodByName("WithDefaults"); m.IsValid() && m.Type().NumIn() == 0 &&
		m.Type().NumOut() == 1 && m.Type().Out(0) == t {
		v.Set(m.Call(nil)[0])
	}
	if op, ok := v.Interface().(Targeter); ok {
		if f := v.FieldByName("Format"); f.IsValid() && f.Kind() == reflect.String {
			f.SetString(op.Target())
		}
	}
	return v
}

// broken returns the rule that a value breaks which no rule allows.
func broken(t reflect.Type, f reflect.StructField, name string) allowance {
	v := reflect.New(t).Elem()
	field := v.FieldByIndex(f.Index)
	if field.Kind() == reflect.Pointer {
		field.Set(reflect.New(f.Type.Elem()))
		field = field.Elem()
	}
	switch {
	case field.Kind() == reflect.String:
		field.SetString("\x00")
	case field.CanInt():
		field.SetInt(math.MinInt32)
	case field.CanFloat():
		field.SetFloat(-math.MaxFloat32)
	default:
		return allowance{}
	}
	if r, ok := v.Interface().(References); ok && r.Blobs()[name] != "" {
		return allowance{kind: BlobField}
	}
	return faultsOf(v)[name]
}

// faultsOf returns the rules that op breaks, by field; the zero rule for a fault
// without one.
func faultsOf(v reflect.Value) map[string]allowance {
	found := make(map[string]allowance)
	var walk func(error)
	walk = func(err error) {
		if e, ok := errors.AsType[*ruleError](err); ok && error(e) == err {
			found[e.field] = e.allowance
			return
		}
		switch e := err.(type) {
		case *FieldError:
			found[e.Field] = allowance{}
		case interface{ Unwrap() []error }:
			for _, err := range e.Unwrap() {
				walk(err)
			}
		case interface{ Unwrap() error }:
			walk(e.Unwrap())
		}
	}
	walk(v.Interface().(Operation).Validate())
	return found
}

// allowance is what a field may hold.
type allowance struct {
	least, most float64 // if most is above least
	choices     []string
	kind        FieldKind
}

// obey adds what the rule says.
func (f *Field) obey(a allowance) {
	if a.kind != "" {
		f.Kind = a.kind
	}
	if len(a.choices) > 0 {
		f.Kind, f.Choices = ChoiceField, a.choices
	}
	if a.most > a.least {
		f.Least, f.Most = &a.least, &a.most
	}
}

// ruleError is a *FieldError that knows the rule that was broken.
type ruleError struct {
	error // a *FieldError
	field string
	allowance
}

func (e *ruleError) Unwrap() error { return e.error }
