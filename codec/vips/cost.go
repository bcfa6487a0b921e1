package vips

import (
	"slices"
	"time"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/vips/internal/metadata"
)

// What decoding costs at least, however small the picture.
const (
	baseCPU    = 2 * time.Millisecond
	baseMemory = 8 << 20
)

// cost estimates what op takes of the picture, from its header.
func (p *picture) cost(op codec.Operation) codec.Cost {
	in := float64(p.media.Width) * float64(p.media.Height)
	memory := in / max(float64(p.media.Height), 1) * 4 * 256 // strips of lines on their way
	if p.wholePicture() {
		memory += in * float64(max(p.header.bands(), 3)) * 3
	}
	if p.motion != nil {
		memory += in * 4 * 3 // the canvas, a frame, and what comes back after it
	}
	if p.mapped {
		memory += float64(p.in.Size())
	}
	cost := codec.Cost{CPU: baseCPU + time.Duration(in*12), Memory: baseMemory + int64(memory),
		Threads: 1}
	r, ok := recipeOf(op, nil)
	switch op := op.(type) {
	case codec.Renditions:
		for _, r := range renditionRecipes(op) {
			cost = p.add(cost, r)
			cost.Memory += p.level(r)
		}
	case codec.StripMetadata:
		r, ok = again(p), p.turns() > 1 || !metadata.Cuts(p.in.Type())
	case codec.Compress:
		if r, ok = compressing(op, p.in.Type()); ok && op.TargetBytes > 0 {
			return p.aimed(cost, r)
		}
	}
	if ok {
		cost = p.add(cost, r)
	}
	if g, err := r.pages.of(p); err == nil && r.pages != (pages{}) {
		cost.CPU *= time.Duration(g.count())
	}
	return cost
}

// add adds what making the picture by r takes; a recipe that is refused costs no
// more than the look at the header.
func (p *picture) add(cost codec.Cost, r recipe) codec.Cost {
	c, err := new(session).plan(p, p.dearest(r))
	if err != nil {
		return cost
	}
	out := float64(c.canvas.pixels()) * float64(c.frames)
	if c.minSSIM > 0 && c.saver.hasQuality() {
		out *= tunings
		cost.Memory += c.canvas.pixels() * int64(c.frames) * int64(max(p.header.bands(), 3)+2)
	}
	perPixel := max(c.saver.perPixel, float64(c.saver.wanted(r.effort, c.canvas.pixels()).perPixel))
	cost.CPU += time.Duration(out * perPixel)
	if c.usesAOM() {
		out = float64(c.canvas.pixels()) * float64(min(c.frames, heldFrames))
	}
	cost.Memory += int64(out * c.saver.memory)
	if c.saver.deflates(p.header, c.canvas) {
		cost.Memory += 2 * c.saver.deflated(p.header, c.canvas)
	}
	cost.Memory += c.gathered()
	if c.frames > 1 {
		in := int64(p.media.Width) * int64(p.media.Height)
		cost.CPU += time.Duration(in * int64(c.frames-1) * 12)
	}
	if p.turns() > 2 || slices.ContainsFunc(r.steps, step.jumps) {
		cost.Memory += c.settles() * int64(max(p.header.bands(), 3))
	}
	return cost
}

// gathered is the memory of pixels that are only there because that is faster: those that
// are decoded ahead, of which a decoder of JPEG leaves up to twice as many on each side as
// are asked for, and those that are encoded.
func (c *conversion) gathered() int64 {
	if c.frames > 1 {
		return 0
	}
	full := c.picture.size().pixels()
	most := func(pixels int64) int64 {
		n := min(pixels, full) * int64(max(c.header.bands(), 3)*c.header.sampleSize())
		return min(n, mostGathered)
	}
	return most(4*c.settles()) + most(c.canvas.pixels())
}

// level is the memory of the pixels that a rendition by r shares with others.
func (p *picture) level(r recipe) int64 {
	c, err := new(session).plan(p, p.dearest(r))
	if err != nil {
		return 0
	}
	return c.settles() * int64(max(p.header.bands(), 3))
}

// tunings is how many encodes it takes to find a quality that is similar enough.
const tunings = 5

// aimed is what it takes to find a quality of r: some encodes of pixels in memory.
func (p *picture) aimed(cost codec.Cost, r recipe) codec.Cost {
	const encodes = 7 // halve a scale of 100 until nothing is left
	one := p.add(cost, r)
	one.CPU += (encodes - 1) * (one.CPU - cost.CPU)
	pixels := int64(p.media.Width) * int64(p.media.Height) * int64(max(p.media.Frames, 1))
	one.Memory += pixels * int64(max(p.header.bands(), 3))
	return one
}

// settles is how many pixels are in memory once the picture is settled.
func (c *conversion) settles() int64 {
	z := c.picture.size()
	if c.lead != nil && c.frames == 1 {
		z = c.lead.layout.scaled
	}
	return z.pixels() * int64(c.frames)
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
