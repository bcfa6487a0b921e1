package vips

import (
	"cmp"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/internal/lettering"
)

// pixels are a picture in memory: red, green, blue and transparency, each a byte.
type pixels struct {
	size
	rgba []byte
}

// mark lays a text or a logo over a picture.
type mark struct {
	op   codec.Watermark
	logo *pixels         // nil for a text, and as long as nobody looks at the logo
	font *lettering.Font // nil for one of those that are part of the program

	overlay image // once it is made, for all frames
	at      spot
}

func (m *mark) prepare(z size) (size, error) { return z, nil }
func (m *mark) jumps() bool                  { return false }

func (m *mark) apply(c *conversion, im image) (image, error) {
	if m.overlay == (image{}) {
		if err := m.make(c, size{im.width(), im.height()}); err != nil {
			return im, err
		}
	}
	if im.colours() == 1 {
		var err error
		if im, err = c.threeColours(im); err != nil {
			return im, err
		}
	}
	return m.lay(c, im)
}

// lay composites only the rows in which the mark is: it is much slower than to
// copy.
func (m *mark) lay(c *conversion, im image) (image, error) {
	overlay, err := c.withDepth(m.overlay, im)
	if err != nil {
		return im, err
	}
	top, bottom := m.at.y, m.at.y+overlay.height()
	rows := func(from, to int) (image, error) {
		return c.call("extract_area", args{"input": im, "left": 0, "top": from,
			"width": im.width(), "height": to - from})
	}
	middle, err := rows(top, bottom)
	if err != nil {
		return im, err
	}
	space := im.interpretationName()
	marked, err := c.keepingFormat(middle, func(im image) (image, error) {
		return c.call("composite2", args{"base": im, "overlay": overlay, "mode": "over",
			"x": m.at.x, "y": 0, "compositing-space": space})
	})
	if err != nil {
		return im, err
	}
	marked, err = c.call("extract_band", args{"in": marked, "band": 0, "n": im.bands()})
	if err != nil {
		return im, err
	}
	if top > 0 {
		above, err := rows(0, top)
		if err != nil {
			return im, err
		}
		marked, err = c.call("join", args{"in1": above, "in2": marked, "direction": "vertical"})
		if err != nil {
			return im, err
		}
	}
	if bottom < im.height() {
		below, err := rows(bottom, im.height())
		if err != nil {
			return im, err
		}
		return c.call("join", args{"in1": marked, "in2": below, "direction": "vertical"})
	}
	return marked, nil
}

// make makes the overlay for a picture of size z and finds its place.
func (m *mark) make(c *conversion, z size) error {
	margin := min(*m.op.Margin, z.w/4, z.h/4)
	room := size{z.w - 2*margin, z.h - 2*margin}
	source := m.text
	switch {
	case m.op.FontFile != "" && m.font == nil:
		return codec.Errorf(codec.Internal, "vips: the font is not among the second inputs of the work")
	case m.logo != nil:
		source = m.scaledLogo
	case m.op.Logo != "":
		return codec.Errorf(codec.Internal, "vips: the logo is not among the second inputs of the work")
	}
	im, err := source(c, z, room)
	if err != nil {
		return err
	}
	if im, err = c.call("linear", args{"in": im, "a": []float64{1, 1, 1, *m.op.Opacity},
		"b": []float64{0, 0, 0, 0}, "uchar": true}); err != nil {
		return err
	}
	if m.op.Rotate != 0 {
		if im, err = (turn{degrees: m.op.Rotate, clear: true}).apply(c, im); err != nil {
			return err
		}
	}
	if m.op.Tile {
		im, err = m.tile(c, im, z)
	} else {
		m.at = m.place(size{im.width(), im.height()}, z, margin)
		// Rounding may make a turned mark a pixel larger than its room.
		im, err = c.call("extract_area", args{"input": im, "left": 0, "top": 0,
			"width": min(im.width(), z.w-m.at.x), "height": min(im.height(), z.h-m.at.y)})
	}
	if err == nil {
		m.overlay, err = c.render(im)
	}
	return err
}

// text draws the text in the size that was asked for, or else for which there is
// room.
func (m *mark) text(c *conversion, z, room size) (image, error) {
	height := float64(cmp.Or(m.op.FontSize, max(min(z.w, z.h)/20, 12)))
	t := lettering.Text{Text: m.op.Text, Font: m.font, Name: m.op.Font}
	mask, notes, err := t.Draw(height, m.width(z), func(w, h int) float64 {
		return m.fits(size{w, h}, room)
	})
	if err != nil {
		return image{}, err
	}
	for _, n := range notes {
		c.note("%s", n)
	}
	r, g, b := rgb(m.op.Color)
	p := &pixels{size{mask.Rect.Dx(), mask.Rect.Dy()}, make([]byte, 0, 4*len(mask.Pix))}
	for _, alpha := range mask.Pix {
		p.rgba = append(p.rgba, r, g, b, alpha)
	}
	return c.fromPixels(p)
}

// scaledLogo is the logo in the size that was asked for, or else for which there is
// room.
func (m *mark) scaledLogo(c *conversion, z, room size) (image, error) {
	im, err := c.fromPixels(m.logo)
	if err != nil {
		return im, err
	}
	scale := min(ratio(m.width(z), m.logo.w), m.fits(m.logo.size, room))
	return c.resize(im, size{times(m.logo.w, scale), times(m.logo.h, scale)})
}

// width is how wide the mark should be on a picture of size z, 0 for its own size.
func (m *mark) width(z size) int {
	if m.op.Scale > 0 {
		return times(z.w, m.op.Scale)
	}
	return m.op.WatermarkWidth
}

// fits is the largest scale at which a mark, turned, has room.
func (m *mark) fits(own, room size) float64 {
	turned, _ := turn{degrees: m.op.Rotate}.prepare(own) // it refuses nothing
	return min(ratio(room.w, turned.w), ratio(room.h, turned.h))
}

// place is where a mark of size own lies on a picture of size z.
func (m *mark) place(own, z size, margin int) spot {
	left, top := margin, margin
	right, bottom := max(z.w-own.w-margin, 0), max(z.h-own.h-margin, 0)
	switch m.op.Position {
	case codec.PositionTopLeft:
		return spot{left, top}
	case codec.PositionTopRight:
		return spot{right, top}
	case codec.PositionBottomLeft:
		return spot{left, bottom}
	case codec.PositionCenter:
		return spot{max(z.w-own.w, 0) / 2, max(z.h-own.h, 0) / 2}
	}
	return spot{right, bottom}
}

// tile repeats the mark over a picture of size z, from half a margin on.
func (m *mark) tile(c *conversion, im image, z size) (image, error) {
	margin := *m.op.Margin
	cell := size{im.width() + margin, im.height() + margin}
	var err error
	im, err = c.call("embed", args{"in": im, "x": margin / 2, "y": margin / 2,
		"width": cell.w, "height": cell.h, "extend": "background", "background": []float64{0, 0, 0, 0}})
	if err != nil {
		return im, err
	}
	across, down := 1+(z.w-1)/cell.w, 1+(z.h-1)/cell.h
	if im, err = c.call("replicate", args{"in": im, "across": across, "down": down}); err != nil {
		return im, err
	}
	return c.call("extract_area", args{"input": im, "left": 0, "top": 0, "width": z.w, "height": z.h})
}

// withDepth brings an 8-bit overlay to the samples of another image.
func (c *conversion) withDepth(overlay, like image) (image, error) {
	if !like.deep() {
		return overlay, nil
	}
	deep, err := c.call("linear", args{"in": overlay, "a": 257, "b": 0})
	if err != nil {
		return overlay, err
	}
	if deep, err = c.call("cast", args{"in": deep, "format": "ushort"}); err != nil {
		return overlay, err
	}
	return c.call("copy", args{"in": deep, "interpretation": "rgb16"})
}
