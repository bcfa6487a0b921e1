package vips

import (
	"encoding/binary"
	"io"
	"slices"

	"github.com/spoolmedia/spool/codec"
)

// candidate is a way to encode a picture whose format the codec chooses.
type candidate struct {
	format string
	saver  *saver // nil is that of the format
}

// content is what a picture shows, as far as it decides about a format.
type content struct{ animated, drawn, transparent bool }

// candidates are the ways to encode what c says, the best first. The last is for
// all clients. See [codec.FormatAuto].
func (c content) candidates() []candidate {
	switch {
	case c.animated:
		return []candidate{{"webp", nil}, {"apng", nil}, {"gif", nil}}
	case c.drawn:
		return []candidate{{"webp", lossless["webp"]}, {"png", nil}}
	case c.transparent:
		return []candidate{{"avif", nil}, {"webp", nil}, {"png", nil}}
	}
	return []candidate{{"avif", nil}, {"webp", nil}, {"jpg", nil}}
}

// ranked are the candidates that the client shows, by weight and then by rank; the
// last candidate is always among them.
func ranked(all []candidate, accept string) []candidate {
	client := accepted(accept)
	last := all[len(all)-1]
	weight := func(c candidate) float64 {
		f, _ := codec.LookupFormat(c.format)
		if c == last {
			return client.weight(f.Type)
		}
		return client.named(f.Type)
	}
	shown := slices.DeleteFunc(slices.Clone(all), func(c candidate) bool {
		return c != last && (weight(c) == 0 || !slices.Contains(writable(), c.format))
	})
	slices.SortStableFunc(shown, func(a, b candidate) int {
		switch wa, wb := weight(a), weight(b); {
		case wa > wb:
			return -1
		case wa < wb:
			return 1
		}
		return 0
	})
	return shown
}

// choose plans p by r with the best format that can hold the result.
func (s *session) choose(p *picture, r recipe, shows content) (*conversion, error) {
	var c *conversion
	var err error
	for _, way := range ranked(shows.candidates(), r.accept) {
		before := s.noted()
		r.format, r.saver = way.format, way.saver
		if c, err = s.plan(p, r); err == nil || codec.ClassOf(err) != codec.Limit {
			return c, err
		}
		s.forget(before)
	}
	return c, err
}

// shows is what the header of the picture tells.
func (p *picture) shows() content {
	return content{animated: p.animated && p.media.Frames > 1, transparent: p.header.hasAlpha()}
}

// followAuto does r, whose format is to be chosen, on p. A picture that may be a
// drawing is decoded before the choice.
func (s *session) followAuto(p *picture, r recipe, out codec.Sink) error {
	shows := p.shows()
	c, err := s.choose(p, r, shows)
	if err != nil {
		return err
	}
	if !p.exact() || shows.animated {
		s.note("%s was chosen", c.target.Name)
		return c.finishAlone(out)
	}
	shows.drawn = true
	drawing, err := s.choose(p, r, shows)
	if err != nil {
		return err
	}
	base, im, err := s.base(p, []*conversion{drawing, c})
	if err != nil {
		return err
	}
	drawn, err := base.drawn(im)
	if err != nil {
		return c.loadFailure(p, err)
	}
	what := "photograph"
	if drawn {
		c, what = drawing, "drawing"
	}
	s.note("%s was chosen for a %s", c.target.Name, what)
	c.share = phase{base.share.to, 1}
	return c.saveFrom(base, im, c.outputName(), out)
}

// exact reports whether the file is of a format without loss, so that it may hold a
// drawing.
func (p *picture) exact() bool {
	switch p.in.Type() {
	case "image/png", "image/apng", "image/gif", "image/tiff", "image/bmp", "image/svg+xml",
		"application/pdf":
		return true
	case "image/webp":
		return losslessWebP(p.in)
	}
	return false
}

// maxChunks bounds how many chunks of a file are looked at before the picture.
const maxChunks = 64

// losslessWebP looks for the chunk that holds the picture:
// https://developers.google.com/speed/webp/docs/riff_container.
func losslessWebP(r io.ReaderAt) bool {
	var chunk [8]byte // name, length
	pos := int64(12)
	for range maxChunks {
		if _, err := r.ReadAt(chunk[:], pos); err != nil {
			return false
		}
		switch string(chunk[:4]) {
		case "VP8L":
			return true
		case "VP8 ", "ANMF":
			return false
		}
		length := int64(binary.LittleEndian.Uint32(chunk[4:]))
		pos += 8 + length + length%2
	}
	return false
}

// A drawing has at least flatShare of its pixels beside one of the same colour, and
// at most mostColours colours in a sample of rows with sampled pixels. Photographs
// before a white wall have the first, but not the second.
const (
	flatShare   = 0.5
	mostColours = 4096
	sampled     = 1 << 16
)

// drawn reports whether an image in memory is a drawing.
func (c *conversion) drawn(im image) (bool, error) {
	every := 1 + (im.width()*im.height()-1)/sampled
	im, err := c.call("subsample", args{"input": im, "xfac": 1, "yfac": min(every, im.height())})
	if err != nil {
		return false, err
	}
	if im, err = c.asPixels(im); err != nil {
		return false, err
	}
	p, err := c.toPixels(im)
	if err != nil {
		return false, err
	}
	return p.drawn(), nil
}

func (p *pixels) drawn() bool {
	colours, flat, n := map[[4]byte]bool{}, 0, 0
	for row := range slices.Chunk(p.rgba, 4*p.w) {
		for x := 4; x < len(row); x += 4 {
			colour := [4]byte(row[x:])
			if n++; colour == [4]byte(row[x-4:]) {
				flat++
			} else {
				colours[colour] = true
			}
		}
	}
	return float64(flat) >= flatShare*float64(n) && len(colours) <= mostColours
}
