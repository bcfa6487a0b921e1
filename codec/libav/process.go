package libav

import (
	"cmp"
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
	if err := w.Bounded(ctx, c.process); err != nil {
		return err
	}
	w.Report(1)
	return nil
}

func (c *Codec) process(ctx context.Context, w *codec.Work) error {
	if op, gap, ok := joinOf(w.Op); ok {
		return c.byHardware(ctx, op, func(op request) error { return c.concat(ctx, w, op, gap) })
	}
	if _, err := onlyInput(w); err != nil {
		return err
	}
	switch op := w.Op.(type) {
	case codec.Inspect:
		return inspect(ctx, w)
	case codec.Compress:
		return c.compress(ctx, w, op)
	case codec.AdaptiveStream:
		return c.stream(ctx, w, op.WithDefaults())
	case codec.Renditions:
		return c.renditions(ctx, w, op)
	case codec.Waveform:
		return c.waveform(ctx, w, op.WithDefaults())
	case codec.Storyboard:
		return c.storyboard(ctx, w, op.WithDefaults())
	}
	op, err := requestOf(w)
	if err != nil {
		return err
	}
	return c.convert(ctx, w, op)
}

// convert makes one output of one input.
func (c *Codec) convert(ctx context.Context, w *codec.Work, op request) error {
	return c.byHardware(ctx, op, func(op request) error { return c.convertOnce(ctx, w, op) })
}

func (c *Codec) convertOnce(ctx context.Context, w *codec.Work, op request) (err error) {
	if op.choose {
		if op.clip.start, err = choose(ctx, w, op.part); err != nil {
			return err
		}
	}
	if op.attached != nil {
		if err := op.attached.read(ctx, w.Policy); err != nil {
			return err
		}
	}
	if op.burnt != nil {
		defer op.burnt.remove()
		if err := op.burnt.prepare(ctx, w); err != nil {
			return err
		}
	}
	r, err := c.open(ctx, w, op)
	if err != nil {
		return err
	}
	defer r.close()
	r.holdBack()
	if r.normalize {
		if err := r.measure(ctx, c); err != nil {
			return err
		}
	}
	if r.palette != "" {
		if err := r.paint(ctx, c); err != nil {
			return err
		}
	}
	return r.do(ctx)
}

// open opens the input of w and plans what op makes of it. Close the run.
func (c *Codec) open(ctx context.Context, w *codec.Work, op request) (*run, error) {
	in := w.In[0]
	s, streams, err := openInput(ctx, in, w.Policy)
	if err != nil {
		return nil, err
	}
	r := &run{session: s, work: w, request: op, media: mediaOf(s, streams), meter: meter{to: w}}
	length := op.clip.of(r.media.Duration)
	if op.clip.still {
		length = op.part.of(r.media.Duration)
	}
	from := source{in.Name(), in.Type(), streams, length}
	err = r.prepare(from, c.tones)
	if err == nil && r.cutClean {
		err = r.cutPictures(ctx, from, c.tones)
	}
	if err == nil {
		err = r.soundBeside(ctx)
	}
	if err != nil {
		r.close()
		return nil, err
	}
	return r, nil
}

// prepare checks the input against the limits and makes the plan.
func (r *run) prepare(in source, tones bool) error {
	err := r.work.Policy.Limits.Check(in.name, r.media)
	if err != nil {
		return err
	}
	if r.plan, err = makePlan(in, r.request, tones); err != nil {
		return err
	}
	r.target, _ = targetOf(r.request)
	r.format, _ = codec.LookupFormat(r.Format)
	return r.clip.check(in.name, r.media.Duration)
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
	meter  meter
	called string           // the output, if not like the input
	sound  *track           // of a second input, or nil
	accept func(*run) error // nil, or refuses what was written
}

// create starts the output.
func (r *run) create(ctx context.Context) (codec.Writer, error) {
	spec := codec.OutSpec{
		Name: cmp.Or(r.called, r.format.OutputName(r.in.Name())), Type: r.format.Type,
		Seekable: r.target.seekable,
	}
	if r.accept != nil {
		d, err := newDraft(ctx, r.work, spec)
		if err != nil {
			return nil, fmt.Errorf("libav: a temporary file for %q: %w", r.in.Name(), err)
		}
		return d, nil
	}
	w, err := r.work.Out.Create(ctx, spec)
	if err != nil {
		return nil, fmt.Errorf("libav: create the output of %q: %w", r.in.Name(), err)
	}
	return w, nil
}

// commit makes the output a result.
func (r *run) commit(w codec.Writer, result codec.Result) error {
	if err := r.ctx.Err(); err != nil {
		return r.plainError(err)
	}
	if err := w.Commit(result); err != nil {
		return fmt.Errorf("libav: commit the output of %q: %w", r.in.Name(), err)
	}
	return nil
}

func (r *run) do(ctx context.Context) error {
	w, err := r.create(ctx)
	if err != nil {
		return err
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
	if r.accept != nil {
		if err := r.accept(r); err != nil {
			return err
		}
	}
	if err := r.relocate(w); err != nil {
		return err
	}
	return r.commit(w, r.result())
}

// begin opens the output and all encoders, and writes the header.
func (r *run) begin(w codec.Writer) error {
	if err := r.openOutput(r.target.muxer, w, r.target.seekable); err != nil {
		return err
	}
	r.setPlain(r.plain)
	r.setSpeed(r.speed)
	d := decodingOf(r.work)
	for _, t := range r.tracks {
		var err error
		switch {
		case t.splice != nil:
			err = r.addSplice(t.from.index, t.tag, t.splice, d)
		case t.encode == nil:
			err = r.addCopy(t.from.index, t.tag)
		case t.from.kind == subtitle:
			err = r.addText(t.from.index, t.encode.encoder)
		default:
			err = r.addEncode(t.from.index, *t.encode, d)
		}
		if err != nil {
			return err
		}
	}
	if err := r.addBeside(d); err != nil {
		return err
	}
	if r.attached != nil {
		if err := r.attach(r.attached); err != nil {
			return err
		}
	}
	if err := r.addCovers(); err != nil {
		return err
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

// cutTap goes to the clip, for a run without an output.
func (r *run) cutTap() error {
	offset, length, err := r.cut()
	r.setClip(offset, length)
	return err
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

// progress reports by the time written, or by that of the pictures that an encoder holds,
// or by bytes read where the duration is unknown. The last part belongs to the index.
func (r *run) progress() {
	done := ratioOf(float64(r.readAt), float64(r.in.Size()))
	if total := r.clip.of(r.media.Duration); total > 0 {
		done = ratioOf(float64(r.position())*cmp.Or(r.speed, 1), float64(total))
		r.meter.length = cmp.Or(r.meter.length, total)
	}
	if r.target.mute && done == 0 { // its encoder gives back everything at its end
		done = ratioOf(float64(r.given(0))/r.frameRate, r.clip.of(r.media.Duration).Seconds())
	}
	r.meter.tell(done * 0.97)
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
	if r.job.packets == 0 && r.target.words {
		return codec.Errorf(codec.Invalid, "%s: there is no text in its subtitles", r.in.Name())
	}
	if r.job.packets == 0 && !r.clip.whole() {
		return r.clip.beyond(r.in.Name())
	}
	if r.job.packets == 0 {
		return codec.Errorf(codec.Invalid, "%s is damaged: nothing in it could be read", r.in.Name())
	}
	for i, t := range r.tracks {
		if t.encode == nil && t.splice == nil {
			continue
		}
		frames, faults := r.tally(i)
		if frames == 0 && t.splice == nil && t.from.kind != subtitle &&
			(t.from.kind == video || faults > 0 || len(r.tracks) == 1) {
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
	r.meter.tell(0.97)
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
	switch {
	case r.target.still:
		m.Frames = 1
	case r.target.mute:
		m.Frames = r.given(0)
		m.Duration = seconds(float64(m.Frames) / r.frameRate).Round(time.Millisecond)
	default:
		m.Duration = r.end().Round(time.Millisecond)
	}
	return codec.Result{
		Media:   m,
		Streams: r.report,
		Notes:   append(r.notes, r.warnings()...),
	}
}
