package vips_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/vips"
)

// TestHostileFilesAreSurvived feeds files made to break decoders, under the type
// that they have and under each type that they do not have.
func TestHostileFilesAreSurvived(t *testing.T) {
	corpus(t, "hostile/sharp-truncated.jpg")
	files, err := filepath.Glob(filepath.Join(corpusDir, "hostile", "*"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	for _, path := range files {
		t.Run(filepath.Base(path), func(t *testing.T) {
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			for _, mediaType := range forced(t, data) {
				survive(t, ctx, newInput(filepath.Base(path), mediaType, data))
			}
		})
	}
}

// forced is the type of data, and all that the codec reads.
func forced(t *testing.T, data []byte) []string {
	t.Helper()
	in := newInput("", "", data)
	sniffed, err := codec.Sniff(in, in.Size())
	if err != nil {
		t.Fatal(err)
	}
	all := append([]string{sniffed}, vips.New().Offers()[0].From...)
	slices.Sort(all)
	return slices.Compact(all)
}

func survive(t *testing.T, ctx context.Context, in input) {
	t.Helper()
	w := &codec.Work{Op: codec.Convert{Format: "png", Width: 64}, In: []codec.Input{in}, Policy: trusting}
	_, _, probed := vips.New().Probe(ctx, w)
	_, converted := convert(ctx, in, w.Op.(codec.Convert), trusting)
	if ctx.Err() != nil {
		t.Fatalf("%s as %s hangs", in.name, in.mediaType)
	}
	if probed != nil && converted == nil {
		t.Errorf("%s as %s: converted, although the probe says: %v", in.name, in.mediaType, probed)
	}
	for _, err := range []error{probed, converted} {
		if err != nil && codec.ClassOf(err) == codec.Internal {
			t.Errorf("%s as %s: %v is of class internal", in.name, in.mediaType, err)
		}
	}
	t.Logf("%s: probe %v; convert %v", in.mediaType, probed, converted)
}
