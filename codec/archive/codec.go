package archive

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/spoolmedia/spool/codec"
)

// Codec packs and unpacks archives. Its zero value is usable.
type Codec struct{ inside []codec.Codec }

var _ codec.Codec = (*Codec)(nil)

// New returns a Codec. What inside converts, it converts inside of a zip too: each
// file becomes an output of its own.
//
//	images, films := vips.New(), libav.New()
//	config.Codecs = []codec.Codec{images, films, archive.New(images, films)}
func New(inside ...codec.Codec) *Codec { return &Codec{slices.Clone(inside)} }

// Name returns "archive".
func (*Codec) Name() string { return "archive" }

const zipType = "application/zip"

// readable are the media types of archives that are read.
var readable = []string{
	zipType, "application/x-tar", "application/gzip", "application/x-bzip2",
	"application/x-xz", "application/x-7z-compressed", "application/vnd.rar",
}

// writable are the formats that are written.
var writable = []string{"zip", "tar", "tgz", "gz", "xz"}

// Offers implements [codec.Codec].
func (c *Codec) Offers() []codec.Offer {
	offer := func(op codec.Operation, from, to []string) codec.Offer {
		return codec.Offer{
			Op: op.Name(), From: slices.Clone(from), To: slices.Clone(to), Lane: codec.LaneImage,
		}
	}
	return append([]codec.Offer{
		offer(codec.Archive{}, []string{codec.AnyType}, writable),
		offer(codec.Convert{}, readable, writable),
		offer(codec.Extract{}, readable, nil),
	}, c.offersInside()...)
}

// Probe implements [codec.Codec]. It reads the directory of a zip or 7z, and the
// first header of the others.
func (c *Codec) Probe(ctx context.Context, w *codec.Work) (codec.Media, codec.Cost, error) {
	if _, ok := w.Op.(codec.Archive); ok {
		return c.probeInputs(ctx, w)
	}
	s, err := newSession(ctx, w)
	if err != nil {
		return codec.Media{}, codec.Cost{}, err
	}
	err = s.do(func() error {
		_, err := s.open()
		return err
	})
	return codec.Media{Type: s.in.Type()}, c.costOf(w), err
}

// probeInputs looks whether each input of an archive can be read at all.
func (c *Codec) probeInputs(ctx context.Context, w *codec.Work) (codec.Media, codec.Cost, error) {
	for _, in := range w.In {
		s := sessionOf(ctx, w, in)
		if err := s.do(func() error { return s.touch() }); err != nil {
			return codec.Media{}, codec.Cost{}, err
		}
	}
	if len(w.In) == 0 {
		return codec.Media{}, codec.Cost{}, errNoInput
	}
	return codec.Media{Type: w.In[0].Type()}, c.costOf(w), nil
}

// converts reports whether the work is on what is inside of the archive.
func (c *Codec) converts(w *codec.Work) bool {
	return len(w.In) == 1 && slices.ContainsFunc(c.offersInside(), func(o codec.Offer) bool {
		return o.Takes(w.Op, w.In[0].Type())
	})
}

// costOf estimates from the slowest way: some 10 MB a second, and what is inside may
// take twenty times as long.
func (c *Codec) costOf(w *codec.Work) codec.Cost {
	var size int64
	for _, in := range w.In {
		size += in.Size()
	}
	cost := codec.Cost{
		CPU:    time.Millisecond + time.Duration(size)*100,
		Memory: 16 << 20, Threads: 1,
	}
	if c.converts(w) {
		cost.CPU *= 20
		cost.Memory = 128 << 20
	}
	return cost
}

// Process implements [codec.Codec].
func (c *Codec) Process(ctx context.Context, w *codec.Work) error {
	if err := w.Op.Validate(); err != nil {
		return fmt.Errorf("archive: %w", err)
	}
	err := w.Bounded(ctx, c.process)
	if err == nil {
		w.Report(1)
	}
	return err
}

func (c *Codec) process(ctx context.Context, w *codec.Work) error {
	switch op := w.Op.(type) {
	case codec.Archive:
		return pack(ctx, w, op.WithDefaults())
	case codec.Convert:
		if c.converts(w) {
			return c.convertInside(ctx, w)
		}
		return convert(ctx, w, op.WithDefaults())
	case codec.Extract:
		return extract(ctx, w)
	}
	return codec.Errorf(codec.Unsupported, "%s cannot be done on archives", w.Op.Name())
}
