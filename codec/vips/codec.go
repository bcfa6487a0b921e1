package vips

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/spoolmedia/spool/codec"
)

// Codec does operations on images. Its zero value is usable, and all Codecs
// share the one libvips of the process.
type Codec struct{}

var _ codec.Codec = (*Codec)(nil)

// New returns a Codec. libvips starts with the first call that needs it; if it
// does not start, that call and all later ones return the reason.
func New() *Codec { return new(Codec) }

// Name returns "vips".
func (*Codec) Name() string { return "vips" }

// Offers implements [codec.Codec]. It lists what the libvips that is installed
// here really reads and writes, which is found out once, and nothing if libvips
// does not start. Types that need a policy's leave are among them.
func (*Codec) Offers() []codec.Offer {
	var offers []codec.Offer
	for _, o := range offered() {
		o.From, o.To = slices.Clone(o.From), slices.Clone(o.To)
		offers = append(offers, o)
	}
	return offers
}

var offered = sync.OnceValue(func() []codec.Offer {
	from, to := readable(), writable()
	// kept are the types whose format can also be made.
	kept := slices.DeleteFunc(slices.Clone(from), func(mediaType string) bool {
		return !slices.Contains(to, formatOf(mediaType))
	})
	offers := []codec.Offer{
		{Op: codec.Convert{}.Name(), From: from, To: to},
		{Op: codec.Convert{}.Name(), From: from, To: []string{codec.FormatAuto}},
		{Op: codec.Thumbnail{}.Name(), From: from, To: among(to, "jpg", "png", "webp", "avif")},
		{Op: codec.Thumbnail{}.Name(), From: from, To: []string{codec.FormatAuto}},
		{Op: codec.Transform{}.Name(), From: from, To: to},
		{Op: codec.Transform{}.Name(), From: from, To: []string{codec.FormatAuto}},
		{Op: codec.Adjust{}.Name(), From: from, To: to},
		{Op: codec.Watermark{}.Name(), From: from, To: to},
		{Op: codec.Chain{}.Name(), From: from, To: to},
		{Op: codec.Chain{}.Name(), From: from, To: []string{codec.FormatAuto}},
		{Op: codec.PDFPreview{}.Name(), From: among(from, "application/pdf"),
			To: among(to, "jpg", "png", "webp", "avif")},
		{Op: codec.Renditions{}.Name(), From: from},
		{Op: codec.Inspect{}.Name(), From: from},
		{Op: codec.Compress{}.Name(), From: kept},
		{Op: codec.StripMetadata{}.Name(), From: kept},
	}
	for i := range offers {
		offers[i].Lane = codec.LaneImage
	}
	return slices.DeleteFunc(offers, func(o codec.Offer) bool { return len(o.From) == 0 })
})

// readable are the media types that libvips reads here, sorted.
var readable = sync.OnceValue(func() []string {
	if start() != nil {
		return nil
	}
	var types []string
	for mediaType, l := range loaders {
		if l.operation == "" || exists(l.operation) {
			types = append(types, mediaType)
		}
	}
	slices.Sort(types)
	return types
})

// writable are the formats that libvips makes here, sorted.
var writable = sync.OnceValue(func() []string {
	if start() != nil {
		return nil
	}
	var names []string
	for name, f := range savers {
		if saves(f) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
})

// among returns those of list that are also in the other list.
func among(list []string, others ...string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool {
		return !slices.Contains(others, s)
	})
}

// Probe implements [codec.Codec].
func (*Codec) Probe(ctx context.Context, w *codec.Work) (codec.Media, codec.Cost, error) {
	in, err := only(w)
	if err != nil {
		return codec.Media{}, codec.Cost{}, err
	}
	var media codec.Media
	var cost codec.Cost
	err = run(ctx, in, nil, func(s *session) error {
		p, err := s.open(in, w.Policy)
		if err != nil {
			return err
		}
		media, cost = p.media, p.cost(w.Op)
		return nil
	})
	return media, cost, err
}

// Process implements [codec.Codec].
func (*Codec) Process(ctx context.Context, w *codec.Work) error {
	return w.Bounded(ctx, process)
}

func process(ctx context.Context, w *codec.Work) error {
	in, err := only(w)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(offered(), func(o codec.Offer) bool { return o.Makes(w.Op) }) {
		return refusal(w.Op)
	}
	if err := w.Op.Validate(); err != nil {
		return fmt.Errorf("vips: %w", err)
	}
	refs, err := logos(ctx, w)
	if err != nil {
		return err
	}
	return run(ctx, in, w.Report, func(s *session) error {
		p, err := s.open(in, w.Policy)
		if err != nil {
			return err
		}
		s.threads = w.Threads
		s.heavy = p.cost(w.Op).Memory >= heavyMemory
		return s.process(p, w, refs)
	})
}

// refusal says why op is not done here.
func refusal(op codec.Operation) error {
	if err := start(); err != nil {
		return err
	}
	if chain, ok := op.(codec.Chain); ok {
		for _, step := range chain.Steps {
			if _, ok := recipeOf(step, nil); !ok {
				return codec.Errorf(codec.Unsupported, "chain: %s cannot be done on pictures", step.Name())
			}
		}
	}
	if to := codec.Target(op); to != "" {
		return codec.Errorf(codec.Unsupported, "%s of pictures to %s cannot be done here", op.Name(), to)
	}
	return codec.Errorf(codec.Unsupported, "%s cannot be done on pictures here", op.Name())
}

// process does w.Op on the picture.
func (s *session) process(p *picture, w *codec.Work, logos map[string]second) error {
	switch op := w.Op.(type) {
	case codec.Inspect:
		return s.inspect(p, w.Out)
	case codec.StripMetadata:
		return s.strip(p, w.Out)
	case codec.Compress:
		return s.compress(p, op, w.Out)
	case codec.Renditions:
		return s.renditions(p, op, w.Out)
	}
	r, ok := recipeOf(w.Op, logos)
	if !ok {
		return refusal(w.Op)
	}
	if r.pages != (pages{}) {
		return s.followPages(p, func() recipe {
			r, _ := recipeOf(w.Op, logos)
			return r
		}, w.Out)
	}
	return s.follow(p, r, w.Out)
}

// only returns the one input of w.
func only(w *codec.Work) (codec.Input, error) {
	if len(w.In) != 1 {
		return nil, codec.Errorf(codec.Internal, "vips: %d inputs for a work of one", len(w.In))
	}
	return w.In[0], nil
}
