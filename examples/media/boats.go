package main

import "math"

// A boat lies in the harbour; sizes are in heights of the picture.
type boat struct {
	x, water float64 // of the middle of its waterline
	length   float64
	mast     float64 // 0: none
	near     float64 // how much it moves with the camera
	hull     colour
}

// fleet goes from far to near.
var fleet = []boat{
	{-0.36, 0.600, 0.085, 0.17, 0.50, colour{0.52, 0.52, 0.55}},
	{0.10, 0.612, 0.075, 0.15, 0.52, colour{0.20, 0.25, 0.34}},
	{0.60, 0.628, 0.11, 0.22, 0.56, colour{0.45, 0.16, 0.13}},
	{-0.10, 0.665, 0.15, 0.33, 0.64, colour{0.60, 0.58, 0.55}},
	{-0.58, 0.730, 0.20, 0.0, 0.72, colour{0.16, 0.32, 0.36}},
}

// boat draws b and its image in the water over c.
func (s scene) boat(b boat, u, v float64, c colour) colour {
	phase := b.x * 17
	x := u - b.x + s.pan*b.near
	water := b.water + 0.003*math.Sin(1.7*s.time+phase)
	roll := 0.022 * math.Sin(1.3*s.time+phase)
	if math.Abs(x) > b.length+b.mast/8 {
		return c
	}
	if v > water { // mirrored in waves
		down := v - water
		wave := noise(x*40+phase, v*170-2.6*s.time, 101) - 0.5
		tint, cover := s.hull(b, x+wave*(0.006+0.10*down), down*(0.92+0.5*wave), -roll)
		fade := 0.62 * step(b.length*0.9+b.mast*0.8, 0, down)
		return c.mix(tint.times(0.6).mix(deep, 0.25), cover*fade)
	}
	tint, cover := s.hull(b, x, water-v, roll)
	return c.mix(tint, cover)
}

// hull returns the colour of the boat at a place, up from its waterline, and how
// much of the place it covers.
func (s scene) hull(b boat, x, up, roll float64) (colour, float64) {
	x, up = x+up*roll, up-x*roll
	soft := s.pixel
	half := b.length / 2
	along := x / half // -1 stern, 1 bow
	deck := b.length * (0.115 + 0.05*along*along + 0.04*max(along, 0))
	flare := half * (0.80 + 0.20*min(up/deck, 1))
	c, cover := b.hull, 0.0
	if up < deck {
		c = c.times(0.62 + 0.45*up/deck + 0.08*noise(x*300, up*500, 111))
		if up > deck*0.80 {
			c = colour{0.80, 0.76, 0.70}.times(0.8)
		} else if up < deck*0.16 {
			c = colour{0.16, 0.09, 0.09}
		}
		cover = step(flare+soft, flare-soft, math.Abs(x)) * step(deck+soft, deck-soft, up)
	}
	cabin := deck + b.length*0.10
	if up >= deck && up < cabin && along > -0.45 && along < 0.22 {
		c, cover = colour{0.58, 0.54, 0.50}, step(cabin+soft, cabin-soft, up)
		lift := (up - deck) / (cabin - deck)
		if lift > 0.35 && lift < 0.75 && math.Mod(along*9+9, 1) > 0.3 {
			c = lamp.times(0.85)
		}
	}
	if b.mast == 0 || cover > 0.5 {
		return c, cover
	}
	line := func(distance, width float64) {
		if a := step(width+soft, width*0.4, math.Abs(distance)); a > cover {
			c, cover = colour{0.15, 0.12, 0.13}, a*0.92
		}
	}
	if up < b.mast {
		line(x-0.1*half, b.length*0.011)
		line(x-0.1*half-(b.mast-up)*0.9*half/b.mast, b.length*0.003) // forestay
		line(x-0.1*half+(b.mast-up)*1.0*half/b.mast, b.length*0.003) // backstay
	}
	if boom := b.mast * 0.20; x < 0.1*half && x > -0.75*half {
		line(up-boom, b.length*0.009)
		furled := b.length * (0.020 + 0.003*math.Sin(x*260))
		if math.Abs(up-boom-furled) < furled {
			c, cover = colour{0.36, 0.32, 0.34}.times(0.7+0.4*noise(x*120, up*60, 113)), 1
		}
	}
	return c, cover
}
