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
	if c.shrunk == 0 && (size{im.width(), im.height()}) == to {
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

// scale makes the picture to × to pixels. libvips cuts off the last column and
// row of a JPEG that it reads at a reduced size if they are not whole. Where more
// than half of one is missing it is put back, as a copy of its neighbour: what is
// left, stretched to the full size, would move everything by up to a pixel.
func (c *conversion) scale(im image, to size) (image, error) {
	from := size{im.width(), im.height()}
	if shrunk := c.shrunk; shrunk > 1 {
		c.shrunk = 0 // only the first resize has a picture from the decoder
		full := c.unturned(c.picture.size())
		near := size{times(full.w, 1/float64(shrunk)), times(full.h, 1/float64(shrunk))}
		var err error
		if near.w > from.w || near.h > from.h {
			im, err = c.call("embed", args{"in": im, "x": 0, "y": 0,
				"width": near.w, "height": near.h, "extend": "copy"})
			from = near
		}
		if err != nil {
			return im, err
		}
	}
	if from == to {
		return im, nil
	}
	return c.call("resize", args{"in": im, "scale": ratio(to.w, from.w),
		"vscale": ratio(to.h, from.h)})
}
