package vips

import (
	"context"
	"fmt"
	"maps"
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
	if start() != nil {
		return nil
	}
	o := codec.Offer{Op: codec.Convert{}.Name(), Lane: codec.LaneImage}
	for _, mediaType := range slices.Sorted(maps.Keys(loaders)) {
		if exists(loaders[mediaType].operation) {
			o.From = append(o.From, mediaType)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(savers)) {
		if saves(savers[name]) {
			o.To = append(o.To, name)
		}
	}
	return []codec.Offer{o}
})

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
	in, err := only(w)
	if err != nil {
		return err
	}
	op, ok := w.Op.(codec.Convert)
	if !ok {
		return codec.Errorf(codec.Unsupported, "%s cannot be done on images here", w.Op.Name())
	}
	if err := op.Validate(); err != nil {
		return fmt.Errorf("vips: %w", err)
	}
	op = op.WithDefaults()
	if len(offered()) == 0 || !slices.Contains(offered()[0].To, op.Format) {
		return codec.Errorf(codec.Unsupported, "%s cannot be made here", op.Format)
	}
	return run(ctx, in, w.Report, func(s *session) error {
		p, err := s.open(in, w.Policy)
		if err != nil {
			return err
		}
		s.threads = w.Threads
		s.heavy = p.cost(op).Memory >= heavyMemory
		c, im, err := s.convert(p, op)
		if err != nil {
			return err
		}
		return c.save(im, w.Out)
	})
}

// only returns the one input of w.
func only(w *codec.Work) (codec.Input, error) {
	if len(w.In) != 1 {
		return nil, codec.Errorf(codec.Internal, "vips: %d inputs for a work of one", len(w.In))
	}
	return w.In[0], nil
}
