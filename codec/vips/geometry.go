package vips

import (
	"math"

	"github.com/spoolmedia/spool/codec"
)

// size is pixels, as shown.
type size struct{ w, h int }

func (z size) swapped() size { return size{z.h, z.w} }

func (z size) pixels() int64 { return int64(z.w) * int64(z.h) }

// layout is how a picture gets its new size: scaled, then cut or padded to the
// canvas around its centre.
type layout struct{ scaled, canvas size }

// plan lays a picture out as c asks.
func plan(from size, c codec.Convert) layout {
	box := size{c.Width, c.Height}
	switch {
	case box.w == 0 && box.h == 0:
		return layout{from, from}
	case box.w == 0:
		return whole(from, limit(ratio(box.h, from.h), c))
	case box.h == 0:
		return whole(from, limit(ratio(box.w, from.w), c))
	}
	x, y := ratio(box.w, from.w), ratio(box.h, from.h)
	switch c.Fit {
	case codec.FitInside:
		return whole(from, limit(min(x, y), c))
	case codec.FitOutside:
		return whole(from, limit(max(x, y), c))
	case codec.FitFill:
		scaled := size{times(from.w, limit(x, c)), times(from.h, limit(y, c))}
		return layout{scaled, scaled}
	case codec.FitContain:
		return layout{whole(from, limit(min(x, y), c)).scaled, box}
	}
	scaled := whole(from, limit(max(x, y), c)).scaled
	return layout{scaled, size{min(box.w, scaled.w), min(box.h, scaled.h)}}
}

func ratio(to, from int) float64 { return float64(to) / float64(from) }

// limit keeps a scale from making a picture larger, unless that was asked for.
func limit(scale float64, c codec.Convert) float64 {
	if c.Enlarge {
		return scale
	}
	return min(scale, 1)
}

func whole(from size, scale float64) layout {
	z := size{times(from.w, scale), times(from.h, scale)}
	return layout{z, z}
}

func times(n int, scale float64) int { return max(1, int(math.Round(float64(n)*scale))) }

// shrink is by how much a decoder may make the picture smaller without falling
// short of the layout.
func (l layout) shrink(from size) float64 {
	return min(ratio(from.w, l.scaled.w), ratio(from.h, l.scaled.h))
}
