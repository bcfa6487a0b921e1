package vips

// jpegShrink is by how much a JPEG decoder makes a picture smaller that is to
// become smaller by factor, at least 2. At 2 and 4 it keeps what it needs of the
// frequencies, also if nothing is left to resize; at 8 it averages blocks, which
// shows in the details, so some is left to resize (mean difference from a full
// decode for a finely detailed photo: 1.4 of 255, with 8 used from 8 on 6.6).
func jpegShrink(factor float64) int {
	switch {
	case factor >= 12:
		return 8
	case factor >= 4:
		return 4
	}
	return 2
}

// resize scales to a size. Pixels behind transparency do not shine through.
func (c *conversion) resize(im image, to size) (image, error) {
	if (size{im.width(), im.height()}) == to {
		return im, nil
	}
	format, alpha := im.formatName(), im.hasAlpha()
	var err error
	if alpha {
		if im, err = c.call("premultiply", args{"in": im}); err != nil {
			return im, err
		}
	}
	if im, err = c.scale(im, to); err != nil || !alpha {
		return im, err
	}
	if im, err = c.call("unpremultiply", args{"in": im}); err != nil {
		return im, err
	}
	return c.call("cast", args{"in": im, "format": format})
}

// gap is how many times larger than the result a picture is left by averaging blocks of
// it, before it is weighed by Lanczos' kernel: what libvips takes.
const gap = 2

// scale does what the operation resize does.
func (s *session) scale(im image, to size) (image, error) {
	x, y := ratio(to.w, im.width()), ratio(to.h, im.height())
	if !im.reduces() || x >= 1 || y > 1 {
		return s.call("resize", args{"in": im, "scale": x, "vscale": y})
	}
	if y < 1 {
		var err error
		if im, err = s.call("reducev", args{"in": im, "vshrink": 1 / y, "gap": gap}); err != nil {
			return im, err
		}
	}
	return s.narrow(im, 1/x, false)
}

// reduces reports whether im is made narrower here: see reduce.c.
func (im image) reduces() bool { return knowsNoSIMD() && !im.deep() && im.bands() <= 4 }

// narrow does what the operation reduceh does; portable is slower, and there to be tested.
func (s *session) narrow(im image, factor float64, portable bool) (image, error) {
	full := float64(im.width())
	width := int(full/factor + 0.5)
	invented := float64(float64(width)*factor) - full
	if n := int(full / float64(width) / gap); n > 1 {
		var err error
		if im, err = s.call("shrinkh", args{"in": im, "hshrink": n, "ceil": true}); err != nil {
			return im, err
		}
		factor /= float64(n)
		invented /= float64(n)
	}
	if factor == 1 {
		return im, nil
	}
	return s.reduce(im, width, factor, invented, portable)
}

// complete puts back what is missing of a picture from the decoder. libvips cuts off
// the last column and row of a JPEG that it reads at a reduced size if they are not
// whole. Where more than half of one is missing it comes back, as a copy of its
// neighbour: what is left, stretched to the full size, would move everything by up to
// a pixel.
func (c *conversion) complete(im image) (image, error) {
	if c.shrunk < 2 {
		return im, nil
	}
	full := c.unturned(c.picture.size())
	near := size{times(full.w, 1/float64(c.shrunk)), times(full.h, 1/float64(c.shrunk))}
	if near.w <= im.width() && near.h <= im.height() {
		return im, nil
	}
	return c.call("embed", args{"in": im, "x": 0, "y": 0,
		"width": near.w, "height": near.h, "extend": "copy"})
}

// extract cuts a part out.
func (s *session) extract(im image, p part) (image, error) {
	if p == (part{size: size{im.width(), im.height()}}) {
		return im, nil
	}
	return s.call("extract_area", args{"input": im, "left": p.x, "top": p.y,
		"width": p.w, "height": p.h})
}
