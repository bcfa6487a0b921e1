package libav

import (
	"image"
	"io"
	"math"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/internal/lettering"
)

// drawText draws the text with letters of that many pixels, or, unless width is 0, as
// wide as that; smaller if there is no room for it.
func (w *watermark) drawText(f *film, pixels float64, width int) (*image.NRGBA, error) {
	t := lettering.Text{Text: w.op.Text, Font: w.font, Name: w.op.Font}
	mask, notes, err := t.Draw(pixels, width, func(across, down int) float64 {
		return w.fits(size{across, down}, f.size)
	})
	if err != nil {
		return nil, err
	}
	f.notes = append(f.notes, notes...)
	return inked(mask, w.op.Color), nil
}

// fits is the largest scale at which a mark, turned, has room in a picture.
func (w *watermark) fits(own, picture size) float64 {
	margin := min(*w.op.Margin, picture.w/4, picture.h/4)
	sin, cos := math.Sincos(w.op.Rotate * math.Pi / 180)
	sin, cos = math.Abs(sin), math.Abs(cos)
	across, down := float64(own.w)*cos+float64(own.h)*sin, float64(own.w)*sin+float64(own.h)*cos
	return min(float64(picture.w-2*margin)/across, float64(picture.h-2*margin)/down)
}

// inked is a mask in a colour.
func inked(mask *image.Alpha, colour string) *image.NRGBA {
	m, ink := image.NewNRGBA(mask.Rect), inkOf(colour)
	for i, alpha := range mask.Pix {
		copy(m.Pix[4*i:], []byte{ink.R, ink.G, ink.B, alpha})
	}
	return m
}

// readFont reads a TrueType or OpenType font.
func readFont(in codec.Input) (*lettering.Font, error) {
	if in.Size() > lettering.LargestFile {
		return nil, codec.Errorf(codec.Limit, "the font %s has %d bytes; the limit is %d",
			in.Name(), in.Size(), lettering.LargestFile)
	}
	file, err := io.ReadAll(io.NewSectionReader(in, 0, in.Size()))
	if err != nil {
		return nil, readError(in.Name(), err)
	}
	font, err := lettering.Parse(file)
	if err != nil {
		return nil, codec.Errorf(codec.Invalid, "%s is no TrueType or OpenType font that can be used",
			in.Name())
	}
	return font, nil
}
