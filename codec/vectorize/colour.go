package vectorize

import (
	"fmt"
	"image"
	"image/color"
	"math"
)

// oklab is a colour in Björn Ottosson's Oklab, where distances are as the eye sees
// them, and its opacity.
type oklab struct{ l, a, b, alpha float32 }

var black = oklab{alpha: 1}

// alphaWeight is the distance of transparent from opaque: that of black from
// white.
const alphaWeight = 1

func (c oklab) distance2(d oklab) float32 {
	l, a, b, t := c.l-d.l, c.a-d.a, c.b-d.b, (c.alpha-d.alpha)*alphaWeight
	return l*l + a*a + b*b + t*t
}

func (c oklab) minus(d oklab) oklab {
	return oklab{c.l - d.l, c.a - d.a, c.b - d.b, c.alpha - d.alpha}
}

func (c oklab) dot(d oklab) float32 { return c.l*d.l + c.a*d.a + c.b*d.b + c.alpha*d.alpha }

func (c oklab) plus(d oklab, times float32) oklab {
	return oklab{c.l + d.l*times, c.a + d.a*times, c.b + d.b*times, c.alpha + d.alpha*times}
}

// linear is the transfer function of sRGB (IEC 61966-2-1) for 8 bits.
var linear = func() (table [256]float64) {
	for i := range table {
		v := float64(i) / 255
		if v <= 0.04045 {
			table[i] = v / 12.92
		} else {
			table[i] = math.Pow((v+0.055)/1.055, 2.4)
		}
	}
	return table
}()

func oklabOf(c color.NRGBA) oklab {
	r, g, b := linear[c.R], linear[c.G], linear[c.B]
	l := math.Cbrt(0.4122214708*r + 0.5363325363*g + 0.0514459929*b)
	m := math.Cbrt(0.2119034982*r + 0.6806995451*g + 0.1073969566*b)
	s := math.Cbrt(0.0883024619*r + 0.2817188376*g + 0.6299787005*b)
	return oklab{
		float32(0.2104542553*l + 0.7936177850*m - 0.0040720468*s),
		float32(1.9779984951*l - 2.4285922050*m + 0.4505937099*s),
		float32(0.0259040371*l + 0.7827717662*m - 0.8086757660*s),
		float32(c.A) / 255,
	}
}

func (c oklab) nrgba() color.NRGBA {
	l := cube(float64(c.l) + 0.3963377774*float64(c.a) + 0.2158037573*float64(c.b))
	m := cube(float64(c.l) - 0.1055613458*float64(c.a) - 0.0638541728*float64(c.b))
	s := cube(float64(c.l) - 0.0894841775*float64(c.a) - 1.2914855480*float64(c.b))
	return color.NRGBA{
		companded(4.0767416621*l - 3.3077115913*m + 0.2309699292*s),
		companded(-1.2684380046*l + 2.6097574011*m - 0.3413193965*s),
		companded(-0.0041960863*l - 0.7034186147*m + 1.7076147010*s),
		uint8(min(max(c.alpha, 0), 1)*255 + 0.5),
	}
}

func cube(v float64) float64 { return v * v * v }

func companded(v float64) uint8 {
	if v <= 0.0031308 {
		v *= 12.92
	} else {
		v = 1.055*math.Pow(v, 1/2.4) - 0.055
	}
	return uint8(min(max(v, 0), 1)*255 + 0.5)
}

// hex is the colour for SVG, as short as it can be.
func hex(c color.NRGBA) string {
	if c.R%17 == 0 && c.G%17 == 0 && c.B%17 == 0 {
		return fmt.Sprintf("#%x%x%x", c.R/17, c.G/17, c.B/17)
	}
	return fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B)
}

// raster is the picture that is traced, in a frame of transparent pixels one wide,
// so that every pixel has eight neighbours.
type raster struct {
	grid
	pixels []oklab
	cover  []float32 // how opaque the pixels of the picture are
	soft   bool      // and the colours too
}

// grid is the layout of w × h pixels in a frame.
type grid struct{ w, h int }

func (g grid) stride() int { return g.w + 2 }

func (g grid) size() int { return g.stride() * (g.h + 2) }

func (g grid) index(x, y int) int { return (y+1)*g.stride() + x + 1 }

// place returns where pixel i is.
func (g grid) place(i int) (x, y int) { return i%g.stride() - 1, i/g.stride() - 1 }

// neighbours are the steps to the pixels around: the four beside it first.
func (g grid) neighbours() [8]int {
	s := g.stride()
	return [8]int{1, s, -1, -s, s + 1, s - 1, -s - 1, -s + 1}
}

// rasterOf turns pixels into colours. Without soft, what is less than half opaque
// is transparent, and the rest is opaque.
func rasterOf(m *image.NRGBA, soft bool) *raster {
	r := &raster{grid: grid{m.Rect.Dx(), m.Rect.Dy()}, soft: soft}
	r.pixels, r.cover = make([]oklab, r.size()), make([]float32, r.size())
	var last color.NRGBA
	c := oklabOf(last)
	for y := range r.h {
		for x := range r.w {
			if next := m.NRGBAAt(x, y); next != last {
				last, c = next, oklabOf(next)
			}
			i := r.index(x, y)
			r.pixels[i], r.cover[i] = c, c.alpha
			switch {
			case soft && c.alpha < 1.0/32, !soft && c.alpha < 0.5:
				r.pixels[i] = oklab{}
			case !soft:
				r.pixels[i].alpha = 1
			}
		}
	}
	return r
}

// smoothed returns the colours with the noise taken out: each is the mean of those
// around it that differ by less than reach, near ones first and then wider ones.
func (r *raster) smoothed(reach float32) *raster {
	from := r.pixels
	for step := 1; step <= 4; step *= 2 {
		to := make([]oklab, len(from))
		for y := range r.h {
			for x := range r.w {
				i := r.index(x, y)
				if from[i].alpha > 0 {
					to[i] = r.meanAround(from, x, y, step, reach*reach)
				}
			}
		}
		from = to
	}
	return &raster{r.grid, from, r.cover, r.soft}
}

func (r *raster) meanAround(from []oklab, x, y, step int, reach2 float32) oklab {
	c := from[r.index(x, y)]
	sum, n := c, float32(1)
	for ny := y - step; ny <= y+step; ny += step {
		if ny < 0 || ny >= r.h {
			continue
		}
		for nx := x - step; nx <= x+step; nx += step {
			if nx < 0 || nx >= r.w || nx == x && ny == y {
				continue
			}
			if d := from[r.index(nx, ny)]; c.distance2(d) < reach2 {
				sum.l, sum.a, sum.b, sum.alpha = sum.l+d.l, sum.a+d.a, sum.b+d.b, sum.alpha+d.alpha
				n++
			}
		}
	}
	return oklab{sum.l / n, sum.a / n, sum.b / n, sum.alpha / n}
}
