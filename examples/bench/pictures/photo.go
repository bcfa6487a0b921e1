package main

import (
	"bufio"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"math/rand/v2"
	"os"

	"golang.org/x/image/draw"
)

// photograph is a landscape of hills in a haze, with grain, as a camera sees it: not
// so smooth that encoders have nothing to do, and not so rough that they drown.
func photograph(w, h int) *image.RGBA {
	random := rand.New(rand.NewPCG(12, 4000))
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			u, v := float64(x)/float64(w), float64(y)/float64(h)
			r, g, b := 120+100*v, 150+60*v, 220-40*v
			for i := range 5 {
				k := float64(i)
				ridge := 0.35 + 0.12*k + 0.05*math.Sin(u*(5+3*k)+k*2) + 0.01*math.Sin(u*(60+17*k))
				if v > ridge {
					rough := 14 * math.Sin(u*900/(k+1)) * math.Sin(v*700/(k+1))
					r, g, b = 110-18*k+rough, 140-20*k+rough, 130-24*k+rough/2
				}
			}
			grain := random.NormFloat64() * 4
			m.SetRGBA(x, y,
				color.RGBA{sample(r + grain), sample(g + grain), sample(b + grain), 255})
		}
	}
	return m
}

func sample(v float64) uint8 { return uint8(min(max(v, 0), 255)) }

func writeJPEG(path string, m image.Image) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(f)
	err = jpeg.Encode(w, m, &jpeg.Options{Quality: 90})
	return errors.Join(err, w.Flush(), f.Close())
}

// shrunk is the picture at a width, by Go's best kernel.
func shrunk(m image.Image, width int) *image.RGBA {
	z := m.Bounds().Size()
	out := image.NewRGBA(image.Rect(0, 0, width, (z.Y*width+z.X/2)/z.X))
	draw.CatmullRom.Scale(out, out.Rect, m, m.Bounds(), draw.Src, nil)
	return out
}
