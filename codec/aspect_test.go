package codec_test

import (
	"testing"

	"github.com/spoolmedia/spool/codec"
)

func TestAnAspectRatioMakesABox(t *testing.T) {
	for _, test := range []struct {
		op            codec.Transform
		width, height int // of the picture
		w, h          int
	}{
		{codec.Transform{}, 640, 480, 0, 0},
		{codec.Transform{Width: 320}, 640, 480, 320, 0},
		{codec.Transform{AspectRatio: "16:9", Fit: codec.FitContain}, 640, 480, 854, 480},
		{codec.Transform{AspectRatio: "16:9", Fit: codec.FitContain}, 1280, 720, 1280, 720},
		{codec.Transform{AspectRatio: "9:16", Fit: codec.FitContain}, 1280, 720, 1280, 2276},
		{codec.Transform{AspectRatio: "16:9"}, 640, 480, 640, 360},
		{codec.Transform{AspectRatio: "1:1"}, 640, 480, 480, 480},
		{codec.Transform{AspectRatio: "1:1", Fit: codec.FitFill}, 640, 480, 480, 480},
		{codec.Transform{AspectRatio: "2.39:1", Width: 1280}, 3840, 2160, 1280, 536},
		{codec.Transform{AspectRatio: "16:9", Height: 180, Fit: codec.FitContain}, 640, 480, 320, 180},
		{codec.Transform{AspectRatio: "16:9", Width: 1280, Fit: codec.FitContain}, 640, 480, 1280, 720},
		{codec.Transform{AspectRatio: "16:9", Width: 1280}, 640, 480, 640, 360},
		{codec.Transform{AspectRatio: "16:9", Width: 1280}, 2000, 450, 800, 450},
		{codec.Transform{AspectRatio: "16:9", Width: 1280, Enlarge: true}, 640, 480, 1280, 720},
		{codec.Transform{AspectRatio: "10:1"}, 3, 1, 3, 1},
	} {
		if err := test.op.Validate(); err != nil {
			t.Error(err)
		}
		if w, h := test.op.WithDefaults().Box(test.width, test.height); w != test.w || h != test.h {
			t.Errorf("%+v of %d × %d: %d × %d, want %d × %d", test.op, test.width, test.height, w, h,
				test.w, test.h)
		}
	}
	for _, op := range []codec.Transform{
		{AspectRatio: "16/9"}, {AspectRatio: "16"}, {AspectRatio: "0:1"}, {AspectRatio: "1:0"},
		{AspectRatio: "-1:1"}, {AspectRatio: "11:1"}, {AspectRatio: "1:11"}, {AspectRatio: "1e1:1"},
		{AspectRatio: "1:1", Width: 1, Height: 1}, {AspectRatio: "1:1", Preset: codec.PresetAvatar},
		{AspectRatio: "1:1", Fit: codec.FitInside}, {AspectRatio: "1:10", Width: 7000},
	} {
		if got := faulty(t, op); got != "aspectRatio" {
			t.Errorf("%+v: faults with %q", op, got)
		}
	}
}
