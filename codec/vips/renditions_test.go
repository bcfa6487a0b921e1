package vips_test

import (
	"bytes"
	"image"
	"image/draw"
	"slices"
	"strings"
	"testing"

	"github.com/bbrks/go-blurhash"
	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/codectest"
)

// all returns the outputs by name.
func all(t *testing.T, in codec.Input, op codec.Operation) map[string]*output {
	t.Helper()
	out, err := process(t.Context(), &codec.Work{Op: op, In: []codec.Input{in}, Policy: trusting})
	if err != nil {
		t.Fatal(err)
	}
	byName := map[string]*output{}
	for _, o := range out {
		byName[o.spec.Name] = o
	}
	if len(byName) != len(out) {
		t.Fatalf("%d outputs have %d names", len(out), len(byName))
	}
	return byName
}

func TestRenditionsAreThoseOfSeparateJobs(t *testing.T) {
	in := corpus(t, "image/sharp-2569067123_aca715a2ee_o.jpg")
	op := codec.Renditions{}
	for _, width := range []int{160, 320, 640} {
		for _, format := range []string{"webp", "jpg"} {
			op.Outputs = append(op.Outputs, codec.Rendition{Format: format, Width: width})
		}
	}
	op.Outputs = append(op.Outputs,
		codec.Rendition{Format: "png", Width: 100, Height: 100, Suffix: "square"},
		codec.Rendition{Format: "png", Width: 100, Height: 100, Fit: codec.FitInside, Suffix: "inside"})
	outputs := all(t, in, op)
	if len(outputs) != len(op.Outputs) {
		t.Errorf("%d outputs", len(outputs))
	}
	for _, o := range op.Outputs {
		name := o.OutputName(in.name)
		got, ok := outputs[name]
		if !ok {
			t.Errorf("there is no %s", name)
			continue
		}
		want := mustConvert(t, in, codec.Convert{Format: o.Format, Width: o.Width, Height: o.Height, Fit: o.Fit})
		if got.result.Media != want.result.Media {
			t.Errorf("%s: %+v, want %+v", name, got.result.Media, want.result.Media)
		}
		if d := differ(decode(t, got), decode(t, want), 3); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

func TestRenditionsReadTheInputOnce(t *testing.T) {
	in := codectest.Count(corpus(t, "image/sharp-2569067123_aca715a2ee_o.jpg"))
	op := codec.Renditions{BlurHash: true}
	for width := 100; width < 900; width += 100 {
		op.Outputs = append(op.Outputs, codec.Rendition{Format: "jpg", Width: width})
	}
	all(t, in, op)
	if in.Bytes() > in.Size()*11/10+256<<10 {
		t.Errorf("%d bytes were read of %d", in.Bytes(), in.Size())
	}
}

func TestRenditionFields(t *testing.T) {
	in := corpus(t, "image/sharp-Landscape_6.jpg")
	outputs := all(t, in, codec.Renditions{Outputs: []codec.Rendition{
		{Format: "jpg", Width: 200, Quality: 10, Suffix: "low"}, {Format: "jpg", Width: 200, Quality: 95, Suffix: "high"},
		{Format: "webp", Height: 45}, {Format: "jpg"}, {Format: "webp", Width: 9000},
	}})
	low, high := outputs["sharp-Landscape_6-low.jpg"], outputs["sharp-Landscape_6-high.jpg"]
	if 2*len(low.data) > len(high.data) {
		t.Errorf("%d bytes with quality 10, %d with 95", len(low.data), len(high.data))
	}
	for name, want := range map[string]image.Point{"x45.webp": {60, 45}, "original.jpg": {600, 450},
		"9000.webp": {600, 450}} {
		m := outputs["sharp-Landscape_6-"+name].result.Media
		if got := image.Pt(m.Width, m.Height); got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
	for name, o := range outputs {
		if bytes.Contains(o.data, []byte("Exif")) {
			t.Errorf("%s has EXIF", name)
		}
	}
	upright := decode(t, mustConvert(t, in, codec.Convert{Format: "jpg", Quality: 95, Width: 200}))
	if d := differ(decode(t, high), upright, 3); d != "" {
		t.Errorf("an orientation of 6: %s", d)
	}
}

func TestBlurHashLooksLikeThePicture(t *testing.T) {
	one := []codec.Rendition{{Format: "webp", Width: 50}}
	outputs := all(t, pngOf(t, flag(300, 200)), codec.Renditions{Outputs: one, BlurHash: true})
	o := outputs["picture-blurhash.txt"]
	if o == nil || o.spec.Type != "text/plain" {
		t.Fatalf("outputs are %v", outputs)
	}
	blurred, err := blurhash.Decode(string(o.data), 90, 60, 1)
	if err != nil {
		t.Fatalf("%q: %v", o.data, err)
	}
	b := image.NewNRGBA(blurred.Bounds())
	draw.Draw(b, b.Rect, blurred, image.Point{}, draw.Src)
	l, m, r := rgba(b.At(10, 40)), rgba(b.At(45, 40)), rgba(b.At(80, 40))
	if l[0] < l[1]+40 || m[1] < m[0]+20 || r[2] < r[0]+40 {
		t.Errorf("red, green and blue became %.0f, %.0f and %.0f", l, m, r)
	}
	if n := len(all(t, pngOf(t, flag(300, 200)), codec.Renditions{Outputs: one})); n != 1 {
		t.Errorf("%d outputs without BlurHash", n)
	}
}

func TestRenditionsKeepFramesWhereTheyCan(t *testing.T) {
	outputs := all(t, animation(t, 90, 60), codec.Renditions{BlurHash: true, Outputs: []codec.Rendition{
		{Format: "jpg", Width: 30}, {Format: "gif", Width: 60}, {Format: "webp", Width: 45}}})
	checkAnimation(t, outputs["flags-60.gif"], outputs["flags-60.gif"].result.Media)
	if m := outputs["flags-45.webp"].result.Media; m.Frames != 4 || m.Height != 30 {
		t.Errorf("webp: %+v", m)
	}
	jpg := outputs["flags-30.jpg"]
	if jpg.result.Media.Frames != 1 || jpg.result.Media.Height != 20 || !strings.Contains(notes(jpg), "first of 4") {
		t.Errorf("jpg: %+v", jpg.result)
	}
	if n := outputs["flags-60.gif"].result.Notes; len(n) > 0 {
		t.Errorf("gif has the notes %q", n)
	}
}

func TestRenditionsKeepSixteenBitsWhereTheyCan(t *testing.T) {
	outputs := all(t, corpus(t, "image/sharp-Flag_of_the_Netherlands-16bit.png"),
		codec.Renditions{Outputs: []codec.Rendition{{Format: "webp", Width: 90}, {Format: "png", Width: 90}}})
	for name, depth := range map[string]int{"webp": 8, "png": 16} {
		o := outputs["sharp-Flag_of_the_Netherlands-16bit-90."+name]
		r := inspect(t, newInput(name, o.spec.Type, o.data))
		if r.Image.Depth != depth {
			t.Errorf("%s has %d bits, want %d", name, r.Image.Depth, depth)
		}
	}
}

func TestRenditionsRefuseBeforeTheyDecode(t *testing.T) {
	in := codectest.Count(pngOf(t, image.NewGray(image.Rect(0, 0, 300, 300))))
	op := codec.Renditions{Outputs: []codec.Rendition{{Format: "jpg", Width: 10}, {Format: "svg"}}}
	out, err := process(t.Context(), &codec.Work{Op: op, In: []codec.Input{in}})
	if codec.ClassOf(err) != codec.Unsupported || len(out) > 0 {
		t.Errorf("%d outputs, %v", len(out), err)
	}
}

func TestPDFPreviewDrawsThePage(t *testing.T) {
	in := newInput("three.pdf", "application/pdf", pdf(3))
	for page, height := range map[int]int{0: 100, 1: 100, 2: 140, 3: 180} {
		for _, width := range []int{0, 100, 400} {
			out := mustConvert(t, in, codec.PDFPreview{Page: page, Width: width})
			wide := width
			if wide == 0 {
				wide = 1600
			}
			m := out.result.Media
			if m.Width != wide || m.Height != height*wide/200 || out.spec.Name != "three.jpg" {
				t.Errorf("page %d, %d wide: %+v as %s", page, width, m, out.spec.Name)
			}
			if d := near(decode(t, out), wide/2, 20, fields[max(page, 1)-1], 8); d != "" {
				t.Errorf("page %d: %s", page, d)
			}
			if len(out.result.Notes) > 0 {
				t.Errorf("notes are %q", out.result.Notes)
			}
		}
	}
	low := mustConvert(t, in, codec.PDFPreview{Quality: 5, Width: 300})
	high := mustConvert(t, in, codec.PDFPreview{Quality: 95, Width: 300})
	if len(low.data) >= len(high.data) {
		t.Errorf("%d bytes with quality 5, %d with 95", len(low.data), len(high.data))
	}
	if got := mustConvert(t, in, codec.PDFPreview{Format: "webp", Width: 50}).spec.Type; got != "image/webp" {
		t.Errorf("webp was asked for, and it is %s", got)
	}
}

func TestPDFPreviewRefusals(t *testing.T) {
	in := newInput("three.pdf", "application/pdf", pdf(3))
	_, err := convert(t.Context(), in, codec.PDFPreview{Page: 4}, trusting)
	if codec.ClassOf(err) != codec.Unsupported || !strings.Contains(err.Error(), "3 pages") {
		t.Errorf("page 4 of 3: %v", err)
	}
	if _, err := convert(t.Context(), in, codec.PDFPreview{}, codec.Policy{}); codec.ClassOf(err) != codec.Unsupported {
		t.Errorf("without leave: %v", err)
	}
	if _, err := convert(t.Context(), in, codec.PDFPreview{Width: 65000}, trusting); codec.ClassOf(err) != codec.Limit {
		t.Errorf("a giant: %v", err)
	}
}

func TestChainIsOneEncode(t *testing.T) {
	in := corpus(t, "image/sharp-Landscape_6.jpg")
	steps := codec.Steps{
		codec.Transform{CropLeft: 100, CropTop: 50, CropWidth: 400, CropHeight: 400, Width: 200},
		codec.Adjust{Grayscale: true},
		codec.Watermark{Text: "© Ada"},
	}
	out := mustConvert(t, in, codec.Chain{Steps: append(slices.Clone(steps), codec.Convert{Format: "webp", Quality: 77})})
	if s := out.result.Streams; len(s) != 1 || s[0].Options["Q"] != "77" || out.spec.Type != "image/webp" {
		t.Errorf("streams are %+v", s)
	}
	// The same with every step a file of its own, without loss.
	want := in
	for _, step := range []codec.Operation{
		codec.Transform{CropLeft: 100, CropTop: 50, CropWidth: 400, CropHeight: 400, Width: 200, Format: "png"},
		codec.Adjust{Grayscale: true, Format: "png"}, codec.Watermark{Text: "© Ada", Format: "png"},
		codec.Convert{Format: "webp", Quality: 77},
	} {
		o := mustConvert(t, want, step)
		want = newInput(o.spec.Name, o.spec.Type, o.data)
	}
	one := decode(t, out)
	if d := differ(one, decode(t, &output{data: in2bytes(want), spec: codec.OutSpec{Type: want.mediaType}}), 0.5); d != "" {
		t.Errorf("the chain differs from its steps: %s", d)
	}
	if one.Bounds().Size() != image.Pt(200, 200) {
		t.Errorf("size %v", one.Bounds().Size())
	}
}

func TestChainTakesStepsInOrder(t *testing.T) {
	turnThenCrop := codec.Chain{Steps: codec.Steps{codec.Transform{Rotate: 90},
		codec.Transform{CropWidth: 30, CropHeight: 30, Format: "png"}}}
	cropThenTurn := codec.Chain{Steps: codec.Steps{codec.Transform{CropWidth: 30, CropHeight: 30},
		codec.Transform{Rotate: 90, Format: "png"}}}
	shows(t, decode(t, mustConvert(t, pngGrid(t), turnThenCrop)), 1, 6)
	shows(t, decode(t, mustConvert(t, pngGrid(t), cropThenTurn)), 1, 0)
}

func TestChainFindsItsLogos(t *testing.T) {
	op := codec.Chain{Steps: codec.Steps{
		codec.Watermark{Logo: "a", Position: codec.PositionTopLeft, WatermarkWidth: 20, Margin: new(0), Opacity: new(1.0)},
		codec.Watermark{Logo: "b", WatermarkWidth: 20, Margin: new(0), Opacity: new(1.0)},
	}}
	refs := map[string]codec.Input{}
	for name, key := range op.Blobs() {
		refs[name] = pngOf(t, swatch(map[string]image.Image{"a": image.NewUniform(red), "b": image.NewUniform(blue)}[key].At(0, 0)))
	}
	out, err := process(t.Context(), &codec.Work{Op: op, In: []codec.Input{pngGrid(t)}, Refs: refs})
	if err != nil {
		t.Fatal(err)
	}
	im := decode(t, out[0])
	for _, d := range []string{near(im, 10, 10, red, 3), near(im, 80, 80, blue, 3)} {
		if d != "" {
			t.Error(d)
		}
	}
}

func TestChainRefusesStepsForVideo(t *testing.T) {
	op := codec.Chain{Steps: codec.Steps{codec.Trim{Start: 1}, codec.Convert{Format: "png"}}}
	_, err := convert(t.Context(), pngGrid(t), op, trusting)
	if codec.ClassOf(err) != codec.Unsupported || !strings.Contains(err.Error(), "trim") {
		t.Errorf("error %v", err)
	}
}
