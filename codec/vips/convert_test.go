package vips_test

import (
	"image"
	"image/color"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/vips"
)

func TestEveryOfferedFormatHoldsThePicture(t *testing.T) {
	offers := vips.New().Offers()
	if len(offers) == 0 || !slices.Contains(offers[0].To, "webp") {
		t.Fatalf("offers are %v", offers)
	}
	for _, name := range offers[0].To {
		t.Run(name, func(t *testing.T) {
			f, _ := codec.LookupFormat(name)
			out := mustConvert(t, pngOf(t, flag(120, 80)), codec.Convert{Format: name})
			in := newInput("", "", out.data)
			if sniffed, err := codec.Sniff(in, in.Size()); err != nil || sniffed != f.Type {
				t.Errorf("the bytes are %s, %v, want %s", sniffed, err, f.Type)
			}
			want := codec.Media{Type: f.Type, Width: 120, Height: 80, Frames: 1}
			if d := cmp.Diff(want, out.result.Media); d != "" {
				t.Errorf("media (-want +got):\n%s", d)
			}
			if want := "picture" + f.Extension; out.spec.Name != want {
				t.Errorf("the output is named %q, want %q", out.spec.Name, want)
			}
			if d := differ(decode(t, out), flag(120, 80), tolerance); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestResultSaysWhatWasDone(t *testing.T) {
	out := mustConvert(t, pngOf(t, flag(40, 40)), codec.Convert{Format: "webp", Quality: 61})
	want := []codec.Stream{{Kind: "image", Codec: "png", Action: codec.Encoded,
		Encoder: "libvips webpsave", Options: map[string]string{"Q": "61", "effort": "4"}}}
	if d := cmp.Diff(want, out.result.Streams); d != "" {
		t.Errorf("streams (-want +got):\n%s", d)
	}
}

func TestLowerQualityMakesSmallerFiles(t *testing.T) {
	in := corpus(t, "image/sharp-Landscape_1.jpg")
	for _, name := range []string{"jpg", "webp", "avif", "heif", "jxl"} {
		low := mustConvert(t, in, codec.Convert{Format: name, Quality: 20, Width: 120})
		high := mustConvert(t, in, codec.Convert{Format: name, Quality: 90, Width: 120})
		if 2*len(low.data) > len(high.data) {
			t.Errorf("%s: %d bytes with quality 20, %d with 90", name, len(low.data), len(high.data))
		}
	}
}

func TestSizes(t *testing.T) {
	tests := []struct {
		name string
		op   codec.Convert
		want image.Point
	}{
		{"unchanged", codec.Convert{}, image.Pt(300, 150)},
		{"width", codec.Convert{Width: 100}, image.Pt(100, 50)},
		{"height", codec.Convert{Height: 50}, image.Pt(100, 50)},
		{"width not larger", codec.Convert{Width: 900}, image.Pt(300, 150)},
		{"width larger", codec.Convert{Width: 900, Enlarge: true}, image.Pt(900, 450)},
		{"cover", codec.Convert{Width: 50, Height: 50}, image.Pt(50, 50)},
		{"cover not larger", codec.Convert{Width: 200, Height: 400}, image.Pt(200, 150)},
		{"cover larger", codec.Convert{Width: 200, Height: 400, Enlarge: true}, image.Pt(200, 400)},
		{"contain", codec.Convert{Width: 60, Height: 60, Fit: codec.FitContain}, image.Pt(60, 60)},
		{"contain not larger", codec.Convert{Width: 400, Height: 400, Fit: codec.FitContain}, image.Pt(400, 400)},
		{"fill", codec.Convert{Width: 40, Height: 90, Fit: codec.FitFill}, image.Pt(40, 90)},
		{"fill not larger", codec.Convert{Width: 40, Height: 900, Fit: codec.FitFill}, image.Pt(40, 150)},
		{"inside", codec.Convert{Width: 60, Height: 60, Fit: codec.FitInside}, image.Pt(60, 30)},
		{"outside", codec.Convert{Width: 60, Height: 60, Fit: codec.FitOutside}, image.Pt(120, 60)},
		{"one pixel", codec.Convert{Width: 1}, image.Pt(1, 1)},
		{"odd", codec.Convert{Width: 101}, image.Pt(101, 51)},
	}
	in := pngOf(t, flag(300, 150))
	for _, tt := range tests {
		for _, format := range []string{"png", "jpg"} {
			t.Run(tt.name+" "+format, func(t *testing.T) {
				tt.op.Format = format
				out := mustConvert(t, in, tt.op)
				if got := decode(t, out).Bounds().Size(); got != tt.want {
					t.Errorf("size %v, want %v", got, tt.want)
				}
				m := out.result.Media
				if got := image.Pt(m.Width, m.Height); got != tt.want {
					t.Errorf("the result says %v, want %v", got, tt.want)
				}
			})
		}
	}
}

func TestFitsShowTheRightPart(t *testing.T) {
	in := pngOf(t, flag(300, 100))
	cover := decode(t, mustConvert(t, in, codec.Convert{Format: "png", Width: 60, Height: 60}))
	contain := decode(t, mustConvert(t, in,
		codec.Convert{Format: "jpg", Width: 60, Height: 60, Fit: codec.FitContain, Background: "#ff00ff"}))
	purple := color.NRGBA{255, 0, 255, 255}
	for _, d := range []string{
		near(cover, 30, 30, green, 3), near(cover, 3, 30, green, 3), near(cover, 57, 30, green, 3),
		near(contain, 30, 5, purple, 12), near(contain, 30, 55, purple, 12),
		near(contain, 10, 30, red, 12), near(contain, 50, 30, blue, 12),
	} {
		if d != "" {
			t.Error(d)
		}
	}
}

func TestTransparencyIsLaidOnTheBackground(t *testing.T) {
	im := image.NewNRGBA(image.Rect(0, 0, 40, 40))
	for y := range 40 {
		for x := range 20 {
			im.SetNRGBA(x, y, red)
		}
	}
	onWhite := decode(t, mustConvert(t, pngOf(t, im), codec.Convert{Format: "jpg"}))
	onBlue := decode(t, mustConvert(t, pngOf(t, im), codec.Convert{Format: "jpg", Background: "#1e1ec8"}))
	kept := decode(t, mustConvert(t, pngOf(t, im), codec.Convert{Format: "webp"}))
	for _, d := range []string{
		near(onWhite, 5, 20, red, 12), near(onWhite, 35, 20, white, 12), near(onBlue, 35, 20, blue, 12),
		near(kept, 5, 20, red, 12), near(kept, 35, 20, color.Transparent, 0),
	} {
		if d != "" {
			t.Error(d)
		}
	}
}

func TestHiddenColoursDoNotShineThrough(t *testing.T) {
	im := image.NewNRGBA(image.Rect(0, 0, 80, 80))
	for y := range 80 {
		for x := range 80 {
			c := blue
			if x >= 41 {
				c = color.NRGBA{255, 255, 0, 0} // invisible yellow
			}
			im.SetNRGBA(x, y, c)
		}
	}
	got := decode(t, mustConvert(t, pngOf(t, im), codec.Convert{Format: "png", Width: 10}))
	for x := range 10 {
		if c := rgba(got.At(x, 5)); c[3] > 20 && c[0] > 60 {
			t.Errorf("pixel %d is %.0f: yellow shines through", x, c)
		}
	}
}

func TestSixteenBitsAreKeptWhereTheFormatHasThem(t *testing.T) {
	im := image.NewNRGBA64(image.Rect(0, 0, 16, 16))
	for i := range 256 {
		im.SetNRGBA64(i%16, i/16, color.NRGBA64{uint16(30000 + i), 1000, 60000, 0xffff})
	}
	got := decode(t, mustConvert(t, pngOf(t, im), codec.Convert{Format: "png"}))
	if r, _, _, _ := got.At(5, 2).RGBA(); r != 30037 {
		t.Errorf("png: red is %d of 65535, want 30037", r)
	}
	again := decode(t, mustConvert(t, pngOf(t, im), codec.Convert{Format: "tiff"}))
	if r, _, _, _ := again.At(5, 2).RGBA(); r != 30037 {
		t.Errorf("tiff: red is %d of 65535, want 30037", r)
	}
	jpg := decode(t, mustConvert(t, pngOf(t, im), codec.Convert{Format: "jpg"}))
	if d := near(jpg, 5, 2, color.NRGBA{117, 4, 233, 255}, 12); d != "" {
		t.Errorf("jpg: %s", d)
	}
}

func TestGreyStaysGrey(t *testing.T) {
	im := image.NewGray(image.Rect(0, 0, 32, 32))
	for i := range im.Pix {
		im.Pix[i] = uint8(i / 4)
	}
	for _, format := range []string{"jpg", "png", "webp", "avif", "tiff", "gif", "jxl"} {
		got := decode(t, mustConvert(t, pngOf(t, im), codec.Convert{Format: format}))
		if d := differ(got, im, tolerance); d != "" {
			t.Errorf("%s: %s", format, d)
		}
	}
	purple := codec.Convert{Format: "png", Width: 64, Height: 32, Fit: codec.FitContain, Background: "#ff00ff"}
	got := decode(t, mustConvert(t, pngOf(t, im), purple))
	if d := near(got, 2, 16, color.NRGBA{255, 0, 255, 255}, 0); d != "" {
		t.Errorf("coloured background: %s", d)
	}
}

func TestLaterPagesAreNoted(t *testing.T) {
	out := mustConvert(t, corpus(t, "image/sharp-G31D_MULTI.TIF"), codec.Convert{Format: "png", Width: 100})
	if notes := strings.Join(out.result.Notes, "\n"); !strings.Contains(notes, "first of 2 pages") {
		t.Errorf("notes are %q", notes)
	}
}

func TestEffortMakesSmallerFiles(t *testing.T) {
	in := corpus(t, "image/sharp-Landscape_1.jpg")
	for _, format := range []string{"png", "webp", "avif", "jxl"} {
		fast := mustConvert(t, in, codec.Convert{Format: format, Width: 150, Effort: 1})
		small := mustConvert(t, in, codec.Convert{Format: format, Width: 150, Effort: 9})
		if len(small.data) >= len(fast.data) {
			t.Errorf("%s: %d bytes with effort 1, %d with 9", format, len(fast.data), len(small.data))
		}
		if d := differ(decode(t, small), decode(t, fast), 5); d != "" {
			t.Errorf("%s: %s", format, d)
		}
	}
	for format, said := range map[string]bool{"jpg": true, "tiff": true, "heif": true, "gif": false} {
		out := mustConvert(t, pngOf(t, flag(40, 40)), codec.Convert{Format: format, Effort: 5})
		if strings.Contains(notes(out), "effort was not used") != said {
			t.Errorf("%s: notes are %q", format, notes(out))
		}
	}
}

func TestAQualityThatIsNotUsedIsNoted(t *testing.T) {
	in := pngOf(t, flag(40, 40))
	for format, said := range map[string]bool{"jpg": false, "webp": false, "png": true, "gif": true,
		"tiff": true, "bmp": true} {
		for _, op := range []codec.Operation{codec.Convert{Format: format, Quality: 50},
			codec.Chain{Steps: codec.Steps{codec.Transform{Format: format, Quality: 50}}}} {
			if out := mustConvert(t, in, op); strings.Contains(notes(out), "quality was not used") != said {
				t.Errorf("%s of %s: notes are %q", op.Name(), format, notes(out))
			}
		}
		if out := mustConvert(t, in, codec.Convert{Format: format}); strings.Contains(notes(out), "quality") {
			t.Errorf("%s without a quality: notes are %q", format, notes(out))
		}
	}
	out := mustConvert(t, in, codec.Convert{Format: "png", Channels: 2})
	if !strings.Contains(notes(out), "channels was not used") {
		t.Errorf("notes are %q", notes(out))
	}
	out = mustConvert(t, in, codec.Compress{Quality: 50})
	if strings.Contains(notes(out), "was not used") {
		t.Errorf("a png loses colours, and notes are %q", notes(out))
	}
	tiff := newInput("flag.tiff", "image/tiff", mustConvert(t, in, codec.Convert{Format: "tiff"}).data)
	for quality, said := range map[int]bool{0: false, 50: true} {
		out := mustConvert(t, tiff, codec.Compress{Quality: quality})
		if strings.Contains(notes(out), "was not used") != said {
			t.Errorf("tiff with quality %d: notes are %q", quality, notes(out))
		}
	}
}

func TestSlowEffortsOfLargePicturesAreRefused(t *testing.T) {
	op := codec.Convert{Format: "avif", Effort: 9, Width: 6000, Height: 5000, Enlarge: true}
	_, err := convert(t.Context(), pngOf(t, flag(60, 50)), op, codec.Policy{})
	if codec.ClassOf(err) != codec.Limit || !strings.Contains(err.Error(), "cancelled") {
		t.Errorf("30 megapixels of avif with effort 9: %v", err)
	}
}
