package acceptance_test

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/codectest"
)

var documentRows = []fieldRow{
	{"convert.page", document, codec.Convert{Format: "png"}, codec.Convert{Format: "png", Page: 2},
		shapes(true, false)},
	{"convert.pages", document, codec.Convert{Format: "png"},
		codec.Convert{Format: "png", Pages: "all"}, counts(1, 2)},
	{"thumbnail.page", document, codec.Thumbnail{Width: 40}, codec.Thumbnail{Width: 40, Page: 2},
		shapes(true, false)},
	{"pdf-preview.page", document,
		codec.PDFPreview{Width: 40}, codec.PDFPreview{Width: 40, Page: 2},
		sizes(40, 30, 40, 53)},
	{"pdf-preview.format", document,
		codec.PDFPreview{Width: 40}, codec.PDFPreview{Width: 40, Format: "webp"},
		types("image/jpeg", "image/webp")},
	{"pdf-preview.width", document,
		codec.PDFPreview{Width: 40}, codec.PDFPreview{Width: 80},
		sizes(40, 30, 80, 60)},
	{"pdf-preview.quality", document, codec.PDFPreview{Width: 80, Quality: 20},
		codec.PDFPreview{Width: 80, Quality: 95}, quality("20", "95")},
	{"image-to-pdf.pageSize", photo,
		codec.ImageToPDF{PageSize: codec.PageA4}, codec.ImageToPDF{PageSize: codec.PageLetter},
		func(a, b []codectest.Output) error {
			// Across, as the picture is: ISO 216, and 11 × 8.5 inches, in points.
			p, q := a[0].Result.Media, b[0].Result.Media
			if p.Width != 842 || p.Height != 595 || q.Width != 792 || q.Height != 612 {
				return fmt.Errorf("the pages are %d × %d and %d × %d",
					p.Width, p.Height, q.Width, q.Height)
			}
			return nil
		}},
	{"image-to-pdf.filename", photo, codec.ImageToPDF{}, codec.ImageToPDF{Filename: "album"},
		names("photo.pdf", "album.pdf")},
	{"archive.format", photo, codec.Archive{}, codec.Archive{Format: "tgz"},
		types("application/zip", "application/gzip")},
	{"archive.filename", photo,
		codec.Archive{}, codec.Archive{Filename: "album"},
		names("archive.zip", "album.zip")},
	{"vectorize.mono", photo,
		codec.Vectorize{}, codec.Vectorize{Mono: true},
		func(a, b []codectest.Output) error {
			if !bytes.Contains(a[0].Data, []byte(`fill="#`)) ||
				bytes.Contains(b[0].Data, []byte(`fill="#d`)) {
				return errors.New("the colours are not as wanted")
			}
			return nil
		}},
	{"vectorize.detail", photo, codec.Vectorize{Detail: 5}, codec.Vectorize{Detail: 95}, larger},
	{"renditions.outputs", photo,
		codec.Renditions{Outputs: []codec.Rendition{{Format: "png", Width: 32}}},
		codec.Renditions{Outputs: []codec.Rendition{{Format: "png", Width: 16},
			{Format: "jpg", Width: 8}}},
		counts(1, 2)},
	{"renditions.blurHash", photo,
		codec.Renditions{Outputs: []codec.Rendition{{Format: "png", Width: 32}}},
		codec.Renditions{Outputs: []codec.Rendition{{Format: "png", Width: 32}}, BlurHash: true},
		counts(1, 2)},
	{"chain.steps", photo,
		codec.Chain{Steps: codec.Steps{codec.Transform{Width: 32, Format: "png"}}},
		codec.Chain{Steps: codec.Steps{codec.Transform{Width: 32},
			codec.Transform{Rotate: 90, Format: "png"}}},
		sizes(32, 24, 24, 32)},
}

// shapes says whether the pictures are wider than high.
func shapes(a, b bool) differ {
	return func(x, y []codectest.Output) error {
		p, q := x[0].Result.Media, y[0].Result.Media
		if (p.Width > p.Height) != a || (q.Width > q.Height) != b {
			return fmt.Errorf("they are %d × %d and %d × %d", p.Width, p.Height, q.Width, q.Height)
		}
		return nil
	}
}
