package pdf

import (
	"compress/zlib"
	"fmt"
	"image"
	"image/color"
	"io"

	"github.com/spoolmedia/spool/codec/internal/picture"
)

// raster decodes the picture and compresses its pixels, and its transparency as a
// mask beside them (ISO 32000-1, 11.6.5.3).
func (b *binder) raster(p *picture.Picture) (int, error) {
	pixels, err := p.Decode()
	if err != nil {
		return 0, err
	}
	s := samplesOf(pixels)
	more := "/Filter/FlateDecode/DecodeParms" + s.params(p.Width, s.components)
	if !opaque(pixels) {
		mask := "/Filter/FlateDecode/DecodeParms" + s.params(p.Width, 1)
		d := dictionary(p, device[1].name, s.depth, mask)
		object, err := b.doc.stream(d, func(w io.Writer) error {
			return b.rows(w, pixels, 1, s.depth, s.alpha)
		})
		if err != nil {
			return 0, err
		}
		more += fmt.Sprintf("/SMask %d 0 R", object)
	}
	colours, err := b.colours(p, s.components)
	if err != nil {
		return 0, err
	}
	return b.doc.stream(dictionary(p, colours, s.depth, more), func(w io.Writer) error {
		return b.rows(w, pixels, s.components, s.depth, s.colour)
	})
}

// samples is how the pixels of a picture are written.
type samples struct {
	components, depth int
}

func samplesOf(m image.Image) samples {
	switch m.ColorModel() {
	case color.GrayModel:
		return samples{1, 8}
	case color.Gray16Model:
		return samples{1, 16}
	case color.NRGBA64Model, color.RGBA64Model:
		return samples{3, 16}
	}
	return samples{3, 8}
}

func (s samples) params(width, components int) string {
	return fmt.Sprintf("<</Predictor 15/Colors %d/BitsPerComponent %d/Columns %d>>",
		components, s.depth, width)
}

func opaque(m image.Image) bool {
	o, ok := m.(interface{ Opaque() bool })
	return ok && o.Opaque()
}

// colour and alpha put the samples of a pixel.
func (s samples) colour(row []byte, x int, c color.NRGBA64) {
	if s.components == 1 {
		s.put(row, x, c.R)
		return
	}
	s.put(row, x*3, c.R)
	s.put(row, x*3+1, c.G)
	s.put(row, x*3+2, c.B)
}

func (s samples) alpha(row []byte, x int, c color.NRGBA64) { s.put(row, x, c.A) }

func (s samples) put(row []byte, at int, v uint16) {
	if s.depth == 8 {
		row[at] = byte(v >> 8)
		return
	}
	row[at*2], row[at*2+1] = byte(v>>8), byte(v)
}

// rows compresses the pixels row by row, each as its difference to the one above:
// filter 2 of PNG.
func (b *binder) rows(
	w io.Writer, m image.Image, components, depth int, put func([]byte, int, color.NRGBA64),
) error {
	bounds := m.Bounds()
	size := bounds.Dx() * components * depth / 8
	above, row, out := make([]byte, size), make([]byte, size), make([]byte, size+1)
	at := pixelsOf(m)
	return deflate(w, func(z io.Writer) error {
		for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
			if err := b.ctx.Err(); err != nil {
				return err
			}
			for x := range bounds.Dx() {
				put(row, x, at(bounds.Min.X+x, y))
			}
			out[0] = 2
			for i := range row {
				out[i+1] = row[i] - above[i]
			}
			if _, err := z.Write(out); err != nil {
				return err
			}
			above, row = row, above
		}
		return nil
	})
}

// pixelsOf returns a function that reads a pixel, without the detour over
// premultiplied colours where the picture has none.
func pixelsOf(m image.Image) func(x, y int) color.NRGBA64 {
	wide := func(c color.NRGBA) color.NRGBA64 {
		return color.NRGBA64{
			uint16(c.R) * 0x101, uint16(c.G) * 0x101, uint16(c.B) * 0x101, uint16(c.A) * 0x101,
		}
	}
	switch m := m.(type) {
	case *image.NRGBA:
		return func(x, y int) color.NRGBA64 { return wide(m.NRGBAAt(x, y)) }
	case *image.NRGBA64:
		return m.NRGBA64At
	case *image.YCbCr:
		return func(x, y int) color.NRGBA64 {
			c := m.YCbCrAt(x, y)
			red, green, blue := color.YCbCrToRGB(c.Y, c.Cb, c.Cr)
			return wide(color.NRGBA{red, green, blue, 255})
		}
	}
	return func(x, y int) color.NRGBA64 {
		return color.NRGBA64Model.Convert(m.At(x, y)).(color.NRGBA64)
	}
}

// deflate compresses what fn writes.
func deflate(w io.Writer, fn func(io.Writer) error) error {
	z := zlib.NewWriter(w)
	if err := fn(z); err != nil {
		return err
	}
	return z.Close()
}
