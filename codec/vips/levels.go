package vips

import (
	"cmp"
	"slices"
)

// levels are the sizes of a picture in memory that several outputs are made of, each
// made once, and of the next larger one.
type levels struct {
	base  *conversion
	top   image  // as large as the base
	sizes []size // that are asked for, the largest first
	users map[size]int
	made  map[size]image
}

// apart is how many times larger a level is than what is made of it. From one that is
// nearer, a second resize would save little and soften the picture again.
const apart = 1.5

// newLevels plans what to make of im, which base has made, for the outputs.
func newLevels(base *conversion, im image, outputs []*conversion) *levels {
	l := &levels{base: base, top: im, users: map[size]int{}}
	full := size{im.width(), im.height()}
	l.made = map[size]image{full: im}
	if base.frames > 1 {
		return l
	}
	for _, c := range outputs {
		z := l.wanted(c)
		if l.users[z]++; !slices.Contains(l.sizes, z) {
			l.sizes = append(l.sizes, z)
		}
	}
	slices.SortFunc(l.sizes, func(a, b size) int { return cmp.Compare(b.pixels(), a.pixels()) })
	for _, z := range l.sizes {
		if above, ok := l.above(z); ok && z != full {
			l.users[above]++
		}
	}
	return l
}

// wanted is the size that the output scales to.
func (l *levels) wanted(c *conversion) size {
	if len(c.steps) == 0 {
		return c.canvas
	}
	return c.steps[0].(*fit).layout.scaled
}

// above returns the smallest size that z is to be made of; false is the base.
func (l *levels) above(z size) (size, bool) {
	for _, larger := range slices.Backward(l.sizes) {
		if float64(larger.w) >= apart*float64(z.w) && float64(larger.h) >= apart*float64(z.h) {
			return larger, true
		}
	}
	return size{}, false
}

// of returns the picture in the size that the output scales to, or the base if that
// has frames.
func (l *levels) of(c *conversion) (image, error) {
	if l.base.frames > 1 {
		return l.top, nil
	}
	return l.level(l.wanted(c))
}

// level returns the picture in a size, which stays in memory if it is used again.
func (l *levels) level(z size) (image, error) {
	if im, ok := l.made[z]; ok {
		return im, nil
	}
	from := l.top
	var err error
	if above, ok := l.above(z); ok {
		if from, err = l.level(above); err != nil {
			return from, err
		}
	}
	im, err := l.base.resize(from, z)
	if err == nil && l.users[z] > 1 {
		im, err = l.base.render(im)
	}
	if err == nil {
		l.made[z] = im
	}
	return im, err
}
