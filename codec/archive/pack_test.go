package archive_test

import (
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/codectest"
)

func TestArchiveJoinsTheInputsInOrder(t *testing.T) {
	inputs := []codec.Input{
		input("b.txt", []byte("first")), input("B.txt", []byte("second")),
		input("empty", nil), codectest.NewInput("../a.bin", codec.Unknown, []byte{1, 2, 3}),
	}
	want := []item{{"b.txt", "first"}, {"B (2).txt", "second"}, {"empty", ""}, {"a.bin", "\x01\x02\x03"}}
	for format, name := range map[string]string{
		"": "archive.zip", "zip": "archive.zip", "tar": "archive.tar", "tgz": "archive.tgz",
		"gz": "archive.tar.gz", "xz": "archive.tar.xz",
	} {
		op := codec.Archive{Format: format}
		out := one(t, op, inputs...)
		if out.Name != name {
			t.Errorf("%q is called %q", format, out.Name)
		}
		if diff := cmp.Diff(want, list(t, op.Target(), out.Data), same); diff != "" {
			t.Errorf("%q: %s", format, diff)
		}
	}
}

func TestArchiveOfOneInput(t *testing.T) {
	in := input("notes.txt", []byte("text"))
	for _, c := range []struct {
		op   codec.Archive
		name string
	}{
		{codec.Archive{}, "notes.zip"},
		{codec.Archive{Filename: "mine"}, "mine.zip"},
		{codec.Archive{Format: "tgz"}, "notes.tgz"},
		{codec.Archive{Format: "gz"}, "notes.txt.gz"},
		{codec.Archive{Format: "xz", Filename: "mine"}, "mine.xz"},
	} {
		out := one(t, c.op, in)
		if out.Name != c.name {
			t.Errorf("%+v is called %q", c.op, out.Name)
		}
		if f := c.op.Target(); f == "gz" || f == "xz" {
			r, err := decompressed(f, out.Data)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := io.ReadAll(r); err != nil || string(got) != "text" {
				t.Errorf("%s holds %q, %v", out.Name, got, err)
			}
		}
	}
}

func TestArchiveWantsAnInput(t *testing.T) {
	_, err := do(t, codec.Policy{}, codec.Archive{})
	refused(t, err, codec.Unsupported, "no input")
	_, err = do(t, codec.Policy{}, codec.Extract{}, input("a.zip", nil), input("b.zip", nil))
	refused(t, err, codec.Unsupported, "one input, not 2")
}

func TestAReadThatFailsNamesItsInput(t *testing.T) {
	bad := &codectest.FailingInput{Input: input("second.txt", []byte("text")), Err: io.ErrClosedPipe}
	_, err := do(t, codec.Policy{}, codec.Archive{}, input("first.txt", []byte("text")), bad)
	if want := `archive: read "second.txt": ` + io.ErrClosedPipe.Error(); err == nil || err.Error() != want {
		t.Errorf("it returned %v, want %s", err, want)
	}
}
