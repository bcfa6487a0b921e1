package libav

import (
	"math"

	"github.com/spoolmedia/spool/codec"
)

// size is pixels.
type size struct{ w, h int }

func (z size) swapped() size { return size{z.h, z.w} }

// even is z with odd sides made smaller by one pixel, as encoders with half the
// colour resolution need it.
func (z size) even() size { return size{max(2, z.w&^1), max(2, z.h&^1)} }

// layout is how a picture gets its new size: scaled, then cut or padded to the
// canvas around its centre.
type layout struct{ scaled, canvas size }

// arrange lays a picture out as c asks, with the meaning that [codec.Convert]
// gives its fields, on sides that are even.
func arrange(from size, c codec.Convert) layout {
	l := arrangeExact(from, c)
	even := layout{l.scaled.even(), l.canvas.even()}
	if l.scaled == l.canvas {
		even.scaled = even.canvas
	}
	return even
}

func arrangeExact(from size, c codec.Convert) layout {
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

// turn is how a picture has to be turned to stand upright: the filters that do
// it, in order.
type turn string

// The turns that a display matrix can ask for.
const (
	upright     turn = ""
	flipH       turn = "hflip"
	flipV       turn = "vflip"
	halfTurn    turn = "hflip,vflip"
	clockwise   turn = "transpose=clock"
	counter     turn = "transpose=cclock"
	clockFlip   turn = "transpose=clock_flip"
	counterFlip turn = "transpose=cclock_flip"
)

func (t turn) swaps() bool {
	return t == clockwise || t == counter || t == clockFlip || t == counterFlip
}

// degrees is by how much the picture is turned clockwise, after it was mirrored.
func (t turn) degrees() int {
	switch t {
	case clockwise, clockFlip:
		return 90
	case halfTurn:
		return 180
	case counter, counterFlip:
		return 270
	}
	return 0
}

// turnOf reads a display matrix (ISO/IEC 14496-12, tkhd): row by row, in fixed
// point. What is no multiple of a quarter turn is not turned.
func turnOf(m [9]int32) turn {
	sign := func(v int32) int {
		switch {
		case v > 1<<15: // above one half
			return 1
		case v < -1<<15:
			return -1
		}
		return 0
	}
	switch [4]int{sign(m[0]), sign(m[1]), sign(m[3]), sign(m[4])} {
	case [4]int{-1, 0, 0, 1}:
		return flipH
	case [4]int{1, 0, 0, -1}:
		return flipV
	case [4]int{-1, 0, 0, -1}:
		return halfTurn
	case [4]int{0, 1, -1, 0}:
		return clockwise
	case [4]int{0, -1, 1, 0}:
		return counter
	case [4]int{0, -1, -1, 0}:
		return clockFlip
	case [4]int{0, 1, 1, 0}:
		return counterFlip
	}
	return upright
}
