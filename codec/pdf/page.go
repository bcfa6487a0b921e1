package pdf

import (
	"math"
	"strconv"
	"strings"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/internal/picture"
)

// Lengths are in points, 72 to the inch.
const (
	inch        = 72.0
	defaultDPI  = 96
	lowestDPI   = 73 // 72 is what programs write that do not know
	highestDPI  = 2400
	smallestBox = 3      // ISO 32000-1, Annex C.2
	largestBox  = 14_400 // the same
)

var paper = map[string]box{
	codec.PageLetter: {8.5 * inch, 11 * inch},
	codec.PageA4:     {210 / 25.4 * inch, 297 / 25.4 * inch},
}

// box is a width and a height in points.
type box [2]float64

// points is the size of a side, rounded.
func (b box) points(side int) int { return int(math.Round(b[side])) }

func (b box) across() box { return box{b[1], b[0]} }

// layout returns the page for the picture and where on it the picture is drawn.
func layout(size string, p *picture.Picture) (page box, m matrix) {
	natural := naturalSize(p)
	page = natural
	if sheet, ok := paper[size]; ok {
		page = sheet
		if natural[0] > natural[1] {
			page = sheet.across()
		}
	}
	scale := min(page[0]/natural[0], page[1]/natural[1])
	w, h := natural[0]*scale, natural[1]*scale
	placed := matrix{w, 0, 0, h, (page[0] - w) / 2, (page[1] - h) / 2}
	return page, upright(p.Orientation).then(placed)
}

// naturalSize is that of the upright picture at its density, within what readers
// take.
func naturalSize(p *picture.Picture) box {
	x, y := p.DensityX, p.DensityY
	if !plausible(x) || !plausible(y) {
		x, y = defaultDPI, defaultDPI
	}
	b := box{float64(p.Width) * inch / x, float64(p.Height) * inch / y}
	if p.Orientation > 4 {
		b = b.across()
	}
	if long := max(b[0], b[1]); long > largestBox {
		b = box{b[0] * largestBox / long, b[1] * largestBox / long}
	}
	return box{max(b[0], smallestBox), max(b[1], smallestBox)}
}

func plausible(dpi float64) bool { return dpi >= lowestDPI && dpi <= highestDPI }

// matrix maps (x, y) to (ax + cy + e, bx + dy + f), in the order of the operator
// cm.
type matrix [6]float64

// uprights turn the unit square in which an image is drawn, whose y grows upwards,
// by the orientations 1 to 8.
var uprights = [...]matrix{
	{1, 0, 0, 1, 0, 0}, {-1, 0, 0, 1, 1, 0}, {-1, 0, 0, -1, 1, 1}, {1, 0, 0, -1, 0, 1},
	{0, -1, -1, 0, 1, 1}, {0, -1, 1, 0, 0, 1}, {0, 1, 1, 0, 0, 0}, {0, 1, -1, 0, 1, 0},
}

func upright(orientation int) matrix { return uprights[orientation-1] }

// then returns the matrix that does m and n behind it.
func (m matrix) then(n matrix) matrix {
	return matrix{
		m[0]*n[0] + m[1]*n[2], m[0]*n[1] + m[1]*n[3],
		m[2]*n[0] + m[3]*n[2], m[2]*n[1] + m[3]*n[3],
		m[4]*n[0] + m[5]*n[2] + n[4], m[4]*n[1] + m[5]*n[3] + n[5],
	}
}

func (m matrix) String() string {
	var parts [6]string
	for i, v := range m {
		parts[i] = number(v)
	}
	return strings.Join(parts[:], " ")
}

// number writes v as PDF does: without exponent.
func number(v float64) string {
	return strconv.FormatFloat(math.Round(v*1e4)/1e4+0, 'f', -1, 64)
}
