package vips

import (
	"time"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/vips/internal/apng"
)

// readFrames finds the frames of an animated PNG, of which libvips reads the first
// alone.
func (s *session) readFrames(p *picture) error {
	a, err := apng.Open(boundInput{s.ctx, p.in}, p.in.Size(), p.mostFrames())
	if err != nil {
		return s.frameError(p, err)
	}
	media := codec.Media{Width: a.Width, Height: a.Height, Frames: a.Count}
	if err := p.limits.Check(s.name, media); err != nil {
		return err
	}
	if err := a.Trim(); err != nil {
		return s.frameError(p, err)
	}
	delays := make([]time.Duration, len(a.Frames))
	for i, f := range a.Frames {
		delays[i] = f.Delay
	}
	p.motion = &motion{width: a.Width, height: a.Height, count: a.Count, plays: a.Plays,
		early: a.Early, delays: delays,
		play: func() (player, error) { return apngPlayer{a.Player()}, nil }}
	return nil
}

// apngPlayer has nothing to free.
type apngPlayer struct{ *apng.Player }

func (apngPlayer) Close() {}

// Next implements [player].
func (p apngPlayer) Next() ([]byte, error) {
	canvas, err := p.Player.Next()
	if err != nil {
		return nil, err
	}
	return canvas.Pix, nil
}
