package lettering

import (
	"image"

	"github.com/spoolmedia/spool/codec"
)

// A Text is what is written, and in which font.
type Text struct {
	Text string
	Font *Font  // one of its own, or nil
	Name string // "sans", "bold" or "mono", if Font is nil
}

// Draw draws the text with letters of that many pixels or, unless width is 0, as wide as
// that; smaller if fits, the largest scale at which something of a size has room, is less.
// Notes tell the submitter of that, and of characters that the font lacks. A text
// without anything to see is Unsupported, and a broken font is Invalid.
func (t Text) Draw(
	pixels float64, width int, fits func(w, h int) float64,
) (mask *image.Alpha, notes []string, err error) {
	face, err := t.face(pixels)
	if err != nil {
		return nil, nil, err
	}
	w, h, err := face.Measure(t.Text)
	if err != nil {
		return nil, nil, t.broken(err)
	}
	w, h = max(w, 1), max(h, 1)
	scale := 1.0
	if width > 0 {
		scale = float64(width) / float64(w)
	}
	if most := fits(w, h); scale > most {
		scale = most
		notes = append(notes, "the text was made smaller, so that it fits into the picture")
	}
	if face, err = t.face(max(pixels*scale, 1)); err != nil {
		return nil, nil, err
	}
	mask, missing, err := face.Draw(t.Text)
	switch {
	case err != nil:
		return nil, nil, t.broken(err)
	case mask.Rect.Empty():
		return nil, nil, codec.Errorf(codec.Unsupported, "the watermark's text has nothing to draw")
	case len(missing) > 0:
		notes = append(notes,
			"the font has no sign for "+Quoted(missing)+": a box stands in its place")
	}
	return mask, notes, nil
}

func (t Text) face(pixels float64) (*Face, error) {
	if t.Font != nil {
		return t.Font.Face(pixels), nil
	}
	return NewFace(t.Name, pixels)
}

// broken blames the font, which breaks only when it is used.
func (t Text) broken(err error) error {
	if t.Font == nil {
		return err
	}
	return codec.Errorf(codec.Invalid, "the font of the watermark is broken")
}
