package vectorize

import (
	"context"
	"fmt"
	"time"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/internal/picture"
)

// Codec traces pictures. Its zero value is usable.
type Codec struct{}

var _ codec.Codec = (*Codec)(nil)

// New returns a Codec.
func New() *Codec { return new(Codec) }

// Name returns "vectorize".
func (*Codec) Name() string { return "vectorize" }

// Offers implements [codec.Codec].
func (*Codec) Offers() []codec.Offer {
	op := codec.Vectorize{}
	return []codec.Offer{{
		Op: op.Name(), From: picture.Types(), To: []string{op.Target()}, Lane: codec.LaneImage,
	}}
}

// Probe implements [codec.Codec].
func (*Codec) Probe(ctx context.Context, w *codec.Work) (codec.Media, codec.Cost, error) {
	p, err := openPicture(ctx, w)
	if err != nil {
		return codec.Media{}, codec.Cost{}, err
	}
	op, _ := w.Op.(codec.Vectorize)
	pixels := int64(p.Width) * int64(p.Height)
	side := int64(settingsOf(op.WithDefaults()).side)
	traced := min(pixels, side*side)
	if int64(max(p.Width, p.Height))*2 <= side { // see enlarged
		traced *= 4
	}
	return p.Media(), codec.Cost{
		CPU:    time.Millisecond + time.Duration(pixels*40+traced*1500),
		Memory: 8<<20 + pixels*8 + traced*170, Threads: 1,
	}, nil
}

func openPicture(ctx context.Context, w *codec.Work) (*picture.Picture, error) {
	if len(w.In) != 1 {
		return nil, codec.Errorf(codec.Unsupported,
			"vectorize: one picture is needed, not %d", len(w.In))
	}
	return picture.Open(ctx, w.In[0], w.Policy)
}

// Process implements [codec.Codec].
func (*Codec) Process(ctx context.Context, w *codec.Work) error {
	return w.Bounded(ctx, process)
}

func process(ctx context.Context, w *codec.Work) error {
	op, ok := w.Op.(codec.Vectorize)
	if !ok {
		return codec.Errorf(codec.Unsupported, "%s cannot be done by tracing", w.Op.Name())
	}
	if err := op.Validate(); err != nil {
		return fmt.Errorf("vectorize: %w", err)
	}
	p, err := openPicture(ctx, w)
	if err != nil {
		return err
	}
	j := &job{ctx: ctx, report: w.Report, settings: settingsOf(op.WithDefaults())}
	pixels, err := p.Decode()
	if err != nil {
		return err
	}
	small, err := shrink(pixels, p.Orientation, j.side, ctx.Err)
	if err != nil {
		return fmt.Errorf("vectorize: %w", err)
	}
	w.Report(0.1)
	format, _ := codec.LookupFormat(op.Target())
	out, err := w.Out.Create(ctx, codec.OutSpec{
		Name: format.OutputName(w.In[0].Name()), Type: format.Type,
	})
	if err != nil {
		return fmt.Errorf("vectorize: %w", err)
	}
	defer out.Abort() // does nothing after Commit
	media := p.Media()
	if err := j.trace(out, small, media.Width, media.Height); err != nil {
		return fmt.Errorf("vectorize: %w", err)
	}
	if err := out.Commit(result(p, small.Rect.Dx(), small.Rect.Dy())); err != nil {
		return fmt.Errorf("vectorize: %w", err)
	}
	w.Report(1)
	return nil
}

func result(p *picture.Picture, width, height int) codec.Result {
	media := p.Media()
	r := codec.Result{
		Media: codec.Media{
			Type: "image/svg+xml", Width: media.Width, Height: media.Height, Frames: 1,
		},
		Streams: []codec.Stream{{
			Kind: "image", Codec: p.Codec(), Action: codec.Encoded, Encoder: "trace",
			Options: map[string]string{"width": fmt.Sprint(width), "height": fmt.Sprint(height)},
		}},
	}
	if p.More {
		r.Notes = append(r.Notes, "there are more pages: only the first was traced")
	}
	return r
}
