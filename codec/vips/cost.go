package vips

import (
	"time"

	"github.com/spoolmedia/spool/codec"
)

// What decoding costs at least, however small the picture.
const (
	baseCPU    = 2 * time.Millisecond
	baseMemory = 8 << 20
)

// cost estimates what op takes of the picture, from its header.
func (p *picture) cost(op codec.Operation) codec.Cost {
	convert, _ := op.(codec.Convert)
	convert = convert.WithDefaults()
	z := plan(p.size(), convert).canvas
	in := float64(p.media.Width) * float64(p.media.Height)
	out := float64(z.w) * float64(z.h)
	memory := in / max(float64(p.media.Height), 1) * 4 * 256 // strips of lines on their way
	if p.wholePicture() {
		memory += in * float64(max(p.header.bands(), 3)) * 3
	}
	if p.mapped {
		memory += float64(p.in.Size())
	}
	if p.turns() > 2 {
		memory += out * float64(p.header.bands())
	}
	nanoseconds := in * 12
	if f := savers[convert.Target()]; f != nil {
		if f.animated && p.animated {
			out *= float64(p.media.Frames)
			nanoseconds *= float64(p.media.Frames)
		}
		nanoseconds += out * f.perPixel
		memory += out * f.memory
	}
	return codec.Cost{CPU: baseCPU + time.Duration(nanoseconds),
		Memory: baseMemory + int64(memory), Threads: 1}
}

// wholePicture reports whether the decoder holds all pixels at once and not
// only some lines.
func (p *picture) wholePicture() bool {
	switch p.in.Type() {
	case "image/jpeg", "image/png", "image/apng":
		return p.header.number("interlaced") != 0
	case "image/tiff":
		return false
	}
	return true
}
