package vips

import "math"

// tone changes the look of a picture, in the order of its fields. Transparency
// stays.
type tone struct {
	brightness, contrast, saturation float64 // factors; 1 changes nothing
	hue                              float64 // degrees
	grey, invert, sharpen            bool
}

func (t tone) prepare(z size) (size, error) { return z, nil }
func (t tone) jumps() bool                  { return false }

func (t tone) apply(c *conversion, im image) (image, error) {
	var err error
	for _, next := range []struct {
		wanted bool
		change func(*conversion, image) (image, error)
	}{
		{t.brightness != 1, t.brighten},
		{t.contrast != 1, t.stretch},
		{t.saturation != 1, mixing(saturate(t.saturation))},
		{t.hue != 0, mixing(turnHue(t.hue))},
		{t.grey, greyscale},
		{t.invert, invert},
		{t.sharpen, sharpen},
	} {
		if !next.wanted {
			continue
		}
		if im, err = next.change(c, im); err != nil {
			return im, err
		}
	}
	return im, nil
}

func (t tone) brighten(c *conversion, im image) (image, error) {
	return c.onColours(im, func(im image) (image, error) {
		return c.call("linear", args{"in": im, "a": t.brightness, "b": 0})
	})
}

func (t tone) stretch(c *conversion, im image) (image, error) {
	return c.onColours(im, func(im image) (image, error) {
		middle := 127.5 * im.scale() * (1 - t.contrast)
		return c.call("linear", args{"in": im, "a": t.contrast, "b": middle})
	})
}

func mixing(matrix colourMatrix) func(*conversion, image) (image, error) {
	return func(c *conversion, im image) (image, error) {
		if im.colours() == 1 {
			return im, nil // grey stays grey
		}
		return c.onColours(im, func(im image) (image, error) {
			m, err := c.matrix(matrix[:], 3)
			if err != nil {
				return im, err
			}
			return c.call("recomb", args{"in": im, "m": m})
		})
	}
}

func greyscale(c *conversion, im image) (image, error) {
	if im.colours() == 1 {
		return im, nil
	}
	if im.deep() {
		return c.call("colourspace", args{"in": im, "space": "grey16"})
	}
	return c.call("colourspace", args{"in": im, "space": "b-w"})
}

func invert(c *conversion, im image) (image, error) {
	return c.onColours(im, func(im image) (image, error) {
		return c.call("invert", args{"in": im})
	})
}

func sharpen(c *conversion, im image) (image, error) {
	return c.keepingFormat(im, func(im image) (image, error) {
		return c.call("sharpen", args{"in": im})
	})
}

// onColours does f on the colours of an image without its transparency, and brings
// what comes out back to the samples of the image.
func (c *conversion) onColours(im image, f func(image) (image, error)) (image, error) {
	if !im.hasAlpha() {
		return c.keepingFormat(im, f)
	}
	alpha, err := c.call("extract_band", args{"in": im, "band": im.colours()})
	if err != nil {
		return im, err
	}
	colours, err := c.call("extract_band", args{"in": im, "band": 0, "n": im.colours()})
	if err != nil {
		return im, err
	}
	if colours, err = c.keepingFormat(colours, f); err != nil {
		return im, err
	}
	return c.call("bandjoin", args{"in": []image{colours, alpha}})
}

// keepingFormat does f and casts the result to the samples of im, rounded and
// clipped, in the same colour space.
func (c *conversion) keepingFormat(im image, f func(image) (image, error)) (image, error) {
	format, space := im.formatName(), im.interpretationName()
	out, err := f(im)
	if err != nil {
		return out, err
	}
	if out.formatName() != format {
		// A cast cuts off what is behind the point.
		if out, err = c.call("round", args{"in": out, "round": "rint"}); err != nil {
			return out, err
		}
		if out, err = c.call("cast", args{"in": out, "format": format}); err != nil {
			return out, err
		}
	}
	return c.call("copy", args{"in": out, "interpretation": space})
}

// colourMatrix makes red, green and blue of red, green and blue.
type colourMatrix [9]float64

// saturate and turnHue are the matrices of the filters of that name of
// https://www.w3.org/TR/filter-effects-1/#ShorthandEquivalents, which keep how
// bright a colour looks.
func saturate(s float64) colourMatrix {
	return colourMatrix{
		0.213 + 0.787*s, 0.715 - 0.715*s, 0.072 - 0.072*s,
		0.213 - 0.213*s, 0.715 + 0.285*s, 0.072 - 0.072*s,
		0.213 - 0.213*s, 0.715 - 0.715*s, 0.072 + 0.928*s,
	}
}

func turnHue(degrees float64) colourMatrix {
	sin, cos := math.Sincos(degrees * math.Pi / 180)
	return colourMatrix{
		0.213 + cos*0.787 - sin*0.213, 0.715 - cos*0.715 - sin*0.715, 0.072 - cos*0.072 + sin*0.928,
		0.213 - cos*0.213 + sin*0.143, 0.715 + cos*0.285 + sin*0.140, 0.072 - cos*0.072 - sin*0.283,
		0.213 - cos*0.213 - sin*0.787, 0.715 - cos*0.715 + sin*0.715, 0.072 + cos*0.928 + sin*0.072,
	}
}
