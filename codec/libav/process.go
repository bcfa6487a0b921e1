package libav

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/libav/internal/faststart"
)

// batch is how many packets are done between two looks at progress.
const batch = 32

// Process implements [codec.Codec].
func (c *Codec) Process(ctx context.Context, w *codec.Work) error {
	in, err := onlyInput(w)
	if err != nil {
		return err
	}
	if _, ok := w.Op.(codec.Inspect); ok {
		return inspect(ctx, w)
	}
	op, ok := requestOf(w.Op, in.Type())
	if !ok {
		return codec.Errorf(codec.Unsupported, "libav: %q is not done here", w.Op.Name())
	}
	if op.choose {
		if op.clip.start, err = choose(ctx, w); err != nil {
			return err
		}
	}
	s, streams, err := openInput(ctx, in, w.Policy)
	if err != nil {
		return err
	}
	defer s.close()
	media := mediaOf(s, streams)
	if err := w.Policy.Limits.Check(in.Name(), media); err != nil {
		return err
	}
	p, err := makePlan(source{in.Name(), in.Type(), streams}, op, c.tones)
	if err != nil {
		return err
	}
	if err := op.clip.check(in.Name(), media.Duration); err != nil {
		return err
	}
	r := run{session: s, work: w, plan: p, request: op, media: media}
	r.target, _ = targetOf(op)
	r.format, _ = codec.LookupFormat(op.Format)
	return r.do(ctx)
}

// run is one conversion under way.
type run struct {
	*session
	plan
	request
	work   *codec.Work
	target target
	format codec.Format
	media  codec.Media // of the input
	told   float64     // progress
}

func (r *run) do(ctx context.Context) error {
	w, err := r.work.Out.Create(ctx, codec.OutSpec{
		Name: r.format.OutputName(r.in.Name()), Type: r.format.Type, Seekable: r.target.seekable,
	})
	if err != nil {
		return fmt.Errorf("libav: create the output of %q: %w", r.in.Name(), err)
	}
	defer w.Abort()
	if err := r.begin(w); err != nil {
		return r.workError(err)
	}
	if err := r.loop(); err != nil {
		return err
	}
	if err := r.checkDecoded(); err != nil {
		return err
	}
	if err := r.finish(); err != nil {
		return r.workError(err)
	}
	if err := r.relocate(w); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return r.plainError(err)
	}
	if err := w.Commit(r.result()); err != nil {
		return fmt.Errorf("libav: commit the output of %q: %w", r.in.Name(), err)
	}
	r.work.Report(1)
	return nil
}

// begin opens the output and all encoders, and writes the header.
func (r *run) begin(w codec.Writer) error {
	if err := r.openOutput(r.target.muxer, w, r.target.seekable); err != nil {
		return err
	}
	r.setPlain(r.plain)
	d := decodingOf(r.work)
	for _, t := range r.tracks {
		var err error
		if t.encode == nil {
			err = r.addCopy(t.from.index, t.tag)
		} else {
			err = r.addEncode(t.from.index, *t.encode, d)
		}
		if err != nil {
			return err
		}
	}
	offset, length, err := r.cut()
	if err != nil {
		return err
	}
	return r.start(r.options, offset, length, r.target.chapters)
}

func decodingOf(w *codec.Work) decoding {
	return decoding{threads: threads(w), maxPixels: w.Policy.Limits.WithDefaults().Pixels}
}

// cut goes to where the clip begins. It returns that time in the input, and how
// long the clip is, both in seconds.
func (r *run) cut() (offset, length float64, err error) {
	c := r.clip
	if c.whole() {
		return r.offset, 0, nil
	}
	if !math.IsNaN(r.offset) {
		offset = r.offset
	}
	start := offset + c.start
	if c.start == 0 && !c.fast {
		return start, c.length, nil
	}
	key, err := r.seek(start, c.fast || c.still)
	if err != nil || !c.fast {
		return start, c.length, err
	}
	return key, start + c.length - key, nil
}

// loop runs to the end of the input, which may come early.
func (r *run) loop() error {
	limit := r.work.Policy.Limits.WithDefaults().Duration
	for {
		more, err := r.run(batch)
		if err != nil {
			return r.workError(err)
		}
		if at := r.position(); limit > 0 && at > limit {
			return codec.Errorf(codec.Limit, "%s lasts more than %v, the limit", r.in.Name(), limit)
		}
		if !more {
			break
		}
		r.progress()
	}
	if err := r.readFault(); err != nil {
		if r.readErr != nil || r.ctx.Err() != nil {
			return r.plainError(err)
		}
		r.notes = append(r.notes, "The input is damaged; what could be read of it was converted.")
	}
	return nil
}

// progress reports by the time written, or by bytes read where the duration is
// unknown. The last part belongs to the index.
func (r *run) progress() {
	done := ratioOf(float64(r.readAt), float64(r.in.Size()))
	if total := r.clip.of(r.media.Duration); total > 0 {
		done = ratioOf(float64(r.position()), float64(total))
	}
	if done *= 0.97; done > r.told {
		r.told = done
		r.work.Report(done)
	}
}

func ratioOf(a, b float64) float64 {
	if b <= 0 {
		return 0
	}
	return math.Min(1, a/b)
}

// checkDecoded fails for an input of which nothing came through, and notes
// damage.
func (r *run) checkDecoded() error {
	if r.job.packets == 0 && !r.clip.whole() {
		return r.clip.beyond(r.in.Name())
	}
	if r.job.packets == 0 {
		return codec.Errorf(codec.Invalid, "%s is damaged: nothing in it could be read", r.in.Name())
	}
	for i, t := range r.tracks {
		if t.encode == nil {
			continue
		}
		frames, faults := r.tally(i)
		if frames == 0 && (t.from.kind == video || faults > 0 || len(r.tracks) == 1) {
			return codec.Errorf(codec.Invalid, "%s is damaged: nothing of its %s could be decoded",
				r.in.Name(), t.from.kind)
		}
		if faults > 0 {
			r.notes = append(r.notes, fmt.Sprintf("%d damaged packets of stream %d were left out.",
				faults, t.from.index))
		}
	}
	return nil
}

// relocate puts the index first where the container has one that can be behind.
func (r *run) relocate(w codec.Writer) error {
	switch r.target.muxer {
	case "mp4", "mov", "ipod":
	default:
		return nil
	}
	r.work.Report(max(r.told, 0.97))
	f, ok := w.(codec.SeekableWriter)
	if !ok {
		return codec.Errorf(codec.Protocol, "libav: the sink gave no seekable writer")
	}
	if err := faststart.Relocate(f, r.written); err != nil {
		return fmt.Errorf("libav: move the index of the output of %q: %w", r.in.Name(), err)
	}
	return nil
}

func (r *run) result() codec.Result {
	m := codec.Media{Type: r.format.Type, Width: r.size.w, Height: r.size.h}
	if r.target.still {
		m.Frames = 1
	} else {
		m.Duration = r.end().Round(time.Millisecond)
	}
	return codec.Result{
		Media:   m,
		Streams: r.report,
		Notes:   append(r.notes, r.warnings()...),
	}
}
