package vectorize

import "math"

// curve is a cubic Bézier curve, or a straight line.
type curve struct {
	p    [4]point
	line bool
}

// fit draws curves through the points of a piece, none of which is farther away
// than the tolerance: Philip J. Schneider, "An Algorithm for Automatically Fitting
// Digitized Curves", Graphics Gems, 1990.
func (p piece) fit(tolerance float64) []curve {
	pts := p.points
	last := len(pts) - 1
	if last < 1 {
		return nil
	}
	f := fitter{tolerance: tolerance}
	if !p.closed {
		f.fit(pts, tangent(pts, 0, 1), tangent(pts, last, -1))
		return f.curves
	}
	// A smooth loop is cut in two at any point: the ends meet in one direction.
	around := pts[:last]
	start := direction(around[last-min(2, last-1)], around[min(2, last-1)])
	middle := last / 2
	half := direction(pts[max(middle-2, 0)], pts[min(middle+2, last)])
	f.fit(pts[:middle+1], start, half.times(-1))
	f.fit(pts[middle:], half, start.times(-1))
	return f.curves
}

type fitter struct {
	tolerance float64
	curves    []curve
}

// fit adds curves from the first to the last point; the tangents point inwards.
func (f *fitter) fit(pts []point, t1, t2 point) {
	first, last := pts[0], pts[len(pts)-1]
	if straight(pts, f.tolerance*0.75) {
		f.curves = append(f.curves, curve{p: [4]point{first, first, last, last}, line: true})
		return
	}
	u := chords(pts)
	var best curve
	split := 0
	for round := range 5 {
		c := bezier(pts, u, t1, t2)
		worst, at := farthest(pts, u, c)
		if worst < f.tolerance {
			f.curves = append(f.curves, c)
			return
		}
		best, split = c, at
		if worst > f.tolerance*4 && round > 0 {
			break
		}
		improve(pts, u, c)
	}
	if len(pts) < 4 {
		f.curves = append(f.curves, best)
		return
	}
	split = min(max(split, 1), len(pts)-2)
	t := direction(pts[max(split-3, 0)], pts[min(split+3, len(pts)-1)])
	f.fit(pts[:split+1], t1, t.times(-1))
	f.fit(pts[split:], t, t2)
}

// straight reports whether all points lie near the line between the ends.
func straight(pts []point, tolerance float64) bool {
	a := pts[0]
	d := pts[len(pts)-1].minus(a)
	length := math.Sqrt(d.dot(d))
	if length < 1e-9 {
		return len(pts) <= 2
	}
	for _, p := range pts[1 : len(pts)-1] {
		v := p.minus(a)
		if math.Abs(d.cross(v)) > tolerance*length || v.dot(d) < -tolerance*length ||
			v.dot(d) > length*(length+tolerance) {
			return false
		}
	}
	return true
}

// tangent is the direction in which the points leave the end i.
func tangent(pts []point, i, step int) point {
	far := min(max(i+step*3, 0), len(pts)-1)
	return direction(pts[i], pts[far])
}

func direction(from, to point) point {
	d := to.minus(from)
	length := math.Sqrt(d.dot(d))
	if length < 1e-9 {
		return point{1, 0}
	}
	return d.times(1 / length)
}

// chords gives each point its share of the way.
func chords(pts []point) []float64 {
	u := make([]float64, len(pts))
	for i := 1; i < len(pts); i++ {
		d := pts[i].minus(pts[i-1])
		u[i] = u[i-1] + math.Sqrt(d.dot(d))
	}
	for i := range u {
		u[i] /= max(u[len(u)-1], 1e-9)
	}
	return u
}

// bezier is the curve of least squares with the tangents at its ends.
func bezier(pts []point, u []float64, t1, t2 point) curve {
	first, last := pts[0], pts[len(pts)-1]
	var c00, c01, c11, x0, x1 float64
	for i, p := range pts {
		t := u[i]
		s := 1 - t
		b0, b1, b2, b3 := s*s*s, 3*t*s*s, 3*t*t*s, t*t*t
		a1, a2 := t1.times(b1), t2.times(b2)
		c00 += a1.dot(a1)
		c01 += a1.dot(a2)
		c11 += a2.dot(a2)
		rest := p.minus(first.times(b0 + b1)).minus(last.times(b2 + b3))
		x0 += a1.dot(rest)
		x1 += a2.dot(rest)
	}
	d := last.minus(first)
	length := math.Sqrt(d.dot(d))
	det := c00*c11 - c01*c01
	left, right := length/3, length/3
	if math.Abs(det) > 1e-9 {
		left, right = (x0*c11-x1*c01)/det, (c00*x1-c01*x0)/det
	}
	least, most := 1e-3*length, 3*length+9
	if min(left, right) < least || max(left, right) > most { // wild: a plain one will be cut
		left, right = length/3, length/3
	}
	return curve{p: [4]point{first, first.plus(t1.times(left)), last.plus(t2.times(right)), last}}
}

func (c curve) at(t float64) point {
	s := 1 - t
	return c.p[0].times(s * s * s).plus(c.p[1].times(3 * t * s * s)).
		plus(c.p[2].times(3 * t * t * s)).plus(c.p[3].times(t * t * t))
}

// farthest returns the largest distance of a point to its place on the curve.
func farthest(pts []point, u []float64, c curve) (distance float64, at int) {
	worst := 0.0
	for i := 1; i < len(pts)-1; i++ {
		d := c.at(u[i]).minus(pts[i])
		if d2 := d.dot(d); d2 > worst {
			worst, at = d2, i
		}
	}
	return math.Sqrt(worst), at
}

// improve moves each point's place to where the curve is nearest, by a step of
// Newton's method.
func improve(pts []point, u []float64, c curve) {
	for i := 1; i < len(pts)-1; i++ {
		t := u[i]
		s := 1 - t
		d := c.at(t).minus(pts[i])
		d1 := c.p[1].minus(c.p[0]).times(3 * s * s).plus(c.p[2].minus(c.p[1]).times(6 * s * t)).
			plus(c.p[3].minus(c.p[2]).times(3 * t * t))
		d2 := c.p[2].minus(c.p[1].times(2)).plus(c.p[0]).times(6 * s).
			plus(c.p[3].minus(c.p[2].times(2)).plus(c.p[1]).times(6 * t))
		if den := d1.dot(d1) + d.dot(d2); math.Abs(den) > 1e-12 {
			u[i] = min(max(t-d.dot(d1)/den, 0), 1)
		}
	}
}
