// Package lettering draws text: with the Go fonts, which are part of the program, so
// that a machine without any font draws the same, or with a font from a file.
//
//	face, err := lettering.NewFace("bold", 40)
//	mask, missing := face.Draw("© Ada\n2026")
//
// Letters are shaped by HarfBuzz's rules (joined, with ligatures and marks in their
// places), and lines are in the visual order of the Unicode bidirectional algorithm.
package lettering

import (
	"bytes"
	"fmt"
	"image"
	"image/draw"
	"math"
	"slices"
	"strconv"
	"sync"

	"github.com/go-text/typesetting/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/gomono"
	"golang.org/x/image/font/gofont/goregular"
)

// fonts by name, parsed when they are first needed.
var fonts = map[string]func() (*Font, error){
	"sans": parsed(goregular.TTF), "bold": parsed(gobold.TTF), "mono": parsed(gomono.TTF),
}

func parsed(ttf []byte) func() (*Font, error) {
	return sync.OnceValues(func() (*Font, error) { return Parse(ttf) })
}

// LargestFile bounds the bytes of a font: the largest of the world have some 30 MB.
const LargestFile = 48 << 20

// Font is a font of all sizes. It is safe for many goroutines.
type Font struct{ font *font.Font }

// Parse reads a TrueType or OpenType font.
func Parse(file []byte) (f *Font, err error) {
	defer survive(&err)
	face, err := font.ParseTTF(bytes.NewReader(file))
	if err != nil {
		return nil, fmt.Errorf("lettering: %w", err)
	}
	if face.Upem() == 0 {
		return nil, fmt.Errorf("lettering: the font has no size")
	}
	return &Font{face.Font}, nil
}

// survive makes a panic an error: fonts may come from strangers, and are programs for
// the libraries that read them.
func survive(err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("lettering: the font is broken: %v", r)
	}
}

// Face is a font at a size. It is for one goroutine at a time.
type Face struct {
	face *font.Face
	size float64 // of an em, in pixels

	ascent, descent, height float64 // of a line
}

// Face returns the font at a size in pixels, which is about the height from the top of
// an Å to the bottom of a g.
func (f *Font) Face(size float64) *Face {
	face := &Face{face: font.NewFace(f.font), size: size}
	m, ok := face.face.FontHExtents()
	if !ok {
		m = font.FontExtents{Ascender: 0.8 * float32(f.font.Upem()), Descender: -0.2 * float32(f.font.Upem())}
	}
	face.ascent, face.descent = face.pixels(m.Ascender), -face.pixels(m.Descender)
	face.height = face.ascent + face.descent + face.pixels(m.LineGap)
	return face
}

// NewFace returns the font "sans", "bold" or "mono" at a size.
func NewFace(name string, size float64) (*Face, error) {
	parse, ok := fonts[name]
	if !ok {
		return nil, fmt.Errorf("lettering: there is no font %q", name)
	}
	f, err := parse()
	if err != nil {
		return nil, err
	}
	return f.Face(size), nil
}

// pixels turns the units of the font to pixels.
func (f *Face) pixels(units float32) float64 {
	return float64(units) * f.size / float64(f.face.Upem())
}

// Measure returns the pixels that the text takes: those from the first line's top
// to the last one's bottom, and from the start of the longest line to its end.
func (f *Face) Measure(text string) (width, height int, err error) {
	defer survive(&err)
	width, height = f.measure(f.lines(text))
	return width, height, nil
}

func (f *Face) measure(lines []line) (width, height int) {
	longest := 0.0
	for _, l := range lines {
		longest = max(longest, l.width)
	}
	return whole(longest), whole(f.ascent + f.descent + f.height*float64(len(lines)-1))
}

// longestSide bounds what a font may ask for, in pixels.
const longestSide = 1 << 15

// whole rounds up.
func whole(pixels float64) int { return int(min(max(math.Ceil(pixels), 0), longestSide)) }

// mostPixels bounds a mask; what is beyond it is cut off.
const mostPixels = 1 << 27

// Draw returns the text as coverage, no larger than what is drawn, and the
// characters for which the font has no glyph; a box stands in the place of each.
// The mask is empty if there is nothing to see.
func (f *Face) Draw(text string) (mask *image.Alpha, missing []rune, err error) {
	defer survive(&err)
	lines := f.lines(text)
	w, h := f.measure(lines)
	room := whole(f.height) // letters may reach beyond their place
	h = min(h, max(mostPixels/(w+2*room+1)-2*room, 1))
	mask = image.NewAlpha(image.Rect(-room, -room, w+room, h+room))
	for i, l := range lines {
		x := 0.0
		if l.rightToLeft {
			x = float64(w) - l.width
		}
		f.drawLine(mask, l, x, f.ascent+f.height*float64(i))
		missing = append(missing, l.missing...)
	}
	slices.Sort(missing)
	return trimmed(mask), slices.Compact(missing), nil
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

// Quoted lists characters for a message, at most a few.
func Quoted(runes []rune) string {
	const most = 8
	text := ""
	for i, r := range runes[:min(len(runes), most)] {
		if i > 0 {
			text += ", "
		}
		text += strconv.QuoteRune(r)
	}
	if len(runes) > most {
		text += " and others"
	}
	return text
}
