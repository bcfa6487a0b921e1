package vips

import (
	"context"

	"github.com/spoolmedia/spool/codec"
)

// largestLogo bounds the sides of a logo in memory; a larger one is made smaller.
const largestLogo = 2048

// logos decodes the second inputs of w, by the names that its operation has for
// them.
func logos(ctx context.Context, w *codec.Work) (map[string]*pixels, error) {
	found := make(map[string]*pixels, len(w.Refs))
	for name, in := range w.Refs {
		err := run(ctx, in, nil, func(s *session) error {
			p, err := s.open(in, w.Policy)
			if err != nil {
				return err
			}
			found[name], err = s.logo(p)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}

// logo decodes a picture as red, green, blue and transparency. A drawing is drawn
// as large as a logo can be.
func (s *session) logo(p *picture) (*pixels, error) {
	c, err := s.plan(p, recipe{
		page: 1,
		steps: []step{&fit{box: size{largestLogo, largestLogo}, mode: codec.FitInside,
			enlarge: p.scales && !p.animated}},
		encoding: encoding{format: "webp"}, // which has 8 bits and transparency, as a logo
	})
	if err != nil {
		return nil, err
	}
	im, err := c.produce()
	if err != nil {
		return nil, err
	}
	if im, err = c.asPixels(im); err != nil {
		return nil, c.loadFailure(p, err)
	}
	decoded, err := s.toPixels(im)
	if err != nil {
		return nil, c.loadFailure(p, err)
	}
	return decoded, nil
}

// asPixels brings an image to red, green, blue and transparency of 8 bits.
func (c *conversion) asPixels(im image) (image, error) {
	im, err := c.call("colourspace", args{"in": im, "space": "srgb"})
	if err != nil || im.hasAlpha() {
		return im, err
	}
	return c.withAlpha(im)
}
