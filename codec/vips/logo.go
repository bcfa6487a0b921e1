package vips

import (
	"context"
	"fmt"
	"strings"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/internal/lettering"
)

// largestLogo bounds the sides of a logo in memory; a larger one is made smaller.
const largestLogo = 2048

// second is a second input, decoded: a picture or a font.
type second struct {
	picture *pixels
	font    *lettering.Font
}

// logos decodes the second inputs of w, by the names that its operation has for
// them.
func logos(ctx context.Context, w *codec.Work) (map[string]second, error) {
	found := make(map[string]second, len(w.Refs))
	for name, in := range w.Refs {
		if strings.HasSuffix(name, "fontFile") {
			font, err := readFont(ctx, in)
			if err != nil {
				return nil, err
			}
			found[name] = second{font: font}
			continue
		}
		err := run(ctx, in, nil, func(s *session) error {
			p, err := s.open(in, w.Policy)
			if err != nil {
				return err
			}
			picture, err := s.logo(p)
			found[name] = second{picture: picture}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}

// readFont reads a TrueType or OpenType font.
func readFont(ctx context.Context, in codec.Input) (*lettering.Font, error) {
	if in.Size() > lettering.LargestFile {
		return nil, codec.Errorf(codec.Limit, "the font %s has %d bytes; the limit is %d",
			in.Name(), in.Size(), lettering.LargestFile)
	}
	file := make([]byte, in.Size())
	if n, err := (boundInput{ctx, in}).ReadAt(file, 0); n < len(file) {
		if ended := ctx.Err(); ended != nil {
			return nil, fmt.Errorf("vips: %s: %w", in.Name(), ended)
		}
		return nil, ioError(in.Name(), "could not be read", err)
	}
	font, err := lettering.Parse(file)
	if err != nil {
		return nil, codec.Errorf(codec.Invalid, "%s is no TrueType or OpenType font that can be used",
			in.Name())
	}
	return font, nil
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
