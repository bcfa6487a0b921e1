package libav

import (
	"fmt"
	"image"
	"strings"

	"github.com/spoolmedia/spool/codec"
	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/gomono"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

// fonts are those that a watermark may name.
var fonts = map[string][]byte{
	codec.FontSans: goregular.TTF, codec.FontBold: gobold.TTF, codec.FontMono: gomono.TTF,
}

// mostText is the longest side of a drawn text.
const mostText = 16384

// drawText draws the text with letters of that many pixels, or, unless width is 0,
// as wide as that.
func drawText(op codec.Watermark, pixels float64, width int) (*image.NRGBA, error) {
	lines := strings.Split(strings.ReplaceAll(op.Text, "\r\n", "\n"), "\n")
	if width > 0 {
		const trial = 100
		face, err := newFace(op.Font, trial)
		if err != nil {
			return nil, err
		}
		pixels = max(1, trial*float64(width)/max(1, float64(longest(face, lines))/64))
	}
	face, err := newFace(op.Font, pixels)
	if err != nil {
		return nil, err
	}
	m := face.Metrics()
	w, h := longest(face, lines).Ceil(), m.Height.Ceil()*(len(lines)-1)+(m.Ascent+m.Descent).Ceil()
	if w > mostText || h > mostText {
		return nil, codec.Errorf(codec.Limit,
			"the text is %d × %d pixels, larger than can be drawn", w, h)
	}
	picture := image.NewNRGBA(image.Rect(0, 0, max(1, w), max(1, h)))
	d := font.Drawer{Dst: picture, Src: image.NewUniform(inkOf(op.Color)), Face: face}
	for i, line := range lines {
		d.Dot = fixed.Point26_6{Y: m.Ascent + fixed.I(i*m.Height.Ceil())}
		d.DrawString(line)
	}
	return picture, nil
}

func newFace(name string, pixels float64) (font.Face, error) {
	parsed, err := opentype.Parse(fonts[name])
	if err != nil {
		return nil, fmt.Errorf("libav: font %q: %w", name, err)
	}
	// At 72 dots an inch a point is a pixel.
	return opentype.NewFace(parsed, &opentype.FaceOptions{Size: pixels, DPI: 72})
}

func longest(face font.Face, lines []string) fixed.Int26_6 {
	var most fixed.Int26_6
	for _, line := range lines {
		most = max(most, font.MeasureString(face, line))
	}
	return most
}
