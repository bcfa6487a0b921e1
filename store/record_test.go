package store_test

import (
	"bytes"
	"encoding"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/spoolmedia/spool/store"
)

// record is what all records are.
type record interface {
	encoding.BinaryAppender
	encoding.BinaryUnmarshaler
}

// kinds makes a record of each kind.
var kinds = map[string]func() record{
	"job":   func() record { return new(store.Job) },
	"state": func() record { return new(store.State) },
	"file":  func() record { return new(store.File) },
	"task":  func() record { return new(store.Task) },
	"event": func() record { return new(store.Event) },
}

// fill sets all that a record holds at rest to something, and each time to
// something else.
func fill(v reflect.Value, n *int) {
	*n++
	switch v.Interface().(type) {
	case time.Time:
		v.Set(reflect.ValueOf(time.Unix(int64(*n-20)*1e9, int64(*n)).UTC()))
		return
	case json.RawMessage:
		v.SetBytes([]byte(strings.Repeat("[", *n)))
		return
	case store.State: // a record of its own
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(strings.Repeat("x", *n))
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(*n) - 20)
	case reflect.Uint64:
		v.SetUint(uint64(*n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), n)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 3, 3))
		for i := range v.Len() {
			fill(v.Index(i), n)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() && f.Name != "Cursor" {
				fill(v.Field(i), n)
			}
		}
	}
}

func TestRecordsComeBackAsTheyWere(t *testing.T) {
	for name, empty := range kinds {
		for _, full := range []bool{true, false} {
			r, n := empty(), 0
			if full {
				fill(reflect.ValueOf(r).Elem(), &n)
			}
			got := empty()
			if err := got.UnmarshalBinary(atRest(t, r)); err != nil || !reflect.DeepEqual(got, r) {
				t.Errorf("%s:\n got %+v, %v\nwant %+v", name, got, err, r)
			}
		}
	}
}

func atRest(t *testing.T, r record) []byte {
	t.Helper()
	b, err := r.AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// unknown returns fields that no version has had yet, one of each type.
func unknown(n protowire.Number) []byte {
	b := protowire.AppendVarint(protowire.AppendTag(nil, n, protowire.VarintType), 1<<40)
	b = protowire.AppendString(protowire.AppendTag(b, n+1, protowire.BytesType), "red")
	b = protowire.AppendString(protowire.AppendTag(b, n+1, protowire.BytesType), "blue")
	b = protowire.AppendFixed64(protowire.AppendTag(b, n+2, protowire.Fixed64Type), 7)
	return protowire.AppendFixed32(protowire.AppendTag(b, n+3, protowire.Fixed32Type), 7)
}

// Each record keeps what a newer version of the program wrote into it.
func TestRecordsKeepUnknownFields(t *testing.T) {
	for name, empty := range kinds {
		r, n := empty(), 0
		fill(reflect.ValueOf(r).Elem(), &n)
		newer := append(atRest(t, r), unknown(500)...)
		got := empty()
		if err := got.UnmarshalBinary(newer); err != nil {
			t.Fatal(err)
		}
		if b := atRest(t, got); !bytes.Equal(b, newer) {
			t.Errorf("%s:\n got %q\nwant %q", name, b, newer)
		}
		if err := got.UnmarshalBinary(nil); err != nil || len(atRest(t, got)) > 0 {
			t.Errorf("%s: got %+v, %v, want nothing of what was there before", name, got, err)
		}
	}
}

// So do the parts of records, and clones of them.
func TestPartsOfRecordsKeepUnknownFields(t *testing.T) {
	part := unknown(500)
	var b []byte
	for _, n := range []protowire.Number{9, 15, 15, 17, 20} { // Op, Outputs, Error, More
		b = protowire.AppendBytes(protowire.AppendTag(b, n, protowire.BytesType), part)
	}
	var f store.File
	if err := f.UnmarshalBinary(b); err != nil {
		t.Fatal(err)
	}
	f = f.Clone()
	f.Op.Name, f.Outputs[1].Size, f.Error.Class = "convert", 7, "limit"
	f.More[0].Size = 8
	if got := bytes.Count(atRest(t, &f), part); got != 5 {
		t.Errorf("got %d parts with their unknown fields, want 5: %q", got, atRest(t, &f))
	}
}

func TestRecordsRefuseWhatIsNoRecord(t *testing.T) {
	task, n := new(store.Task), 0
	fill(reflect.ValueOf(task).Elem(), &n)
	good := atRest(t, task)
	for name, b := range map[string][]byte{
		"text":               []byte(`{"v":1}`),
		"cut short":          good[:len(good)-1],
		"cut in a tag":       protowire.AppendTag(nil, 5000, protowire.VarintType)[:1],
		"length beyond":      {0x12, 0x7f, 'x'},
		"another type":       protowire.AppendFixed32(protowire.AppendTag(nil, 2, protowire.Fixed32Type), 1),
		"number for a text":  {0x10, 0x01},
		"text for a number":  {0x0a, 0x01, 'x'},
		"out of order":       {0x18, 0x01, 0x08, 0x01},
		"a time that is not": {0x62, 0x01, 0x08},
		"field 0":            {0x00, 0x01},
	} {
		if err := new(store.Task).UnmarshalBinary(b); err == nil {
			t.Errorf("%s: got no error", name)
		}
	}
}

// What is read is written again as it was, or refused.
func FuzzRecord(f *testing.F) {
	for _, empty := range kinds {
		r, n := empty(), 0
		fill(reflect.ValueOf(r).Elem(), &n)
		b, _ := r.AppendBinary(nil)
		f.Add(append(b, unknown(500)...))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for name, empty := range kinds {
			r, again := empty(), empty()
			if r.UnmarshalBinary(b) != nil {
				continue
			}
			once := atRest(t, r)
			if err := again.UnmarshalBinary(once); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if twice := atRest(t, again); !bytes.Equal(once, twice) {
				t.Errorf("%s: got %q, and then %q", name, once, twice)
			}
		}
	})
}
