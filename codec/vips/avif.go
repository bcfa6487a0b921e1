package vips

import (
	"bytes"
	"errors"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/vips/internal/av1"
	"github.com/spoolmedia/spool/codec/vips/internal/avif"
)

// openAVIF reads the header of an AVIF file. Sequences, which libvips does not read, are
// decoded here when their pixels are asked for.
func (s *session) openAVIF(p *picture) (image, error) {
	found, err := avif.Open(boundInput{s.ctx, p.in}, p.in.Size(), p.mostFrames())
	switch {
	case errors.Is(err, avif.ErrStill):
		return s.load(p, nil)
	case err != nil:
		return image{}, s.frameError(p, err)
	}
	media := codec.Media{Width: found.Width, Height: found.Height, Frames: found.Count}
	if err := p.limits.Check(s.name, media); err != nil {
		return image{}, err
	}
	p.animated, p.sequence, p.motion = true, false, motionOf(found)
	s.drawMotion(p, p.motion)
	im, err := s.lines(size{found.Width, found.Height}, p.motion.deep)
	if err != nil {
		return image{}, err
	}
	if p.motion.opaque {
		if im, err = s.call("extract_band", args{"in": im, "band": 0, "n": 3}); err != nil {
			return im, err
		}
	}
	if found.Profile != nil {
		im.setBlob(profileField, found.Profile)
	}
	im.setNumber("bits-per-sample", found.Depth)
	return im, nil
}

func motionOf(s *avif.Sequence) *motion {
	return &motion{width: s.Width, height: s.Height, count: s.Count, plays: s.Plays,
		delays: s.Delays, opaque: !s.Alpha(),
		deep: s.Depth > 8, early: s.Early,
		play: func() (player, error) { return newSequencePlayer(s) }}
}

// decodeSequence opens what [conversion.encodeAVIF] has made.
func (c *conversion) decodeSequence(file []byte) (image, error) {
	found, err := avif.Open(bytes.NewReader(file), int64(len(file)), c.frames)
	if err != nil {
		return image{}, err
	}
	return c.unroll(motionOf(found))
}

// sequencePlayer decodes the frames of an AVIF sequence.
type sequencePlayer struct {
	file           *avif.Sequence
	colours, alpha *av1.Decoder
	canvas         av1.Canvas
	next           int
}

func newSequencePlayer(s *avif.Sequence) (*sequencePlayer, error) {
	p := &sequencePlayer{file: s, canvas: av1.NewCanvas(s.Width, s.Height, s.Depth > 8)}
	var err error
	if p.colours, err = av1.NewDecoder(); err != nil {
		return nil, err
	}
	if s.Alpha() {
		if p.alpha, err = av1.NewDecoder(); err != nil {
			p.Close()
			return nil, err
		}
	}
	return p, nil
}

// Next implements [player].
func (p *sequencePlayer) Next() ([]byte, error) {
	data, err := p.file.Colours(p.next)
	if err == nil {
		err = p.colours.Colours(data, p.canvas)
	}
	if err != nil {
		return nil, err
	}
	if p.alpha != nil {
		if data, err = p.file.Transparency(p.next); err == nil {
			err = p.alpha.Transparency(data, p.canvas)
		}
	}
	p.next++
	return p.canvas.Bytes, err
}

// Close implements [player].
func (p *sequencePlayer) Close() {
	p.colours.Close()
	if p.alpha != nil {
		p.alpha.Close()
	}
}
