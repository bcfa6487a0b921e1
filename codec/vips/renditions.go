package vips

import (
	stdimage "image"
	"image/draw"
	"strings"

	"github.com/bbrks/go-blurhash"
	"github.com/spoolmedia/spool/codec"
)

// renditions makes all outputs from one decode: the picture as large as the largest
// needs it, in memory, and each smaller size of it from a larger one.
func (s *session) renditions(p *picture, op codec.Renditions, out codec.Sink) error {
	choices := make([]choice, len(op.Outputs))
	for i, r := range renditionRecipes(op) {
		var err error
		if choices[i], err = s.ways(p, r); err != nil {
			return err
		}
	}
	base, im, err := s.base(p, ofAll(choices))
	if err != nil {
		return err
	}
	outputs, err := base.decide(choices, im)
	if err != nil {
		return err
	}
	common, shared := s.noted(), newLevels(base, im, outputs)
	for i, c := range outputs {
		c.share = phase{base.share.to, 1}.part(i, len(outputs))
		sized, err := shared.of(c)
		if err != nil {
			return c.loadFailure(p, err)
		}
		o := op.Outputs[i]
		o.Format = c.target.Name
		if err := c.saveFrom(base, sized, o.OutputName(s.name), out); err != nil {
			return err
		}
		s.forget(common)
	}
	if op.BlurHash {
		return base.blurHash(im, out)
	}
	return nil
}

// rendition is one output; it carries no metadata.
func rendition(o codec.Rendition) recipe {
	return recipe{
		steps: fitted(&fit{box: size{o.Width, o.Height}, mode: o.Fit}),
		encoding: encoding{format: o.Format, accept: o.Accept, quality: o.Quality,
			minSSIM: o.MinSSIM, effort: o.Effort, bare: true},
	}
}

// renditionRecipes are the recipes of all outputs.
func renditionRecipes(op codec.Renditions) []recipe {
	recipes := make([]recipe, len(op.Outputs))
	for i, o := range op.WithDefaults().Outputs {
		recipes[i] = rendition(o)
		recipes[i].asked = op.Outputs[i].Quality != 0
	}
	return recipes
}

// base decodes the picture into memory, as large and as deep as the outputs need
// it, with all frames if one of them does.
func (s *session) base(p *picture, outputs []*conversion) (*conversion, image, error) {
	largest, best := size{1, 1}, outputs[0]
	for _, c := range outputs {
		z := p.size()
		if c.lead != nil && c.ahead == 0 {
			z = c.lead.layout.scaled
		}
		largest = size{max(largest.w, z.w), max(largest.h, z.h)}
		if c.frames > best.frames || c.frames == best.frames && c.saver.deep && !best.saver.deep {
			best = c
		}
	}
	r := recipe{encoding: best.encoding, page: best.page, asStored: best.asStored,
		steps: []step{&fit{box: largest, mode: codec.FitFill}}}
	c, err := s.plan(p, r)
	if err != nil {
		return nil, image{}, err
	}
	c.share = phase{0, 0.4}
	im, err := c.produce()
	if err == nil {
		im, err = c.hold(im)
	}
	return c, im, c.loadFailure(p, err)
}

// saveFrom makes one output of the picture in memory.
func (c *conversion) saveFrom(base *conversion, im image, name string, out codec.Sink) error {
	c.lead, c.ahead, c.settled = nil, 0, true // there is nothing left for a decoder
	c.explain()
	im, err := c.finish(base, im)
	if err != nil {
		return c.loadFailure(c.picture, err)
	}
	return c.saveAs(im, name, out)
}

// finish does what is left to do of the picture in memory.
func (c *conversion) finish(base *conversion, im image) (image, error) {
	way := []func(image) (image, error){c.colour, c.take, c.flatten, c.fields}
	if c.frames > 1 {
		way[1] = c.takeEach
	}
	if c.frames < base.frames {
		c.note("only the first of %d frames is in the output", base.frames)
		first, err := c.call("extract_area", args{"input": im, "left": 0, "top": 0,
			"width": im.width(), "height": im.pageHeight()})
		if err != nil {
			return im, err
		}
		im = first
	}
	var err error
	for _, next := range way {
		if im, err = next(im); err != nil {
			return im, err
		}
	}
	return im, nil
}

// blurHash writes a text of some 30 characters from which a page can draw a blurred
// picture. (https://blurha.sh)
func (c *conversion) blurHash(im image, out codec.Sink) error {
	c.note("the text is the BlurHash of the picture, of 4 × 3 components")
	hash, err := c.hash(im)
	if err != nil {
		return c.loadFailure(c.picture, err)
	}
	text := codec.Format{Extension: "-blurhash.txt"}
	w, err := out.Create(c.ctx,
		codec.OutSpec{Name: text.OutputName(c.session.name), Type: "text/plain"})
	if err != nil {
		return ioError(c.session.name, "could not be written", err)
	}
	defer w.Abort()
	if err := c.copyTo(w, strings.NewReader(hash), int64(len(hash))); err != nil {
		return err
	}
	return w.Commit(codec.Result{Media: codec.Media{Type: "text/plain"}, Notes: c.takeNotes(),
		Streams: []codec.Stream{{Kind: "image", Codec: c.codec, Action: codec.Encoded,
			Encoder: "blurhash", Options: options("x", 4, "y", 3)}}})
}

// hash looks at a few pixels of the first frame, on white.
func (c *conversion) hash(im image) (string, error) {
	small := fit{box: size{32, 32}, mode: codec.FitInside}
	z := size{im.width(), c.frameHeight(im)}
	im, err := c.call("extract_area", args{"input": im, "left": 0, "top": 0,
		"width": z.w, "height": z.h})
	if err != nil {
		return "", err
	}
	if im, err = c.resize(im, small.plan(z).scaled); err != nil {
		return "", err
	}
	if im, err = c.asPixels(im); err != nil {
		return "", err
	}
	p, err := c.toPixels(im)
	if err != nil {
		return "", err
	}
	picture := &stdimage.NRGBA{Pix: p.rgba, Stride: 4 * p.w, Rect: stdimage.Rect(0, 0, p.w, p.h)}
	canvas := stdimage.NewRGBA(picture.Rect)
	draw.Draw(canvas, canvas.Rect, stdimage.White, stdimage.Point{}, draw.Src)
	draw.Draw(canvas, canvas.Rect, picture, stdimage.Point{}, draw.Over)
	return blurhash.Encode(4, 3, canvas)
}
