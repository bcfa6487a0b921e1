// Package avif reads and writes the boxes of AVIF files: image sequences, and pictures
// that libheif does not write. What is in them is AV1, which package av1 knows.
//
// Sources: https://aomediacodec.github.io/av1-avif/, ISO/IEC 14496-12 and 23008-12, and
// https://aomediacodec.github.io/av1-isobmff/.
package avif

import (
	"errors"
	"fmt"
	"io"
	"time"
)

// ErrSyntax says that a file is no AVIF sequence, or a broken one.
var ErrSyntax = errors.New("avif: not an AVIF image sequence")

// ErrStill says that a file holds no sequence.
var ErrStill = errors.New("avif: no sequence in the file")

// transparency is what an auxiliary track or picture holds.
const transparency = "urn:mpeg:mpegB:cicp:systems:auxiliary:alpha"

// Sequence is what the index of a file says of its animation.
type Sequence struct {
	Width, Height int
	Depth         int // bits of each sample
	Count         int // of the frames
	Plays         int // 0 is for ever
	Delays        []time.Duration
	Profile       []byte // ICC; nil if there is none
	Early         bool   // the file is cut off, and Count only counts what is whole

	r              io.ReaderAt
	colours, alpha *track
}

// Alpha reports whether there is transparency.
func (s *Sequence) Alpha() bool { return s.alpha != nil }

// Open reads the index of a file of size bytes. If the file has more than most frames,
// they are not looked for. [ErrStill] is returned for a file without a sequence.
func Open(r io.ReaderAt, size int64, most int) (*Sequence, error) {
	moov, err := findMoov(r, size)
	if err != nil {
		return nil, err
	}
	tracks, err := readTracks(moov)
	if err != nil {
		return nil, err
	}
	s := &Sequence{r: r}
	for _, t := range tracks {
		if t.handler == "pict" && t.auxiliary == 0 && s.colours == nil {
			s.colours = t
		}
	}
	if s.colours == nil {
		return nil, ErrStill
	}
	for _, t := range tracks {
		if t.auxiliary == s.colours.id && t.auxType == transparency {
			s.alpha = t
		}
	}
	c := s.colours
	s.Width, s.Height, s.Depth, s.Profile = c.width, c.height, c.depth, c.profile
	if s.Count = c.count; s.Count > most {
		return s, nil
	}
	return s, s.complete(size)
}

// complete reads where the frames are.
func (s *Sequence) complete(size int64) error {
	for _, t := range []*track{s.colours, s.alpha} {
		if t == nil {
			continue
		}
		if t.width != s.Width || t.height != s.Height || t.count < s.Count {
			return fmt.Errorf("%w: the transparency is of another size", ErrSyntax)
		}
		t.count = s.Count
		if err := t.locate(size); err != nil {
			return err
		}
		if len(t.samples) < s.Count {
			s.Count, s.Early = len(t.samples), true
		}
	}
	s.colours.count = s.Count
	if s.Count == 0 {
		return fmt.Errorf("%w: no frame", ErrSyntax)
	}
	s.Plays = s.colours.plays()
	var err error
	s.Delays, err = s.colours.delays()
	return err
}

// Colours reads the frame number i.
func (s *Sequence) Colours(i int) ([]byte, error) { return s.sample(s.colours, i) }

// Transparency reads that of the frame number i.
func (s *Sequence) Transparency(i int) ([]byte, error) { return s.sample(s.alpha, i) }

// sample reads a frame of a track. What says how large its pictures are must say what
// the index does, because decoders take memory by that.
func (s *Sequence) sample(t *track, i int) ([]byte, error) {
	place := t.samples[i]
	b := make([]byte, place.to-place.from)
	if n, err := s.r.ReadAt(b, place.from); n < len(b) {
		if err == io.EOF {
			return nil, fmt.Errorf("%w: it ends in a frame", ErrSyntax)
		}
		return nil, err
	}
	known, err := checkSize(b, s.Width, s.Height)
	if err != nil {
		return nil, err
	}
	if i == 0 && !known {
		if _, err := checkSize(t.header, s.Width, s.Height); err != nil {
			return nil, err
		}
		b = append(t.header[:len(t.header):len(t.header)], b...)
	}
	return b, nil
}
