package vectorize

import "slices"

// point is a place in the picture: pixel (x, y) reaches from there to (x+1, y+1).
type point struct{ x, y float64 }

func (p point) minus(q point) point              { return point{p.x - q.x, p.y - q.y} }
func (p point) plus(q point) point               { return point{p.x + q.x, p.y + q.y} }
func (p point) times(f float64) point            { return point{p.x * f, p.y * f} }
func (p point) dot(q point) float64              { return p.x*q.x + p.y*q.y }
func (p point) cross(q point) float64            { return p.x*q.y - p.y*q.x }
func (p point) towards(q point, t float64) point { return p.plus(q.minus(p).times(t)) }

// crossing is where a contour passes between a pixel inside and one outside.
type crossing struct {
	point
	hidden bool // a later layer covers it
	frame  bool // it is on the edge of the picture
	// steep is how much of the way from one colour to the other lies between the two
	// pixels.
	steep float64
}

// contour is a closed line with the shape at its right hand.
type contour []crossing

// heading is a direction along the edges of pixels.
type heading int

const (
	east heading = iota
	south
	west
	north
)

var forward = [...][2]int{{1, 0}, {0, 1}, {-1, 0}, {0, -1}}

// tracer follows the borders of the current layer of a stacker.
type tracer struct {
	*stacker
	label int16
	field field
	seen  []bool // the upper edges of pixels
}

func (t *tracer) inside(x, y int) bool { return t.in[t.index(x, y)] }

// contours returns the closed lines around the layer: outer ones clockwise, those
// around holes the other way.
func (t *tracer) contours() []contour {
	var all []contour
	starts := slices.Clone(t.used)
	slices.Sort(starts)
	for _, i := range starts {
		if !t.in[int(i)-t.stride()] && !t.seen[i] {
			x, y := t.place(int(i))
			all = append(all, t.follow(x, y))
		}
	}
	for _, i := range starts {
		t.seen[i] = false
	}
	return all
}

// follow walks from the upper left corner of the pixel around the shape.
func (t *tracer) follow(x0, y0 int) contour {
	var c contour
	x, y, h := x0, y0, east
	for {
		in, out := t.sides(x, y, h)
		if h == east {
			t.seen[t.index(in[0], in[1])] = true
		}
		c = append(c, t.crossing(in, out))
		x, y = x+forward[h][0], y+forward[h][1]
		left, right := t.ahead(x, y, h)
		switch {
		case !right: // also where two parts touch at a corner: they stay apart
			h = (h + 1) % 4
		case left:
			h = (h + 3) % 4
		}
		if x == x0 && y == y0 && h == east {
			return c.plain()
		}
	}
}

// plain returns the contour without the crossings that tell little: a border that
// is almost parallel to the way between two pixels changes little on it, and much
// on the ways beside.
func (c contour) plain() contour {
	const sure, near = 0.15, 4
	n := len(c)
	var plain contour
	for i, x := range c {
		most := 0.0
		if x.steep < sure {
			for d := -near; d <= near; d++ {
				most = max(most, c[((i+d)%n+n)%n].steep)
			}
		}
		if x.steep*3 >= most {
			plain = append(plain, x)
		}
	}
	return plain
}

// sides returns the pixels at the right and at the left of the edge that begins at
// the corner (x, y).
func (t *tracer) sides(x, y int, h heading) (in, out [2]int) {
	switch h {
	case east:
		return [2]int{x, y}, [2]int{x, y - 1}
	case south:
		return [2]int{x - 1, y}, [2]int{x, y}
	case west:
		return [2]int{x - 1, y - 1}, [2]int{x - 1, y}
	}
	return [2]int{x, y - 1}, [2]int{x - 1, y - 1}
}

// ahead looks at the two pixels in front of the corner (x, y).
func (t *tracer) ahead(x, y int, h heading) (left, right bool) {
	switch h {
	case east:
		return t.inside(x, y-1), t.inside(x, y)
	case south:
		return t.inside(x, y), t.inside(x-1, y)
	case west:
		return t.inside(x-1, y), t.inside(x-1, y-1)
	}
	return t.inside(x-1, y-1), t.inside(x, y-1)
}

// crossing finds the border between two pixels, by their colours: smooth edges
// tell where between the two it is.
func (t *tracer) crossing(in, out [2]int) crossing {
	a := point{float64(in[0]) + 0.5, float64(in[1]) + 0.5}
	b := point{float64(out[0]) + 0.5, float64(out[1]) + 0.5}
	i, j := t.index(in[0], in[1]), t.index(out[0], out[1])
	switch {
	case t.of[j] == outside:
		return crossing{point: a.towards(b, 0.5), frame: true, steep: 1}
	case t.of[i] != t.label || t.later(t.of[j], t.label):
		return crossing{point: a.towards(b, 0.5), hidden: true, steep: 1}
	}
	at, steep := t.field(i, j)
	return crossing{point: a.towards(b, at), steep: steep}
}

// field finds the border between two pixels: how far it is from the one inside, and
// how steep the colours change.
type field func(inside, outside int) (at, steep float64)

// byColour returns a field for pictures in colours: the border is where the mixture
// of the two colours is half of each.
func byColour(r *raster, l *labels) field {
	return func(inside, outside int) (at, steep float64) {
		if l.of[outside] == none && !r.soft { // only the opacity tells
			return between(-float64(r.cover[inside]), -float64(r.cover[outside]), -0.5)
		}
		a, b := l.colour(l.of[inside]), l.colour(l.of[outside])
		line := b.minus(a)
		length2 := max(line.dot(line), 1e-9)
		s := r.pixels[inside].minus(a).dot(line) / length2
		e := r.pixels[outside].minus(a).dot(line) / length2
		return between(float64(s), float64(e), 0.5)
	}
}

// between returns where on the way from s to e the value is, within bounds that
// keep neighbours in order, and how steep the way is.
func between(s, e, value float64) (at, steep float64) {
	if e-s < 1e-4 {
		return 0.5, 0
	}
	return min(max((value-s)/(e-s), 0.05), 0.95), e - s
}
