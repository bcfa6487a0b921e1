package codec

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// ErrUnknownOperation says that no operation of that name is registered.
var ErrUnknownOperation = errors.New("codec: unknown operation")

// Registry knows operations by name, so that they can be read back from
// records. The zero Registry is empty and usable; [NewRegistry] has spool's own
// operations. Register everything before the registry is used by several
// goroutines.
type Registry struct {
	types map[string]reflect.Type
}

// NewRegistry returns a registry of all operations of this package.
func NewRegistry() *Registry {
	r := new(Registry)
	for _, op := range []Operation{
		AdaptiveStream{}, AddSubtitles{}, Adjust{}, Archive{}, BurnSubtitles{}, Chain{}, Compress{},
		Concat{}, ConcatAudio{}, Convert{}, Extract{}, ExtractAudio{}, ExtractSubtitles{}, GIF{},
		ImageToPDF{}, Inspect{}, PDFPreview{}, PosterFrame{}, Renditions{}, Storyboard{},
		StripMetadata{}, Thumbnail{}, Transform{}, Trim{}, Vectorize{}, Watermark{}, Waveform{},
	} {
		r.Register(op)
	}
	return r
}

// Register makes the type of op known under op.Name(), in place of what had
// that name. It panics if op is not a struct value.
func (r *Registry) Register(op Operation) {
	t := reflect.TypeOf(op)
	if t.Kind() != reflect.Struct {
		panic(fmt.Sprintf("codec: operation %q is a %v, not a struct", op.Name(), t))
	}
	if r.types == nil {
		r.types = make(map[string]reflect.Type)
	}
	r.types[op.Name()] = t
}

// Names returns the names of all registered operations, sorted.
func (r *Registry) Names() []string { return slices.Sorted(maps.Keys(r.types)) }

// Decode returns the operation of that name with the parameters that [Encode]
// made. A field that the operation does not have is a [*FieldError]; a name
// that is not registered is [ErrUnknownOperation].
func (r *Registry) Decode(name string, params json.RawMessage) (Operation, error) {
	t, ok := r.types[name]
	if !ok {
		return nil, fmt.Errorf("%w %q; known are %s",
			ErrUnknownOperation, name, strings.Join(r.Names(), ", "))
	}
	v := reflect.New(t)
	if len(params) > 0 {
		d := json.NewDecoder(bytes.NewReader(params))
		d.DisallowUnknownFields()
		if err := d.Decode(v.Interface()); err != nil {
			return nil, decodeError(name, err)
		}
		if _, err := d.Token(); err != io.EOF {
			return nil, &FieldError{name, "", "more than one JSON value"}
		}
	}
	return v.Elem().Interface().(Operation), nil
}

// Parse returns the operation of that name with fields given as text, as on a
// command line or in a form: numbers, true and false, and strings as they are;
// anything else as JSON. Errors are those of Decode.
func (r *Registry) Parse(name string, fields map[string]string) (Operation, error) {
	t, ok := r.types[name]
	if !ok {
		return r.Decode(name, nil)
	}
	params := make(map[string]json.RawMessage, len(fields))
	for field, text := range fields {
		kind, ok := fieldKind(t, field)
		if !ok {
			return nil, &FieldError{name, field, "there is no such field"}
		}
		raw, err := textToJSON(kind, text)
		if err != nil {
			return nil, &FieldError{name, field, err.Error()}
		}
		params[field] = raw
	}
	raw, err := json.Marshal(params)
	if err != nil {
		return nil, err
	}
	return r.Decode(name, raw)
}

// fieldKind returns the kind of the field with that name in JSON.
func fieldKind(t reflect.Type, name string) (reflect.Kind, bool) {
	for _, f := range reflect.VisibleFields(t) {
		tag, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.IsExported() && (tag == name || tag == "" && f.Name == name) {
			if f.Type.Kind() == reflect.Pointer {
				return f.Type.Elem().Kind(), true
			}
			return f.Type.Kind(), true
		}
	}
	return 0, false
}

func textToJSON(kind reflect.Kind, text string) (json.RawMessage, error) {
	switch {
	case kind == reflect.String:
		return json.Marshal(text)
	case kind == reflect.Bool:
		v, err := strconv.ParseBool(text)
		if err != nil {
			return nil, fmt.Errorf("%q is not true or false", text)
		}
		return json.Marshal(v)
	case reflect.Int <= kind && kind <= reflect.Uint64:
		v, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("%q is not a whole number", text)
		}
		return json.Marshal(v)
	case kind == reflect.Float64 || kind == reflect.Float32:
		v, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return nil, fmt.Errorf("%q is not a number", text)
		}
		return json.Marshal(v)
	}
	if !json.Valid([]byte(text)) {
		return nil, fmt.Errorf("%q is not valid JSON", text)
	}
	return json.RawMessage(text), nil
}

// decodeError turns what encoding/json says into a fault of a field.
func decodeError(name string, err error) error {
	if e, ok := errors.AsType[*FieldError](err); ok { // of a type that decodes itself
		return e
	}
	if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		reason := fmt.Sprintf("a %s does not fit, a %v is wanted", e.Value, e.Type)
		return &FieldError{name, e.Field, reason}
	}
	// encoding/json has no type for this error.
	if field, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		return &FieldError{name, strings.Trim(field, `"`), "there is no such field"}
	}
	return &FieldError{name, "", err.Error()}
}
