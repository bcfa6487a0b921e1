package acceptance_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
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

	"add-subtitles.subtitles": "codec/libav: TestSubtitlesAreAddedToThoseThatAreThere",
	"add-subtitles.language":  "codec/libav: TestSubtitlesAreAddedToThoseThatAreThere",
	"add-subtitles.title":     "codec/libav: TestSubtitlesAreAddedToThoseThatAreThere",
	"add-subtitles.default":   "codec/libav: TestSubtitlesAreAddedToThoseThatAreThere",
	"add-subtitles.forced":    "codec/libav: TestSubtitlesAreAddedToThoseThatAreThere",
	"add-subtitles.format":    "codec/libav: TestSubtitlesAreAddedToThoseThatAreThere",

	"burn-subtitles.subtitles": "codec/libav: TestBurntSubtitlesAreInThePictures",
	"burn-subtitles.track":     "codec/libav: TestBurntSubtitlesAreInThePictures",
	"burn-subtitles.language":  "codec/libav: TestBurntSubtitlesAreInThePictures",
	"burn-subtitles.font":      "codec/libav: TestBurntSubtitlesAreInThePictures",
	"burn-subtitles.fontSize":  "codec/libav: TestTheFontSizeOfBurntSubtitlesIsInPixels",
	"burn-subtitles.color":     "codec/libav: TestBurntSubtitlesAreInThePictures",
	"burn-subtitles.position":  "codec/libav: TestBurntSubtitlesAreInThePictures",
	"burn-subtitles.format":    "codec/libav: TestBurntSubtitlesAreInThePictures",
	"burn-subtitles.quality":   "codec/libav: TestEveryOperationOnFilmsEncodesAsAskedFor",
	"burn-subtitles.effort":    "codec/libav: TestEveryOperationOnFilmsEncodesAsAskedFor",
	"burn-subtitles.video":     "codec/libav: TestEveryOperationOnFilmsEncodesAsAskedFor",

	"extract-audio.track": "codec/libav: TestTheChosenSoundIsExtracted",

	"stream.profile":         "codec/libav: TestAStreamHasWhatWasAskedFor",
	"stream.renditions":      "codec/libav: TestALadderIsCutAtTheSameKeyFrames",
	"stream.segmentDuration": "codec/libav: TestALadderIsCutAtTheSameKeyFrames",
	"stream.packageFormats":  "codec/libav: TestAStreamHasWhatWasAskedFor",
	"stream.captions":        "codec/libav: TestAStreamHasWhatWasAskedFor",
	"stream.subtitleTracks":  "codec/libav: TestTheFilmsOwnSubtitlesBecomeCaptions",
	"stream.clip":            "codec/libav: TestAStreamOfAClip",
	"stream.encryption":      "codec/libav: TestAnEncryptedStreamPlaysWithItsKeyOnly",

	// It is a file, which the work refers to.
	"watermark.fontFile": "codec/vips: TestWatermarkWithAFontOfItsOwn",
}

// TestWhatIsElsewhereIsThere looks for the tests by their names.
func TestWhatIsElsewhereIsThere(t *testing.T) {
	sources := map[string][]byte{}
	for field, where := range elsewhere {
		folder, name, ok := strings.Cut(strings.TrimPrefix(where, "codec/"), ": ")
		if !ok {
			t.Fatalf("%s: %q", field, where)
		}
		if sources[folder] == nil {
			paths, err := filepath.Glob(filepath.Join("..", folder, "*_test.go"))
			if err != nil {
				t.Fatal(err)
			}
			for _, path := range paths {
				sources[folder] = append(sources[folder], read(t, path)...)
			}
		}
		if !bytes.Contains(sources[folder], []byte("func "+name+"(")) {
			t.Errorf("%s: there is no test %s", field, where)
		}
	}
}

func rows() []fieldRow {
	return slices.Concat(convertRows, autoRows, compressRows, thumbnailRows, transformRows,
		adjustRows, watermarkRows, documentRows, filmRows)
}

// TestEveryFieldHasARow walks the fields of all operations.
func TestEveryFieldHasARow(t *testing.T) {
	covered := map[string]bool{}
	for _, r := range rows() {
		covered[r.field] = true
	}
	registry := codec.NewRegistry()
	for _, op := range registry.Names() {
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

// done are the outputs of what twice has done.
var done = map[string][]codectest.Output{}

// twice does op two times, with the same bytes. What it has done it knows: many rows differ
// from the same operation.
func twice(t *testing.T, op codec.Operation, in codec.Input) []codectest.Output {
	t.Helper()
	plain, err := json.Marshal(op)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(io.NewSectionReader(in, 0, in.Size()))
	if err != nil {
		t.Fatal(err)
	}
	key := fmt.Sprintf("%T %s %s %x", op, plain, in.Name(), sha256.Sum256(data))
	outputs, ok := done[key]
	if !ok {
		outputs = doTwice(t, op, in)
		done[key] = outputs
	}
	return outputs
}

func doTwice(t *testing.T, op codec.Operation, in codec.Input) []codectest.Output {
	t.Helper()
	if err := op.Validate(); err != nil {
		t.Fatal(err)
	}
	inputs := []codec.Input{in}
	if codec.Joins(op) { // a field may be about several inputs
		inputs = append(inputs, another(t, in))
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
		if !sameFile(first[i], again[i]) {
			t.Errorf("%+v: %s has other bytes the second time", op, first[i].Name)
		}
	}
	return first
}

// sameFile reports whether two outputs are the same file, as far as the encoder can: libx264
// reads memory that it has not written (the ffmpeg command shows it with MALLOC_PERTURB_).
func sameFile(a, b codectest.Output) bool {
	steady := !slices.ContainsFunc(a.Result.Streams, func(s codec.Stream) bool {
		return s.Encoder == "libx264"
	})
	return a.Name == b.Name && (!steady || bytes.Equal(a.Data, b.Data))
}

// another is an input to join in with.
func another(t *testing.T, in codec.Input) codec.Input {
	if in.Type() == "video/x-matroska" {
		return reel(t)
	}
	return photo(t)
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
