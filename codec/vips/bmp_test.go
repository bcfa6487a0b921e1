package vips_test

import (
	"bytes"
	"image"
	"slices"
	"strings"
	"testing"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/codectest"
	"golang.org/x/image/bmp"
)

func TestBMPIsWrittenAndRead(t *testing.T) {
	for _, w := range []int{60, 61, 62, 63} { // rows are padded to four bytes
		out := mustConvert(t, pngOf(t, flag(w, 40)), codec.Convert{Format: "bmp"})
		m, err := bmp.Decode(bytes.NewReader(out.data))
		if err != nil {
			t.Fatal(err)
		}
		if d := differ(m, flag(w, 40), 0); d != "" || out.spec.Name != "picture.bmp" {
			t.Errorf("%s, %d wide: %s", out.spec.Name, w, d)
		}
		in := newInput("again.bmp", out.spec.Type, out.data)
		if sniffed, err := codec.Sniff(in, in.Size()); err != nil || sniffed != "image/bmp" {
			t.Errorf("the bytes are %s, %v", sniffed, err)
		}
		if d := differ(decode(t, mustConvert(t, in, codec.Convert{Format: "png"})), flag(w, 40), 0); d != "" {
			t.Errorf("read again, %d wide: %s", w, d)
		}
		small := mustConvert(t, in, codec.Convert{Format: "bmp", Width: 30})
		if m := small.result.Media; m.Width != 30 || len(small.data) >= len(out.data) {
			t.Errorf("%+v", m)
		}
	}
}

func TestBMPHasNoTransparency(t *testing.T) {
	clear := pngOf(t, image.NewNRGBA(image.Rect(0, 0, 8, 8)))
	out := mustConvert(t, clear, codec.Convert{Format: "bmp", Background: "#1ea01e"})
	if d := near(decode(t, out), 4, 4, green, 1); d != "" {
		t.Error(d)
	}
}

func TestBMPFromOthers(t *testing.T) {
	for _, file := range []string{"govips-bmp+alpha.bmp", "pillow-rgba32.bmp"} {
		in := newInput(file, "image/bmp", in2bytes(corpus(t, "image/"+file)))
		want, err := codectest.DecodeImage(in2bytes(in))
		if err != nil {
			t.Fatal(err)
		}
		out := mustConvert(t, in, codec.Convert{Format: "png"})
		if d := differ(decode(t, out), want, 1); d != "" {
			t.Errorf("%s: %s", file, d)
		}
	}
}

// TestBMPWithAPalette has pixels of a bit each, which the pipeline gets as colours.
func TestBMPWithAPalette(t *testing.T) {
	data := append([]byte("BM\x46\x00\x00\x00\x00\x00\x00\x00\x3e\x00\x00\x00"+ // pixels from 62 on
		"\x28\x00\x00\x00\x04\x00\x00\x00\x02\x00\x00\x00\x01\x00\x01\x00"), // 4 × 2
		make([]byte, 24)...)
	data = append(data, "\x1e\x1e\xc8\x00\xc8\x1e\x1e\x00"+ // red and blue
		"\xf0\x00\x00\x00\x30\x00\x00\x00"...)
	out := decode(t, mustConvert(t, newInput("two.bmp", "image/bmp", data), codec.Convert{Format: "png"}))
	for _, d := range []string{near(out, 0, 0, red, 0), near(out, 2, 0, blue, 0), near(out, 0, 1, blue, 0)} {
		if d != "" {
			t.Error(d)
		}
	}
}

func TestBrokenBMPs(t *testing.T) {
	good := mustConvert(t, pngOf(t, flag(60, 40)), codec.Convert{Format: "bmp"}).data
	for name, data := range map[string][]byte{"cut off": good[:3000], "a head alone": good[:54], "no head": good[:20]} {
		_, err := convert(t.Context(), newInput("x.bmp", "image/bmp", data), codec.Convert{Format: "png"}, trusting)
		if codec.ClassOf(err) != codec.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	other := slices.Clone(good)
	other[28] = 30 // bits
	_, err := convert(t.Context(), newInput("x.bmp", "image/bmp", other), codec.Convert{Format: "png"}, trusting)
	if codec.ClassOf(err) != codec.Unsupported || !strings.Contains(err.Error(), "RLE") {
		t.Errorf("30 bits: %v", err)
	}
	in := newInput("x.bmp", "image/bmp", good)
	_, err = convert(t.Context(), in, codec.Convert{Format: "png"},
		codec.Policy{Limits: codec.Limits{Pixels: 100}})
	if codec.ClassOf(err) != codec.Limit {
		t.Errorf("too many pixels: %v", err)
	}
}
