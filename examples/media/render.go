package main

import (
	"image"
	"math"
	"runtime"
	"sync"
)

// render draws the scene in width × height pixels. Grain is how far a grain goes
// from the colour it sits on; frame makes it differ from picture to picture.
func render(s scene, width, height int, grain float64, frame int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	s.pixel = 1 / float64(height)
	var rows sync.WaitGroup
	workers := runtime.GOMAXPROCS(0)
	for first := range workers {
		rows.Go(func() {
			for y := first; y < height; y += workers {
				row(s, img, y, grain, frame)
			}
		})
	}
	rows.Wait()
	return img
}

func row(s scene, img *image.RGBA, y int, grain float64, frame int) {
	width := img.Rect.Dx()
	for x := range width {
		u := (float64(x) + 0.5 - float64(width)/2) * s.pixel
		c := s.at(u, (float64(y)+0.5)*s.pixel)
		// The sum of two is closer to what film does than one.
		speck := grain * (hash(x, y, frame) + hash(x, y, frame+7919) - 1)
		at := img.PixOffset(x, y)
		img.Pix[at], img.Pix[at+1], img.Pix[at+2] = level(c.r+speck), level(c.g+speck), level(c.b+speck)
		img.Pix[at+3] = 255
	}
}

// level bends what is too bright into white, as film does, instead of cutting it.
func level(x float64) uint8 {
	if x > 0.8 {
		x = 0.8 + 0.2*math.Tanh((x-0.8)/0.2)
	}
	return uint8(math.Round(255 * min(max(x, 0), 1)))
}

// moment returns the scene at a time of the film: the camera starts and stops
// softly, and its hand is not quite steady.
func moment(seconds float64) scene {
	return scene{
		time: seconds,
		pan:  -0.14 + 0.28*step(0, length, seconds) + 0.0016*math.Sin(5.3*seconds),
	}
}
