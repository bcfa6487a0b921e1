package vips_test

import (
	"bytes"
	"image"
	"strings"
	"testing"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/codectest"
)

// telling are words that stand in files with metadata and in no other.
var telling = []string{"Exif", "EXIF", "eXIf", "GPS", "ns.adobe.com", "XMP ", "Photoshop", "tEXt", "iTXt",
	"COOLPIX", "Canon"}

func TestStripKeepsThePictureAndItsProfile(t *testing.T) {
	for _, file := range []string{"exifsamples-gps-DSCN0010.jpg", "govips-jpg-24bit-icc-smpte.jpg",
		"sharp-Channel_digital_image_CMYK_color.jpg", "go-video-001.q50.410.progressive.jpeg",
		"sharp-p3.png", "pillow-iss634.apng", "sharp-swiss.png", "sharp-4.webp",
		"sharp-5_webp_a.webp", "sharp-animated-loop-3.webp", "ximage-yellow_rose.lossless.webp"} {
		t.Run(file, func(t *testing.T) {
			in := corpus(t, "image/"+file)
			out := mustConvert(t, in, codec.StripMetadata{})
			if got, want := out.result.Media, probe(t, in); got != want || out.spec.Type != want.Type {
				t.Errorf("media %+v, want %+v", got, want)
			}
			if a := out.result.Streams[0].Action; a != codec.Copied || len(out.result.Notes) != 1 {
				t.Errorf("the picture was %s: %q", a, out.result.Notes)
			}
			for _, word := range telling {
				if bytes.Contains(out.data, []byte(word)) {
					t.Errorf("%q is still there", word)
				}
			}
			small := codec.Convert{Format: "png", Width: 100, KeepProfile: true}
			cut := newInput("cut", out.spec.Type, out.data)
			if d := differ(decode(t, mustConvert(t, cut, small)), decode(t, mustConvert(t, in, small)), 0); d != "" {
				t.Errorf("the pixels changed: %s", d)
			}
			if err := codectest.SameProfile(out.data, in2bytes(in)); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestStripTakesAwayWhatHangsBehind is about a gain map, which is a picture of its
// own behind the picture.
func TestStripTakesAwayWhatHangsBehind(t *testing.T) {
	in := corpus(t, "image/sharp-gain-map.jpg")
	out := mustConvert(t, in, codec.StripMetadata{})
	pictures := func(b []byte) int { return bytes.Count(b, []byte("\xff\xd8\xff")) }
	if !strings.Contains(notes(out), "data behind the picture") || pictures(in2bytes(in)) < 2 ||
		pictures(out.data) != 1 {
		t.Errorf("%d bytes became %d: %q", in.Size(), len(out.data), notes(out))
	}
}

func TestStripSaysWhatItRemoved(t *testing.T) {
	out := mustConvert(t, corpus(t, "image/exifsamples-gps-DSCN0010.jpg"), codec.StripMetadata{})
	if notes := strings.Join(out.result.Notes, "\n"); notes != "cut out: EXIF, XMP" {
		t.Errorf("notes are %q", notes)
	}
	clean := mustConvert(t, newInput("clean.jpg", "image/jpeg", out.data), codec.StripMetadata{})
	if !bytes.Equal(clean.data, out.data) || clean.result.Notes[0] != "there was nothing to remove" {
		t.Errorf("%d bytes became %d: %q", len(out.data), len(clean.data), clean.result.Notes)
	}
}

func TestStripAppliesTheOrientation(t *testing.T) {
	for n := 2; n <= 8; n++ {
		in := newInput("turned.jpg", "image/jpeg", turnedJPEG(t, flag(96, 48), n))
		out := mustConvert(t, in, codec.StripMetadata{})
		if d := differ(decode(t, out), flag(96, 48), tolerance); d != "" {
			t.Errorf("%d: %s", n, d)
		}
		if bytes.Contains(out.data, []byte("Exif")) {
			t.Errorf("%d: EXIF is still there", n)
		}
		if notes := strings.Join(out.result.Notes, "\n"); !strings.Contains(notes, "encoded again") {
			t.Errorf("%d: notes are %q", n, notes)
		}
	}
	in := corpus(t, "image/govips-webp-orientation-6.webp")
	out := mustConvert(t, in, codec.StripMetadata{})
	if m := out.result.Media; m.Width != 391 || m.Height != 521 || out.spec.Type != "image/webp" {
		t.Errorf("webp: %+v", m)
	}
}

func TestStripKeepsTheProfileOfATurnedPicture(t *testing.T) {
	var profile []byte
	for b := in2bytes(corpus(t, "image/govips-jpg-24bit-icc-adobe-rgb.jpg")); ; b = b[1:] {
		if bytes.HasPrefix(b, []byte("ICC_PROFILE\x00")) {
			profile = b[:14+560] // behind the name and the number of the segment
			break
		}
	}
	in := newInput("turned.jpg", "image/jpeg",
		withSegment(turnedJPEG(t, flag(96, 48), 6), 0xe2, profile))
	out := mustConvert(t, in, codec.StripMetadata{})
	if err := codectest.SameProfile(out.data, in2bytes(in)); err != nil {
		t.Error(err)
	}
	if bytes.Contains(out.data, []byte("Exif")) {
		t.Error("EXIF is still there")
	}
	if got := decode(t, out).Bounds().Size(); got != image.Pt(96, 48) {
		t.Errorf("size %v", got)
	}
}

func TestStripEncodesAgainWhatItCannotCut(t *testing.T) {
	for _, file := range []string{"govips-heic-orientation-6.heic", "pillow-rot1mir0.avif",
		"pillow-hopper_bigtiff.tif", "govips-jxl-8bit-grey-icc-dot-gain.jxl", "sharp-animated-loop-3.gif"} {
		in := corpus(t, "image/"+file)
		if strings.HasSuffix(file, ".heic") { // the file is large, and its decoder slow
			small := mustConvert(t, in, codec.Convert{Format: "heif", Width: 90})
			in = newInput("small.heic", small.spec.Type, small.data)
		}
		out := mustConvert(t, in, codec.StripMetadata{})
		for _, word := range telling {
			if bytes.Contains(out.data, []byte(word)) {
				t.Errorf("%s: %q is still there", file, word)
			}
		}
		if got, want := out.result.Media, probe(t, in); got != want {
			t.Errorf("%s: media %+v, want %+v", file, got, want)
		}
		if !strings.Contains(notes(out), "encoded again") {
			t.Errorf("%s: notes are %q", file, notes(out))
		}
		before := decode(t, &output{data: in2bytes(in), spec: codec.OutSpec{Type: in.mediaType}})
		if d := differ(decode(t, out), before, 3); d != "" {
			t.Errorf("%s: %s", file, d)
		}
	}
	_, err := convert(t.Context(), corpus(t, "image/sharp-G31D_MULTI.TIF"), codec.StripMetadata{}, trusting)
	if codec.ClassOf(err) != codec.Unsupported || !strings.Contains(err.Error(), "2 pages") {
		t.Errorf("pages: %v", err)
	}
}

func TestStripRefusesABrokenFile(t *testing.T) {
	jpg := turnedJPEG(t, flag(96, 48), 1)
	broken := append(bytes.Clone(jpg[:len(jpg)-2]), "\xff\xe1\xff\xffshort"...)
	_, err := convert(t.Context(), newInput("broken.jpg", "image/jpeg", broken), codec.StripMetadata{}, trusting)
	if codec.ClassOf(err) != codec.Invalid {
		t.Errorf("error %v", err)
	}
}
