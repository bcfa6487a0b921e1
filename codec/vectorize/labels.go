package vectorize

import "slices"

// labels says for each pixel which colour of the palette it has.
type labels struct {
	grid
	of    []int16
	paint []oklab
	empty oklab // what stands for none
}

// Labels that are no colours.
const (
	none    = int16(-1) // transparent
	outside = int16(-2) // the frame
)

func newLabels(g grid, paint []oklab) *labels {
	l := &labels{grid: g, of: make([]int16, g.size()), paint: paint}
	for i := range l.of {
		l.of[i] = outside
	}
	return l
}

// label gives each pixel the nearest colour.
func label(r *raster, paint []oklab) *labels {
	l := newLabels(r.grid, paint)
	for y := range r.h {
		last, label := oklab{}, none
		for x := range r.w {
			i := r.index(x, y)
			if c := r.pixels[i]; c != last {
				last, label = c, none
				if c.alpha > 0 && len(paint) > 0 {
					label = int16(nearest(paint, c))
				}
			}
			l.of[i] = label
		}
	}
	return l
}

func (l *labels) colour(label int16) oklab {
	if label < 0 {
		return l.empty
	}
	return l.paint[label]
}

// region is a connected part of one colour.
type region struct {
	label  int16
	pixels []int32
}

// regions finds the connected parts, and for each pixel the number of its part, -1
// in the frame.
func (l *labels) regions() (all []region, of []int32) {
	of = make([]int32, len(l.of))
	for i := range of {
		of[i] = -1
	}
	order := make([]int32, 0, l.w*l.h)
	steps := l.neighbours()
	for i, own := range l.of {
		if own == outside || of[i] >= 0 {
			continue
		}
		n := int32(len(all))
		from := len(order)
		order = append(order, int32(i))
		of[i] = n
		for at := from; at < len(order); at++ {
			for _, step := range steps[:4] {
				if j := int(order[at]) + step; of[j] < 0 && l.of[j] == own {
					of[j] = n
					order = append(order, int32(j))
				}
			}
		}
		all = append(all, region{own, order[from:len(order):len(order)]})
	}
	return all, of
}

// isThin reports whether hardly any pixel has only its own kind around.
func (l *labels) isThin(g region) bool {
	steps := l.neighbours()
	inner := 0
	for _, i := range g.pixels {
		n := 0
		for _, step := range steps {
			if l.of[int(i)+step] == g.label {
				n++
			}
		}
		if n == len(steps) {
			inner++
		}
	}
	return inner*8 <= len(g.pixels)
}

// clean dissolves what is no shape: regions of less than least pixels, and the
// seams of mixed colours that a smooth edge leaves between two others. The smallest
// go first, so that of many specks a few shapes grow. It stops early when ended
// returns an error, which the caller finds as well.
func (l *labels) clean(r *raster, least int, ended func() error) {
	for size := 2; size < least && ended() == nil; size *= 2 {
		l.dissolveIf(r, func(g region) bool { return len(g.pixels) < size })
	}
	const rounds = 4 // what was beside something dissolved may be a seam now
	for range rounds {
		changed := l.dissolveIf(r, func(g region) bool {
			return len(g.pixels) < least ||
				len(g.pixels) < l.w*l.h/8 && l.isThin(g) && l.isSeam(r, g)
		})
		if !changed || ended() != nil {
			return
		}
		l.settle(r)
	}
	l.dissolveIf(r, func(g region) bool { return len(g.pixels) < least })
}

// dissolveIf reports whether there were such regions.
func (l *labels) dissolveIf(r *raster, unwanted func(region) bool) bool {
	var todo []int32
	all, _ := l.regions()
	for _, g := range all {
		if unwanted(g) {
			todo = append(todo, g.pixels...)
		}
	}
	if len(todo) == 0 || len(todo) == l.w*l.h {
		return false
	}
	l.dissolve(r, todo)
	return true
}

// settle lets each pixel at a border change to the label beside it whose colour is
// nearer: what was dissolved had not all neighbours to choose from.
func (l *labels) settle(r *raster) {
	steps := l.neighbours()
	for range 3 {
		for y := range l.h {
			for x := range l.w {
				i := l.index(x, y)
				best := l.of[i]
				least := r.pixels[i].distance2(l.colour(best))
				for _, step := range steps[:4] {
					to := l.of[i+step]
					if to == best || to == outside {
						continue
					}
					if d := r.pixels[i].distance2(l.colour(to)); d < least {
						best, least = to, d
					}
				}
				l.of[i] = best
			}
		}
	}
}

// isSeam reports whether the region lies between two others, and its colour is a
// mixture of theirs.
func (l *labels) isSeam(r *raster, g region) bool {
	borders := make([]int, len(l.paint)+1) // the last is transparent
	var mean oklab
	for _, i := range g.pixels {
		mean = mean.plus(r.pixels[i], 1/float32(len(g.pixels)))
		for _, step := range l.neighbours() {
			switch to := l.of[int(i)+step]; to {
			case g.label, outside:
			case none:
				borders[len(l.paint)]++
			default:
				borders[to]++
			}
		}
	}
	first, second := two(borders)
	if borders[second]*5 < borders[first] { // a thin line on a surface
		return false
	}
	colours := append(slices.Clip(l.paint), l.empty)
	a, b := colours[first], colours[second]
	line := b.minus(a)
	length2 := line.dot(line)
	t := mean.minus(a).dot(line) / max(length2, 1e-9)
	return t > 0.05 && t < 0.95 && mean.distance2(a.plus(line, t)) < 0.1*length2
}

// two returns where the two largest numbers are.
func two(counts []int) (first, second int) {
	for i, n := range counts {
		if n > counts[first] {
			first = i
		}
	}
	if first == 0 && len(counts) > 1 {
		second = 1
	}
	for i, n := range counts {
		if i != first && n > counts[second] {
			second = i
		}
	}
	return first, second
}

// open is the label of pixels that are to get another one.
const open = int16(-3)

// dissolve gives the pixels to the labels of the nearest colours beside them, from
// the border inwards.
func (l *labels) dissolve(r *raster, todo []int32) {
	for _, i := range todo {
		l.of[i] = open
	}
	type change struct {
		at int32
		to int16
	}
	var changes []change
	for len(todo) > 0 {
		left := todo[:0]
		changes = changes[:0]
		for _, i := range todo {
			if to := l.nearestBeside(r, int(i)); to != open {
				changes = append(changes, change{i, to})
			} else {
				left = append(left, i)
			}
		}
		for _, c := range changes {
			l.of[c.at] = c.to
		}
		todo = left
	}
}

// nearestBeside returns the label beside pixel i whose colour is nearest to it, open
// if there is none.
func (l *labels) nearestBeside(r *raster, i int) int16 {
	best, least := open, float32(0)
	steps := l.neighbours()
	for _, step := range steps[:4] {
		to := l.of[i+step]
		if to == open || to == outside {
			continue
		}
		d := r.pixels[i].distance2(l.colour(to))
		if best == open || d < least || d == least && to < best {
			best, least = to, d
		}
	}
	return best
}
