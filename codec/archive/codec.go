package archive

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/spoolmedia/spool/codec"
)

// Codec packs and unpacks archives. Its zero value is usable.
type Codec struct{}

var _ codec.Codec = (*Codec)(nil)

// New returns a Codec.
func New() *Codec { return new(Codec) }

// Name returns "archive".
func (*Codec) Name() string { return "archive" }

// readable are the media types of archives that are read.
var readable = []string{
	"application/zip", "application/x-tar", "application/gzip", "application/x-bzip2",
	"application/x-xz", "application/x-7z-compressed", "application/vnd.rar",
}

// writable are the formats that are written.
var writable = []string{"zip", "tar", "tgz", "gz", "xz"}

// Offers implements [codec.Codec].
func (*Codec) Offers() []codec.Offer {
	offer := func(op codec.Operation, from, to []string) codec.Offer {
		return codec.Offer{
			Op: op.Name(), From: slices.Clone(from), To: slices.Clone(to), Lane: codec.LaneImage,
		}
	}
	return []codec.Offer{
		offer(codec.Archive{}, []string{codec.AnyType}, writable),
		offer(codec.Convert{}, readable, writable),
		offer(codec.Extract{}, readable, nil),
	}
}

// Probe implements [codec.Codec]. It reads the directory of a zip or 7z, and the
// first header of the others.
func (*Codec) Probe(ctx context.Context, w *codec.Work) (codec.Media, codec.Cost, error) {
	if _, ok := w.Op.(codec.Archive); ok {
		return probeInputs(ctx, w)
	}
	s, err := newSession(ctx, w)
	if err != nil {
		return codec.Media{}, codec.Cost{}, err
	}
	err = s.do(func() error {
		_, err := s.open()
		return err
	})
	return codec.Media{Type: s.in.Type()}, costOf(w), err
}

// probeInputs looks whether each input of an archive can be read at all.
func probeInputs(ctx context.Context, w *codec.Work) (codec.Media, codec.Cost, error) {
	for _, in := range w.In {
		s := sessionOf(ctx, w, in)
		if err := s.do(func() error { return s.touch() }); err != nil {
			return codec.Media{}, codec.Cost{}, err
		}
	}
	if len(w.In) == 0 {
		return codec.Media{}, codec.Cost{}, errNoInput
	}
	return codec.Media{Type: w.In[0].Type()}, costOf(w), nil
}

// costOf estimates from the slowest way: some 10 MB a second.
func costOf(w *codec.Work) codec.Cost {
	var size int64
	for _, in := range w.In {
		size += in.Size()
	}
	return codec.Cost{
		CPU:    time.Millisecond + time.Duration(size)*100,
		Memory: 16 << 20, Threads: 1,
	}
}

// Process implements [codec.Codec].
func (*Codec) Process(ctx context.Context, w *codec.Work) error {
	if err := w.Op.Validate(); err != nil {
		return fmt.Errorf("archive: %w", err)
	}
	err := process(ctx, w)
	if err == nil {
		w.Report(1)
	}
	return err
}

func process(ctx context.Context, w *codec.Work) error {
	switch op := w.Op.(type) {
	case codec.Archive:
		return pack(ctx, w, op.WithDefaults())
	case codec.Convert:
		return convert(ctx, w, op.WithDefaults())
	case codec.Extract:
		return extract(ctx, w)
	}
	return codec.Errorf(codec.Unsupported, "%s cannot be done on archives", w.Op.Name())
}
