package lettering

import (
	"image"
	"image/draw"
	"math"
	"slices"

	"github.com/go-text/typesetting/di"
	"github.com/go-text/typesetting/font"
	"github.com/go-text/typesetting/font/opentype"
	"github.com/go-text/typesetting/language"
	"github.com/go-text/typesetting/shaping"
	"golang.org/x/image/math/fixed"
	"golang.org/x/image/vector"
)

// line is a line of glyphs from left to right.
type line struct {
	glyphs      []glyph
	width       float64
	rightToLeft bool // it begins at the right
	missing     []rune
}

// glyph is a shape and where it is on its line, in pixels; y is upwards.
type glyph struct {
	id   font.GID
	x, y float64
}

// faceOf is the one font of all characters.
type faceOf struct{ *font.Face }

func (f faceOf) ResolveFace(rune) *font.Face { return f.Face }

// lines shapes the lines of a text.
func (f *Face) lines(text string) []line {
	var shaper shaping.HarfbuzzShaper
	var lines []line
	for _, l := range linesOf(text) {
		lines = append(lines, f.line(&shaper, l))
	}
	return lines
}

// units is the scale at which lines are shaped, so that all sizes look the same.
const units = 1 << 10

func (f *Face) line(shaper *shaping.HarfbuzzShaper, text string) line {
	var l line
	var runs []run
	runes := []rune(text)
	runs, l.rightToLeft = ordered(runes)
	for _, r := range runs {
		for _, part := range f.parts(runes, r) {
			f.add(&l, shaper.Shape(part), runes)
		}
	}
	return l
}

// parts splits a run by script; they are in visual order.
func (f *Face) parts(text []rune, r run) []shaping.Input {
	in := shaping.Input{Text: text, RunStart: r.from, RunEnd: r.to, Face: f.face,
		Size: fixed.I(units), Language: language.NewLanguage("und")}
	if r.level%2 == 1 {
		in.Direction = di.DirectionRTL
	}
	var segmenter shaping.Segmenter
	parts := slices.Clone(segmenter.Split(in, faceOf{f.face}))
	for i := range parts {
		parts[i].Direction = in.Direction // its own order of a part may know less
	}
	if in.Direction == di.DirectionRTL {
		slices.Reverse(parts)
	}
	return parts
}

// add puts shaped glyphs behind those of the line.
func (f *Face) add(l *line, out shaping.Output, text []rune) {
	scale := f.size / units
	pixels := func(v fixed.Int26_6) float64 { return float64(v) / 64 * scale }
	for _, g := range out.Glyphs {
		if g.GlyphID == 0 && g.TextIndex() < len(text) {
			l.missing = append(l.missing, text[g.TextIndex()])
		}
		l.glyphs = append(l.glyphs,
			glyph{g.GlyphID, l.width + pixels(g.XOffset), pixels(g.YOffset)})
		l.width += pixels(g.Advance)
	}
}

// drawLine draws the glyphs of a line whose base line begins at x, y.
func (f *Face) drawLine(mask *image.Alpha, l line, x, y float64) {
	for _, g := range l.glyphs {
		if outline, ok := f.face.GlyphData(g.id).(font.GlyphOutline); ok {
			f.fill(mask, outline.Segments, x+g.x, y-g.y)
		}
	}
}

// fill draws an outline whose origin is at x, y.
func (f *Face) fill(mask *image.Alpha, outline []opentype.Segment, x, y float64) {
	scale := f.size / float64(f.face.Upem())
	least, most := [2]float64{math.Inf(1), math.Inf(1)}, [2]float64{math.Inf(-1), math.Inf(-1)}
	for _, s := range outline {
		for _, p := range s.ArgsSlice() {
			px, py := x+float64(p.X)*scale, y-float64(p.Y)*scale
			least = [2]float64{min(least[0], px), min(least[1], py)}
			most = [2]float64{max(most[0], px), max(most[1], py)}
		}
	}
	if !(least[0] <= most[0] && least[1] <= most[1]) {
		return
	}
	limit := func(v float64) int { return int(min(max(v, -longestSide), 2*longestSide)) }
	box := image.Rect(limit(math.Floor(least[0])), limit(math.Floor(least[1])),
		limit(math.Ceil(most[0]))+1, limit(math.Ceil(most[1]))+1).Intersect(mask.Rect)
	if box.Empty() {
		return
	}
	at := func(p opentype.SegmentPoint) (float32, float32) {
		return float32(x + float64(p.X)*scale - float64(box.Min.X)),
			float32(y - float64(p.Y)*scale - float64(box.Min.Y))
	}
	r := vector.NewRasterizer(box.Dx(), box.Dy())
	r.DrawOp = draw.Over
	for _, s := range outline {
		trace(r, s, at)
	}
	r.ClosePath()
	r.Draw(mask, box, image.Opaque, image.Point{})
}

// trace adds a segment to the path.
func trace(r *vector.Rasterizer, s opentype.Segment,
	at func(opentype.SegmentPoint) (x, y float32),
) {
	ax, ay := at(s.Args[0])
	bx, by := at(s.Args[1])
	cx, cy := at(s.Args[2])
	switch s.Op {
	case opentype.SegmentOpMoveTo:
		r.ClosePath()
		r.MoveTo(ax, ay)
	case opentype.SegmentOpLineTo:
		r.LineTo(ax, ay)
	case opentype.SegmentOpQuadTo:
		r.QuadTo(ax, ay, bx, by)
	case opentype.SegmentOpCubeTo:
		r.CubeTo(ax, ay, bx, by, cx, cy)
	}
}
