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

// choice is what becomes of a picture by a recipe whose format may have to be chosen.
type choice struct {
	photo   *conversion
	drawing *conversion // if the picture is one; nil is the same as photo
}

// ofAll are the conversions of all choices.
func ofAll(choices []choice) []*conversion {
	var all []*conversion
	for _, w := range choices {
		if all = append(all, w.photo); w.drawing != nil {
			all = append(all, w.drawing)
		}
	}
	return all
}

// ways plans p by r. Only what may be a drawing leaves a choice, which is made when the
// picture is decoded: see [conversion.decide].
func (s *session) ways(p *picture, r recipe) (choice, error) {
	if r.format != codec.FormatAuto {
		c, err := s.plan(p, r)
		return choice{photo: c}, err
	}
	shows := p.shows()
	c, err := s.choose(p, r, shows)
	if err != nil || !p.exact() || shows.animated {
		return choice{photo: c}, err
	}
	shows.drawn = true
	drawing, err := s.choose(p, r, shows)
	return choice{c, drawing}, err
}

// choose plans p by r with the best format that can hold the result.
func (s *session) choose(p *picture, r recipe, shows content) (*conversion, error) {
	var c *conversion
	var err error
	for _, way := range ranked(shows.candidates(), r.accept) {
		r.format, r.saver = way.format, way.saver
		if c, err = s.plan(p, r); err == nil {
			c.remarks = slices.Insert(c.remarks, 0, c.target.Name+" was chosen"+shows.reason(p))
			return c, nil
		} else if codec.ClassOf(err) != codec.Limit {
			return nil, err
		}
	}
	return nil, err
}

// reason tells of a picture that was decoded for the choice what it was found to be.
func (c content) reason(p *picture) string {
	switch {
	case c.drawn:
		return " for a drawing"
	case p.exact() && !c.animated:
		return " for a photograph"
	}
	return ""
}

// shows is what the header of the picture tells.
func (p *picture) shows() content {
	return content{animated: p.animated && p.media.Frames > 1, transparent: p.header.hasAlpha()}
}

// dearest is r with the format that costs the most, if it is to be chosen.
func (p *picture) dearest(r recipe) recipe {
	if r.format == codec.FormatAuto {
		r.format = p.shows().candidates()[0].format
	}
	return r
}

// decide looks at im, which c has made, where there is a choice.
func (c *conversion) decide(choices []choice, im image) ([]*conversion, error) {
	drawn := false
	if slices.ContainsFunc(choices, func(w choice) bool { return w.drawing != nil }) {
		var err error
		if drawn, err = c.drawn(im); err != nil {
			return nil, c.loadFailure(c.picture, err)
		}
	}
	outputs := make([]*conversion, len(choices))
	for i, w := range choices {
		if outputs[i] = w.photo; drawn && w.drawing != nil {
			outputs[i] = w.drawing
		}
	}
	return outputs, nil
}

// followChoice does what w says on p. A picture that may be a drawing is decoded before
// the choice.
func (s *session) followChoice(p *picture, w choice, out codec.Sink) error {
	if w.drawing == nil {
		return w.photo.finishAlone(out)
	}
	choices := []choice{w}
	base, im, err := s.base(p, ofAll(choices))
	if err != nil {
		return err
	}
	chosen, err := base.decide(choices, im)
	if err != nil {
		return err
	}
	c := chosen[0]
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
