package vips

// #include "glue.h"
import "C"

import (
	"errors"
	stdimage "image"
	"sync"
	"time"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/vips/internal/apng"
)

// manyFrames is what is looked for where the policy has no limit.
const manyFrames = 1 << 20

// readFrames finds the frames of an animated PNG, of which libvips reads the first
// alone.
func (s *session) readFrames(p *picture) error {
	most := p.limits.WithDefaults().Frames
	if most < 0 {
		most = manyFrames
	}
	var err error
	p.apng, err = apng.Open(boundInput{s.ctx, p.in}, p.in.Size(), most)
	return s.frameError(p, err)
}

// frameError blames the input, the context or storage.
func (s *session) frameError(p *picture, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, apng.ErrSyntax):
		return codec.Errorf(codec.Invalid, "%s is broken, or not %s", s.name, codec.TypeName(p.in.Type()))
	}
	return s.copyError("could not be read", err)
}

// delaysOf are the times of the frames in milliseconds.
func delaysOf(a *apng.Animation) []int {
	delays := make([]int, len(a.Frames))
	for i, f := range a.Frames {
		delays[i] = int(f.Delay / time.Millisecond)
	}
	return delays
}

// unroll makes an image of all frames of an animated PNG, below each other. Their
// pixels are made when they are asked for.
func (c *conversion) unroll() (image, error) {
	a := c.apng
	d := &drawer{a: a}
	c.draw = func(line []byte, x, y int) bool {
		err := d.draw(line, x, y)
		if err != nil {
			c.fail(c.frameError(c.picture, err))
		}
		return err == nil
	}
	p := C.spool_drawn(C.int(a.Width), C.int(a.Height*len(a.Frames)), C.uintptr_t(c.id))
	if p == nil {
		return image{}, errOperation
	}
	im := c.ownImage(p)
	C.spool_dress(im.p, c.header.p)
	im.setNumber("page-height", a.Height)
	im.setNumber("n-pages", len(a.Frames))
	im.setNumber("loop", a.Plays)
	im.setNumbers("delay", delaysOf(a))
	return im, nil
}

// drawer draws the frames of an animation. They are mostly asked for in order; to go
// back further than by one means to begin again.
type drawer struct {
	a *apng.Animation

	mu     sync.Mutex // guards all below: libvips asks from several threads
	player *apng.Player
	now    *stdimage.NRGBA // frame number next-1
	before []byte          // the one before it
	next   int
}

// draw fills a line with pixels of the roll from x, y on.
func (d *drawer) draw(line []byte, x, y int) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	wanted := y / d.a.Height
	if d.player == nil || wanted < d.next-2 {
		d.player, d.now, d.next = d.a.Player(), nil, 0
	}
	for d.next <= wanted {
		if d.now != nil {
			d.before = append(d.before[:0], d.now.Pix...)
		}
		var err error
		if d.now, err = d.player.Next(); err != nil {
			return err
		}
		d.next++
	}
	from := d.now.Pix
	if wanted < d.next-1 {
		from = d.before
	}
	copy(line, from[y%d.a.Height*d.now.Stride+4*x:])
	return nil
}
