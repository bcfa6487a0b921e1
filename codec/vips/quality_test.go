package vips_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/vips/internal/ssim"
)

// similarity compares two outputs by the documented measure, in Go.
func similarity(t *testing.T, a, b *output) float64 {
	t.Helper()
	lumas := make([][]byte, 2)
	for i, o := range []*output{a, b} {
		im := decode(t, o)
		for y := range im.Bounds().Dy() {
			for x := range im.Bounds().Dx() {
				c := rgba(im.At(x, y))
				lumas[i] = append(lumas[i], byte(0.299*c[0]+0.587*c[1]+0.114*c[2]))
			}
		}
	}
	return ssim.Index(lumas[0], lumas[1], a.result.Media.Width)
}

func TestAutomaticQualityIsTheLowestThatIsAlikeEnough(t *testing.T) {
	in := pngOf(t, scene(256, 192, 255))
	for _, format := range []string{"jpg", "webp", "avif"} {
		for _, bound := range []float64{0.96, 0.98} {
			t.Run(fmt.Sprint(format, bound), func(t *testing.T) {
				exact := mustConvert(t, in, codec.Convert{Format: "png", Width: 128})
				out := mustConvert(t, in, codec.Convert{Format: format, Width: 128,
					AutoQuality: true, MinSSIM: bound})
				q := out.result.Quality
				if q <= 20 || q >= 100 || !strings.Contains(notes(out), fmt.Sprintf("quality %d is", q)) {
					t.Fatalf("quality %d, notes %q", q, notes(out))
				}
				const rounding = 0.001
				if got := similarity(t, out, exact); got < bound-rounding {
					t.Errorf("quality %d has an SSIM of %.4f", q, got)
				}
				less := mustConvert(t, in, codec.Convert{Format: format, Width: 128, Quality: q - 1})
				if got := similarity(t, less, exact); got >= bound+rounding {
					t.Errorf("quality %d would do, too: %.4f", q-1, got)
				}
				var tried int
				_, list, _ := strings.Cut(notes(out), ", in ")
				if fmt.Sscanf(list, "%d encodes", &tried); tried < 2 || tried > 8 {
					t.Errorf("%d encodes: %q", tried, notes(out))
				}
			})
		}
	}
}

func TestAutomaticQualityOfManyOutputs(t *testing.T) {
	in := pngOf(t, scene(128, 96, 255))
	outputs := all(t, in, codec.Renditions{Outputs: []codec.Rendition{
		{Format: "jpg", Width: 128, AutoQuality: true, MinSSIM: 0.85},
		{Format: "jpg", Width: 96, AutoQuality: true, MinSSIM: 0.98},
		{Format: "png", Width: 64, AutoQuality: true}}})
	low, high := outputs["picture-128.jpg"].result, outputs["picture-96.jpg"].result
	if low.Quality == 0 || high.Quality <= low.Quality {
		t.Errorf("qualities %d and %d", low.Quality, high.Quality)
	}
	if q := outputs["picture-64.png"].result.Quality; q != 0 {
		t.Errorf("a png has quality %d", q)
	}
}

func TestCompressWithAutomaticQuality(t *testing.T) {
	fine := mustConvert(t, pngOf(t, scene(128, 96, 255)), codec.Convert{Format: "jpg", Quality: 98})
	in := newInput("fine.jpg", "image/jpeg", fine.data)
	low := mustConvert(t, in, codec.Compress{AutoQuality: true, MinSSIM: 0.8})
	high := mustConvert(t, in, codec.Compress{AutoQuality: true, MinSSIM: 0.97})
	if !(len(low.data) < len(high.data) && len(high.data) < len(fine.data)) ||
		low.result.Quality >= high.result.Quality {
		t.Errorf("%d bytes of quality %d, %d of %d", len(low.data), low.result.Quality,
			len(high.data), high.result.Quality)
	}
	again := newInput("low.jpg", "image/jpeg", low.data)
	back := mustConvert(t, again, codec.Compress{AutoQuality: true, MinSSIM: 0.9999})
	if back.result.Streams[0].Action != codec.Copied || !strings.Contains(notes(back), "not be smaller") {
		t.Errorf("%+v", back.result)
	}
}
