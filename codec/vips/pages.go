package vips

import (
	"fmt"

	"github.com/spoolmedia/spool/codec"
)

// pages are some pages of a document, from first to last, from 1; the zero value is
// none, and a last of 0 is the end of the document.
type pages struct{ first, last int }

// of returns the pages that a picture has of them.
func (g pages) of(p *picture) (pages, error) {
	n := p.media.Frames
	switch {
	case p.animated && n > 1:
		return g, codec.Errorf(codec.Unsupported, "%s is an animation and has no pages", p.in.Name())
	case g.last == 0:
		g.last = n
	}
	if g.first > n || g.last > n {
		return g, codec.Errorf(codec.Unsupported, "%s has %d pages; there is no page %d",
			p.in.Name(), n, max(g.first, g.last))
	}
	return g, nil
}

func (g pages) count() int { return g.last - g.first + 1 }

// suffix is what a page adds to the name of an output: its number, with as many digits
// as the last one has.
func (g pages) suffix(page int) string {
	return fmt.Sprintf("-%0*d", len(fmt.Sprint(g.last)), page)
}

// followPages makes an output of several pages, or if that cannot be, one of each.
// A recipe is for one page, so fresh makes them.
func (s *session) followPages(p *picture, fresh func() recipe, out codec.Sink) error {
	wanted, err := fresh().pages.of(p)
	if err != nil {
		return err
	}
	c, err := s.planPages(p, fresh, wanted)
	if err != nil {
		return err
	}
	if c != nil {
		return s.bind(c, out)
	}
	common := s.noted()
	for page := wanted.first; page <= wanted.last; page++ {
		r := fresh()
		r.page, r.suffix = page, wanted.suffix(page)
		s.span = phase{0, 1}.part(page-wanted.first, wanted.count())
		if err := s.followPage(*p, r, out); err != nil {
			return err
		}
		s.forget(common)
	}
	return nil
}

// followPage makes the output of one page, and frees all that it took.
func (s *session) followPage(p picture, r recipe, out codec.Sink) error {
	defer s.release(len(s.objects), len(s.images))
	return s.follow(&p, r, out)
}

// planPages plans a file of all pages, where the format holds them and they are of
// one size; otherwise there is no plan, and a note if that is because of their sizes.
func (s *session) planPages(p *picture, fresh func() recipe, wanted pages) ([]*conversion, error) {
	r := fresh()
	if f, ok := savers[r.format]; !ok || !f.pages {
		return nil, nil
	}
	var all []*conversion
	for page := wanted.first; page <= wanted.last; page++ {
		one, r := *p, fresh()
		r.page = page
		if err := s.turnTo(&one, page); err != nil {
			return nil, err
		}
		c, err := s.plan(&one, r)
		if err != nil {
			return nil, err
		}
		if all = append(all, c); c.canvas != all[0].canvas {
			s.note("the pages are not of one size, so each is in a file of its own")
			return nil, nil
		}
	}
	return all, p.limits.Check("the result of "+p.in.Name(), codec.Media{
		Width: all[0].canvas.w, Height: all[0].canvas.h, Frames: len(all)})
}

// bind makes one file of pages of one size.
func (s *session) bind(all []*conversion, out codec.Sink) error {
	pages := make([]image, len(all))
	for i, c := range all {
		im, err := c.produce()
		if err == nil && c.in.Type() != "image/tiff" {
			// Other decoders lose their place in the file when another one reads it.
			im, err = c.hold(im)
		}
		if err != nil {
			return c.loadFailure(c.picture, err)
		}
		pages[i] = im
	}
	c := all[0]
	c.explain()
	im, err := c.call("arrayjoin", args{"in": pages, "across": 1})
	if err == nil {
		im, err = c.copy(im)
	}
	if err != nil {
		return c.loadFailure(c.picture, err)
	}
	c.frames = len(all)
	im.setNumber("page-height", c.canvas.h)
	im.setNumber("n-pages", c.frames)
	return c.save(im, out)
}
