package vips

import (
	"math"
	"slices"
)

// part is a part of a picture.
type part struct {
	spot
	size
}

func (p part) swapped() part { return part{spot{p.y, p.x}, p.size.swapped()} }

// orientations are the steps that turn a picture upright, by EXIF orientation.
var orientations = [9][]step{
	2: {mirror{"horizontal"}}, 3: {turn{degrees: 180}}, 4: {mirror{"vertical"}},
	5: {turn{degrees: 90}, mirror{"horizontal"}}, 6: {turn{degrees: 90}},
	7: {turn{degrees: 90}, mirror{"vertical"}}, 8: {turn{degrees: 270}},
}

// leading finds the first step that scales, if all steps before it only cut, mirror,
// and turn by right angles: it can then come before them. It returns how many these
// are.
func leading(steps []step) (*fit, int) {
	for i, s := range steps {
		switch s := s.(type) {
		case *fit:
			return s, i
		case *crop, mirror:
		case turn:
			if _, ok := s.quarters(); !ok {
				return nil, 0
			}
		default:
			return nil, 0
		}
	}
	return nil, 0
}

// before returns of what part of a picture of size z a step makes the part p. The
// step is one that [leading] passes over.
func before(s step, p part, z size) part {
	switch s := s.(type) {
	case *crop:
		p.x, p.y = p.x+s.left, p.y+s.top
	case mirror:
		if s.direction == "horizontal" {
			p.x = z.w - p.x - p.w
		} else {
			p.y = z.h - p.y - p.h
		}
	case turn:
		n, _ := s.quarters()
		if n%2 == 1 {
			z = z.swapped()
		}
		for range n {
			z = z.swapped() // as it is before a quarter turn
			p = p.swapped()
			p.y = z.h - p.y - p.h
		}
	}
	return p
}

// kept returns the part of the picture as it is stored that is to be scaled, and the
// size to scale it to, both as they are before anything is turned.
func (c *conversion) kept() (part, size, error) {
	steps := slices.Concat(orientations[c.turns()], c.steps[:c.ahead])
	sizes := make([]size, len(steps))
	z, to := c.unturned(c.picture.size()), c.lead.layout.scaled
	for i, s := range steps {
		sizes[i] = z
		var err error
		if z, err = s.prepare(z); err != nil {
			return part{}, to, err
		}
	}
	p := part{size: z}
	for i := len(steps) - 1; i >= 0; i-- {
		p = before(steps[i], p, sizes[i])
		if t, ok := steps[i].(turn); ok {
			if n, _ := t.quarters(); n%2 == 1 {
				to = to.swapped()
			}
		}
	}
	return p, to, nil
}

// decodeSmaller adds to the arguments of the decoder how much smaller it may make the
// picture.
func (c *conversion) decodeSmaller(a args) error {
	p, to, err := c.kept()
	if err != nil {
		return err
	}
	full := c.unturned(c.picture.size())
	factor := min(ratio(p.w, to.w), ratio(p.h, to.h))
	switch {
	case c.operation == "jpegload_source" && factor >= 2:
		for n := jpegShrink(factor); n > 1 && c.shrunk == 0; n /= 2 {
			_, wide := aligned(p.x, p.w, full.w, n, to.w)
			_, high := aligned(p.y, p.h, full.h, n, to.h)
			if wide && high {
				c.shrunk, a["shrink"] = n, n
			}
		}
	case c.scales && p.size == full && (factor > 1 || factor < 1 && c.vector()):
		a["scale"] = 1 / factor
	}
	return nil
}

// shrink does the part of the steps that is the cheaper the sooner it comes: it cuts
// and scales.
func (c *conversion) shrink(im image) (image, error) {
	if c.lead == nil {
		return im, nil
	}
	p, to, err := c.kept()
	if err != nil {
		return im, err
	}
	shrunk := max(c.shrunk, 1)
	if im, err = c.complete(im); err != nil {
		return im, err
	}
	full := c.unturned(c.picture.size())
	if p.size == full {
		return c.resize(im, to)
	}
	x, _ := aligned(p.x, p.w, full.w, shrunk, to.w)
	y, _ := aligned(p.y, p.h, full.h, shrunk, to.h)
	im, err = c.extract(im, part{spot{x.from, y.from}, size{x.to - x.from, y.to - y.from}})
	if err != nil {
		return im, err
	}
	if im, err = c.resize(im, size{to.w + x.cutBefore + x.cutBehind,
		to.h + y.cutBefore + y.cutBehind}); err != nil {
		return im, err
	}
	return c.extract(im, part{spot{x.cutBefore, y.cutBefore}, to})
}

// reach is a part of one direction of a picture that a decoder has made smaller: so
// much of it is scaled, and so much of the result is then cut off at both ends.
type reach struct{ from, to, cutBefore, cutBehind int }

// aligned finds the reach for n pixels of full from at on, which become result pixels,
// in a picture that is shrunk. Where the part ends between two pixels of that, pixels
// of the result are added to it until it does not; false is that there are too few.
func aligned(at, n, full, shrunk, result int) (reach, bool) {
	const most, off = 48, 1. / 16 // pixels of the result
	pitch := float64(n) / float64(result)
	end := times(full, 1/float64(shrunk))
	find := func(edge, direction int) (int, int, bool) {
		for k := range most {
			exact := (float64(edge) + float64(direction*k)*pitch) / float64(shrunk)
			pixel := math.Round(exact)
			if pixel < 0 || int(pixel) > end {
				break
			}
			if math.Abs(exact-pixel)*float64(shrunk) <= off*pitch {
				return int(pixel), k, true
			}
		}
		return 0, 0, false
	}
	var r reach
	ok, fits := true, true
	if at > 0 {
		r.from, r.cutBefore, ok = find(at, -1)
	}
	if r.to = end; at+n < full {
		r.to, r.cutBehind, fits = find(at+n, 1)
	}
	return r, ok && fits
}
