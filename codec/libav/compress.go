package libav

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
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
		_, err = c.attempt(ctx, w, r, meter{to: w}, func(size int64) error {
			if size >= in.Size() {
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
	accept func(int64) error) (int64, error) {
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

// How a size is met: the aim is a little below, what ends between least and all of
// it is taken, and the rate is corrected where it does not.
const (
	sizeAim   = 0.985
	sizeLeast = 0.97
	sizeTries = 5
	// An encoder refuses what is too little at once, so that this costs no encode. The
	// least that it takes is found to a part of sizeStep.
	mostRefusals = 20
	sizeStep     = 1.05
	leastBits    = 1000
)

// fit makes the best output of at most size bytes.
func (c *Codec) fit(ctx context.Context, w *codec.Work, op request, size int64) error {
	in := w.In[0]
	m, streams, err := c.look(ctx, w)
	if err != nil {
		return err
	}
	if m.Duration <= 0 {
		return codec.Errorf(codec.Unsupported,
			"%s does not say how long it lasts, which a target size needs", in.Name())
	}
	f := fitting{codec: c, work: w, size: size, name: in.Name(),
		bits: float64(size) * 8 * sizeAim / m.Duration.Seconds()}
	if m.Width == 0 {
		return f.sound(ctx, op)
	}
	sounds := 0
	for _, s := range streams {
		if s.kind == audio {
			sounds++
		}
	}
	if sounds > 0 {
		op.bitRate = min(max(int(f.bits/10), 32_000), 128_000)
		f.bits = max(leastBits, f.bits-float64(sounds*op.bitRate))
		f.rest = float64(sounds*op.bitRate) / 8 * m.Duration.Seconds()
	}
	return f.film(ctx, op)
}

// look reads the headers of the input.
func (c *Codec) look(ctx context.Context, w *codec.Work) (codec.Media, []stream, error) {
	s, streams, err := openInput(ctx, w.In[0], w.Policy)
	if err != nil {
		return codec.Media{}, nil, err
	}
	defer s.close()
	m := mediaOf(s, streams)
	return m, streams, w.Policy.Limits.Check(w.In[0].Name(), m)
}

// fitting is the search for the bit rate that makes an output of some size.
type fitting struct {
	codec *Codec
	work  *codec.Work
	name  string
	size  int64
	bits  float64 // a second: of the video, or of the sound of a sound file
	rest  float64 // bytes that do not depend on bits: the sound of a film
	last  int64   // the size of the last attempt
	least int64   // the size with the bits of taken
	// What the encoder refused for too little, and the least that it took; 0: nothing yet.
	refused, taken float64
}

// film encodes twice: first to see how hard each picture is, then with the bits
// where they are needed. Only the second pass is done again.
func (f *fitting) film(ctx context.Context, op request) error {
	dir, err := os.MkdirTemp("", "spool-")
	if err != nil {
		return fmt.Errorf("libav: compress %q: %w", f.name, err)
	}
	defer os.RemoveAll(dir)
	op.rate = &rate{bits: int(f.bits), pass: 1, file: filepath.Join(dir, "stats")}
	if op.rate.stats, err = f.firstPass(ctx, op); err != nil {
		return err
	}
	op.rate.pass = 2
	return f.search(ctx, meter{to: f.work, from: firstShare, share: 1 - firstShare, told: firstShare},
		func(bits float64) request {
			op.rate.bits = int(bits)
			return op
		})
}

// sound encodes a sound file with one bit rate after another.
func (f *fitting) sound(ctx context.Context, op request) error {
	if t := targets[op.Format]; t.pcm {
		return codec.Errorf(codec.Unsupported,
			"%s is %s, whose size follows from the sound: convert it to a format with loss",
			f.name, op.Format)
	}
	op.onlyLess = false
	return f.search(ctx, meter{to: f.work}, func(bits float64) request {
		op.bitRate = int(bits)
		return op
	})
}

// search tries until an output fits.
func (f *fitting) search(ctx context.Context, m meter, with func(bits float64) request) error {
	refusals := 0
	for try := 0; try < sizeTries && refusals < mostRefusals; {
		size, err := f.codec.attempt(ctx, f.work, with(f.bits), m, func(size int64) error {
			// A film may have no use for all that it may take.
			stuck := try > 0 && size <= f.size && size < f.last*102/100
			if size > f.size || float64(size) < sizeLeast*float64(f.size) && try < 3 && !stuck {
				return errNothingGained
			}
			return nil
		})
		if e, native := errors.AsType[nativeError](err); native && e.code == codeExternal {
			if refusals++; refusals == mostRefusals && f.taken == 0 {
				return err
			}
			f.refused = f.bits
			f.bits = f.above(2 * f.bits)
		} else if !errors.Is(err, errNothingGained) {
			return err
		} else {
			try++
			f.correct(size)
		}
		if f.taken > 0 && f.last > f.size && f.taken < f.refused*sizeStep {
			break
		}
	}
	return codec.Errorf(codec.Limit,
		"%s cannot be made into %d bytes: %d is the least that was reached", f.name, f.size, f.least)
}

// correct sets the bits for the attempt after one that made size bytes.
func (f *fitting) correct(size int64) {
	f.last = size
	if f.taken == 0 || f.bits < f.taken {
		f.taken, f.least = f.bits, size
	}
	rest := min(f.rest, float64(size)/2)
	share := (sizeAim*float64(f.size) - rest) / (float64(size) - rest)
	if f.bits = max(leastBits, f.bits*share); f.bits <= f.refused {
		f.bits = f.above(f.bits)
	}
}

// above is half way from what the encoder refused to what it took, or else bits.
func (f *fitting) above(bits float64) float64 {
	if f.taken == 0 {
		return bits
	}
	return math.Sqrt(f.refused * f.taken)
}

// firstShare is the part of the work that the first pass is.
const firstShare = 0.4

// firstPass runs the video through its encoder and keeps only what that found. Some
// encoders write it down when they are closed.
func (f *fitting) firstPass(ctx context.Context, op request) (stats string, err error) {
	r, err := f.codec.open(ctx, f.work, op)
	if err != nil {
		return "", err
	}
	defer r.close()
	r.meter.share = firstShare
	r.tracks = slices.DeleteFunc(r.tracks, func(t track) bool { return t.from.kind != video })
	r.target, r.options, r.covers = target{muxer: "null"}, nil, nil
	if err := r.begin(nil); err != nil {
		return "", r.workError(err)
	}
	if err := r.loop(); err != nil {
		return "", err
	}
	return r.stats(0), nil
}
