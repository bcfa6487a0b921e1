package vectorize

import (
	"bufio"
	"context"
	"image"
	"image/color"
	"io"
	"math"

	"github.com/spoolmedia/spool/codec"
)

// settings are what detail and mono mean.
type settings struct {
	mono      bool
	side      int     // of the picture that is traced, at most
	colours   int     // at most
	apart     float32 // of two colours, at least
	noise     float32 // of neighbours whose difference means nothing
	least     int     // pixels of a shape
	tolerance float64 // of a curve, in pixels
}

func settingsOf(op codec.Vectorize) settings {
	d := float64(op.Detail-1) / 99
	return settings{
		mono:      op.Mono,
		side:      int(480 + 1120*d),
		colours:   int(math.Round(4 * math.Pow(16, d))),
		apart:     float32(0.12 - 0.105*d),
		noise:     float32(0.05 - 0.035*d),
		least:     int(math.Round(3 + 200*(1-d)*(1-d))),
		tolerance: 0.9 - 0.7*d,
	}
}

// hiddenTolerance is that of what another layer covers by more.
const hiddenTolerance = 1

// job is the tracing of one picture.
type job struct {
	ctx    context.Context
	report func(float64)
	settings
}

// trace writes the drawing of m, which is shown at width × height.
func (j *job) trace(w io.Writer, m *image.NRGBA, width, height int) error {
	soft := !j.mono && isSoft(m)
	large := enlarged(m, j.side)
	r := rasterOf(large, soft).smoothed(j.noise)
	var l *labels
	var f field
	if j.mono {
		l, f = j.twoTone(r)
	} else {
		colours := r
		if large != m { // where it was enlarged, edges look like surfaces
			colours = rasterOf(m, soft).smoothed(j.noise)
		}
		l = label(r, palette(histogram(colours), j.colours, j.apart))
		f = byColour(r, l)
	}
	if err := j.step(0.3); err != nil {
		return err
	}
	l.clean(r, j.least, j.ctx.Err)
	if err := j.step(0.5); err != nil {
		return err
	}
	return j.draw(drawing{bufio.NewWriterSize(w, 64<<10)}, l, f, width, height)
}

// step reports progress, and the end of the context.
func (j *job) step(fraction float64) error {
	j.report(fraction)
	return j.ctx.Err()
}

func (j *job) draw(d drawing, l *labels, f field, width, height int) error {
	d.begin(width, height, l.w, l.h)
	s := newStacker(l)
	seen := make([]bool, len(l.of))
	for i, label := range s.order {
		s.cover(label)
		t := tracer{stacker: s, label: label, field: f, seen: seen}
		var contours [][]curve
		for _, c := range t.contours() {
			contours = append(contours, j.curves(c))
		}
		d.path(j.paint(l, label), contours)
		if err := j.step(0.5 + 0.45*float64(i+1)/float64(len(s.order))); err != nil {
			return err
		}
	}
	return d.end()
}

func (j *job) paint(l *labels, label int16) color.NRGBA {
	if j.mono {
		return color.NRGBA{A: 255}
	}
	return l.paint[label].nrgba()
}

// curves draws a contour.
func (j *job) curves(c contour) []curve {
	var curves []curve
	for _, p := range c.pieces() {
		tolerance := j.tolerance
		if p.hidden {
			tolerance = max(tolerance, hiddenTolerance)
		}
		curves = append(curves, p.fit(tolerance)...)
	}
	return curves
}

// isSoft reports whether the picture has parts that are neither opaque nor
// transparent, beyond smooth edges.
func isSoft(m *image.NRGBA) bool {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	half := func(x, y int) bool {
		a := m.Pix[y*m.Stride+x*4+3]
		return 12 < a && a < 243
	}
	n := 0
	for y := 1; y < h-1; y++ {
		for x := 1; x < w-1; x++ {
			if half(x, y) && half(x-1, y) && half(x+1, y) && half(x, y-1) && half(x, y+1) {
				n++
			}
		}
	}
	return n*100 > w*h
}
