package vectorize

import (
	"cmp"
	"slices"
)

// stacker makes the layers of labels. A layer is what is painted in one colour.
// Layers are painted one over the other: each reaches under those that come later,
// so that only one of them draws the border between two colours, and no gap can
// show.
type stacker struct {
	*labels
	order   []int16 // of painting: shadows first, then the largest
	rank    []int   // of a label: its place in the order
	regions []region
	beside  [][]int32 // of a region: those that touch it

	in   []bool  // the current layer
	used []int32 // its pixels
	seen []int32 // of a region: the layer that last looked at it
}

func newStacker(l *labels) *stacker {
	s := &stacker{labels: l, rank: make([]int, len(l.paint)), in: make([]bool, len(l.of))}
	var of []int32
	s.regions, of = l.regions()
	s.beside = adjacent(l, of, len(s.regions))
	s.seen = make([]int32, len(s.regions))
	count := make([]int, len(l.paint))
	for _, g := range s.regions {
		if g.label >= 0 {
			count[g.label] += len(g.pixels)
		}
	}
	for label, n := range count {
		if n > 0 {
			s.order = append(s.order, int16(label))
		}
	}
	slices.SortStableFunc(s.order, func(a, b int16) int {
		return cmp.Or(cmp.Compare(l.hides(a), l.hides(b)), cmp.Compare(count[b], count[a]))
	})
	for i, label := range s.order {
		s.rank[label] = i
	}
	return s
}

// adjacent returns for each region those that touch it, at a corner too.
func adjacent(l *labels, of []int32, n int) [][]int32 {
	beside := make([][]int32, n)
	steps := l.neighbours()
	for i, a := range of {
		if a < 0 {
			continue
		}
		for _, step := range [...]int{steps[0], steps[1], steps[4], steps[5]} {
			b := of[i+step]
			if b < 0 || a == b || len(beside[a]) > 0 && beside[a][len(beside[a])-1] == b {
				continue
			}
			beside[a], beside[b] = append(beside[a], b), append(beside[b], a)
		}
	}
	for i := range beside {
		slices.Sort(beside[i])
		beside[i] = slices.Compact(beside[i])
	}
	return beside
}

// hides is 1 if nothing is seen through the label, and 0 otherwise.
func (l *labels) hides(label int16) int {
	if l.paint[label].alpha > 0.99 {
		return 1
	}
	return 0
}

// later reports whether what has the label own is painted after the label, and
// hides what is under it.
func (s *stacker) later(own, label int16) bool {
	return own >= 0 && s.rank[own] > s.rank[label] && s.hides(own) == 1
}

// reach is how far a layer goes on under a later one, in pixels.
const reach = 2

// cover makes the layer of the label in s.in: its own pixels, what is near them and
// painted later, and everything that later ones cover alone.
func (s *stacker) cover(label int16) {
	for _, i := range s.used {
		s.in[i] = false
	}
	s.used = s.used[:0]
	round := int32(s.rank[label]) + 1
	for n, g := range s.regions {
		if g.label == label {
			s.add(g.pixels)
			continue
		}
		if s.seen[n] != round {
			s.fill(int32(n), label, round)
		}
	}
	s.grow(label)
}

// grow lets the layer reach under later ones.
func (s *stacker) grow(label int16) {
	steps := s.neighbours()
	from := 0
	for range reach {
		to := len(s.used)
		for _, i := range s.used[from:to] {
			for _, step := range steps {
				if j := int(i) + step; !s.in[j] && s.later(s.of[j], label) {
					s.in[j] = true
					s.used = append(s.used, int32(j))
				}
			}
		}
		from = to
	}
}

func (s *stacker) add(pixels []int32) {
	for _, i := range pixels {
		s.in[i] = true
	}
	s.used = append(s.used, pixels...)
}

// fill looks at the regions that are connected with region n without touching the
// label, and covers them if they are all painted later.
func (s *stacker) fill(n int32, label int16, round int32) {
	gap := []int32{n}
	s.seen[n] = round
	only := true
	for at := 0; at < len(gap); at++ {
		only = only && s.later(s.regions[gap[at]].label, label)
		for _, m := range s.beside[gap[at]] {
			if s.regions[m].label != label && s.seen[m] != round {
				s.seen[m] = round
				gap = append(gap, m)
			}
		}
	}
	if only {
		for _, m := range gap {
			s.add(s.regions[m].pixels)
		}
	}
}
