package vips_test

import (
	"bytes"
	"fmt"
	"image"
	"slices"
	"strings"
	"testing"

	"github.com/spoolmedia/spool/codec"
)

// grain is a flag that hardly compresses, so that most of a file is the picture.
func grain() *image.NRGBA {
	im := flag(60, 40)
	for i := range im.Pix {
		if i%4 != 3 {
			im.Pix[i] += byte(i * i >> 3 % 25)
		}
	}
	return im
}

// strictly does op on the input as a host asks that has no use for damaged media.
func strictly(t *testing.T, in codec.Input, op codec.Operation) error {
	t.Helper()
	_, err := process(t.Context(),
		&codec.Work{Op: op, In: []codec.Input{in}, Policy: codec.Policy{Strict: true}})
	if err != nil && codec.ClassOf(err) != codec.Invalid {
		t.Errorf("strict work is of class %s: %v", codec.ClassOf(err), err)
	}
	return err
}

// short is the input without its last bytes.
func short(in input, keep int) input {
	return newInput(in.name, in.mediaType, in2bytes(in)[:keep])
}

func TestPicturesThatAreCutOffFail(t *testing.T) {
	for _, format := range []string{"jpg", "png", "webp", "avif", "heif", "tiff", "gif", "jxl",
		"bmp"} {
		made := mustConvert(t, pngOf(t, grain()), codec.Convert{Format: format, Effort: 1})
		whole := newInput("whole."+format, made.spec.Type, made.data)
		op := codec.Convert{Format: "png"}
		if err := strictly(t, whole, op); err != nil {
			t.Errorf("a whole %s: %v", format, err)
		}
		cut := short(whole, len(made.data)*2/3)
		_, err := convert(t.Context(), cut, op, codec.Policy{})
		if codec.ClassOf(err) != codec.Invalid {
			t.Errorf("%s: error %v, want class invalid", format, err)
		}
		if err := strictly(t, cut, op); err == nil {
			t.Errorf("%s: strict work does not fail", format)
		}
	}
}

// TestAnimationsThatAreCutOffKeepWhatIsWhole has frames, or pages, of one colour each.
func TestAnimationsThatAreCutOffKeepWhatIsWhole(t *testing.T) {
	for _, format := range []string{"gif", "apng", "webp", "avif", "tiff"} {
		t.Run(format, func(t *testing.T) {
			whole, to := document(t, 4), codec.Convert{Format: "tiff", Pages: codec.AllPages}
			if format != "tiff" {
				to = codec.Convert{Format: "webp", Effort: 1}
				made := mustConvert(t, animation(t, 60, 40), codec.Convert{Format: format, Effort: 1})
				whole = newInput("flags."+format, made.spec.Type, made.data)
			}
			if err := strictly(t, whole, to); err != nil {
				t.Errorf("all of it: %v", err)
			}
			cut := short(whole, lastOf(format, in2bytes(whole)))
			out := mustConvert(t, cut, to)
			n := out.result.Media.Frames
			if said := fmt.Sprintf("ends early: whole %s: %d", parts(format), n); n < 1 || n > 3 ||
				!strings.Contains(notes(out), said) || probe(t, cut).Frames != n {
				t.Errorf("%d frames, the probe says %d, notes %q", n, probe(t, cut).Frames, notes(out))
			}
			want := decode(t, mustConvert(t, whole, codec.Convert{Format: "png", Page: page(format)}))
			first := mustConvert(t, newInput("cut", out.spec.Type, out.data), codec.Convert{Format: "png"})
			if d := differ(decode(t, first), want, tolerance); d != "" {
				t.Errorf("the first: %s", d)
			}
			if err := strictly(t, cut, to); err == nil || !strings.Contains(err.Error(), "ends early") {
				t.Errorf("strict work: %v", err)
			}
			if size := inspect(t, cut).SizeBytes; size != cut.Size() {
				t.Errorf("the report says %d bytes, want %d", size, cut.Size())
			}
		})
	}
}

// lastOf is where the last of four frames of one colour, or of four pages, is in a file.
func lastOf(format string, file []byte) int {
	switch format {
	case "webp":
		return bytes.LastIndex(file, []byte("ANMF")) + 20
	case "apng":
		return bytes.LastIndex(file, []byte("fdAT")) + 10
	}
	return len(file) - map[string]int{"gif": 3, "avif": 12, "tiff": 150}[format]
}

func parts(format string) string {
	if format == "tiff" {
		return "pages"
	}
	return "frames"
}

func page(format string) int {
	if format == "tiff" {
		return 1
	}
	return 0
}

func TestStrictWorkEndsAtDamage(t *testing.T) {
	made := func(format string) []byte {
		return mustConvert(t, pngOf(t, grain()), codec.Convert{Format: format}).data
	}
	jpg, gif := made("jpg"), made("gif")
	scan := bytes.Index(jpg, []byte{0xff, 0xda})
	jpg = slices.Insert(jpg, scan, 'x', 'x') // between two segments
	gif = append(gif[:len(gif)-1], 'x', ';') // a block of no kind
	for name, in := range map[string]input{
		"jpg": newInput("x.jpg", "image/jpeg", jpg), "gif": newInput("x.gif", "image/gif", gif),
	} {
		op := codec.Convert{Format: "bmp"}
		out := mustConvert(t, in, op)
		if d := differ(decode(t, out), grain(), 12); d != "" || name == "gif" && notes(out) == "" {
			t.Errorf("%s: %s, notes %q", name, d, notes(out))
		}
		if err := strictly(t, in, op); err == nil {
			t.Errorf("%s: strict work does not fail", name)
		}
	}
}

func TestStripOfWhatIsCutOff(t *testing.T) {
	for _, format := range []string{"jpg", "png"} {
		made := mustConvert(t, pngOf(t, grain()), codec.Convert{Format: format})
		cut := short(newInput("x", made.spec.Type, made.data), len(made.data)*2/3)
		out := mustConvert(t, cut, codec.StripMetadata{})
		if !strings.Contains(notes(out), "ends early") || out.result.Streams[0].Action != codec.Copied {
			t.Errorf("%s: %+v", format, out.result)
		}
		if err := strictly(t, cut, codec.StripMetadata{}); err == nil {
			t.Errorf("%s: strict work does not fail", format)
		}
	}
	made := mustConvert(t, animation(t, 60, 40), codec.Convert{Format: "webp", Effort: 1})
	cut := short(newInput("x.webp", made.spec.Type, made.data), lastOf("webp", made.data))
	out := mustConvert(t, cut, codec.StripMetadata{})
	again := newInput("again.webp", out.spec.Type, out.data)
	err := strictly(t, again, codec.Convert{Format: "gif"})
	if err != nil || probe(t, again).Frames != 3 {
		t.Errorf("webp: %v, %+v", err, probe(t, again))
	}
}
