package acceptance_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/archive"
	"github.com/spoolmedia/spool/codec/codectest"
	"github.com/spoolmedia/spool/codec/libav"
	"github.com/spoolmedia/spool/codec/pdf"
	"github.com/spoolmedia/spool/codec/vectorize"
	"github.com/spoolmedia/spool/codec/vips"
)

// whole asks for the long form of the tests; without it they take a sample.
var whole = flag.Bool("whole", false, "go through the whole corpus")

// codecs in the order in which a host names them.
var codecs = sync.OnceValue(func() []codec.Codec {
	pictures, films := vips.New(), libav.New()
	return []codec.Codec{pictures, films, pdf.New(), vectorize.New(), archive.New(pictures, films)}
})

// codecFor returns the first codec that takes the operation, as the engine does.
func codecFor(op codec.Operation, mediaType string) codec.Codec {
	for _, c := range codecs() {
		for _, o := range c.Offers() {
			if o.Takes(op, mediaType) {
				return c
			}
		}
	}
	return nil
}

// trusting is the policy of a host that knows where its files come from.
var trusting = codec.Policy{Untrusted: []string{"image/svg+xml", "application/pdf", "image/jp2"}}

// do does op and returns the outputs that were committed.
func do(
	ctx context.Context, op codec.Operation, refs map[string]codec.Input, in ...codec.Input,
) ([]codectest.Output, error) {
	c := codecFor(op, in[0].Type())
	if c == nil {
		return nil, codec.Errorf(codec.Unsupported, "no codec does %s of %s",
			op.Name(), in[0].Type())
	}
	sink := new(codectest.Sink)
	err := c.Process(ctx, &codec.Work{Op: op, In: in, Refs: refs, Out: sink, Policy: trusting})
	if open := sink.Open(); len(open) > 0 {
		return nil, fmt.Errorf("%s is neither committed nor aborted: %w", open[0].Name, err)
	}
	return sink.Outputs(), err
}

// files returns the files of a folder of the corpus.
func files(t testing.TB, folder, one string) []string {
	t.Helper()
	dir := filepath.Dir(codectest.Corpus(t, folder+"/"+one))
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var paths []string
	for _, e := range entries {
		paths = append(paths, filepath.Join(dir, e.Name()))
	}
	return paths
}

func read(t testing.TB, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
