package vectorize

// twoTone labels what is dark, on white where the picture is transparent.
func (j *job) twoTone(r *raster) (*labels, field) {
	light := make([]float32, len(r.pixels))
	for i, c := range r.pixels {
		light[i] = c.l*r.cover[i] + 1 - r.cover[i]
		r.pixels[i] = oklab{l: light[i], alpha: 1}
	}
	l := newLabels(r.grid, []oklab{black})
	l.empty = oklab{l: 1, alpha: 1}
	var shown []float32
	for y := range r.h {
		i := r.index(0, y)
		shown = append(shown, light[i:i+r.w]...)
	}
	limit := otsu(shown)
	for y := range r.h {
		for x := range r.w {
			i := r.index(x, y)
			l.of[i] = none
			if light[i] < limit {
				l.of[i] = 0
			}
		}
	}
	return l, func(inside, outside int) (at, steep float64) {
		return between(float64(light[inside]), float64(light[outside]), float64(limit))
	}
}

// otsu returns the lightness that parts dark from light best: Nobuyuki Otsu, "A
// Threshold Selection Method from Gray-Level Histograms", 1979. A picture of one
// lightness is light unless it is dark.
func otsu(light []float32) float32 {
	const levels = 256
	var count [levels]float64
	for _, v := range light {
		count[int(min(max(v, 0), 1)*(levels-1)+0.5)]++
	}
	var all, sum float64
	for i, n := range count {
		all += n
		sum += float64(i) * n
	}
	best, from, to := 0.0, levels/2, levels/2
	var below, belowSum float64
	for i, n := range count[:levels-1] {
		below += n
		belowSum += float64(i) * n
		if below == 0 || below == all {
			continue
		}
		d := belowSum/below - (sum-belowSum)/(all-below)
		switch spread := below * (all - below) * d * d; {
		case spread > best*1.0000001:
			best, from, to = spread, i, i
		case spread > best*0.9999999:
			to = i // between two heaps all levels part as well
		}
	}
	return (float32(from+to)/2 + 0.5) / (levels - 1)
}
