package main

import "math"

// hash returns a number in [0, 1) that depends on all bits of the cell.
func hash(x, y, seed int) float64 {
	h := uint64(x)*0x9E3779B97F4A7C15 ^ uint64(y)*0xC2B2AE3D27D4EB4F ^ uint64(seed)*0x165667B19E3779F9
	h ^= h >> 32
	h *= 0xD6E8FEB86659FD93
	h ^= h >> 32
	h *= 0xD6E8FEB86659FD93
	h ^= h >> 32
	return float64(h>>11) / (1 << 53)
}

// noise is smooth noise in [0, 1) with one hill for each unit.
func noise(x, y float64, seed int) float64 {
	fx, fy := math.Floor(x), math.Floor(y)
	ix, iy := int(fx), int(fy)
	ax, ay := ease(x-fx), ease(y-fy)
	return lerp(
		lerp(hash(ix, iy, seed), hash(ix+1, iy, seed), ax),
		lerp(hash(ix, iy+1, seed), hash(ix+1, iy+1, seed), ax), ay)
}

// fractal adds up octaves of noise, in [0, 1).
func fractal(x, y float64, octaves, seed int) float64 {
	sum, weight, total := 0.0, 1.0, 0.0
	for i := range octaves {
		sum += weight * noise(x, y, seed+i)
		total += weight
		x, y, weight = 2.03*x+17.1, 2.03*y+9.7, weight/2
	}
	return sum / total
}

func ease(a float64) float64 { return a * a * (3 - 2*a) }

func lerp(a, b, share float64) float64 { return a + (b-a)*share }

// step goes from 0 to 1 while x goes from a to b; a may be the larger.
func step(a, b, x float64) float64 { return ease(min(max((x-a)/(b-a), 0), 1)) }

// bell is 1 at 0 and falls to nothing within a few widths.
func bell(x, width float64) float64 { return math.Exp(-x * x / (width * width)) }

// A colour is linear from 0 to 1 in what a screen shows.
type colour struct{ r, g, b float64 }

func (c colour) mix(d colour, share float64) colour {
	return colour{lerp(c.r, d.r, share), lerp(c.g, d.g, share), lerp(c.b, d.b, share)}
}

func (c colour) add(d colour, share float64) colour {
	return colour{c.r + d.r*share, c.g + d.g*share, c.b + d.b*share}
}

func (c colour) times(f float64) colour { return colour{c.r * f, c.g * f, c.b * f} }
