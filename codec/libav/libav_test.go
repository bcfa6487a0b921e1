package libav_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/codectest"
	"github.com/spoolmedia/spool/codec/libav"
)

// tick is how much the times of pictures may differ: those of a Matroska file
// are rounded at each end.
const tick = 3 * time.Millisecond

// output is a file that a conversion made.
type output struct {
	path string
	codec.Result
}

// convert does op on in.
func convert(ctx context.Context, in codec.Input, op codec.Convert) (codectest.Output, error) {
	return process(ctx, in, op)
}

// process does an operation that makes one output.
func process(ctx context.Context, in codec.Input, op codec.Operation) (codectest.Output, error) {
	sink := new(codectest.Sink)
	err := libav.New().Process(ctx, &codec.Work{Op: op, In: []codec.Input{in}, Out: sink})
	if err != nil {
		return codectest.Output{}, err
	}
	return sink.Outputs()[0], nil
}

// mustConvert does op on the corpus file and writes what came out to a file.
func mustConvert(t testing.TB, file string, op codec.Convert) output {
	t.Helper()
	o, err := convert(t.Context(), codectest.OpenInput(t, codectest.Corpus(t, file)), op)
	if err != nil {
		t.Fatal(err)
	}
	return save(t, o)
}

func save(t testing.TB, o codectest.Output) output {
	t.Helper()
	path := filepath.Join(t.TempDir(), o.Name)
	if err := os.WriteFile(path, o.Data, 0o600); err != nil {
		t.Fatal(err)
	}
	return output{path, o.Result}
}

// probe returns what the headers of the file say.
func probe(t testing.TB, path string) codec.Media {
	t.Helper()
	w := &codec.Work{In: []codec.Input{codectest.OpenInput(t, path)}}
	m, _, err := libav.New().Probe(t.Context(), w)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestFieldsForPicturesAreNoted(t *testing.T) {
	t.Parallel()
	in := codectest.NewInput("tone.wav", "", wave(0.1))
	for _, test := range []struct {
		op    codec.Convert
		notes string
	}{
		{codec.Convert{Format: "flac", AutoOrient: new(true)}, ""},
		{codec.Convert{Format: "flac", Effort: 9, KeepProfile: true, AutoOrient: new(false),
			AutoQuality: true, Pages: "all"}, "autoOrient was not used: it is for pictures.\n" +
			"autoQuality was not used: it is for pictures.\neffort was not used: it is for pictures.\n" +
			"keepProfile was not used: it is for pictures.\n" +
			"pages was not used: it is for pictures."},
	} {
		o, err := convert(t.Context(), in, test.op)
		if got := strings.Join(o.Result.Notes, "\n"); err != nil || got != test.notes {
			t.Errorf("%+v: notes %q, %v, want %q", test.op, got, err, test.notes)
		}
	}
}
