package vips_test

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"strconv"
	"strings"
	"testing"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/codectest"
)

func notes(o *output) string { return strings.Join(o.result.Notes, "\n") }

// photos are what asFormat has made.
var photos = map[string]input{}

// asFormat is a photo as a file of the format, encoded well, and once for all tests.
func asFormat(t *testing.T, format string) input {
	t.Helper()
	if made, ok := photos[format]; ok {
		return made
	}
	out := mustConvert(t, corpus(t, "image/sharp-Landscape_1.jpg"),
		codec.Convert{Format: format, Quality: 97, Width: 200})
	name := "photo" + out.spec.Name[strings.LastIndexByte(out.spec.Name, '.'):]
	photos[format] = newInput(name, out.spec.Type, out.data)
	return photos[format]
}

func TestCompressByQuality(t *testing.T) {
	for _, format := range []string{"jpg", "png", "webp", "avif", "heif", "gif", "jxl"} {
		t.Run(format, func(t *testing.T) {
			in := asFormat(t, format)
			high := mustConvert(t, in, codec.Compress{Quality: 80})
			low := mustConvert(t, in, codec.Compress{Quality: 15})
			if !(len(low.data) < len(high.data) && len(high.data) < int(in.Size())) {
				t.Errorf("%d bytes with quality 15, %d with 80, the input has %d",
					len(low.data), len(high.data), in.Size())
			}
			if low.spec.Type != in.mediaType {
				t.Errorf("%s became %s", in.mediaType, low.spec.Type)
			}
			before := decode(t, &output{data: in2bytes(in), spec: codec.OutSpec{Type: in.mediaType}})
			if d := differ(decode(t, high), before, 8); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestCompressTriesAsHardAsAsked(t *testing.T) {
	for format, op := range map[string]codec.Compress{"png": {}, "gif": {}, "webp": {}, "avif": {},
		"apng": {Lossless: true}, "jxl": {}, "jpg": {}} {
		in := asFormat(t, format)
		knob := map[string]string{"apng": "compression"}[format]
		if knob == "" {
			knob = "effort"
		}
		var told []string
		var sizes []int
		for _, op.Effort = range []int{1, 9} {
			out := mustConvert(t, in, op)
			told = append(told, out.result.Streams[0].Options[knob])
			sizes = append(sizes, len(out.data))
			if said := strings.Contains(notes(out), "effort was not used"); said != (format == "jpg") {
				t.Errorf("%s: notes %q", format, notes(out))
			}
		}
		if (told[0] == told[1]) != (format == "jpg") {
			t.Errorf("%s: %s is %q", format, knob, told)
		}
		if format == "png" && (told[1] != "10" || sizes[1] >= sizes[0]) {
			t.Errorf("efforts %q make palettes in files of %d bytes", told, sizes)
		}
	}
}

func TestCompressAimsAtASize(t *testing.T) {
	for _, format := range []string{"jpg", "webp", "png"} {
		t.Run(format, func(t *testing.T) {
			in := asFormat(t, format)
			target := in.Size() / 3
			out := mustConvert(t, in, codec.Compress{TargetBytes: target})
			if int64(len(out.data)) > target {
				t.Fatalf("%d bytes, want at most %d", len(out.data), target)
			}
			applied, err := strconv.Atoi(out.result.Streams[0].Options["Q"])
			if err != nil || !strings.Contains(notes(out), "quality "+strconv.Itoa(applied)+" ") {
				t.Errorf("quality %d, %v is applied, and the notes say %q", applied, err, notes(out))
			}
			again := mustConvert(t, in, codec.Compress{Quality: applied})
			if !bytes.Equal(again.data, out.data) {
				t.Errorf("%d bytes, and %d with that quality given", len(out.data), len(again.data))
			}
			more := mustConvert(t, in, codec.Compress{Quality: min(applied+1, 100)})
			if applied < 100 && int64(len(more.data)) <= target {
				t.Errorf("quality %d has %d bytes and would fit %d, too", applied+1, len(more.data), target)
			}
			smaller := mustConvert(t, in, codec.Compress{TargetBytes: target * 2 / 3})
			if len(smaller.data) >= len(out.data) {
				t.Errorf("%d bytes for two thirds of the target, %d for all of it",
					len(smaller.data), len(out.data))
			}
		})
	}
}

func TestCompressSaysWhatDoesNotFit(t *testing.T) {
	printed := codectest.OpenInput(t,
		codectest.Corpus(t, "image/sharp-Channel_digital_image_CMYK_color.jpg"))
	for _, test := range []struct {
		in    codec.Input
		bytes int64
		says  string
	}{
		{asFormat(t, "jpg"), 100, "a smaller picture would fit"},
		{printed, 8000, "its colour profile alone has 557168"},
	} {
		_, err := convert(t.Context(), test.in, codec.Compress{TargetBytes: test.bytes}, trusting)
		if codec.ClassOf(err) != codec.Unsupported ||
			!strings.Contains(err.Error(), "even with quality 1") ||
			!strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: %v", test.in.Name(), err)
		}
	}
}

func TestCompressNeverMakesLarger(t *testing.T) {
	small := mustConvert(t, asFormat(t, "jpg"), codec.Convert{Format: "jpg", Quality: 20})
	in := newInput("small.jpg", "image/jpeg", small.data)
	for _, op := range []codec.Compress{{Quality: 90}, {TargetBytes: in.Size()}, {Lossless: true}} {
		op.StripMetadata = new(false)
		out := mustConvert(t, in, op)
		if !bytes.Equal(out.data, small.data) || !strings.Contains(notes(out), "input's bytes came back") {
			t.Errorf("%+v: %d bytes became %d: %q", op, len(small.data), len(out.data), notes(out))
		}
		if out.result.Streams[0].Action != codec.Copied {
			t.Errorf("%+v: %+v", op, out.result.Streams)
		}
	}
}

func TestCompressStripsUnlessToldNot(t *testing.T) {
	in := corpus(t, "image/exifsamples-gps-DSCN0010.jpg")
	for name, op := range map[string]codec.Compress{
		"encoded": {Quality: 30}, "given back": {Lossless: true}, "aimed": {TargetBytes: 30_000},
	} {
		bare := mustConvert(t, in, op)
		op.StripMetadata = new(false)
		full := mustConvert(t, in, op)
		if bytes.Contains(bare.data, []byte("Exif")) || !bytes.Contains(full.data, []byte("Exif")) {
			t.Errorf("%s: EXIF is there with StripMetadata, or not there without", name)
		}
		if len(full.data) <= len(bare.data) && name != "aimed" {
			t.Errorf("%s: %d bytes with metadata, %d without", name, len(full.data), len(bare.data))
		}
	}
}

func TestCompressKeepsTheProfile(t *testing.T) {
	in := corpus(t, "image/govips-jpg-24bit-icc-adobe-rgb.jpg")
	out := mustConvert(t, in, codec.Compress{Quality: 30})
	if err := codectest.SameProfile(out.data, in2bytes(in)); err != nil {
		t.Error(err)
	}
}

func TestCompressWithoutLossKeepsPixels(t *testing.T) {
	noise := image.NewNRGBA(image.Rect(0, 0, 90, 60))
	for i := range noise.Pix {
		noise.Pix[i] = byte(i * i >> 4)
		if i%4 == 3 {
			noise.Pix[i] = 255
		}
	}
	var b bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.NoCompression}).Encode(&b, noise); err != nil {
		t.Fatal(err)
	}
	loose := newInput("noise.png", "image/png", b.Bytes())
	out := mustConvert(t, loose, codec.Compress{Lossless: true})
	if len(out.data) >= b.Len() || out.result.Streams[0].Action != codec.Encoded {
		t.Errorf("png: %d bytes became %d: %q", b.Len(), len(out.data), notes(out))
	}
	if d := differ(decode(t, out), noise, 0); d != "" {
		t.Errorf("png: %s", d)
	}
	for _, file := range []string{"ximage-yellow_rose.lossless.webp", "govips-jxl-isobmff.jxl",
		"pillow-hopper_bigtiff.tif", "sharp-Flag_of_the_Netherlands-16bit.png"} {
		in := corpus(t, "image/"+file)
		out := mustConvert(t, in, codec.Compress{Lossless: true})
		before := decode(t, &output{data: in2bytes(in), spec: codec.OutSpec{Type: in.mediaType}})
		if d := differ(decode(t, out), before, 0); d != "" || int64(len(out.data)) > in.Size() {
			t.Errorf("%s: %d bytes became %d: %s", file, in.Size(), len(out.data), d)
		}
	}
}

// TestCompressWithoutLossIsNoPalette guards the difference between the two modes of
// a png.
func TestCompressWithoutLossIsNoPalette(t *testing.T) {
	in := asFormat(t, "png")
	colours := func(o *output) int {
		seen := map[color.Color]bool{}
		im := decode(t, o)
		for y := range im.Bounds().Dy() {
			for x := range im.Bounds().Dx() {
				seen[im.At(x, y)] = true
			}
		}
		return len(seen)
	}
	if n := colours(mustConvert(t, in, codec.Compress{Lossless: true})); n <= 256 {
		t.Errorf("%d colours without loss", n)
	}
	if n := colours(mustConvert(t, in, codec.Compress{})); n > 256 {
		t.Errorf("%d colours with loss", n)
	}
}

func TestCompressKeepsAllFramesAndPages(t *testing.T) {
	gif := corpus(t, "image/sharp-animated-loop-3.gif")
	if out := mustConvert(t, gif, codec.Compress{Quality: 40}); out.result.Media.Frames != 10 ||
		int64(len(out.data)) >= gif.Size() {
		t.Errorf("gif: %d bytes became %d: %+v", gif.Size(), len(out.data), out.result)
	}
	apng := corpus(t, "image/pillow-iss634.apng")
	if out := mustConvert(t, apng, codec.Compress{}); out.result.Media.Frames != 41 ||
		int64(len(out.data)) > apng.Size() {
		t.Errorf("apng: %d bytes became %d: %+v", apng.Size(), len(out.data), out.result)
	}
	for _, file := range []string{"sharp-G31D_MULTI.TIF"} {
		in := corpus(t, "image/"+file)
		out := mustConvert(t, in, codec.Compress{StripMetadata: new(false)})
		if !bytes.Equal(out.data, in2bytes(in)) || !strings.Contains(notes(out), "came back") {
			t.Errorf("%s: %d bytes became %d: %q", file, in.Size(), len(out.data), notes(out))
		}
	}
}

func TestCompressAppliesTheOrientation(t *testing.T) {
	in := newInput("turned.jpg", "image/jpeg", turnedJPEG(t, flag(96, 48), 6))
	for _, op := range []codec.Compress{{Quality: 40}, {TargetBytes: in.Size() - 100}} {
		if d := differ(decode(t, mustConvert(t, in, op)), flag(96, 48), 9); d != "" {
			t.Errorf("%+v: %s", op, d)
		}
	}
	back := mustConvert(t, in, codec.Compress{Lossless: true})
	if !bytes.Equal(back.data, in2bytes(in)) || !strings.Contains(notes(back), "still there") {
		t.Errorf("the input did not come back: %q", notes(back))
	}
}
