package codec_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/spoolmedia/spool/codec"
)

// FuzzDecode reads operations from any parameters, which come from forms and from
// records: what is taken comes back the same from a record of it, and what is refused
// is a fault of a field.
func FuzzDecode(f *testing.F) {
	r := codec.NewRegistry()
	names := r.Names()
	for i := range names {
		for _, params := range []string{"", "{}", `{"format":"webp","width":320}`, `{"format":7}`,
			`{"steps":[{"op":"transform","width":9},{"op":"chain","steps":[]}]}`, `{"steps":[{}]}`,
			`{"outputs":[{"format":"jpg","width":-1}],"blurHash":true}`, `{"a":1}{`,
			`{"targetBytes":1e99,"quality":"x","focusX":null}`,
		} {
			f.Add(byte(i), []byte(params))
		}
	}
	f.Fuzz(func(t *testing.T, which byte, params []byte) {
		name := names[int(which)%len(names)]
		op, err := r.Decode(name, params)
		if err != nil {
			if _, ok := errors.AsType[*codec.FieldError](err); !ok &&
				!errors.Is(err, codec.ErrUnknownOperation) { // of a step
				t.Errorf("%s of %q: %v", name, params, err)
			}
			return
		}
		if op.Validate() != nil {
			return
		}
		_, first, err := codec.Encode(op)
		if err != nil {
			t.Fatal(err)
		}
		again, err := r.Decode(name, first)
		if err != nil {
			t.Fatalf("%s of %q became %q: %v", name, params, first, err)
		}
		_, second, err := codec.Encode(again)
		if err != nil || !bytes.Equal(first, second) {
			t.Errorf("%s of %q became %q, then %q, %v", name, params, first, second, err)
		}
	})
}
