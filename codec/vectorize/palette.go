package vectorize

import (
	"cmp"
	"slices"
)

// bin is a group of almost equal colours.
type bin struct {
	mean   oklab
	weight float32
}

// binBits of each channel and alphaBits of the opacity tell bins apart.
const (
	binBits   = 5
	alphaBits = 4
)

func binKey(c oklab) int {
	const most = 1<<binBits - 1
	level := func(v, from, to float32) int {
		return int(min(max((v-from)/(to-from), 0), 1)*most + 0.5)
	}
	key := level(c.l, 0, 1)<<binBits | level(c.a, -0.25, 0.3)
	key = key<<binBits | level(c.b, -0.33, 0.22)
	return key<<alphaBits | int(min(max(c.alpha, 0), 1)*(1<<alphaBits-1)+0.5)
}

// histogram gathers the opaque pixels in bins. Pixels on an edge are mixtures of
// what lies beside it: they count little.
func histogram(r *raster) []bin {
	bins := make([]bin, 1<<(3*binBits+alphaBits))
	for i, c := range r.pixels {
		if c.alpha == 0 {
			continue
		}
		const edge = 0.03
		w := 1 / (1 + contrast(r, i)/(edge*edge))
		b := &bins[binKey(c)]
		b.mean = b.mean.plus(c, w)
		b.weight += w
	}
	bins = slices.DeleteFunc(bins, func(b bin) bool { return b.weight == 0 })
	for i, b := range bins {
		bins[i].mean = oklab{}.plus(b.mean, 1/b.weight)
	}
	return bins
}

// contrast is the largest squared distance to a pixel beside it that is not
// transparent.
func contrast(r *raster, i int) float32 {
	most := float32(0)
	steps := r.neighbours()
	for _, step := range steps[:4] {
		if d := r.pixels[i+step]; d.alpha > 0 {
			most = max(most, r.pixels[i].distance2(d))
		}
	}
	return most
}

// palette returns at most n colours for the bins, no two nearer than apart: a
// median cut, made better by a few rounds of k-means.
func palette(bins []bin, n int, apart float32) []oklab {
	if len(bins) == 0 {
		return nil
	}
	var colours []oklab
	for _, b := range cut(bins, n) {
		colours = append(colours, meanOf(b))
	}
	for range 8 {
		colours = settle(bins, colours)
	}
	return distinct(bins, colours, apart)
}

// cut splits the box with the most spread until there are n.
func cut(bins []bin, n int) [][]bin {
	boxes := [][]bin{slices.Clone(bins)}
	for len(boxes) < n {
		worst, most, axis := -1, float32(1e-4), 0
		for i, b := range boxes {
			if spread, a := spreadOf(b); len(b) > 1 && spread > most {
				worst, most, axis = i, spread, a
			}
		}
		if worst < 0 {
			break
		}
		low, high := halves(boxes[worst], axis)
		boxes[worst] = low
		boxes = append(boxes, high)
	}
	return boxes
}

func channel(c oklab, axis int) float32 { return [...]float32{c.l, c.a, c.b, c.alpha}[axis] }

// spreadOf returns the channel with the largest sum of squared differences.
func spreadOf(b []bin) (most float32, axis int) {
	mean := meanOf(b)
	var sum [4]float32
	for _, x := range b {
		for a := range sum {
			d := channel(x.mean, a) - channel(mean, a)
			sum[a] += d * d * x.weight
		}
	}
	for a, s := range sum {
		if s > most {
			most, axis = s, a
		}
	}
	return most, axis
}

func halves(b []bin, axis int) (low, high []bin) {
	slices.SortStableFunc(b, func(x, y bin) int {
		return cmp.Compare(channel(x.mean, axis), channel(y.mean, axis))
	})
	middle := channel(meanOf(b), axis)
	at := max(1, slices.IndexFunc(b, func(x bin) bool { return channel(x.mean, axis) > middle }))
	return b[:at:at], b[at:]
}

func meanOf(b []bin) oklab {
	var sum oklab
	var weight float32
	for _, x := range b {
		sum = sum.plus(x.mean, x.weight)
		weight += x.weight
	}
	return oklab{}.plus(sum, 1/max(weight, 1e-9))
}

// settle moves each colour to the mean of the bins that are nearest to it.
func settle(bins []bin, colours []oklab) []oklab {
	sums, weights := make([]oklab, len(colours)), make([]float32, len(colours))
	for _, b := range bins {
		i := nearest(colours, b.mean)
		sums[i] = sums[i].plus(b.mean, b.weight)
		weights[i] += b.weight
	}
	var settled []oklab
	for i, w := range weights {
		if w > 0 {
			settled = append(settled, oklab{}.plus(sums[i], 1/w))
		}
	}
	return settled
}

func nearest(colours []oklab, c oklab) int {
	best, least := 0, c.distance2(colours[0])
	for i, d := range colours[1:] {
		if d := c.distance2(d); d < least {
			best, least = i+1, d
		}
	}
	return best
}

// distinct joins the two nearest colours while they are too near.
func distinct(bins []bin, colours []oklab, apart float32) []oklab {
	for len(colours) > 1 {
		a, b, least := 0, 0, apart*apart
		for i := range colours {
			for j := range i {
				if d := colours[i].distance2(colours[j]); d < least {
					a, b, least = i, j, d
				}
			}
		}
		if a == b {
			break
		}
		colours = slices.Delete(colours, a, a+1)
		colours = settle(bins, colours)
	}
	return colours
}
