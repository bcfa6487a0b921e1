package vips

import (
	"math"

	"github.com/spoolmedia/spool/codec"
)

// fit scales a picture into a box, then cuts or pads it.
type fit struct {
	box            size   // a side of 0 follows from the aspect ratio
	aspect         string // of the box: see [codec.Transform]
	mode           string
	enlarge        bool
	gravity        string   // "" is the centre
	focusX, focusY *float64 // take the place of gravity, as fractions
	background     string   // around the picture: see [conversion.ink]

	layout layout
	spot   *spot // where it cuts, once that is known
}

// layout is how a picture gets its new size: scaled, then cut or padded to the
// canvas.
type layout struct{ scaled, canvas size }

// spot is the upper left corner of a part.
type spot struct{ x, y int }

func (f *fit) prepare(z size) (size, error) {
	f.layout = f.plan(z)
	return f.layout.canvas, nil
}

// plan lays out a picture of size from.
func (f *fit) plan(from size) layout {
	box := f.boxFor(from)
	switch {
	case box.w == 0 && box.h == 0:
		return layout{from, from}
	case box.w == 0:
		return whole(from, f.limit(ratio(box.h, from.h)))
	case box.h == 0:
		return whole(from, f.limit(ratio(box.w, from.w)))
	}
	x, y := ratio(box.w, from.w), ratio(box.h, from.h)
	switch f.mode {
	case codec.FitInside:
		return whole(from, f.limit(min(x, y)))
	case codec.FitOutside:
		return whole(from, f.limit(max(x, y)))
	case codec.FitFill:
		scaled := size{times(from.w, f.limit(x)), times(from.h, f.limit(y))}
		return layout{scaled, scaled}
	case codec.FitContain:
		return layout{whole(from, f.limit(min(x, y))).scaled, box}
	}
	scaled := whole(from, f.limit(max(x, y))).scaled
	return layout{scaled, size{min(box.w, scaled.w), min(box.h, scaled.h)}}
}

// boxFor is the box for a picture of that size.
func (f *fit) boxFor(z size) size {
	w, h := codec.Transform{AspectRatio: f.aspect, Width: f.box.w, Height: f.box.h, Fit: f.mode,
		Enlarge: f.enlarge}.Box(z.w, z.h)
	return size{w, h}
}

// limit keeps a scale from making a picture larger, unless that was asked for.
func (f *fit) limit(scale float64) float64 {
	if f.enlarge {
		return scale
	}
	return min(scale, 1)
}

func whole(from size, scale float64) layout {
	z := size{times(from.w, scale), times(from.h, scale)}
	return layout{z, z}
}

func ratio(to, from int) float64 { return float64(to) / float64(from) }

func times(n int, scale float64) int { return max(1, int(math.Round(float64(n)*scale))) }

// clever reports whether the part to keep is found by looking at the picture.
func (f *fit) clever() bool {
	byLooking := f.gravity == codec.GravityAttention || f.gravity == codec.GravityEntropy
	return byLooking && f.focusX == nil && f.focusY == nil
}

func (f *fit) jumps() bool {
	z := f.layout
	return f.clever() && (z.canvas.w < z.scaled.w || z.canvas.h < z.scaled.h)
}

func (f *fit) apply(c *conversion, im image) (image, error) {
	if c.lead != f || c.frames > 1 {
		var err error
		if im, err = c.resize(im, f.layout.scaled); err != nil {
			return im, err
		}
	}
	return f.place(c, im)
}

// place cuts to the canvas around what is to stay, or pads around the centre.
func (f *fit) place(c *conversion, im image) (image, error) {
	to, from := f.layout.canvas, size{im.width(), im.height()}
	cut := size{min(to.w, from.w), min(to.h, from.h)}
	if cut != from {
		if f.spot == nil {
			var err error
			if f.spot, err = f.find(c, im, cut); err != nil {
				return im, err
			}
		}
		var err error
		if im, err = c.call("extract_area", args{"input": im, "left": f.spot.x, "top": f.spot.y,
			"width": cut.w, "height": cut.h}); err != nil {
			return im, err
		}
	}
	if cut == to {
		return im, nil
	}
	im, ink, err := c.ink(im, f.background)
	if err != nil {
		return im, err
	}
	return c.call("embed", args{"in": im, "x": (to.w - im.width()) / 2, "y": (to.h - im.height()) / 2,
		"width": to.w, "height": to.h, "extend": "background", "background": ink})
}

// find returns where to cut a part out of im.
func (f *fit) find(c *conversion, im image, part size) (*spot, error) {
	room := size{im.width() - part.w, im.height() - part.h}
	switch {
	case f.focusX != nil || f.focusY != nil:
		return &spot{around(f.focusX, im.width(), part.w), around(f.focusY, im.height(), part.h)}, nil
	case f.clever():
		found, err := c.call("smartcrop", args{"input": im, "width": part.w, "height": part.h,
			"interesting": f.gravity})
		if err != nil {
			return nil, err
		}
		return &spot{-int(found.p.Xoffset), -int(found.p.Yoffset)}, nil
	}
	at := &spot{room.w / 2, room.h / 2}
	switch f.gravity {
	case codec.GravityWest, codec.GravityNorthwest, codec.GravitySouthwest:
		at.x = 0
	case codec.GravityEast, codec.GravityNortheast, codec.GravitySoutheast:
		at.x = room.w
	}
	switch f.gravity {
	case codec.GravityNorth, codec.GravityNorthwest, codec.GravityNortheast:
		at.y = 0
	case codec.GravitySouth, codec.GravitySouthwest, codec.GravitySoutheast:
		at.y = room.h
	}
	return at, nil
}

// around is where a part of a side begins that has the focus in its middle, as far
// as the side reaches; nil is the middle of the side.
func around(focus *float64, side, part int) int {
	at := 0.5
	if focus != nil {
		at = *focus
	}
	return min(max(int(math.Round(at*float64(side)-float64(part)/2)), 0), side-part)
}
