package main

import "math"

// quay draws the planks that the viewer stands on, and a bollard with its rope.
func (s scene) quay(u, v float64, c colour) colour {
	x := u + 1.1*s.pan
	edge := 0.905 + 0.012*(noise(x*3, 0, 121)-0.5)
	if v > edge {
		depth := 1 / (v - 0.62)
		across := x*depth*2.6 + 40
		plank := math.Floor(across)
		in := across - plank
		fibre := fractal(across*9+hash(int(plank), 0, 122)*50, depth*26, 4, 123)
		knot := step(0.76, 0.82, noise(across*1.3, depth*7, 124))
		wood := colour{0.30, 0.235, 0.20}.times(0.55 + 0.35*hash(int(plank), 1, 125) + 0.42*(fibre-0.3))
		wood = wood.times(1-0.4*knot).mix(amber, 0.06+0.07*fibre)
		gap := step(0.0, 0.06, in) * step(1, 0.94, in)
		wood = wood.times(0.22 + 0.78*gap)
		wood = wood.mix(amber, 0.30*step(edge+0.006, edge, v)) // light on the edge
		c = c.mix(wood, step(edge, edge+2*s.pixel, v))
	}
	return s.bollard(x-0.47, v, c)
}

func (s scene) bollard(x, v float64, c colour) colour {
	rope := 0.845 + 0.16*(x+0.0)*(x+0.0) - 0.05*x
	if x > 0 {
		thread := 0.7 + 0.3*math.Sin((x*0.9+v*0.6)*900)
		c = c.mix(colour{0.52, 0.42, 0.30}.times(thread), step(0.0065+s.pixel, 0.0055, math.Abs(v-rope)))
	}
	half := 0.030 + 0.016*step(0.832, 0.812, v)
	if v > 0.80 && v < 0.955 {
		iron := colour{0.13, 0.12, 0.13}.times(0.7 + 0.6*noise(x*130, v*130, 131))
		iron = iron.add(amber, 0.28*bell(x+0.018, 0.010)) // lit from the side
		top := 0.806 + 0.15*x*x*6
		cover := step(half+s.pixel, half-s.pixel, math.Abs(x)) * step(top-s.pixel, top+s.pixel, v) *
			step(0.955, 0.94, v)
		c = c.mix(iron, cover)
	}
	return c
}

// bokeh are lamps close to the lens, far out of its focus.
var bokeh = func() (discs []disc) {
	for i := range 17 {
		x := -1.15 + 2.3*(float64(i)+0.6*hash(i, 0, 141))/17
		discs = append(discs, disc{
			x: x, y: 0.075 + 0.055*x*x + 0.05*hash(i, 1, 141),
			radius: 0.020 + 0.022*hash(i, 2, 141),
			tint:   colour{1, 0.66, 0.22}.mix(colour{1, 0.40, 0.18}, hash(i, 3, 141)),
			light:  0.30 + 0.30*hash(i, 4, 141),
		})
	}
	return discs
}()

type disc struct {
	x, y, radius, light float64
	tint                colour
}

// lights draws the bokeh: a string of lamps that sways above the viewer.
func (s scene) lights(u, v float64, c colour) colour {
	if v > 0.3 {
		return c
	}
	for i, d := range bokeh {
		x := u - d.x + 1.5*s.pan
		y := v - d.y - 0.004*math.Sin(1.1*s.time+float64(i))
		r := math.Hypot(x, y) / d.radius
		if r < 1.3 {
			rim := 0.75 + 0.25*step(0.7, 0.97, r)
			c = c.add(d.tint, d.light*rim*step(1.03+s.pixel/d.radius, 0.97, r))
		}
	}
	return c
}
