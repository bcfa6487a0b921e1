package vips

import (
	"errors"

	"github.com/spoolmedia/spool/codec"
)

// conversion is one picture on its way through libvips, as a recipe says.
type conversion struct {
	*session
	*picture
	recipe
	target  codec.Format
	saver   *saver
	canvas  size // of the result
	lead    *fit // the first step that scales, of which the decoder does what it can
	ahead   int  // how many steps stand before it, which it can go before
	shrunk  int  // by how much the JPEG decoder made it smaller; 0: not
	frames  int  // that the output has
	settled bool // all pixels are in memory
	isAhead bool // another thread decodes: see [conversion.decodeAhead]
	share   phase
	remarks []string // on fields that say nothing here, and on what was chosen
}

// plan finds out what becomes of p by r, before anything is decoded: the format,
// the size after each step, and whether all that can be.
func (s *session) plan(p *picture, r recipe) (*conversion, error) {
	if r.asStored && !p.stored {
		stored := *p
		p = &stored
		p.stored = true
		p.media = p.describe()
	}
	c := &conversion{session: s, picture: p, recipe: r, frames: 1, share: s.span}
	var err error
	if c.target, err = r.target(p.in.Type()); err != nil {
		return nil, err
	}
	if c.saver = r.saver; c.saver == nil {
		c.saver = savers[c.target.Name]
	}
	c.saver = c.saver.withDepth(r.depth)
	if r.effort > 0 && c.saver.scale == nil {
		c.remarks = append(c.remarks,
			"the effort was not used: the encoder of "+c.target.Name+" has no choice")
	}
	if r.asked && !c.saver.hasQuality() {
		c.remarks = append(c.remarks, "the quality was not used: "+c.target.Name+" has none")
	}
	if p.animated && c.saver.animated && r.page == 0 {
		c.frames = p.media.Frames
	}
	if c.lead, c.ahead = leading(r.steps); c.frames > 1 {
		c.ahead = 0 // the steps go through frame by frame
	}
	c.canvas = p.size()
	for i, step := range r.steps {
		from := c.canvas
		if c.canvas, err = step.prepare(from); err != nil {
			return nil, err
		}
		if i > 0 && i == c.ahead && c.lead.layout.scaled.pixels() > from.pixels() {
			c.lead, c.ahead = nil, 0 // to turn what is still small takes less memory
		}
		if err := p.limits.Check("the result of "+p.in.Name(),
			codec.Media{Width: c.canvas.w, Height: c.canvas.h, Frames: c.frames}); err != nil {
			return nil, err
		}
	}
	if err := c.saver.tooLarge(p.in.Name(), c.target.Name, c.canvas); err != nil {
		return nil, err
	}
	return c, c.saver.tooSlow(p.in.Name(), c.target.Name, c.canvas, r.effort)
}

// produce decodes the picture and takes it through all steps; the image that it
// returns is to be encoded. No pixel has been made yet, unless a step had to.
func (c *conversion) produce() (image, error) {
	im, err := c.decode()
	if err != nil {
		return image{}, c.loadFailure(c.picture, err)
	}
	way := []func(image) (image, error){c.shrink, c.orient, c.colour, c.take, c.flatten, c.fields}
	if c.frames > 1 {
		way = []func(image) (image, error){c.colour, c.takeEach, c.flatten, c.fields}
	}
	for _, next := range way {
		if im, err = next(im); err != nil {
			return image{}, c.loadFailure(c.picture, err)
		}
	}
	return im, nil
}

// follow does r on p and saves the result.
func (s *session) follow(p *picture, r recipe, out codec.Sink) error {
	if r.page > 1 {
		if err := s.turnTo(p, r.page); err != nil {
			return err
		}
	}
	for _, field := range r.unused {
		s.note("%s was not used: it is not for pictures", field)
	}
	w, err := s.ways(p, r)
	if err != nil {
		return err
	}
	return s.followChoice(p, w, out)
}

// explain notes what there is to say about the plan.
func (c *conversion) explain() {
	for _, text := range c.remarks {
		c.note("%s", text)
	}
}

// finishAlone produces and saves the picture.
func (c *conversion) finishAlone(out codec.Sink) error {
	c.explain()
	im, err := c.produce()
	if err != nil {
		return err
	}
	return c.save(im, out)
}

// decode opens the input as small as the first step allows, with all frames if
// the target takes them.
func (c *conversion) decode() (image, error) {
	a := args{}
	if c.page > 1 {
		a["page"] = c.page - 1
	}
	if c.frames > 1 {
		a["n"] = -1
	} else {
		c.noteRest()
	}
	if c.lead != nil && c.frames == 1 {
		if err := c.decodeSmaller(a); err != nil {
			return image{}, err
		}
	}
	im := c.header
	switch {
	case c.frames > 1 && c.motion != nil:
		var err error
		if im, err = c.unroll(c.motion); err != nil {
			return image{}, err
		}
	case c.plainJPEG():
		var err error
		if im, err = c.decodeJPEG(c.picture, max(c.shrunk, 1)); err != nil {
			return image{}, err
		}
	case len(a) > 0:
		var err error
		if im, err = c.load(c.picture, a); err != nil {
			return image{}, err
		}
	}
	c.watch(im)
	return c.decodeAhead(im)
}

// turnTo makes a later page of a document the picture.
func (s *session) turnTo(p *picture, page int) error {
	if _, err := (pages{page, page}).of(p); err != nil {
		return err
	}
	var err error
	if p.header, err = s.load(p, args{"page": page - 1}); err != nil {
		return s.loadFailure(p, err)
	}
	p.media = p.describe()
	return p.limits.Check(s.name, p.media)
}

// noteRest says which frames or pages are not in the output.
func (c *conversion) noteRest() {
	switch n := c.media.Frames; {
	case n < 2 || c.page > 0:
	case c.animated:
		c.note("only the first of %d frames is in the output", n)
	default:
		c.note("only the first of %d pages is in the output", n)
	}
}

// vector reports whether the input is drawn and not sampled.
func (c *conversion) vector() bool { return c.scales && !c.animated }

// unturned is z as it is before the orientation is applied.
func (c *conversion) unturned(z size) size {
	if c.turns() >= 5 {
		return z.swapped()
	}
	return z
}

// orient turns the picture as its EXIF orientation says, and removes that from
// the fields, so that no viewer turns it again.
func (c *conversion) orient(im image) (image, error) {
	if turns := c.turns(); turns > 2 {
		var err error
		if im, err = c.settle(im); err != nil {
			return im, err
		}
	}
	if c.turns() > 1 {
		return c.call("autorot", args{"in": im})
	}
	return im, nil
}

// settle makes all pixels at once, for what needs them in another order than a
// decoder makes them, which runs once, downwards.
func (c *conversion) settle(im image) (image, error) {
	if c.settled {
		return im, nil
	}
	c.settled = true
	c.session.stageTo(c.share.at(1 - max(c.saver.encodes, 0.3)))
	return c.render(im)
}

// hold makes all pixels of a picture that is encoded several times.
func (c *conversion) hold(im image) (image, error) {
	c.settled = true
	c.session.stageTo(c.share.at(0.9))
	return c.render(im)
}

// take takes the picture through all steps.
func (c *conversion) take(im image) (image, error) {
	var err error
	for i, step := range c.steps {
		if _, cuts := step.(*crop); cuts && i < c.ahead {
			continue // it is done: see [conversion.shrink]
		}
		if step.jumps() {
			if im, err = c.settle(im); err != nil {
				return im, err
			}
		}
		if im, err = step.apply(c, im); err != nil {
			return im, err
		}
	}
	return im, nil
}

// takeEach takes the frames of an animation through all steps one by one, so that
// none bleeds into its neighbour, and stacks them again.
func (c *conversion) takeEach(im image) (image, error) {
	if len(c.steps) == 0 {
		return im, nil
	}
	var err error
	for _, step := range c.steps {
		if step.jumps() {
			if im, err = c.settle(im); err != nil {
				return im, err
			}
		}
	}
	height := im.pageHeight()
	frames := make([]image, im.height()/height)
	for i := range frames {
		f, err := c.call("extract_area", args{"input": im, "left": 0, "top": i * height,
			"width": im.width(), "height": height})
		if err != nil {
			return im, err
		}
		if frames[i], err = c.take(f); err != nil {
			return im, err
		}
	}
	roll, err := c.call("arrayjoin", args{"in": frames, "across": 1})
	if err != nil {
		return im, err
	}
	if roll, err = c.copy(roll); err != nil {
		return im, err
	}
	roll.setNumber("page-height", frames[0].height())
	return roll, nil
}

// flatten lays the picture on the background where the target has no
// transparency.
func (c *conversion) flatten(im image) (image, error) {
	if c.saver.alpha || !im.hasAlpha() {
		return im, nil
	}
	im, ink, err := c.ink(im, c.background)
	if err != nil {
		return im, err
	}
	return c.call("flatten", args{"in": im, "background": ink[:im.colours()]})
}

// loadFailure turns a failure of libvips into an error that blames the input.
func (s *session) loadFailure(p *picture, err error) error {
	if !errors.Is(err, errOperation) {
		return err
	}
	return s.failure(codec.Invalid, "is broken, or not "+codec.TypeName(p.in.Type()))
}
