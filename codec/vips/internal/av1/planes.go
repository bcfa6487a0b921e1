package av1

// #include "glue.h"
import "C"

import (
	"encoding/binary"
	"unsafe"
)

// Pixels are red, green, blue and transparency for each pixel, row by row, of 8 bits, or
// of 16 in the byte order of the machine.
type Pixels struct {
	Bytes []byte
	Deep  bool // 16 bits
	// Transparency alone is taken, by an encoder of grey, instead of red.
	Transparency bool
}

// at returns the four samples of the pixel number i.
func (p Pixels) at(i int) (r, g, b, a float64) {
	if p.Deep {
		s := p.Bytes[8*i:][:8]
		n := binary.NativeEndian
		return float64(n.Uint16(s)), float64(n.Uint16(s[2:])), float64(n.Uint16(s[4:])),
			float64(n.Uint16(s[6:]))
	}
	s := p.Bytes[4*i:][:4]
	return float64(s[0]), float64(s[1]), float64(s[2]), float64(s[3])
}

// Opaque reports whether nothing is transparent.
func (p Pixels) Opaque() bool {
	if p.Deep {
		for i := 6; i < len(p.Bytes); i += 8 {
			if p.Bytes[i]&p.Bytes[i+1] != 255 {
				return false
			}
		}
		return true
	}
	for i := 3; i < len(p.Bytes); i += 4 {
		if p.Bytes[i] != 255 {
			return false
		}
	}
	return true
}

// most is the largest value of a sample.
func (p Pixels) most() float64 {
	if p.Deep {
		return 65535
	}
	return 255
}

// plane is a plane of the image in C.
type plane struct {
	bytes  []byte
	stride int // bytes
	wide   bool
	most   float64
}

// planeOf returns one of the planes of an image whose samples have depth bits.
func planeOf(im *C.aom_image_t, number, height, depth int) plane {
	stride := int(im.stride[number])
	return plane{
		bytes:  unsafe.Slice((*byte)(unsafe.Pointer(im.planes[number])), stride*height),
		stride: stride, wide: im.fmt&C.AOM_IMG_FMT_HIGHBITDEPTH != 0,
		most: float64(int(1)<<depth - 1),
	}
}

func (p plane) set(x, y int, v float64) {
	n := uint16(min(max(v+0.5, 0), p.most))
	if p.wide {
		binary.NativeEndian.PutUint16(p.bytes[y*p.stride+2*x:], n)
		return
	}
	p.bytes[y*p.stride+x] = byte(n)
}

func (p plane) get(x, y int) float64 {
	if p.wide {
		return float64(binary.NativeEndian.Uint16(p.bytes[y*p.stride+2*x:]))
	}
	return float64(p.bytes[y*p.stride+x])
}

// The weights of red and blue in the luma by ITU-R BT.601.
const (
	redWeight  = 0.299
	blueWeight = 0.114
)

// fill makes the planes of the next picture.
func (e *Encoder) fill(p Pixels) {
	s := e.settings
	luma := planeOf(e.native.image, 0, s.Height, s.Depth)
	scale := luma.most / p.most()
	for y := range s.Height {
		for x := range s.Width {
			r, g, b, a := p.at(y*s.Width + x)
			v := r
			switch {
			case p.Transparency:
				v = a
			case !s.Grey:
				v = redWeight*r + (1-redWeight-blueWeight)*g + blueWeight*b
			}
			luma.set(x, y, v*scale)
		}
	}
	if !s.Grey {
		e.fillColours(p, scale)
	}
}

// fillColours makes the two planes of colours. Each sample stands for a square of
// pixels.
func (e *Encoder) fillColours(p Pixels, scale float64) {
	s, side := e.settings, 2
	if s.FullChroma {
		side = 1
	}
	rows := (s.Height + side - 1) / side
	blue, red := planeOf(e.native.image, 1, rows, s.Depth), planeOf(e.native.image, 2, rows, s.Depth)
	middle := (blue.most + 1) / 2
	for cy := range rows {
		for cx := range (s.Width + side - 1) / side {
			var r, g, b, n float64
			for y := cy * side; y < min((cy+1)*side, s.Height); y++ {
				for x := cx * side; x < min((cx+1)*side, s.Width); x++ {
					pr, pg, pb, _ := p.at(y*s.Width + x)
					r, g, b, n = r+pr, g+pg, b+pb, n+1
				}
			}
			luma := redWeight*r + (1-redWeight-blueWeight)*g + blueWeight*b
			blue.set(cx, cy, (b-luma)/n/(2-2*blueWeight)*scale+middle)
			red.set(cx, cy, (r-luma)/n/(2-2*redWeight)*scale+middle)
		}
	}
}
