package vips

import (
	"math"

	"github.com/spoolmedia/spool/codec"
)

// size is pixels, as shown.
type size struct{ w, h int }

func (z size) swapped() size { return size{z.h, z.w} }

func (z size) pixels() int64 { return int64(z.w) * int64(z.h) }

// crop cuts a part out; what of it lies outside the picture is left out.
type crop struct {
	left, top int
	size      // a side of 0 reaches to the edge
}

func (c *crop) prepare(z size) (size, error) {
	if c.left >= z.w || c.top >= z.h {
		return z, codec.Errorf(codec.Unsupported,
			"a crop from %d, %d on lies outside the picture, which is %d × %d pixels",
			c.left, c.top, z.w, z.h)
	}
	return c.within(z), nil
}

// within is the size of the part that a picture of size z has of the crop.
func (c *crop) within(z size) size {
	rest := size{z.w - c.left, z.h - c.top}
	if c.w > 0 {
		rest.w = min(rest.w, c.w)
	}
	if c.h > 0 {
		rest.h = min(rest.h, c.h)
	}
	return rest
}

func (c *crop) jumps() bool { return false }

func (c *crop) apply(on *conversion, im image) (image, error) {
	z := c.within(size{im.width(), im.height()})
	return on.call("extract_area", args{"input": im, "left": c.left, "top": c.top,
		"width": z.w, "height": z.h})
}

// mirror swaps the sides in a direction: "horizontal" is left and right.
type mirror struct{ direction string }

func (m mirror) prepare(z size) (size, error) { return z, nil }
func (m mirror) jumps() bool                  { return m.direction == "vertical" }

func (m mirror) apply(c *conversion, im image) (image, error) {
	return c.call("flip", args{"in": im, "direction": m.direction})
}

// turn rotates clockwise.
type turn struct {
	degrees    float64
	background string // in the corners: see [conversion.ink]
	clear      bool   // corners are transparent, whatever the format: it is laid on a picture
}

// quarters is how many quarter turns it is, or false if it is none.
func (t turn) quarters() (int, bool) {
	n := math.Mod(math.Mod(t.degrees, 360)+360, 360) / 90
	return int(n) % 4, n == math.Trunc(n)
}

func (t turn) prepare(z size) (size, error) {
	if n, ok := t.quarters(); ok {
		if n%2 == 1 {
			z = z.swapped()
		}
		return z, nil
	}
	sin, cos := math.Sincos(t.degrees * math.Pi / 180)
	sin, cos = math.Abs(sin), math.Abs(cos)
	w, h := float64(z.w), float64(z.h)
	return size{int(math.Ceil(w*cos + h*sin)), int(math.Ceil(w*sin + h*cos))}, nil
}

func (t turn) jumps() bool { return true }

func (t turn) apply(c *conversion, im image) (image, error) {
	if n, ok := t.quarters(); ok {
		return c.call("rot", args{"in": im, "angle": [...]string{"d0", "d90", "d180", "d270"}[n]})
	}
	im, ink, err := c.ink(im, t.background)
	if err != nil {
		return im, err
	}
	if t.clear {
		ink[len(ink)-1] = 0
	}
	format := im.formatName()
	// It reads across, and is made in small tiles: in strips it would compute and
	// copy most of the picture for each of them.
	if im, err = c.render(im); err != nil {
		return im, err
	}
	if im, err = c.call("rotate", args{"in": im, "angle": t.degrees, "background": ink}); err != nil {
		return im, err
	}
	if im.formatName() != format {
		if im, err = c.call("cast", args{"in": im, "format": format}); err != nil {
			return im, err
		}
	}
	return c.render(im)
}
