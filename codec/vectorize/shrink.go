package vectorize

import (
	"image"
	"image/color"

	"golang.org/x/image/draw"
)

// shrink returns the picture upright, at most as large as side, as the mean of the
// pixels that fall on each new one.
func shrink(m image.Image, orientation, side int, ended func() error) (*image.NRGBA, error) {
	b := m.Bounds()
	w, h := b.Dx(), b.Dy()
	if long := max(w, h); long > side {
		w, h = max(w*side/long, 1), max(h*side/long, 1)
	}
	at := reader(m)
	columns := shares(b.Dx(), w)
	var out *image.NRGBA
	if orientation > 4 {
		out = image.NewNRGBA(image.Rect(0, 0, h, w))
	} else {
		out = image.NewNRGBA(image.Rect(0, 0, w, h))
	}
	for y, rows := range shares(b.Dy(), h) {
		if err := ended(); err != nil {
			return nil, err
		}
		for x, column := range columns {
			var sum [4]float64
			for sy := rows.from; sy < rows.to; sy++ {
				for sx := column.from; sx < column.to; sx++ {
					c := at(b.Min.X+sx, b.Min.Y+sy)
					weight := column.weight(sx) * rows.weight(sy)
					sum[0] += float64(c.R) * weight
					sum[1] += float64(c.G) * weight
					sum[2] += float64(c.B) * weight
					sum[3] += float64(c.A) * weight
				}
			}
			ux, uy := turn(x, y, w, h, orientation)
			out.SetNRGBA(ux, uy, divided(sum, column.size()*rows.size()))
		}
	}
	return out, nil
}

// enlarged returns a picture that is half as large as side or less twice as large,
// so that thin lines are wide enough to be traced.
func enlarged(m *image.NRGBA, side int) *image.NRGBA {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	if max(w, h)*2 > side {
		return m
	}
	large := image.NewRGBA(image.Rect(0, 0, w*2, h*2))
	draw.CatmullRom.Scale(large, large.Rect, m, m.Rect, draw.Src, nil)
	out := image.NewNRGBA(large.Rect)
	draw.Draw(out, out.Rect, large, image.Point{}, draw.Src)
	return out
}

// reader reads premultiplied pixels; all pictures of the standard library do so
// without an allocation.
func reader(m image.Image) func(x, y int) color.RGBA64 {
	if r, ok := m.(image.RGBA64Image); ok {
		return r.RGBA64At
	}
	return func(x, y int) color.RGBA64 {
		return color.RGBA64Model.Convert(m.At(x, y)).(color.RGBA64)
	}
}

func divided(sum [4]float64, area float64) color.NRGBA {
	if sum[3] == 0 {
		return color.NRGBA{}
	}
	part := func(v float64) uint8 { return uint8(min(v/sum[3], 1)*255 + 0.5) }
	return color.NRGBA{part(sum[0]), part(sum[1]), part(sum[2]), uint8(sum[3]/area/65535*255 + 0.5)}
}

// share is the part of a row or column that falls on one new pixel.
type share struct {
	from, to    int // pixels, the last one excluded
	start, stop float64
}

func (s share) size() float64 { return s.stop - s.start }

// weight is how much of pixel i belongs to the share.
func (s share) weight(i int) float64 {
	return min(float64(i+1), s.stop) - max(float64(i), s.start)
}

func shares(from, to int) []share {
	all := make([]share, to)
	for i := range all {
		start, stop := float64(i)*float64(from)/float64(to), float64(i+1)*float64(from)/float64(to)
		last := int(stop)
		if float64(last) < stop {
			last++
		}
		all[i] = share{int(start), min(last, from), start, stop}
	}
	return all
}

// turn returns where the pixel of a picture of w × h is when it is upright, by the
// orientations of EXIF.
func turn(x, y, w, h, orientation int) (int, int) {
	switch orientation {
	case 2:
		return w - 1 - x, y
	case 3:
		return w - 1 - x, h - 1 - y
	case 4:
		return x, h - 1 - y
	case 5:
		return y, x
	case 6:
		return h - 1 - y, x
	case 7:
		return h - 1 - y, w - 1 - x
	case 8:
		return y, w - 1 - x
	}
	return x, y
}
