package acceptance_test

import (
	"fmt"
	"image"
	"image/color"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/codectest"
)

// Samples are pictures of the corpus that make test goes through: one with
// transparency, one with 16 bits and a profile, an animation.
var (
	formatSample    = []string{"pillow-transparency.avif", "sharp-tifftag-photoshop.tiff"}
	operationSample = []string{"pillow-transparency.avif", "sharp-animated-loop-3.gif"}
)

// target is a format of pictures, how far from the reference a picture of it may be,
// and what transparency it has.
type target struct {
	tolerance
	alpha, hard bool
}

var targets = map[string]target{
	"png":  {tolerance{0.97, 2}, true, false},
	"apng": {tolerance{0.97, 2}, true, false},
	"tiff": {tolerance{0.97, 2}, true, false},
	"bmp":  {tolerance{0.97, 2}, false, false},
	"jpg":  {tolerance{0.94, 2}, false, false},
	"webp": {tolerance{0.94, 3}, true, false},
	"avif": {tolerance{0.94, 3}, true, false},
	"heif": {tolerance{0.94, 3}, true, false},
	"jxl":  {tolerance{0.94, 4}, true, false},
	"gif":  {tolerance{0.85, 3}, true, true},
}

// excused are what need not come out, and why.
var excused = map[string]string{
	"filetype-fixture-msf1.heic": "it has no brand that libheif knows",
	"sharp-p3.png to jxl":        "libjxl makes 8 × 8 pixels a little transparent",
}

// asFarAsJPEG allows for what another encoder loses of the picture: hard edges on an even
// ground, as of a small drawing, lose more than a photograph.
func (t tolerance) asFarAsJPEG(want *image.RGBA) (tolerance, error) {
	const less = 0.002
	theirs, err := asJPEG(want)
	if err != nil {
		return t, err
	}
	return t.worse(tolerance{apart(theirs, over(want, color.White)).ssim - less, 0}), nil
}

// formats are the names of all formats that pictures are converted to.
func formats() []string {
	var names []string
	for _, f := range codec.Formats() {
		if strings.HasPrefix(f.Type, "image/") && f.Name != "svg" {
			names = append(names, f.Name)
		}
	}
	return names
}

// width is that of outputs, so that all of them can be compared quickly.
const width = 160

func TestEveryPictureToEveryFormat(t *testing.T) {
	t.Parallel()
	worst := map[string]tolerance{}
	for _, path := range pictures(t, formatSample) {
		t.Run(filepath.Base(path), func(t *testing.T) {
			in := codectest.OpenInput(t, path)
			if why := excused[in.Name()]; why != "" {
				t.Skip(why)
			}
			want := narrowed(reference(t, read(t, path), in.Type()), width)
			for _, format := range formats() {
				to, ok := targets[format]
				if !ok {
					t.Fatalf("no tolerance is stated for %s", format)
				}
				if excused[in.Name()+" to "+format] != "" {
					continue
				}
				found, err := converted(t, in, format, to, want)
				if err != nil {
					t.Errorf("to %s: %v", format, err)
					continue
				}
				if w, ok := worst[format]; ok {
					found = found.worse(w)
				}
				worst[format] = found
			}
		})
	}
	for _, format := range slices.Sorted(maps.Keys(worst)) {
		t.Logf("%s: at worst %v", format, worst[format])
	}
}

// pictures are the files that this run goes through.
func pictures(t *testing.T, sample []string) []string {
	t.Helper()
	return slices.DeleteFunc(files(t, "image", sample[0]), func(path string) bool {
		name := filepath.Base(path)
		return !*whole && !slices.Contains(sample, name)
	})
}

// converted converts in and compares what comes out.
func converted(
	t *testing.T, in codec.Input, format string, to target, want *image.RGBA,
) (tolerance, error) {
	outputs, err := do(t.Context(), codec.Convert{Format: format, Width: width}, nil, in)
	if err != nil {
		return tolerance{}, err
	}
	if len(outputs) != 1 {
		return tolerance{}, fmt.Errorf("%d outputs", len(outputs))
	}
	got, err := decode(outputs[0].Data)
	if err != nil {
		return tolerance{}, fmt.Errorf("it cannot be decoded: %w", err)
	}
	switch {
	case to.hard:
		want = hard(want)
	case format == "jpg":
		if to.tolerance, err = to.asFarAsJPEG(want); err != nil {
			return tolerance{}, err
		}
	}
	return alike(got, want, to.alpha, to.tolerance)
}
