package main

import "math"

// A scene is the harbour at one moment. Places are in units of the height of the
// picture: u goes to the right from its middle, v from 0 at the top to 1.
type scene struct {
	time  float64 // seconds
	pan   float64 // how far the camera has moved to the right
	pixel float64 // size of a pixel
}

const (
	horizon = 0.56
	sunAt   = 0.28
)

var (
	zenith  = colour{0.13, 0.20, 0.38}
	rose    = colour{0.66, 0.46, 0.50}
	amber   = colour{1.00, 0.72, 0.42}
	sunny   = colour{1.00, 0.90, 0.66}
	haze    = colour{0.62, 0.50, 0.54}
	deep    = colour{0.05, 0.10, 0.16}
	lamp    = colour{1.00, 0.74, 0.38}
	plaster = []colour{
		{0.52, 0.20, 0.15}, {0.66, 0.50, 0.26}, {0.62, 0.60, 0.55}, {0.28, 0.36, 0.42},
		{0.48, 0.30, 0.20}, {0.36, 0.42, 0.34}, {0.70, 0.62, 0.48},
	}
)

// at returns the colour of the point (u, v).
func (s scene) at(u, v float64) colour {
	var c colour
	if v < horizon {
		c = s.above(u, v)
	} else {
		c = s.water(u, v)
	}
	for _, b := range fleet {
		c = s.boat(b, u, v, c)
	}
	c = s.quay(u, v, c)
	c = s.lights(u, v, c)
	return c.times(1 - 0.16*(u*u+(2*v-1)*(2*v-1)*0.5))
}

// above is what stands over the water, and what it mirrors.
func (s scene) above(u, v float64) colour {
	c := s.sky(u+0.05*s.pan, v)
	for i, far := range []float64{0.10, 0.22} {
		c = s.hill(i, far, u, v, c)
	}
	return s.town(u+0.45*s.pan, v, c)
}

func (s scene) sky(u, v float64) colour {
	h := v / horizon
	c := zenith.mix(rose, step(0.05, 0.75, h)).mix(amber, step(0.55, 1.02, h)*0.85)
	distance := math.Hypot((u-sunAt)*0.75, v-horizon+0.035)
	c = c.add(sunny, 0.55*bell(distance, 0.26)).add(amber, 0.20*bell(distance, 0.6))
	c = c.mix(colour{1.05, 0.98, 0.80}, step(0.046, 0.040, distance))
	// Clouds are flatter the nearer they are to the horizon.
	depth := 1 / (1.08 - h*0.93)
	x, y := u*1.1*math.Sqrt(depth)+s.time*0.012, depth*1.35
	body := fractal(x+0.4*noise(x*2, y*3, 5), y*1.6, 6, 11)
	cover := step(0.43, 0.66, body) * step(1.0, 0.84, h)
	light := fractal(x+0.06, y*1.6+0.10, 5, 11) - body
	lit := colour{0.96, 0.64, 0.50}.mix(colour{0.36, 0.33, 0.45}, step(0.05, -0.05, light))
	return c.mix(lit.add(amber, 0.35*bell(distance, 0.35)), cover*0.78)
}

// hill draws one range, the farther the paler.
func (s scene) hill(i int, far, u, v float64, c colour) colour {
	x := u + far*s.pan
	top := horizon - 0.040 - 0.040*float64(1-i) -
		0.19*fractal(x*(1.1+0.7*float64(i))+3.7*float64(i+1), 0.5, 6, 31+i)*
			(0.75+0.25*math.Sin(2*x+2.3*float64(i)))
	tint := haze.mix(colour{0.26, 0.28, 0.36}, 0.30+0.42*float64(i))
	woods := fractal(x*38, v*50, 3, 41+i)
	tint = tint.times(0.88+0.24*woods).mix(amber, 0.35*bell(u-sunAt, 0.25)*float64(2-i)/2)
	return c.mix(tint, step(top-s.pixel, top+s.pixel, v))
}

// town draws the houses of the shore; x is in their own plane.
func (s scene) town(x, v float64, c colour) colour {
	const width = 0.062
	c = s.houses(0, x, v, 0.82*width, c)
	bank := horizon - 0.030 - 0.026*fractal(x*16, 0.5, 4, 72)
	leaves := colour{0.15, 0.17, 0.14}.times(0.6 + 0.8*fractal(x*120, v*160, 3, 73))
	c = c.mix(leaves, step(bank-s.pixel, bank+2*s.pixel, v))
	c = s.houses(1, x+0.023, v, width, c)
	c = s.tower(x+0.66, v, c)
	wall := horizon - 0.014
	if v > wall {
		stone := 0.75 + 0.5*fractal(x*90, v*150, 3, 71)
		c = colour{0.17, 0.15, 0.16}.times(stone)
	}
	return s.lamps(x, v, c)
}

func (s scene) houses(row int, x, v, width float64, c colour) colour {
	cell := math.Floor(x / width)
	i := int(cell)
	in := x/width - cell // 0 to 1 across the house
	if hash(i, row, 51) < 0.22-0.1*float64(row) {
		return c // a gap
	}
	base := horizon - 0.012 - 0.034*float64(1-row)
	eaves := base - 0.045 - 0.045*hash(i, row, 52)
	pitch := 0.016 + 0.016*hash(i, row, 53)
	top := eaves - pitch*(1-math.Abs(2*in-1))
	inside := step(top-s.pixel, top+s.pixel, v) * step(base+s.pixel, base, v)
	edge := s.pixel / width
	inside *= step(0, 2*edge, in) * step(1, 1-2*edge, in)
	paint := plaster[int(hash(i, row, 54)*float64(len(plaster)))]
	paint = paint.times(0.62 + 0.12*noise(x*240, v*90, 55) - 0.16*step(0.3, 1, in))
	if v < eaves {
		tiles := 0.85 + 0.3*math.Mod(math.Floor(v*520)+math.Floor(in*22), 2)*0.5
		paint = colour{0.25, 0.16, 0.15}.times(tiles).mix(amber, 0.12)
	} else {
		paint = s.windows(i, row, in, (v-eaves)/(base-eaves), paint)
	}
	return c.mix(paint.mix(haze, 0.16*float64(1-row)), inside)
}

// windows draws those of one house; in and down go from 0 to 1.
func (s scene) windows(i, row int, in, down float64, paint colour) colour {
	columns, rows := 2+math.Floor(2*hash(i, row, 56)), 2+math.Floor(2*hash(i, row, 57))
	cx, cy := in*columns, down*rows
	fx, fy := cx-math.Floor(cx), cy-math.Floor(cy)
	if fx < 0.28 || fx > 0.72 || fy < 0.22 || fy > 0.78 {
		return paint
	}
	which := int(cx)*7 + int(cy)
	glass := colour{0.10, 0.13, 0.18}
	if lit := hash(i*31+which, row, 58); lit > 0.52 {
		glass = lamp.times(0.7 + 0.5*lit - 0.25*fy)
	}
	if math.Abs(fx-0.5) < 0.03 || math.Abs(fy-0.5) < 0.03 {
		glass = glass.times(0.55)
	}
	return glass
}

// tower is a lighthouse whose lamp turns.
func (s scene) tower(x, v float64, c colour) colour {
	foot, head := horizon-0.012, horizon-0.25
	down := (v - head) / (foot - head)
	half := 0.011 + 0.009*min(max(down, 0), 1)
	if down > 0 && down < 1 {
		stripe := colour{0.74, 0.70, 0.66}
		if math.Mod(down*5, 2) > 1 {
			stripe = colour{0.55, 0.15, 0.12}
		}
		side := stripe.times(0.55 + 0.35*step(-half, half, x))
		c = c.mix(side, step(half+s.pixel, half-s.pixel, math.Abs(x)))
	}
	if down > -0.09 && down <= 0 {
		c = c.mix(colour{0.12, 0.11, 0.13}, step(0.0115, 0.009, math.Abs(x)*(1+(-down)*3)))
	}
	turn := 0.55 + 0.45*math.Cos(s.time*2.1)
	distance := math.Hypot(x, v-head+0.011)
	return c.add(lamp, (0.9*bell(distance, 0.010)+0.35*bell(distance, 0.05))*turn)
}

// lamps are the street lamps and their glow.
func (s scene) lamps(x, v float64, c colour) colour {
	const apart = 0.115
	i := math.Round(x / apart)
	for k := i - 1; k <= i+1; k++ {
		dx := x - (k+0.3*(hash(int(k), 0, 61)-0.5))*apart
		distance := math.Hypot(dx, v-horizon+0.034)
		c = c.add(lamp, 1.1*bell(distance, 0.0045)+0.30*bell(distance, 0.022))
	}
	return c
}

// water mirrors what is above it, in waves that grow towards the viewer.
func (s scene) water(u, v float64) colour {
	d := (v - horizon) / (1 - horizon)
	z := 1 / (d + 0.045)
	x := (u + s.pan*(0.45+0.55*d)) * (0.5 + z*0.5)
	swell := fractal(x*7+0.35*s.time, z*5.5-0.9*s.time, 3, 81) - 0.5
	chop := fractal(x*24-0.5*s.time, z*17-2.1*s.time, 3, 91) - 0.5
	wave := swell + 0.55*chop
	mirror := horizon - (v-horizon)*(0.92+0.35*d) + wave*0.13*(d+0.05)
	c := s.above(u+wave*0.05*(0.2+d), min(mirror, horizon-0.002))
	c = c.times(0.86).mix(deep, 0.12+0.52*step(0, 1.1, d)-0.35*wave)
	path := bell(u-sunAt-0.04*swell, 0.035+0.16*d)
	glint := step(0.04, 0.34, wave)
	return c.add(sunny, path*(0.16+0.95*glint)).add(rose, 0.10*glint)
}
