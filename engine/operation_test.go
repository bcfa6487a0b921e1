package engine

import (
	"errors"
	"fmt"
	"reflect"
	"testing"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/store"
)

func TestOperationsAreWhatTheirSpecsSay(t *testing.T) {
	var ops operations
	registry := codec.NewRegistry()
	for range 2 { // decoded, and remembered
		for _, want := range []codec.Operation{
			codec.Convert{Format: "webp", Quality: 82}, codec.Convert{Format: "webp", Quality: 83},
			codec.Thumbnail{Width: 320}, codec.Inspect{},
		} {
			spec, err := specOf(want)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := ops.decode(registry, spec); err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("%s %s is %+v, %v; want %+v", spec.Name, spec.Params, got, err, want)
			}
		}
		if _, err := ops.decode(registry, store.Spec{Name: "fly"}); !errors.Is(err, codec.ErrUnknownOperation) {
			t.Errorf("an unknown operation: got %v", err)
		}
	}
}

func TestOperationsRememberNoMoreThanIsAllowed(t *testing.T) {
	var ops operations
	registry := codec.NewRegistry()
	decode := func(params string) {
		spec := store.Spec{Name: "convert", Params: []byte(params)}
		if _, err := ops.decode(registry, spec); err != nil {
			t.Fatal(err)
		}
	}
	decode(fmt.Sprintf(`{"format":%*q}`, maxParams, "webp"))
	if len(ops.decoded) > 0 {
		t.Error("remembers an operation of more parameters than allowed")
	}
	for i := range 3 * maxOperations {
		decode(fmt.Sprintf(`{"format":"webp","quality":%d}`, i))
		if n := len(ops.decoded); n < 1 || n > maxOperations {
			t.Fatalf("remembers %d operations after %d", n, i+1)
		}
	}
}
