package codectest_test

import (
	"image"
	"image/color"
	"testing"

	"github.com/spoolmedia/spool/codec/codectest"
)

// waves is a picture of stripes, shifted, and darker by a part of 255.
func waves(w, h, shift, darker int) *image.Gray {
	m := image.NewGray(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.SetGray(x, y, color.Gray{uint8((x+y+shift)*9%180 + 60 - darker)})
		}
	}
	return m
}

func TestSSIMFallsWithWhatTheEyeSees(t *testing.T) {
	right := waves(40, 30, 0, 0)
	ssim := func(m image.Image) float64 {
		s, err := codectest.SSIM(m, right)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	same, darker, shifted := ssim(right), ssim(waves(40, 30, 0, 10)), ssim(waves(40, 30, 9, 0))
	if same != 1 || darker >= 1 || darker < 0.98 || shifted > 0.6 {
		t.Errorf("the same %v, a little darker %v, shifted %v", same, darker, shifted)
	}
	if s, err := codectest.SSIM(waves(3, 2, 0, 0), waves(3, 2, 0, 0)); err != nil || s != 1 {
		t.Errorf("a picture smaller than a window: %v, %v", s, err)
	}
	if _, err := codectest.SSIM(right, waves(30, 40, 0, 0)); err == nil {
		t.Error("pictures of different sizes have an SSIM")
	}
}
