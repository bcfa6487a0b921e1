package storage_test

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/spoolmedia/spool/storage"
	"github.com/spoolmedia/spool/storage/storagetest"
)

func TestValidKey(t *testing.T) {
	for what, key := range storagetest.BadKeys {
		if storage.ValidKey(key) {
			t.Errorf("%s: ValidKey(%.40q) = true, want false", what, key)
		}
	}
	for what, key := range map[string]string{
		"one element":      "a",
		"spaces and signs": "a b/*?<>|~",
		"dots in names":    ".a/..b/c../...",
		"other scripts":    "日本語/é.png",
		"longest element":  strings.Repeat("e", 255),
		"longest":          strings.Repeat("a/", 511) + "bb",
	} {
		if !storage.ValidKey(key) {
			t.Errorf("%s: ValidKey(%.40q) = false, want true", what, key)
		}
	}
}

type (
	plain   struct{}
	closer  struct{}
	wrapper struct{ inner any }
)

func (closer) Close() error   { return nil }
func (w wrapper) Unwrap() any { return w.inner }

func TestAs(t *testing.T) {
	for _, c := range []struct {
		name string
		v    any
		want bool
	}{
		{"the value itself", closer{}, true},
		{"through a decorator", wrapper{closer{}}, true},
		{"through two", wrapper{wrapper{closer{}}}, true},
		{"none has it", wrapper{plain{}}, false},
		{"nothing inside", wrapper{}, false},
		{"nil", nil, false},
	} {
		got, ok := storage.As[io.Closer](c.v)
		if ok != c.want || ok != (got != nil) {
			t.Errorf("%s: As = %v, %v; want %v", c.name, got, ok, c.want)
		}
	}
}

func ExampleValidKey() {
	fmt.Println(storage.ValidKey("out/job-1/0/1/hero.webp"), storage.ValidKey("../etc/passwd"))
	// Output: true false
}
