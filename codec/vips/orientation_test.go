package vips_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"testing"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/vips"
)

func TestEveryOrientationComesOutUpright(t *testing.T) {
	first := corpus(t, "image/sharp-Landscape_1.jpg")
	upright := decode(t, mustConvert(t, first, codec.Convert{Format: "png"}))
	small := decode(t, mustConvert(t, first, codec.Convert{Format: "png", Width: 150}))
	for n := 1; n <= 8; n++ {
		in := corpus(t, fmt.Sprintf("image/sharp-Landscape_%d.jpg", n))
		media, _, err := vips.New().Probe(t.Context(), &codec.Work{In: []codec.Input{in}})
		if err != nil || media.Width != 600 || media.Height != 450 {
			t.Errorf("%d: the probe says %+v, %v", n, media, err)
		}
		if d := differ(decode(t, mustConvert(t, in, codec.Convert{Format: "png"})), upright, 8); d != "" {
			t.Errorf("%d: %s", n, d)
		}
		for _, format := range []string{"png", "jpg", "webp", "tiff"} {
			out := mustConvert(t, in, codec.Convert{Format: format, Width: 150})
			if d := differ(decode(t, out), small, 8); d != "" {
				t.Errorf("%d as %s: %s", n, format, d)
			}
			// An orientation that was left in the metadata turns it again here.
			again := mustConvert(t, newInput("again", out.spec.Type, out.data), codec.Convert{Format: "png"})
			if d := differ(decode(t, again), small, 8); d != "" {
				t.Errorf("%d as %s, again: %s", n, format, d)
			}
		}
	}
}

func TestSlowFormatsComeOutUprightToo(t *testing.T) {
	for _, format := range []string{"avif", "heif", "jxl", "gif"} {
		for _, n := range []int{3, 6} {
			in := newInput("turned.jpg", "image/jpeg", turnedJPEG(t, flag(96, 48), n))
			out := mustConvert(t, in, codec.Convert{Format: format})
			if d := differ(decode(t, out), flag(96, 48), tolerance); d != "" {
				t.Errorf("%d as %s: %s", n, format, d)
			}
		}
	}
}

func TestFilesThatDecodersTurnAreNotTurnedTwice(t *testing.T) {
	for file, want := range map[string]image.Point{
		"govips-heic-orientation-6.heic": image.Pt(150, 200),
		"govips-webp-orientation-6.webp": image.Pt(150, 200),
		"govips-jpg-orientation-6.jpg":   image.Pt(150, 200),
		"pillow-rot1mir0.avif":           image.Pt(150, 100),
	} {
		out := mustConvert(t, corpus(t, "image/"+file), codec.Convert{Format: "png", Width: 150})
		if got := decode(t, out).Bounds().Size(); got != want {
			t.Errorf("%s: %v, want %v", file, got, want)
		}
	}
}

func TestOrientationGoesBeforeTheFit(t *testing.T) {
	for n := 1; n <= 8; n++ {
		in := newInput("turned.jpg", "image/jpeg", turnedJPEG(t, flag(240, 120), n))
		op := codec.Convert{Format: "png", Width: 60, Height: 40}
		got := decode(t, mustConvert(t, in, op))
		for _, d := range []string{near(got, 5, 25, red, 12), near(got, 30, 25, green, 12),
			near(got, 55, 25, blue, 12), near(got, 30, 1, color.Black, 12)} {
			if d != "" {
				t.Errorf("orientation %d: %s", n, d)
			}
		}
	}
}

func TestFileTellsOrientationInXMPNoMore(t *testing.T) {
	data := turnedJPEG(t, flag(64, 32), 6)
	xmp := "http://ns.adobe.com/xap/1.0/\x00<x:xmpmeta><rdf:Description tiff:Orientation=\"6\"/></x:xmpmeta>"
	in := newInput("xmp.jpg", "image/jpeg", withSegment(data, 0xe1, []byte(xmp)))
	out := mustConvert(t, in, codec.Convert{Format: "jpg"})
	if !bytes.Contains(in2bytes(in), []byte(`tiff:Orientation="6"`)) {
		t.Fatal("the input has no XMP")
	}
	if !bytes.Contains(out.data, []byte(`tiff:Orientation="1"`)) {
		t.Error("the output's XMP does not say that it is upright")
	}
}

func in2bytes(in input) []byte {
	b := make([]byte, in.Size())
	if _, err := in.ReadAt(b, 0); err != nil {
		panic(err) // memory does not fail
	}
	return b
}

// turnedJPEG is a JPEG that shows im if its EXIF orientation n is obeyed.
func turnedJPEG(t testing.TB, im *image.NRGBA, n int) []byte {
	t.Helper()
	w, h := im.Rect.Dx(), im.Rect.Dy()
	stored := image.NewNRGBA(image.Rect(0, 0, w, h))
	if n >= 5 {
		stored = image.NewNRGBA(image.Rect(0, 0, h, w))
	}
	for y := range h {
		for x := range w {
			sx, sy := x, y
			switch n { // what TIFF 6.0 says of row 0 and column 0
			case 2:
				sx = w - 1 - x
			case 3:
				sx, sy = w-1-x, h-1-y
			case 4:
				sy = h - 1 - y
			case 5:
				sx, sy = y, x
			case 6:
				sx, sy = y, w-1-x
			case 7:
				sx, sy = h-1-y, w-1-x
			case 8:
				sx, sy = h-1-y, x
			}
			stored.SetNRGBA(sx, sy, im.NRGBAAt(x, y))
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, stored, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	exif := []byte("Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00")
	exif[25] = byte(n)
	return withSegment(b.Bytes(), 0xe1, exif)
}

// withSegment puts a segment behind the start of a JPEG.
func withSegment(data []byte, marker byte, segment []byte) []byte {
	head := []byte{0xff, 0xd8, 0xff, marker}
	head = binary.BigEndian.AppendUint16(head, uint16(len(segment)+2))
	return append(append(head, segment...), data[2:]...)
}

func TestAutoOrientCanBeTurnedOff(t *testing.T) {
	for _, n := range []int{3, 6} {
		in := newInput("turned.jpg", "image/jpeg", turnedJPEG(t, flag(96, 48), n))
		stored, err := jpeg.Decode(bytes.NewReader(in2bytes(in)))
		if err != nil {
			t.Fatal(err)
		}
		z := stored.Bounds().Size()
		out := mustConvert(t, in, codec.Convert{Format: "jpg", AutoOrient: new(false)})
		if d := differ(decode(t, out), stored, tolerance); d != "" {
			t.Errorf("%d: %s", n, d)
		}
		if m := out.result.Media; m.Width != z.X || m.Height != z.Y {
			t.Errorf("%d: %+v, want %v", n, m, z)
		}
		// Who obeys the orientation sees what he saw before.
		again := mustConvert(t, newInput("again.jpg", "image/jpeg", out.data), codec.Convert{Format: "png"})
		if d := differ(decode(t, again), flag(96, 48), tolerance); d != "" {
			t.Errorf("%d, obeyed: %s", n, d)
		}
		on := mustConvert(t, in, codec.Convert{Format: "jpg", AutoOrient: new(true)})
		if d := differ(decode(t, on), flag(96, 48), tolerance); d != "" {
			t.Errorf("%d, turned: %s", n, d)
		}
	}
}
