package acceptance_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/codectest"
)

// fieldRow is one field of an operation: two operations that differ in it alone, and
// how their outputs must differ by what the field is said to do.
type fieldRow struct {
	field  string // "operation.field"
	in     func(t *testing.T) codec.Input
	a, b   codec.Operation
	differ func(a, b []codectest.Output) error
}

// elsewhere are fields that pictures know nothing of, and the tests that cover them.
var elsewhere = map[string]string{
	"adjust.volume":       "codec/libav: TestAdjustChangesLoudness",
	"adjust.normalize":    "codec/libav: TestAdjustChangesLoudness",
	"adjust.fadeIn":       "codec/libav: TestFadesStartAndEndInTheDark",
	"adjust.fadeOut":      "codec/libav: TestFadesStartAndEndInTheDark",
	"thumbnail.timestamp": "codec/libav: TestAThumbnailKeepsWhatIsAskedOf",
	"transform.frameRate": "codec/libav: TestTransformChangesTheFrameRate",

	// The rest of codec/libav's, too.
	"adjust.speed":           "codec/libav: TestSpeedChangesTimeAndKeepsPitch",
	"compress.video":         "codec/libav: TestFieldsOfTheEncoderDoWhatTheySay",
	"convert.video":          "codec/libav: TestFieldsOfTheEncoderDoWhatTheySay",
	"convert.deinterlace":    "codec/libav: TestFieldsBecomeWholePictures",
	"convert.audioTracks":    "codec/libav: TestTracksAreChosenByNumberAndLanguage",
	"convert.subtitleTracks": "codec/libav: TestTracksAreChosenByNumberAndLanguage",
	"convert.mute":           "codec/libav: TestTracksAreChosenByNumberAndLanguage",
	"convert.sound":          "codec/libav: TestAnotherSoundTakesThePlaceOfTheFilms",

	"adjust.video":    "codec/libav: TestEveryOperationOnFilmsEncodesAsAskedFor",
	"transform.video": "codec/libav: TestEveryOperationOnFilmsEncodesAsAskedFor",
	"watermark.video": "codec/libav: TestEveryOperationOnFilmsEncodesAsAskedFor",

	// It is a file, which the work refers to.
	"watermark.fontFile": "codec/vips: TestWatermarkWithAFontOfItsOwn",
}

func rows() []fieldRow {
	return slices.Concat(convertRows, autoRows, compressRows, thumbnailRows, transformRows,
		adjustRows, watermarkRows, documentRows)
}

// TestEveryFieldHasARow walks the fields of the operations that codecs for pictures,
// documents and archives offer.
func TestEveryFieldHasARow(t *testing.T) {
	covered := map[string]bool{}
	for _, r := range rows() {
		covered[r.field] = true
	}
	registry := codec.NewRegistry()
	for _, op := range registry.Names() {
		if !ours(op) {
			continue
		}
		fields, err := registry.Fields(op)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range fields {
			name := op + "." + f.Name
			if !covered[name] && elsewhere[name] == "" {
				t.Errorf("no row covers %s", name)
			}
			delete(covered, name)
		}
	}
	for name := range covered {
		t.Errorf("there is no field %s", name)
	}
}

// ours reports whether a codec other than that of films offers the operation.
func ours(op string) bool {
	return slices.ContainsFunc(codecs(), func(c codec.Codec) bool {
		return c.Name() != "libav" && slices.ContainsFunc(c.Offers(), func(o codec.Offer) bool {
			return o.Op == op
		})
	})
}

func TestEveryFieldDoesWhatItSays(t *testing.T) {
	t.Parallel()
	for _, r := range rows() {
		t.Run(r.field, func(t *testing.T) {
			in := r.in(t)
			a, b := twice(t, r.a, in), twice(t, r.b, in)
			if err := r.differ(a, b); err != nil {
				t.Errorf("%+v and %+v: %v", r.a, r.b, err)
			}
		})
	}
}

// twice does op two times, with the same bytes.
func twice(t *testing.T, op codec.Operation, in codec.Input) []codectest.Output {
	t.Helper()
	if err := op.Validate(); err != nil {
		t.Fatal(err)
	}
	inputs := []codec.Input{in}
	if codec.Joins(op) { // a field may be about several inputs
		inputs = append(inputs, photo(t))
	}
	first, err := do(t.Context(), op, logos(t, op), inputs...)
	again, err2 := do(t.Context(), op, logos(t, op), inputs...)
	if err := errors.Join(err, err2); err != nil {
		t.Fatalf("%+v: %v", op, err)
	}
	if len(first) == 0 || len(first) != len(again) {
		t.Fatalf("%+v: %d outputs, then %d", op, len(first), len(again))
	}
	for i := range first {
		if !bytes.Equal(first[i].Data, again[i].Data) || first[i].Name != again[i].Name {
			t.Errorf("%+v: %s has other bytes the second time", op, first[i].Name)
		}
	}
	return first
}

// logos are the second inputs of op: the key is the name of a colour.
func logos(t *testing.T, op codec.Operation) map[string]codec.Input {
	r, ok := op.(codec.References)
	if !ok {
		return nil
	}
	refs := map[string]codec.Input{}
	for field, key := range r.Blobs() {
		c := red
		if strings.Contains(key, "blue") {
			c = blue
		}
		refs[field] = fixture(key, func() ([]byte, error) { return pngOf(filled(20, 10, c)) })(t)
	}
	return refs
}
