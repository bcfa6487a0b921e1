package acceptance_test

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/codectest"
)

var (
	white = color.NRGBA{255, 255, 255, 255}
	none  = color.NRGBA{}
	// Of the scene, around the middle of its height.
	leftHalf  = color.NRGBA{170, 40, 40, 255}
	rightHalf = color.NRGBA{40, 40, 170, 255}
	spot      = color.NRGBA{30, 215, 30, 255}
)

var convertRows = []fieldRow{
	{"convert.format", photo, codec.Convert{Format: "png"}, codec.Convert{Format: "webp"},
		types("image/png", "image/webp")},
	{"convert.quality", photo, codec.Convert{Format: "jpg", Quality: 30},
		codec.Convert{Format: "jpg", Quality: 95}, larger},
	{"convert.resize", photo, codec.Convert{Format: "png", Resize: codec.PresetSquare, Width: 20},
		codec.Convert{Format: "png", Resize: codec.PresetWidth, Width: 20}, sizes(20, 20, 20, 15)},
	{"convert.width", photo, codec.Convert{Format: "png", Width: 32},
		codec.Convert{Format: "png", Width: 16}, sizes(32, 24, 16, 12)},
	{"convert.height", photo, codec.Convert{Format: "png", Height: 24},
		codec.Convert{Format: "png", Height: 12}, sizes(32, 24, 16, 12)},
	{"convert.fit", photo,
		codec.Convert{Format: "png", Width: 20, Height: 20, Fit: codec.FitInside},
		codec.Convert{Format: "png", Width: 20, Height: 20, Fit: codec.FitFill},
		sizes(20, 15, 20, 20)},
	{"convert.enlarge", photo, codec.Convert{Format: "png", Width: 128},
		codec.Convert{Format: "png", Width: 128, Enlarge: true}, sizes(64, 48, 128, 96)},
	{"convert.background", glass, codec.Convert{Format: "jpg"},
		codec.Convert{Format: "jpg", Background: "#1e1edc"}, colours(.8, .5, white, blue)},
	{"convert.keepProfile", wide, codec.Convert{Format: "png"},
		codec.Convert{Format: "png", KeepProfile: true}, profiles(false, true)},
	{"convert.autoOrient", turnedPhoto, codec.Convert{Format: "png"},
		codec.Convert{Format: "png", AutoOrient: new(false)}, sizes(48, 64, 64, 48)},
	{"convert.effort", photo, codec.Convert{Format: "png", Effort: 9},
		codec.Convert{Format: "png", Effort: 1}, larger},
	{"convert.depth", photo, codec.Convert{Format: "png", Depth: 8},
		codec.Convert{Format: "png", Depth: 16}, larger},
}

// autoRows are of what is found by looking at the picture.
var autoRows = []fieldRow{
	{"convert.accept", photo, codec.Convert{Format: codec.FormatAuto},
		codec.Convert{Format: codec.FormatAuto, Accept: "image/webp"}, otherTypes},
	{"convert.autoQuality", photo, codec.Convert{Format: "jpg"},
		codec.Convert{Format: "jpg", AutoQuality: true}, otherQuality},
	{"convert.minSSIM", photo, codec.Convert{Format: "jpg", AutoQuality: true, MinSSIM: 0.7},
		codec.Convert{Format: "jpg", AutoQuality: true, MinSSIM: 0.99}, larger},
	{"thumbnail.accept", photo, codec.Thumbnail{Format: codec.FormatAuto},
		codec.Thumbnail{Format: codec.FormatAuto, Accept: "image/webp"}, otherTypes},
	{"thumbnail.autoQuality", photo, codec.Thumbnail{}, codec.Thumbnail{AutoQuality: true},
		otherQuality},
	{"thumbnail.minSSIM", photo, codec.Thumbnail{AutoQuality: true, MinSSIM: 0.7},
		codec.Thumbnail{AutoQuality: true, MinSSIM: 0.99}, larger},
	{"transform.accept", photo, codec.Transform{Format: codec.FormatAuto},
		codec.Transform{Format: codec.FormatAuto, Accept: "image/webp"}, otherTypes},
	{"transform.autoQuality", photo, codec.Transform{}, codec.Transform{AutoQuality: true},
		otherQuality},
	{"transform.minSSIM", photo, codec.Transform{AutoQuality: true, MinSSIM: 0.7},
		codec.Transform{AutoQuality: true, MinSSIM: 0.99}, larger},
}

// otherTypes wants webp of the second, and no webp of the first.
func otherTypes(a, b []codectest.Output) error {
	if a[0].Type == "image/webp" || b[0].Type != "image/webp" {
		return fmt.Errorf("they are %s and %s", a[0].Type, b[0].Type)
	}
	return nil
}

func otherQuality(a, b []codectest.Output) error {
	p, q := a[0].Result.Streams[0].Options["Q"], b[0].Result.Streams[0].Options["Q"]
	if p == q || q == "" {
		return fmt.Errorf("the qualities are %q and %q", p, q)
	}
	return nil
}

// profiles says whether the outputs have a colour profile.
func profiles(a, b bool) differ {
	return func(x, y []codectest.Output) error {
		p, err := codectest.Profile(x[0].Data)
		q, err2 := codectest.Profile(y[0].Data)
		if err := errors.Join(err, err2); err != nil {
			return err
		}
		if (p != nil) != a || (q != nil) != b {
			return fmt.Errorf("the profiles have %d and %d bytes", len(p), len(q))
		}
		return nil
	}
}

// quality is what an encoder was told.
func quality(a, b string) differ {
	return func(x, y []codectest.Output) error {
		p, q := x[0].Result.Streams[0].Options["Q"], y[0].Result.Streams[0].Options["Q"]
		if p != a || q != b {
			return fmt.Errorf("the qualities are %q and %q, want %q and %q", p, q, a, b)
		}
		return larger(x, y)
	}
}

// shot is a JPEG of the best quality, which leaves something to compress.
var shot = fixture("shot.jpg", func() ([]byte, error) { return exifJPEG(scene(96, 72, false), 6) })

var compressRows = []fieldRow{
	{"compress.mode", shot, codec.Compress{TargetBytes: 3000, Mode: codec.CompressTargetSize},
		codec.Compress{Mode: codec.CompressQuality}, func(a, b []codectest.Output) error {
			if n := len(a[0].Data); n > 3000 || n == len(b[0].Data) {
				return fmt.Errorf("%d and %d bytes", n, len(b[0].Data))
			}
			return nil
		}},
	{"compress.quality", shot,
		codec.Compress{Quality: 20}, codec.Compress{Quality: 70},
		quality("20", "70")},
	{"compress.autoQuality", shot,
		codec.Compress{}, codec.Compress{AutoQuality: true},
		otherQuality},
	{"compress.minSSIM", shot, codec.Compress{AutoQuality: true, MinSSIM: 0.7},
		codec.Compress{AutoQuality: true, MinSSIM: 0.97}, larger},
	{"compress.targetBytes", shot,
		codec.Compress{TargetBytes: 2000}, codec.Compress{TargetBytes: 3500},
		func(a, b []codectest.Output) error {
			if len(a[0].Data) > 2000 || len(b[0].Data) > 3500 {
				return fmt.Errorf("%d and %d bytes", len(a[0].Data), len(b[0].Data))
			}
			return larger(a, b)
		}},
	{"compress.lossless", photo, codec.Compress{Quality: 10}, codec.Compress{Lossless: true},
		func(a, b []codectest.Output) error {
			want := scene(64, 48, false)
			lost, kept := differences(a[0].Data, want), differences(b[0].Data, want)
			if lost == 0 || kept != 0 {
				return fmt.Errorf("%d and %d pixels changed", lost, kept)
			}
			return nil
		}},
	{"compress.effort", stored, codec.Compress{Lossless: true, Effort: 9},
		codec.Compress{Lossless: true, Effort: 1}, larger},
	{"compress.stripMetadata", tagged,
		codec.Compress{Quality: 60}, codec.Compress{Quality: 60, StripMetadata: new(false)},
		func(a, b []codectest.Output) error {
			exif := []byte("Exif\x00\x00")
			if bytes.Contains(a[0].Data, exif) || !bytes.Contains(b[0].Data, exif) {
				return errors.New("EXIF is not where it should be")
			}
			return nil
		}},
}

// differences counts the pixels of a file that are not those of a picture.
func differences(data []byte, want image.Image) (n int) {
	got, err := decode(data)
	if err != nil {
		return -1
	}
	b := want.Bounds()
	for y := range b.Dy() {
		for x := range b.Dx() {
			if samples(got.At(x, y)) != samples(want.At(x, y)) {
				n++
			}
		}
	}
	return n
}

var thumbnailRows = []fieldRow{
	{"thumbnail.format", photo,
		codec.Thumbnail{Width: 20}, codec.Thumbnail{Width: 20, Format: "avif"},
		types("image/jpeg", "image/avif")},
	{"thumbnail.width", photo,
		codec.Thumbnail{Width: 32}, codec.Thumbnail{Width: 16},
		sizes(32, 24, 16, 12)},
	{"thumbnail.height", photo,
		codec.Thumbnail{Height: 24}, codec.Thumbnail{Height: 12},
		sizes(32, 24, 16, 12)},
	{"thumbnail.fit", photo, codec.Thumbnail{Width: 20, Height: 20},
		codec.Thumbnail{Width: 20, Height: 20, Fit: codec.FitInside}, sizes(20, 20, 20, 15)},
	{"thumbnail.gravity", photo,
		codec.Thumbnail{Width: 12, Height: 24, Gravity: codec.GravityWest},
		codec.Thumbnail{Width: 12, Height: 24, Gravity: codec.GravityEast},
		colours(.5, .5, leftHalf, rightHalf)},
	{"thumbnail.background", photo, codec.Thumbnail{Width: 40, Height: 80, Fit: codec.FitContain},
		codec.Thumbnail{Width: 40, Height: 80, Fit: codec.FitContain, Background: "#1e1edc"},
		colours(.5, .05, white, blue)},
	{"thumbnail.quality", photo,
		codec.Thumbnail{Width: 60, Quality: 20}, codec.Thumbnail{Width: 60, Quality: 95},
		quality("20", "95")},
}
