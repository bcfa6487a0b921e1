package codec

import (
	"math"
	"regexp"
	"strconv"
	"strings"
)

var aspectRatio = regexp.MustCompile(`^[0-9]{1,5}(\.[0-9]{1,4})?:[0-9]{1,5}(\.[0-9]{1,4})?$`)

// mostAspect is how many times as long one side may be as the other.
const mostAspect = 10

// ratioOf is the width for a height of 1; 0 if the text is no ratio like 16:9.
func ratioOf(text string) float64 {
	if !aspectRatio.MatchString(text) {
		return 0
	}
	across, down, _ := strings.Cut(text, ":")
	w, _ := strconv.ParseFloat(across, 64)
	h, _ := strconv.ParseFloat(down, 64)
	if r := w / h; r >= 1./mostAspect && r <= mostAspect {
		return r
	}
	return 0
}

// aspect wants a ratio that goes with the rest.
func (f *faults) aspect(t Transform) {
	if t.AspectRatio == "" {
		return
	}
	r := ratioOf(t.AspectRatio)
	t = t.WithDefaults()
	switch _, h := t.sides(r); {
	case r == 0:
		f.add("aspectRatio", "%q is no ratio like 16:9, from 1:%d to %d:1", t.AspectRatio,
			mostAspect, mostAspect)
	case t.Width != 0 && t.Height != 0:
		f.add("aspectRatio", "does not go with both a width and a height")
	case t.Fit == FitInside || t.Fit == FitOutside:
		f.add("aspectRatio", "does not go with fit %s, which keeps that of the picture", t.Fit)
	case max(h, h*r) > MaxSide:
		f.add("aspectRatio", "makes a side longer than %d", MaxSide)
	}
}

// sides are those of the box that is asked for; 0 if that follows from the picture.
func (t Transform) sides(ratio float64) (w, h float64) {
	if t.Width != 0 {
		return float64(t.Width), float64(t.Width) / ratio
	}
	return float64(t.Height) * ratio, float64(t.Height)
}

// Box returns what a picture of that size, already cut out and turned, is fitted into: the
// Width and the Height, of which one or both may be 0, or what AspectRatio makes of them.
// t has its defaults.
func (t Transform) Box(width, height int) (w, h int) {
	r := ratioOf(t.AspectRatio)
	if r == 0 {
		return t.Width, t.Height
	}
	pw, ph := float64(width), float64(height)
	bw, bh := t.sides(r)
	around := t.Fit == FitContain
	switch {
	case bw == 0 && around:
		bw, bh = max(pw, ph*r), max(ph, pw/r)
		return int(math.Ceil(bw - 1e-6)), int(math.Ceil(bh - 1e-6))
	case bw == 0:
		bw, bh = pw, ph
	}
	if !around && !t.Enlarge { // or a smaller picture would keep a side too short
		bw, bh = min(bw, pw), min(bh, ph)
	}
	bw, bh = min(bw, bh*r), min(bh, bw/r)
	return max(1, int(math.Round(bw))), max(1, int(math.Round(bh)))
}
