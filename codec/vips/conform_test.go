package vips_test

import (
	"testing"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/codectest"
	"github.com/spoolmedia/spool/codec/vips"
)

func samples(t testing.TB) []codectest.Sample {
	photo := pngOf(t, flag(400, 300))
	return []codectest.Sample{
		{Name: photo.name, Data: in2bytes(photo), Op: codec.Convert{Format: "webp", Width: 100}},
		{Name: "photo.jpg", Data: turnedJPEG(t, flag(400, 300), 6), Op: codec.Convert{Format: "tiff"}},
		{Name: "flags.gif", Data: in2bytes(animation(t, 60, 40)), Op: codec.Convert{Format: "gif", Width: 30}},
		{Name: "flags.gif", Data: in2bytes(animation(t, 60, 40)),
			Op: codec.Convert{Format: "avif", Width: 30, Effort: 1}},
		{Name: "photo.jpg", Data: turnedJPEG(t, flag(300, 200), 6), Op: codec.Thumbnail{Width: 60, Height: 60}},
		{Name: "photo.jpg", Data: turnedJPEG(t, flag(300, 200), 1), Op: codec.Transform{Rotate: 30, Width: 80}},
		{Name: photo.name, Data: in2bytes(photo), Op: codec.Inspect{}},
		{Name: photo.name, Data: in2bytes(photo), Op: codec.Adjust{Hue: 30, Sharpen: true}},
		{Name: photo.name, Data: in2bytes(photo), Op: codec.Compress{}},
		{Name: photo.name, Data: in2bytes(photo), Op: codec.Renditions{BlurHash: true,
			Outputs: []codec.Rendition{{Format: "jpg", Width: 90}, {Format: "webp", Width: 40}}}},
		{Name: "two.pdf", Data: pdf(2), Policy: trusting, Op: codec.PDFPreview{Page: 2, Width: 90}},
		{Name: photo.name, Data: in2bytes(photo), Op: codec.Chain{Steps: codec.Steps{
			codec.Transform{Flip: true}, codec.Thumbnail{Width: 50}}}},
		{Name: photo.name, Data: in2bytes(photo), Op: codec.Watermark{Text: "© Ada", Rotate: 20}},
		{Name: "photo.jpg", Data: turnedJPEG(t, flag(300, 200), 6), Op: codec.Compress{TargetBytes: 3000}},
		{Name: "photo.jpg", Data: turnedJPEG(t, flag(300, 200), 1), Op: codec.StripMetadata{}},
		{Name: "photo.jpg", Data: turnedJPEG(t, flag(300, 200), 3), Op: codec.StripMetadata{}},
	}
}

func TestCodecConforms(t *testing.T) { codectest.Run(t, vips.New(), samples(t)) }

func FuzzProcess(f *testing.F) { codectest.Fuzz(f, vips.New(), samples(f)...) }
