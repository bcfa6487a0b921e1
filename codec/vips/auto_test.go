package vips_test

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"math"
	"strings"
	"testing"

	"github.com/spoolmedia/spool/codec"
)

// browser is what Chrome sends for pictures.
const browser = "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8"

// drawing has flat areas of a few colours, and smooth edges.
func drawing(w, h int) *image.NRGBA {
	im := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			d := math.Hypot(float64(x-w/2), float64(y-h/2)) - float64(h)/3
			edge := byte(255 * min(max(d, 0), 1))
			im.SetNRGBA(x, y, color.NRGBA{200, edge, 255 - edge, 255})
		}
	}
	return im
}

// scene is as irregular as a photograph.
func scene(w, h int, alpha uint8) *image.NRGBA {
	im := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			n := byte((x*7919 + y*104729 + x*y) >> 3 % 16)
			wave := byte(100 + 60*math.Sin(float64(x)/9)*math.Cos(float64(y)/7))
			im.SetNRGBA(x, y, color.NRGBA{wave + n, byte(y*2) + n, byte(x) + n, alpha})
		}
	}
	return im
}

func TestFormatIsChosenForThePictureAndTheClient(t *testing.T) {
	photo := pngOf(t, scene(96, 64, 255))
	jpeg := newInput("photo.jpg", "image/jpeg", turnedJPEG(t, flag(96, 64), 1))
	for _, c := range []struct {
		name   string
		in     input
		accept string
		want   string // the media type, and "VP8L" for webp without loss
	}{
		{"a browser's photograph", photo, browser, "image/avif"},
		{"an older browser's", photo, "image/webp,*/*", "image/webp"},
		{"one that prefers webp", photo, "image/avif;q=0.5, image/webp;q=0.9", "image/webp"},
		{"one that refuses avif", photo, "image/avif;q=0, image/webp", "image/webp"},
		{"one that prefers jpg", photo, "image/jpeg, image/webp;q=0.9", "image/jpeg"},
		{"a program's", photo, "*/*", "image/jpeg"},
		{"no word of the client", photo, "", "image/jpeg"},
		{"a broken word", photo, "image/, ;;, webp", "image/jpeg"},
		{"what is a jpeg is a photograph", jpeg, browser, "image/avif"},
		{"a drawing", pngOf(t, drawing(96, 64)), browser, "VP8L"},
		{"a drawing for all", pngOf(t, drawing(96, 64)), "image/*", "image/png"},
		{"transparency", pngOf(t, scene(96, 64, 100)), browser, "image/avif"},
		{"transparency for all", pngOf(t, scene(96, 64, 100)), "", "image/png"},
		{"an animation", animation(t, 40, 30), browser, "image/webp"},
		{"an animation for all", animation(t, 40, 30), "*/*", "image/gif"},
	} {
		t.Run(c.name, func(t *testing.T) {
			op := codec.Convert{Format: codec.FormatAuto, Accept: c.accept}
			out := mustConvert(t, c.in, op)
			lossless := out.spec.Type == "image/webp" && bytes.Contains(out.data, []byte("VP8L"))
			if got := out.spec.Type; got != c.want && !(lossless && c.want == "VP8L") ||
				lossless != (c.want == "VP8L") {
				t.Errorf("%s was made, without loss %v, want %s", got, lossless, c.want)
			}
			format := strings.TrimPrefix(out.spec.Type, "image/")
			if !strings.Contains(notes(out), strings.Replace(format, "jpeg", "jpg", 1)+" was chosen") {
				t.Errorf("notes are %q", notes(out))
			}
			if c.in.mediaType == "image/png" { // the picture came through the choice unharmed
				want, err := png.Decode(bytes.NewReader(in2bytes(c.in)))
				if err != nil {
					t.Fatal(err)
				}
				if d := differ(decode(t, out), want, tolerance); d != "" {
					t.Error(d)
				}
			}
		})
	}
}

func TestEveryOperationOnPicturesChooses(t *testing.T) {
	for _, c := range []struct {
		in   codec.Input
		op   codec.Operation
		want string
	}{
		{pngOf(t, scene(96, 64, 255)), codec.Thumbnail{Width: 40, Format: codec.FormatAuto,
			Accept: "image/webp"}, "image/webp"},
		{pngOf(t, drawing(96, 64)), codec.Thumbnail{Width: 40, Format: codec.FormatAuto}, "image/png"},
		{animation(t, 40, 30), codec.Thumbnail{Width: 20, Format: codec.FormatAuto}, "image/gif"},
		{pngOf(t, scene(96, 64, 255)), codec.Transform{Rotate: 90, Format: codec.FormatAuto,
			Accept: browser}, "image/avif"},
		{pngOf(t, drawing(96, 64)), codec.Transform{Flip: true, Format: codec.FormatAuto,
			Accept: browser}, "image/webp"},
		{pngOf(t, scene(96, 64, 255)), codec.Chain{Steps: codec.Steps{codec.Adjust{Invert: true},
			codec.Thumbnail{Width: 40, Format: codec.FormatAuto}}}, "image/jpeg"},
	} {
		out := mustConvert(t, c.in, c.op)
		if got := out.spec.Type; got != c.want || !strings.Contains(notes(out), "was chosen") {
			t.Errorf("%+v made %s, want %s; notes %q", c.op, got, c.want, notes(out))
		}
	}
}

func TestRenditionsAreChosenEach(t *testing.T) {
	op := codec.Renditions{Outputs: []codec.Rendition{
		{Format: codec.FormatAuto, Accept: browser, Width: 64},
		{Format: codec.FormatAuto, Accept: "image/webp", Width: 48},
		{Format: codec.FormatAuto, Width: 32, Quality: 40},
		{Format: "png", Width: 16, Quality: 40, Effort: 3}}}
	const jpg, png = "jpg was chosen for a photograph", "png was chosen for a drawing\n" +
		"the quality was not used: png has none"
	for _, c := range []struct {
		in    codec.Input
		names map[string]string // to notes
	}{
		{pngOf(t, scene(96, 64, 255)), map[string]string{
			"picture-64.avif": "avif was chosen for a photograph",
			"picture-48.webp": "webp was chosen for a photograph", "picture-32.jpg": jpg,
			"picture-16.png": "the quality was not used: png has none"}},
		{pngOf(t, drawing(96, 64)), map[string]string{
			"picture-64.webp": "webp was chosen for a drawing",
			"picture-48.webp": "webp was chosen for a drawing", "picture-32.png": png,
			"picture-16.png": "the quality was not used: png has none"}},
	} {
		outputs := all(t, c.in, op)
		for name, want := range c.names {
			o := outputs[name]
			if o == nil {
				t.Errorf("there is no %s among %d", name, len(outputs))
				continue
			}
			if notes(o) != want || decode(t, o).Bounds().Dx() != o.result.Media.Width {
				t.Errorf("%s: notes %q, want %q, %+v", name, notes(o), want, o.result.Media)
			}
		}
	}
}

func TestChosenFormatHoldsTheSize(t *testing.T) {
	long := pngOf(t, scene(17_000, 2, 255))
	out := mustConvert(t, long, codec.Convert{Format: codec.FormatAuto, Accept: browser})
	if out.spec.Type != "image/jpeg" || out.result.Media.Width != 17_000 {
		t.Errorf("17,000 pixels became %+v", out.result)
	}
}

func TestChosenFormatKeepsWhatTheOperationAsks(t *testing.T) {
	turned := newInput("turned.jpg", "image/jpeg", turnedJPEG(t, flag(96, 48), 6))
	chain := codec.Chain{Steps: codec.Steps{codec.Transform{Flop: true},
		codec.Convert{Format: codec.FormatAuto, Accept: browser, Height: 24}}}
	out := mustConvert(t, turned, chain)
	if m := out.result.Media; m.Type != "image/avif" || m.Width != 48 || m.Height != 24 {
		t.Errorf("the chain made %+v", m)
	}
	if d := near(decode(t, out), 40, 12, red, 40); d != "" { // red was at the left
		t.Error(d)
	}
}
