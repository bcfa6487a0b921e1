// Package lettering draws text with the Go fonts, which are part of the program, so
// that a machine without any font draws the same.
//
//	face, err := lettering.NewFace("bold", 40)
//	mask, missing := face.Draw("© Ada\n2026")
//
// Lines are in the visual order of the Unicode bidirectional algorithm. There is
// no shaping: the Go fonts have Latin, Greek and Cyrillic letters, which need none.
package lettering

import (
	"fmt"
	"image"
	"image/draw"
	"slices"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/gomono"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"golang.org/x/text/unicode/bidi"
	"golang.org/x/text/unicode/norm"
)

// fonts by name, parsed when they are first needed.
var fonts = map[string]func() (*opentype.Font, error){
	"sans": parsed(goregular.TTF), "bold": parsed(gobold.TTF), "mono": parsed(gomono.TTF),
}

func parsed(ttf []byte) func() (*opentype.Font, error) {
	return sync.OnceValues(func() (*opentype.Font, error) { return opentype.Parse(ttf) })
}

// Face is a font at a size. It is for one goroutine at a time.
type Face struct {
	font *opentype.Font
	face font.Face
}

// NewFace returns the font "sans", "bold" or "mono" at a size in pixels, which is
// about the height from the top of an Å to the bottom of a g.
func NewFace(name string, size float64) (*Face, error) {
	parse, ok := fonts[name]
	if !ok {
		return nil, fmt.Errorf("lettering: there is no font %q", name)
	}
	f, err := parse()
	if err != nil {
		return nil, err
	}
	face, err := opentype.NewFace(f, &opentype.FaceOptions{Size: size, DPI: 72})
	if err != nil {
		return nil, err
	}
	return &Face{f, face}, nil
}

// Measure returns the pixels that the text takes: those from the first line's top
// to the last one's bottom, and from the start of the longest line to its end.
func (f *Face) Measure(text string) (width, height int) {
	lines := linesOf(text)
	for _, l := range lines {
		width = max(width, font.MeasureString(f.face, l.text).Ceil())
	}
	m := f.face.Metrics()
	return width, (m.Ascent + m.Descent + m.Height*fixed.Int26_6(len(lines)-1)).Ceil()
}

// Draw returns the text as coverage, no larger than what is drawn, and the
// characters for which the font has no glyph; a box stands in the place of each.
// The mask is empty if there is nothing to see.
func (f *Face) Draw(text string) (mask *image.Alpha, missing []rune) {
	w, h := f.Measure(text)
	m := f.face.Metrics()
	room := m.Height.Ceil() // letters may reach beyond their place
	mask = image.NewAlpha(image.Rect(-room, -room, w+room, h+room))
	d := font.Drawer{Dst: mask, Src: image.Opaque, Face: f.face}
	for i, l := range linesOf(text) {
		d.Dot = fixed.Point26_6{Y: m.Ascent + m.Height*fixed.Int26_6(i)}
		if l.rightToLeft {
			d.Dot.X = fixed.I(w) - font.MeasureString(f.face, l.text)
		}
		d.DrawString(l.text)
		missing = append(missing, f.missing(l.text)...)
	}
	slices.Sort(missing)
	return trimmed(mask), slices.Compact(missing)
}

func (f *Face) missing(text string) []rune {
	var missing []rune
	var b sfnt.Buffer
	for _, r := range text {
		if glyph, err := f.font.GlyphIndex(&b, r); err != nil || glyph == 0 {
			missing = append(missing, r)
		}
	}
	return missing
}

// line is a line of text in the order in which it is drawn from left to right.
type line struct {
	text        string
	rightToLeft bool // it begins at the right
}

// linesOf splits a text into lines. Letters with accents become one character, and
// characters that only control something go.
func linesOf(text string) []line {
	text = norm.NFC.String(strings.ReplaceAll(text, "\r\n", "\n"))
	var lines []line
	for l := range strings.SplitSeq(text, "\n") {
		lines = append(lines, visual(l))
	}
	return lines
}

// visual brings a line into visual order (Unicode Standard Annex #9). The runs of
// the bidi package are in the order of the text; those of a line that begins at
// the right are drawn from the last to the first.
func visual(text string) line {
	var p bidi.Paragraph
	if _, err := p.SetString(text); err != nil || text == "" {
		return line{text: printable(text)}
	}
	order, err := p.Order()
	if err != nil {
		return line{text: printable(text)}
	}
	runs := make([]string, order.NumRuns())
	for i := range runs {
		run := order.Run(i)
		if runs[i] = run.String(); run.Direction() == bidi.RightToLeft {
			runs[i] = bidi.ReverseString(runs[i])
		}
	}
	rightToLeft := beginsAtTheRight(text)
	if rightToLeft {
		slices.Reverse(runs)
	}
	return line{printable(strings.Join(runs, "")), rightToLeft}
}

// beginsAtTheRight reports whether the first letter is of a script that is written
// from right to left. (Rules P2 and P3)
func beginsAtTheRight(text string) bool {
	for text != "" {
		properties, size := bidi.LookupString(text)
		switch properties.Class() {
		case bidi.L:
			return false
		case bidi.R, bidi.AL:
			return true
		}
		text = text[max(size, 1):]
	}
	return false
}

func printable(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t':
			return ' '
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r):
			return -1
		}
		return r
	}, text)
}

// trimmed is the part of a mask that is not empty, from 0, 0 on.
func trimmed(mask *image.Alpha) *image.Alpha {
	var ink image.Rectangle
	b := mask.Rect
	for y := b.Min.Y; y < b.Max.Y; y++ {
		row := mask.Pix[mask.PixOffset(b.Min.X, y):][:b.Dx()]
		seen := func(a byte) bool { return a != 0 }
		first := slices.IndexFunc(row, seen)
		if first < 0 {
			continue
		}
		last := len(row) - 1
		for row[last] == 0 {
			last--
		}
		ink = ink.Union(image.Rect(b.Min.X+first, y, b.Min.X+last+1, y+1))
	}
	out := image.NewAlpha(image.Rectangle{Max: ink.Size()})
	draw.Draw(out, out.Rect, mask, ink.Min, draw.Src)
	return out
}
