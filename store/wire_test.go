package store

import (
	"bytes"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
)

// gapped is a message whose second and fourth fields belong to other versions.
type gapped struct {
	first, third string
	unknown      string
}

func (g *gapped) fields(c *coder) {
	c.keep(&g.unknown)
	text(c, 1, &g.first)
	text(c, 3, &g.third)
}

// Fields of other versions stay where they are among those of this one.
func TestUnknownFieldsKeepTheirPlaces(t *testing.T) {
	build := func(third string) (b []byte) {
		for n, s := range []string{"a", "b", third, "d"} {
			if n++; s != "" {
				b = protowire.AppendString(
					protowire.AppendTag(b, protowire.Number(n), protowire.BytesType), s)
			}
		}
		return b
	}
	for _, change := range []string{"c", "other", ""} {
		var g gapped
		b := build("c")
		if err := read(b, &g); err != nil || g.first != "a" || g.third != "c" {
			t.Fatalf("got %+v, %v", g, err)
		}
		g.third = change
		if got, want := write(nil, &g), build(change); !bytes.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
