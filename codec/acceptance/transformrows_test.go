package acceptance_test

import (
	"fmt"
	"image"
	"image/color"

	"github.com/spoolmedia/spool/codec"
)

var transformRows = []fieldRow{
	{"transform.format", photo,
		codec.Transform{}, codec.Transform{Format: "png"},
		types("image/webp", "image/png")},
	{"transform.preset", photo,
		codec.Transform{Format: "png", Preset: codec.PresetHeight, Height: 24},
		codec.Transform{Format: "png", Preset: codec.PresetSquare, Width: 24},
		sizes(32, 24, 24, 24)},
	{"transform.width", photo,
		codec.Transform{Format: "png", Width: 32}, codec.Transform{Format: "png", Width: 16},
		sizes(32, 24, 16, 12)},
	{"transform.height", photo,
		codec.Transform{Format: "png", Height: 24}, codec.Transform{Format: "png", Height: 12},
		sizes(32, 24, 16, 12)},
	{"transform.enlarge", photo,
		codec.Transform{Format: "png", Width: 128},
		codec.Transform{Format: "png", Width: 128, Enlarge: true},
		sizes(64, 48, 128, 96)},
	{"transform.fit", photo,
		codec.Transform{Format: "png", Width: 20, Height: 20},
		codec.Transform{Format: "png", Width: 20, Height: 20, Fit: codec.FitOutside},
		sizes(20, 20, 27, 20)},
	{"transform.aspectRatio", photo,
		codec.Transform{Format: "png", AspectRatio: "16:9", Fit: codec.FitContain},
		codec.Transform{Format: "png", AspectRatio: "1:1"},
		sizes(86, 48, 48, 48)},
	{"transform.gravity", photo,
		codec.Transform{Format: "png", Width: 12, Height: 24, Gravity: codec.GravityWest},
		codec.Transform{Format: "png", Width: 12, Height: 24, Gravity: codec.GravityEast},
		colours(.5, .5, leftHalf, rightHalf)},
	{"transform.focusX", photo,
		codec.Transform{Format: "png", Width: 12, Height: 24, FocusX: new(0.2)},
		codec.Transform{Format: "png", Width: 12, Height: 24, FocusX: new(0.9)},
		colours(.5, .5, leftHalf, rightHalf)},
	{"transform.focusY", photo,
		codec.Transform{Format: "png", Width: 64, Height: 8, FocusY: new(0.0)},
		codec.Transform{Format: "png", Width: 64, Height: 8, FocusY: new(1.0)},
		colours(.1, .5, spot, color.NRGBA{115, 40, 40, 255})},
	{"transform.cropLeft", photo,
		codec.Transform{Format: "png", CropLeft: 20}, codec.Transform{Format: "png", CropLeft: 40},
		sizes(44, 48, 24, 48)},
	{"transform.cropTop", photo,
		codec.Transform{Format: "png", CropTop: 8}, codec.Transform{Format: "png", CropTop: 40},
		sizes(64, 40, 64, 8)},
	{"transform.cropWidth", photo,
		codec.Transform{Format: "png", CropWidth: 10},
		codec.Transform{Format: "png", CropWidth: 30},
		sizes(10, 48, 30, 48)},
	{"transform.cropHeight", photo,
		codec.Transform{Format: "png", CropHeight: 10},
		codec.Transform{Format: "png", CropHeight: 30},
		sizes(64, 10, 64, 30)},
	{"transform.rotate", photo,
		codec.Transform{Format: "png", Rotate: 90}, codec.Transform{Format: "png", Rotate: 180},
		sizes(48, 64, 64, 48)},
	{"transform.flip", photo,
		codec.Transform{Format: "png"}, codec.Transform{Format: "png", Flip: true},
		colours(.1, .9, color.NRGBA{120, 40, 40, 255}, spot)},
	{"transform.flop", photo,
		codec.Transform{Format: "png"}, codec.Transform{Format: "png", Flop: true},
		colours(.9, .5, rightHalf, leftHalf)},
	{"transform.background", photo,
		codec.Transform{Rotate: 45, Format: "png"},
		codec.Transform{Rotate: 45, Format: "png", Background: "#1e1edc"},
		colours(.03, .03, none, blue)},
	{"transform.quality", photo, codec.Transform{Format: "jpg", Quality: 20},
		codec.Transform{Format: "jpg", Quality: 95}, quality("20", "95")},
	{"transform.effort", photo, codec.Transform{Format: "png", Effort: 9},
		codec.Transform{Format: "png", Effort: 1}, larger},
}

var adjustRows = []fieldRow{
	{"adjust.format", photo, codec.Adjust{Invert: true}, codec.Adjust{Invert: true, Format: "webp"},
		types("image/png", "image/webp")},
	{"adjust.quality", photo, codec.Adjust{Invert: true, Format: "jpg", Quality: 20},
		codec.Adjust{Invert: true, Format: "jpg", Quality: 95}, quality("20", "95")},
	{"adjust.effort", photo, codec.Adjust{Format: "png", Effort: 9},
		codec.Adjust{Format: "png", Effort: 1}, larger},
	{"adjust.brightness", photo,
		codec.Adjust{Brightness: new(0.5)}, codec.Adjust{Brightness: new(1.4)},
		colours(.4, .5, color.NRGBA{85, 20, 20, 255}, color.NRGBA{238, 56, 56, 255})},
	{"adjust.contrast", photo, codec.Adjust{Contrast: new(0.0)}, codec.Adjust{Contrast: new(2.0)},
		colours(.4, .5, color.NRGBA{128, 128, 128, 255}, color.NRGBA{212, 0, 0, 255})},
	{"adjust.saturation", photo,
		codec.Adjust{Saturation: new(0.0)}, codec.Adjust{Saturation: new(1.0)},
		greys(true, false)},
	{"adjust.hue", photo,
		codec.Adjust{}, codec.Adjust{Hue: 120},
		colours(.1, .1, spot, color.NRGBA{116, 162, 255, 255})},
	{"adjust.grayscale", photo, codec.Adjust{}, codec.Adjust{Grayscale: true}, greys(false, true)},
	{"adjust.invert", photo, codec.Adjust{}, codec.Adjust{Invert: true},
		colours(.4, .5, leftHalf, color.NRGBA{85, 215, 215, 255})},
	{"adjust.sharpen", photo,
		codec.Adjust{}, codec.Adjust{Sharpen: true},
		seen(func(a, b image.Image) error {
			if x, y := roughness(a), roughness(b); y <= x {
				return fmt.Errorf("the edges are %.1f and %.1f strong", x, y)
			}
			return nil
		})},
}

// greys says whether a picture has no colours.
func greys(a, b bool) differ {
	return seen(func(p, q image.Image) error {
		if isGrey(p, .4) != a || isGrey(q, .4) != b {
			return fmt.Errorf("grey: %v and %v", isGrey(p, .4), isGrey(q, .4))
		}
		return nil
	})
}

func isGrey(m image.Image, at float64) bool {
	b := m.Bounds()
	s := samples(m.At(int(at*float64(b.Dx())), b.Dy()/2))
	return max(s[0], s[1], s[2])-min(s[0], s[1], s[2]) < 4
}

// roughness is the mean difference of neighbours.
func roughness(m image.Image) (sum float64) {
	b := m.Bounds()
	for y := range b.Dy() {
		for x := 1; x < b.Dx(); x++ {
			p, q := samples(m.At(x-1, y)), samples(m.At(x, y))
			for i := range 3 {
				sum += max(p[i]-q[i], q[i]-p[i])
			}
		}
	}
	return sum / float64(b.Dx()*b.Dy())
}
