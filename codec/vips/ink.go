package vips

import "strconv"

// ink returns a colour as samples of the image. "" is transparent, where the
// target has transparency, and otherwise white. The image comes back with what
// the colour needs: three colours if grey is not enough, or transparency.
func (c *conversion) ink(im image, colour string) (image, []float64, error) {
	alpha := 255.0
	if colour == "" {
		if colour = "#ffffff"; c.saver.alpha {
			alpha = 0
		}
	}
	var err error
	red, green, blue := rgb(colour)
	r, g, b := float64(red), float64(green), float64(blue)
	if im.colours() == 1 && (r != g || g != b) {
		if im, err = c.threeColours(im); err != nil {
			return im, nil, err
		}
	}
	if alpha == 0 && !im.hasAlpha() {
		if im, err = c.withAlpha(im); err != nil {
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
		ink = append(ink, alpha)
	}
	for i := range ink {
		ink[i] *= im.scale()
	}
	return im, ink, nil
}

// rgb reads a colour like "#ffffff"; an operation has checked it.
func rgb(colour string) (r, g, b byte) {
	n, _ := strconv.ParseUint(colour[1:], 16, 32)
	return byte(n >> 16), byte(n >> 8), byte(n)
}

// withAlpha gives the image transparency, all of it opaque.
func (c *conversion) withAlpha(im image) (image, error) {
	return c.call("bandjoin_const", args{"in": im, "c": []float64{255 * im.scale()}})
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
