package libav

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"

	"github.com/spoolmedia/spool/codec"
)

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
	codec  *Codec
	work   *codec.Work
	name   string
	size   int64
	bits   float64 // a second: of the video, or of the sound of a sound file
	rest   float64 // bytes that do not depend on bits: the sound of a film
	last   int64   // the size of the last attempt, which was made with before
	before float64
	least  int64 // the size with leastBits, 0 if that was not tried
	passes bool  // the second of two passes is tried: all of the input could be read
	// The bits of the largest output that fitted, but for which another was tried.
	fits   float64
	fitted int64
	// What the encoder refused for too little, and the least that it took; 0: nothing yet.
	refused, taken float64
}

// film makes a film with an encoder that takes two passes or, of AV1, but one.
func (f *fitting) film(ctx context.Context, op request) error {
	name, err := chooseEncoder(op, hasEncoder)
	if v, ok := videoEncoders[name]; err == nil && ok && !v.passes {
		return f.onePass(ctx, op)
	}
	return f.twoPasses(ctx, op)
}

// onePass encodes a film with one bit rate after another.
func (f *fitting) onePass(ctx context.Context, op request) error {
	op.rate = &rate{}
	return f.pictures(ctx, meter{to: f.work}, op)
}

// pictures makes a film with one bit rate after another or, where none fits, with coarse
// quantizers.
func (f *fitting) pictures(ctx context.Context, m meter, op request) error {
	err := f.search(ctx, m, func(bits float64) request {
		op.rate.bits = int(bits)
		return op
	})
	if errors.Is(err, errTooLarge) {
		return f.coarse(ctx, m, op)
	}
	return err
}

// twoPasses encodes twice: first to see how hard each picture is, then with the bits
// where they are needed. Only the second pass is done again.
func (f *fitting) twoPasses(ctx context.Context, op request) error {
	dir, err := os.MkdirTemp("", "spool-")
	if err != nil {
		return fmt.Errorf("libav: compress %q: %w", f.name, err)
	}
	defer os.RemoveAll(dir)
	op.rate = &rate{bits: int(f.bits), pass: 1, file: filepath.Join(dir, "stats")}
	if op.rate.stats, err = f.firstPass(ctx, op); err != nil {
		return err
	}
	op.rate.pass, f.passes = 2, true
	return f.pictures(ctx,
		meter{to: f.work, from: firstShare, share: 1 - firstShare, told: firstShare}, op)
}

// sound encodes a sound file with one bit rate after another.
func (f *fitting) sound(ctx context.Context, op request) error {
	if t := targets[op.Format]; t.pcm {
		return codec.Errorf(codec.Unsupported,
			"%s is %s, whose size follows from the sound: convert it to a format with loss",
			f.name, op.Format)
	}
	op.onlyLess = false
	m, with := meter{to: f.work}, func(bits float64) request {
		op.bitRate = int(bits)
		return op
	}
	err := f.search(ctx, m, with)
	if errors.Is(err, errTooLarge) {
		return f.lowest(ctx, m, with)
	}
	return err
}

// errTooLarge says that no output fitted.
var errTooLarge = errors.New("libav: no bit rate fits")

// search tries until an output fits, or it is clear that fewer bits make nothing smaller.
func (f *fitting) search(ctx context.Context, m meter, with func(bits float64) request) error {
	refusals := 0
	for try := 0; try < sizeTries && refusals < mostRefusals; {
		if try == sizeTries-1 && f.fits > 0 {
			f.bits = f.fits
		}
		size, err := f.codec.attempt(ctx, f.work, with(f.bits), m, func(r *run) error {
			return f.accept(r, try)
		})
		if f.refuses(err) {
			if refusals++; refusals == mostRefusals && f.taken == 0 && !f.passes {
				return err
			}
			f.refused = f.bits
			f.bits = f.above(2 * f.bits)
			continue
		}
		if !errors.Is(err, errNothingGained) {
			return err
		}
		try++
		stuck := f.stuck(size)
		f.correct(size)
		if f.fits == 0 && (stuck || size > f.size && f.taken < f.refused*sizeStep) {
			break
		}
	}
	return errTooLarge
}

// refuses reports whether err says that the encoder takes more bits only. That of x265
// is the error of an input that is damaged, which a first pass has read to its end.
func (f *fitting) refuses(err error) bool {
	e, native := errors.AsType[nativeError](err)
	return native && (e.code == codeExternal || e.code == codeInvalid && f.passes)
}

// stuck reports whether fewer bits made an output hardly smaller that is too large.
func (f *fitting) stuck(size int64) bool {
	switch {
	case size <= f.size:
		return false
	case f.bits <= leastBits:
		return true
	}
	return f.last > f.size && f.bits < f.before &&
		(size >= f.last || f.bits < 0.9*f.before && float64(size) > 0.98*float64(f.last))
}

// accept refuses an output that is too large, or so small that another may be better.
func (f *fitting) accept(r *run, try int) error {
	size := r.written
	// A film may have no use for all that it may take.
	stuck := try > 0 && f.last <= f.size && size < f.last*102/100
	switch small := float64(size) < sizeLeast*float64(f.size); {
	case size > f.size, small && try < 3 && !stuck:
		return errNothingGained
	case small:
		f.noteSmall(r)
	}
	return nil
}

func (f *fitting) noteSmall(r *run) {
	r.notes = append(r.notes, fmt.Sprintf("The file has %d of the %d bytes that it may have: "+
		"its encoder came no nearer to them.", r.written, f.size))
}

// correct sets the bits for the attempt after one that made size bytes.
func (f *fitting) correct(size int64) {
	before, last := f.before, float64(f.last)
	f.before, f.last = f.bits, size
	if size <= f.size && size > f.fitted {
		f.fits, f.fitted = f.bits, size
	}
	if f.taken == 0 || f.bits < f.taken {
		f.taken = f.bits
	}
	if f.bits <= leastBits {
		f.least = size
	}
	rest := min(f.rest, float64(size)/2)
	share := (sizeAim*float64(f.size) - rest) / (float64(size) - rest)
	// The size goes with a power of the bits, which two attempts tell; after one it is NaN.
	power := math.Log((float64(size)-rest)/(last-rest)) / math.Log(f.bits/before)
	if share > 0 && power > 0.25 && power < 4 {
		share = math.Pow(share, 1/power)
	}
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
