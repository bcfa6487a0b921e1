package libav

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/spoolmedia/spool/codec"
)

// compress makes the input smaller, in its own format.
func (c *Codec) compress(ctx context.Context, w *codec.Work, op codec.Compress) error {
	in := w.In[0]
	r := smaller(op, in.Type())
	op = op.WithDefaults()
	var err error
	switch {
	case op.Lossless:
		return c.keep(ctx, w, r.plain)
	case op.Mode == codec.CompressTargetSize && in.Size() <= op.TargetBytes:
		return c.keep(ctx, w, r.plain)
	case op.Mode == codec.CompressTargetSize:
		err = c.fit(ctx, w, r, op.TargetBytes)
	default:
		_, err = c.attempt(ctx, w, r, meter{to: w}, func(r *run) error {
			if r.written >= in.Size() {
				return errNothingGained
			}
			return nil
		})
	}
	if errors.Is(err, errNothingGained) {
		return c.keep(ctx, w, r.plain)
	}
	return err
}

// smaller is the request for a compression by quality.
func smaller(op codec.Compress, mediaType string) request {
	r := request{newVideo: true, newSound: true, onlyLess: true, asked: op.Quality != 0}
	auto := op.AutoQuality
	op = usual(op).(codec.Compress).WithDefaults()
	r.plain = *op.StripMetadata
	r.Convert = codec.Convert{Format: sameFormat(mediaType), Quality: op.Quality,
		Effort: op.Effort, Video: op.Video}.WithDefaults()
	r.AutoQuality = auto
	return r
}

var errNothingGained = errors.New("libav: nothing is gained")

// attempt does r and commits the output unless accept refuses its size. It returns
// the size.
func (c *Codec) attempt(ctx context.Context, w *codec.Work, op request, m meter,
	accept func(*run) error) (int64, error) {
	r, err := c.open(ctx, w, op)
	if err != nil {
		return 0, err
	}
	defer r.close()
	r.meter, r.accept = m, accept
	err = r.do(ctx)
	return r.written, err
}

// keep makes an output of the input as it is, or without its metadata.
func (c *Codec) keep(ctx context.Context, w *codec.Work, plain bool) error {
	const note = "An encode would not have made the file smaller: its streams were left as they are."
	r, err := c.open(ctx, w, stripped(w.In[0].Type()))
	if err != nil {
		return err
	}
	defer r.close()
	r.notes = append(r.notes, note)
	if op, ok := w.Op.(codec.Compress); ok && op.Lossless && op.Effort != 0 {
		r.notes = append(r.notes, "effort was not used: without loss nothing is encoded.")
	}
	if plain && !slices.ContainsFunc(r.tracks, func(t track) bool { return t.encode != nil }) {
		return r.do(ctx)
	}
	return r.passOn(ctx)
}

// passOn copies the bytes of the input.
func (r *run) passOn(ctx context.Context) error {
	w, err := r.create(ctx)
	if err != nil {
		return err
	}
	defer w.Abort()
	in := io.NewSectionReader(r.in, 0, r.in.Size())
	for {
		n, err := io.CopyN(w, in, 1<<20)
		if r.written += n; errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return fmt.Errorf("libav: copy %q: %w", r.in.Name(), err)
		}
		r.meter.tell(ratioOf(float64(r.written), float64(r.in.Size())))
	}
	for i := range r.report {
		r.report[i].Action, r.report[i].Reason = codec.Copied, ""
	}
	result := r.result()
	result.Media = r.media
	result.Media.Type = r.format.Type
	return r.commit(w, result)
}
