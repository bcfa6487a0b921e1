package libav

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/spoolmedia/spool/codec"
)

// adjustment is a change of look and loudness.
type adjustment struct{ codec.Adjust }

func (a adjustment) changesPictures() bool { return a.Speed != 1 || a.changesLook() }

func (a adjustment) changesLook() bool {
	return *a.Brightness != 1 || *a.Contrast != 1 || a.changesColours() || a.Invert || a.Sharpen ||
		a.FadeIn > 0 || a.FadeOut > 0
}

// hurry makes f shorter, for what comes after.
func (a adjustment) hurry(f *film) { f.length = time.Duration(float64(f.length) / a.Speed) }

func (a adjustment) changesColours() bool {
	return *a.Saturation != 1 || a.Hue != 0 || a.Grayscale
}

func (a adjustment) changesSound() bool {
	return a.Speed != 1 || *a.Volume != 1 || a.Normalize || a.FadeIn > 0 || a.FadeOut > 0
}

// pictures works on RGB, so that the factors mean what they mean for images.
func (a adjustment) pictures(f *film) ([]string, error) {
	defer a.hurry(f)
	if !a.changesLook() {
		return nil, nil
	}
	all := f.toRGB()
	if *a.Brightness != 1 || *a.Contrast != 1 {
		all = append(all, everyColour(fmt.Sprintf("clip(((val/maxval*%s)-0.5)*%s+0.5,0,1)*maxval",
			decimal(*a.Brightness), decimal(*a.Contrast))))
	}
	if a.changesColours() {
		all = append(all, a.matrix().filter())
	}
	if a.Invert {
		all = append(all, everyColour("negval"))
	}
	if a.Sharpen {
		const kernel = "0 -1 0 -1 8 -1 0 -1 0"
		all = append(all, fmt.Sprintf("convolution=%[1]s:%[1]s:%[1]s:%[1]s:0.25:0.25:0.25:0.25",
			"'"+kernel+"'"))
	}
	fades, err := a.fades(f, "fade")
	return append(all, fades...), err
}

func everyColour(expression string) string {
	return fmt.Sprintf("lutrgb=r='%[1]s':g='%[1]s':b='%[1]s'", expression)
}

// sound leaves the loudness to the plan, which measures it first.
func (a adjustment) sound(f *film) ([]string, error) {
	var all []string
	if *a.Volume != 1 {
		all = append(all, "volume="+decimal(*a.Volume)+":precision=float")
	}
	fades, err := a.fades(f, "afade")
	a.hurry(f)
	return slices.Concat(all, fades, tempo(a.Speed)), err
}

// fades returns the filters called name that fade in and out.
func (a adjustment) fades(f *film, name string) ([]string, error) {
	var all []string
	if a.FadeIn > 0 {
		all = append(all, fmt.Sprintf("%s=t=in:st=0:d=%s", name, decimal(a.FadeIn)))
	}
	if a.FadeOut > 0 {
		if f.length <= 0 {
			return nil, codec.Errorf(codec.Unsupported,
				"%s does not say how long it lasts, which fading out needs", f.name)
		}
		start := max(0, f.length.Seconds()-a.FadeOut)
		all = append(all, fmt.Sprintf("%s=t=out:st=%.6f:d=%s", name, start, decimal(a.FadeOut)))
	}
	return all, nil
}

// colours is a matrix that makes new red, green and blue of the old.
type colours [3][3]float64

// Weights of the colours in brightness, by BT.709.
var weights = [3]float64{0.2126, 0.7152, 0.0722}

// matrix is saturation, then hue, then grey.
func (a adjustment) matrix() colours {
	m := saturation(*a.Saturation)
	if a.Hue != 0 {
		m = hue(a.Hue).times(m)
	}
	if a.Grayscale {
		m = saturation(0).times(m)
	}
	return m
}

func saturation(s float64) colours {
	var m colours
	for i := range m {
		for j := range m[i] {
			m[i][j] = weights[j] * (1 - s)
		}
		m[i][i] += s
	}
	return m
}

// hue turns the colours around grey and keeps their brightness: the matrix of
// hue-rotate in the Filter Effects Module of CSS.
func hue(degrees float64) colours {
	sin, cos := math.Sincos(degrees * math.Pi / 180)
	const r, g, b = 0.213, 0.715, 0.072
	return colours{
		{r + cos*(1-r) - sin*r, g - cos*g - sin*g, b - cos*b + sin*(1-b)},
		{r - cos*r + sin*0.143, g + cos*(1-g) + sin*0.140, b - cos*b - sin*0.283},
		{r - cos*r - sin*(1-r), g - cos*g + sin*g, b + cos*(1-b) + sin*b},
	}
}

func (m colours) times(n colours) colours {
	var p colours
	for i := range p {
		for j := range p[i] {
			for k := range n {
				p[i][j] += m[i][k] * n[k][j]
			}
		}
	}
	return p
}

// filter applies m. Each entry of colorchannelmixer ends at 2.
func (m colours) filter() string {
	var all []string
	for i, row := range m {
		for j, v := range row {
			all = append(all, fmt.Sprintf("%c%c=%.6f", "rgb"[i], "rgb"[j], min(max(v, -2), 2)))
		}
	}
	return "colorchannelmixer=" + strings.Join(all, ":")
}
