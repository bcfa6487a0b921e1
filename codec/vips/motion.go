package vips

import (
	"errors"
	"sync"
	"time"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/vips/internal/apng"
	"github.com/spoolmedia/spool/codec/vips/internal/av1"
	"github.com/spoolmedia/spool/codec/vips/internal/avif"
)

// motion is an animation whose frames are drawn here, because libvips reads the first
// alone, or none.
type motion struct {
	width, height int
	count         int // of the frames, as the file says
	plays         int // 0 is for ever
	delays        []time.Duration
	opaque        bool // there is no transparency
	deep          bool // a sample has 16 bits, in the byte order of the machine
	early         bool // the file is cut off behind these frames
	play          func() (player, error)
}

// player draws one frame after the other, each into the same bytes: red, green, blue and
// transparency of all pixels.
type player interface {
	Next() ([]byte, error)
	Close()
}

// manyFrames is what is looked for where the policy has no limit.
const manyFrames = 1 << 20

// mostFrames is how many frames are looked for.
func (p *picture) mostFrames() int {
	if most := p.limits.WithDefaults().Frames; most >= 0 {
		return most
	}
	return manyFrames
}

// milliseconds are the times of the frames.
func (m *motion) milliseconds() []int {
	delays := make([]int, len(m.delays))
	for i, d := range m.delays {
		delays[i] = int(d / time.Millisecond)
	}
	return delays
}

// drawMotion lets the frames of m be drawn when they are asked for.
func (s *session) drawMotion(p *picture, m *motion) {
	d := &drawer{motion: m}
	s.atEnd = append(s.atEnd, d.close)
	s.draw = func(line []byte, x, y int) bool {
		err := d.draw(line, x, y)
		if err != nil {
			s.fail(s.frameError(p, err))
		}
		return err == nil
	}
}

// unroll makes an image of all frames of m, below each other. Their pixels are made
// when they are asked for.
func (c *conversion) unroll(m *motion) (image, error) {
	c.drawMotion(c.picture, m)
	im, err := c.lines(size{m.width, m.height * len(m.delays)}, m.deep)
	if err != nil {
		return image{}, err
	}
	if m.opaque {
		if im, err = c.call("extract_band", args{"in": im, "band": 0, "n": 3}); err != nil {
			return im, err
		}
	}
	im.dress(c.header)
	im.setNumber("page-height", m.height)
	im.setNumber("n-pages", len(m.delays))
	im.setNumber("loop", m.plays)
	im.setNumbers("delay", m.milliseconds())
	return im, nil
}

// drawer draws the frames of an animation. They are mostly asked for in order; to go
// back further than by one means to begin again.
type drawer struct {
	*motion

	mu     sync.Mutex // guards all below: libvips asks from several threads
	player player
	now    []byte // frame number next-1
	before []byte // the one before it
	next   int
}

// draw fills a line with pixels of the roll from x, y on.
func (d *drawer) draw(line []byte, x, y int) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	wanted := y / d.height
	if d.player == nil || wanted < d.next-2 {
		if err := d.begin(); err != nil {
			return err
		}
	}
	for d.next <= wanted {
		if d.now != nil {
			d.before = append(d.before[:0], d.now...)
		}
		var err error
		if d.now, err = d.player.Next(); err != nil {
			return err
		}
		d.next++
	}
	from := d.now
	if wanted < d.next-1 {
		from = d.before
	}
	pixel := 4
	if d.deep {
		pixel = 8
	}
	copy(line, from[pixel*(y%d.height*d.width+x):])
	return nil
}

// begin draws the first frame next.
func (d *drawer) begin() error {
	if d.player != nil {
		d.player.Close()
	}
	var err error
	d.player, err = d.play()
	d.now, d.next = nil, 0
	return err
}

// close frees what plays.
func (d *drawer) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.player != nil {
		d.player.Close()
		d.player = nil
	}
}

// frameError blames the input, the context or storage.
func (s *session) frameError(p *picture, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, apng.ErrSyntax), errors.Is(err, avif.ErrSyntax), errors.Is(err, av1.ErrFrame):
		return codec.Errorf(codec.Invalid, "%s is broken, or not %s", s.name, codec.TypeName(p.in.Type()))
	}
	return s.copyError("could not be read", err)
}
