package vips

import (
	"strconv"

	"github.com/spoolmedia/spool/codec"
)

// conversion is one convert on its way through libvips.
type conversion struct {
	*session
	*picture
	op     codec.Convert
	target codec.Format
	saver  *saver
	layout layout
	shrunk int // by how much the JPEG decoder made it smaller; 0: not
	frames int // that the output has
}

// convert does op and returns the image to save.
func (s *session) convert(p *picture, op codec.Convert) (*conversion, image, error) {
	f, _ := codec.LookupFormat(op.Format)
	c := &conversion{session: s, picture: p, op: op, target: f, saver: savers[f.Name], frames: 1}
	c.layout = plan(p.size(), op)
	if err := c.checkSize(); err != nil {
		return nil, image{}, err
	}
	im, err := c.decode()
	if err != nil {
		return nil, image{}, s.loadFailure(p, err)
	}
	steps := []func(image) (image, error){c.resize, c.orient, c.colour, c.place, c.flatten, c.fields}
	if c.frames > 1 {
		steps = []func(image) (image, error){c.colour, c.eachFrame, c.flatten, c.fields}
	}
	for _, step := range steps {
		if im, err = step(im); err != nil {
			return nil, image{}, s.loadFailure(p, err)
		}
	}
	return c, im, nil
}

// checkSize refuses outputs that the format cannot hold, and those that could
// not be cancelled in time.
func (c *conversion) checkSize() error {
	for _, z := range []size{c.layout.scaled, c.layout.canvas} {
		if err := c.saver.tooLarge(c.name, c.target.Name, z); err != nil {
			return err
		}
	}
	return c.saver.tooSlow(c.name, c.target.Name, c.layout.canvas)
}

// decode opens the input as small as the layout allows, with all frames if the
// target takes them.
func (c *conversion) decode() (image, error) {
	a := args{}
	if n := c.media.Frames; n > 1 {
		switch {
		case c.animated && c.saver.animated:
			c.frames = n
			a["n"] = -1
		case c.animated || c.in.Type() == "image/apng":
			c.note("only the first of %d frames is in the output", n)
		default:
			c.note("only the first of %d pages is in the output", n)
		}
	}
	factor := c.layout.shrink(c.size())
	switch {
	case c.operation == "jpegload_source" && factor >= 2:
		c.shrunk = jpegShrink(factor)
		a["shrink"] = c.shrunk
	case c.scales && c.frames == 1 && (factor > 1 || factor < 1 && c.vector()):
		a["scale"] = 1 / factor
	}
	im := c.header
	if len(a) > 0 {
		var err error
		if im, err = c.load(c.picture, a); err != nil {
			return image{}, err
		}
	}
	c.watch(im)
	return im, nil
}

// vector reports whether the input is drawn and not sampled.
func (c *conversion) vector() bool { return c.scales && !c.animated }

// unturned is z as it is before the orientation is applied.
func (c *conversion) unturned(z size) size {
	if c.turns() >= 5 {
		return z.swapped()
	}
	return z
}

// orient turns the picture as its EXIF orientation says, and removes that from
// the fields, so that no viewer turns it again.
func (c *conversion) orient(im image) (image, error) {
	if turns := c.turns(); turns > 2 {
		// Turning reads from bottom to top, but a decoder runs once, downwards.
		c.stage(0, 1-max(c.saver.encodes, 0.3))
		var err error
		if im, err = c.render(im); err != nil {
			return im, err
		}
	}
	if c.turns() > 1 {
		return c.call("autorot", args{"in": im})
	}
	return im, nil
}

// place cuts or pads to the canvas, around the centre.
func (c *conversion) place(im image) (image, error) {
	to := c.layout.canvas
	if cut := (size{min(to.w, im.width()), min(to.h, im.height())}); cut.w < im.width() || cut.h < im.height() {
		var err error
		im, err = c.call("extract_area", args{"input": im,
			"left": (im.width() - cut.w) / 2, "top": (im.height() - cut.h) / 2,
			"width": cut.w, "height": cut.h})
		if err != nil {
			return im, err
		}
	}
	if im.width() == to.w && im.height() == to.h {
		return im, nil
	}
	im, ink, err := c.ink(im)
	if err != nil {
		return im, err
	}
	return c.call("embed", args{"in": im, "x": (to.w - im.width()) / 2, "y": (to.h - im.height()) / 2,
		"width": to.w, "height": to.h, "extend": "background", "background": ink})
}

// eachFrame resizes and places the frames of an animation one by one, so that
// none bleeds into its neighbour, and stacks them again.
func (c *conversion) eachFrame(im image) (image, error) {
	height := im.pageHeight()
	from := size{im.width(), height}
	if c.layout == (layout{from, from}) {
		return im, nil
	}
	frames := make([]image, im.height()/height)
	for i := range frames {
		f, err := c.call("extract_area", args{"input": im, "left": 0, "top": i * height,
			"width": from.w, "height": height})
		if err != nil {
			return im, err
		}
		if f, err = c.resize(f); err != nil {
			return im, err
		}
		if frames[i], err = c.place(f); err != nil {
			return im, err
		}
	}
	roll, err := c.call("arrayjoin", args{"in": frames, "across": 1})
	if err != nil {
		return im, err
	}
	if roll, err = c.copy(roll); err != nil {
		return im, err
	}
	roll.setNumber("page-height", c.layout.canvas.h)
	return roll, nil
}

// flatten lays the picture on the background where the target has no
// transparency.
func (c *conversion) flatten(im image) (image, error) {
	if c.saver.alpha || !im.hasAlpha() {
		return im, nil
	}
	im, ink, err := c.ink(im)
	if err != nil {
		return im, err
	}
	return c.call("flatten", args{"in": im, "background": ink[:im.colours()]})
}

// ink returns the background as samples of the image, which it makes a picture
// of three colours if grey is not enough.
func (c *conversion) ink(im image) (image, []float64, error) {
	rgb, err := strconv.ParseUint(c.op.Background[1:], 16, 32)
	if err != nil {
		return im, nil, err
	}
	r, g, b := float64(rgb>>16), float64(rgb>>8&0xff), float64(rgb&0xff)
	if im.colours() == 1 && (r != g || g != b) {
		if im, err = c.threeColours(im); err != nil {
			return im, nil, err
		}
	}
	ink := []float64{r, g, b}
	switch im.colours() {
	case 1:
		ink = []float64{r}
	case 4:
		ink = []float64{255 - r, 255 - g, 255 - b, 0}
	}
	if im.hasAlpha() {
		ink = append(ink, 255)
	}
	if im.deep() {
		for i := range ink {
			ink[i] *= 257
		}
	}
	return im, ink, nil
}

// threeColours turns a grey picture to RGB.
func (c *conversion) threeColours(im image) (image, error) {
	if im.has(profileField) { // it is for grey
		var err error
		if im, err = c.transform(im, args{}, im.deep()); err != nil || im.colours() == 3 {
			return im, err
		}
	}
	if im.deep() {
		return c.call("colourspace", args{"in": im, "space": "rgb16"})
	}
	return c.call("colourspace", args{"in": im, "space": "srgb"})
}
