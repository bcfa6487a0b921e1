package pdf

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/internal/picture"
)

// Codec makes documents of pictures. Its zero value is usable.
type Codec struct{}

var _ codec.Codec = (*Codec)(nil)

// New returns a Codec.
func New() *Codec { return new(Codec) }

// Name returns "pdf".
func (*Codec) Name() string { return "pdf" }

// Offers implements [codec.Codec].
func (*Codec) Offers() []codec.Offer {
	op := codec.ImageToPDF{}
	return []codec.Offer{{
		Op: op.Name(), From: picture.Types(), To: []string{op.Target()}, Lane: codec.LaneImage,
	}}
}

// Probe implements [codec.Codec]. Its media is the first picture, and Frames the
// number of pages.
func (*Codec) Probe(ctx context.Context, w *codec.Work) (codec.Media, codec.Cost, error) {
	var media codec.Media
	cost := codec.Cost{CPU: time.Millisecond, Memory: 2 << 20, Threads: 1}
	err := checkPages(w)
	for i, in := range w.In {
		if err != nil {
			break
		}
		var p *picture.Picture
		if p, err = picture.Open(ctx, in, w.Policy); err != nil {
			break
		}
		if i == 0 {
			media = p.Media()
		}
		pixels := int64(p.Width) * int64(p.Height)
		cost.CPU += time.Duration(in.Size()) * 5
		if !passes(p) {
			cost.CPU += time.Duration(pixels) * 80
			cost.Memory = max(cost.Memory, 2<<20+pixels*8)
		}
	}
	media.Frames = len(w.In)
	return media, cost, err
}

func checkPages(w *codec.Work) error {
	if len(w.In) == 0 {
		return codec.Errorf(codec.Unsupported, "pdf: there is no picture")
	}
	if most := w.Policy.Limits.WithDefaults().Pages; most > 0 && len(w.In) > most {
		return codec.Errorf(codec.Limit, "%s and the others would be %d pages; the limit is %d pages",
			w.In[0].Name(), len(w.In), most)
	}
	return nil
}

// Process implements [codec.Codec].
func (*Codec) Process(ctx context.Context, w *codec.Work) error {
	return w.Bounded(ctx, process)
}

func process(ctx context.Context, w *codec.Work) error {
	op, ok := w.Op.(codec.ImageToPDF)
	if !ok {
		return codec.Errorf(codec.Unsupported, "%s cannot be done by the pdf codec", w.Op.Name())
	}
	if err := op.Validate(); err != nil {
		return fmt.Errorf("pdf: %w", err)
	}
	if err := checkPages(w); err != nil {
		return err
	}
	op = op.WithDefaults()
	format, _ := codec.LookupFormat(op.Target())
	name := format.OutputName(cmp.Or(op.Filename, w.In[0].Name()))
	if op.Filename != "" {
		name = op.Filename + format.Extension
	}
	out, err := w.Out.Create(ctx, codec.OutSpec{Name: name, Type: format.Type})
	if err != nil {
		return fmt.Errorf("pdf: %w", err)
	}
	defer out.Abort() // does nothing after Commit
	b := &binder{ctx: ctx, op: op, policy: w.Policy}
	b.doc = newDocument(cancellable{ctx, out})
	for i, in := range w.In {
		if err := b.add(i, in); err != nil {
			return err
		}
		w.Report(float64(i+1) / float64(len(w.In)+1))
	}
	if err := b.doc.close(); err != nil {
		return fmt.Errorf("pdf: %w", err)
	}
	b.result.Media = codec.Media{Type: format.Type, Frames: len(w.In),
		Width: b.first.points(0), Height: b.first.points(1)}
	if err := out.Commit(b.result); err != nil {
		return fmt.Errorf("pdf: %w", err)
	}
	w.Report(1)
	return nil
}

// cancellable writes until the context ends.
type cancellable struct {
	ctx context.Context
	w   io.Writer
}

func (c cancellable) Write(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.w.Write(p)
}
