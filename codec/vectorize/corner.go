package vectorize

import "math"

// piece is a part of a contour between two corners, or a whole contour without
// any: then it is closed, and begins and ends at the same point.
type piece struct {
	points []point
	hidden bool
	closed bool
}

// The bend of a contour at a point is looked at over short and long arms: a corner
// looks the same over both, a bow bends twice as much over the long ones.
const (
	shortArm  = 3
	longArm   = 6
	leastBend = 45 * math.Pi / 180
)

// pieces cuts a contour at its corners, and where it goes under another layer.
func (c contour) pieces() []piece {
	n := len(c)
	if n < 3 {
		return nil
	}
	cuts := c.cuts()
	if len(cuts) == 0 {
		points := make([]point, 0, n+1)
		for _, x := range c {
			points = append(points, x.point)
		}
		p := piece{points: append(points, points[0]), hidden: c[0].hidden, closed: true}
		p.smooth()
		return []piece{p}
	}
	var all []piece
	for i, from := range cuts {
		to := cuts[(i+1)%len(cuts)]
		if to <= from {
			to += n
		}
		p := piece{hidden: c[(from+(to-from)/2)%n].hidden}
		for j := from; j <= to; j++ {
			if to-from > 2*shortArm && (j == from+1 || j == to-1) {
				continue // beside a corner smooth edges are round
			}
			p.points = append(p.points, c[j%n].point)
		}
		p.smooth()
		all = append(all, p)
	}
	return all
}

// smooth takes the jitter out of the points between the ends.
func (p *piece) smooth() {
	pts, n := p.points, len(p.points)-1
	if n < 4 {
		return
	}
	for range 2 {
		before, first := pts[0], pts[0]
		for i := 1; i < n; i++ {
			here := pts[i]
			pts[i] = before.plus(here.times(2)).plus(pts[i+1]).times(0.25)
			before = here
		}
		if p.closed {
			pts[0] = before.plus(first.times(2)).plus(pts[1]).times(0.25)
			pts[n] = pts[0]
		}
	}
}

// cuts returns where to cut, in order. It moves the points at corners to where the
// lines beside them meet.
func (c contour) cuts() []int {
	n := len(c)
	corner := make([]bool, n)
	if n >= 2*longArm {
		bends := make([]float64, n)
		for i := range c {
			bends[i] = c.bend(i, shortArm)
		}
		for i, b := range bends {
			if b > leastBend && c.bend(i, longArm) < 1.5*b && peak(bends, i) {
				corner[i] = true
			}
		}
	}
	sharp := make([]crossing, n)
	copy(sharp, c)
	var cuts []int
	for i := range c {
		before := c[(i+n-1)%n]
		switch {
		case corner[i]:
			sharp[i].point = c.meeting(i)
			cuts = append(cuts, i)
		case c[i].hidden != before.hidden, c[i].frame != before.frame:
			if !corner[(i+n-1)%n] && !corner[(i+1)%n] {
				cuts = append(cuts, i)
			}
		}
	}
	copy(c, sharp)
	return cuts
}

// bend is the angle between the arms at point i.
func (c contour) bend(i, arm int) float64 {
	n := len(c)
	a := c[i].minus(c[(i+n-arm)%n].point)
	b := c[(i+arm)%n].minus(c[i].point)
	return math.Abs(math.Atan2(a.cross(b), a.dot(b)))
}

// peak reports whether nothing within a short arm bends more; of equals the first
// is it.
func peak(bends []float64, i int) bool {
	n := len(bends)
	for d := 1; d <= shortArm; d++ {
		if bends[(i+n-d)%n] >= bends[i] || bends[(i+d)%n] > bends[i] {
			return false
		}
	}
	return true
}

// meeting is where the straight lines before and after corner i meet, if that is
// near.
func (c contour) meeting(i int) point {
	n := len(c)
	at := func(d int) point { return c[(i+n+d)%n].point }
	a, b := at(-5), at(-2)
	p, q := at(5), at(2)
	u, v := b.minus(a), q.minus(p)
	cross := u.cross(v)
	if math.Abs(cross) < 0.3*math.Sqrt(u.dot(u)*v.dot(v)) {
		return c[i].point
	}
	x := a.plus(u.times(p.minus(a).cross(v) / cross))
	// The sharper the corner, the more of its tip is lost.
	lost := 1.5 / max(math.Cos(c.bend(i, shortArm)/2), 0.25)
	if d := x.minus(c[i].point); d.dot(d) > lost*lost {
		return c[i].point
	}
	return x
}
