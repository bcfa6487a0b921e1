package libav

import (
	"cmp"
	"context"
	"errors"
	"math"
	"slices"

	"github.com/spoolmedia/spool/codec"
)

// How the picture that stands for a film is found. Key frames cost least: those
// before some spots of the film are decoded, and nothing else. A film that has too
// few of them is decoded from its start, for a while. Among the pictures that are
// not empty, the one is chosen whose colours are the nearest to those of all, as
// FFmpeg's filter thumbnail has it.
const (
	spots      = 10
	firstSpot  = 0.05 // of the duration
	lastSpot   = 0.75 // what follows may be credits
	fewest     = 3    // pictures to choose from
	window     = 300  // pictures that are decoded if there are fewer
	enough     = 100  // of those not empty, as many as the filter thumbnail compares
	lookAhead  = 4000 // packets read for one key frame
	thumbSide  = 32
	emptySigma = 8.0 // deviation of brightness, of 255, below which a picture is empty
)

// candidate is a picture to choose, as a square of thumbSide.
type candidate struct {
	at        float64 // seconds of the input
	histogram [3 * 32]float64
	sigma     float64
}

// newCandidate looks at a picture in rgb24.
func newCandidate(at float64, f frame) candidate {
	c := candidate{at: at}
	var sum, squares float64
	for y := range thumbSide {
		row := f.row(y, 3*thumbSide)
		for x := range thumbSide {
			p := row[3*x : 3*x+3]
			for i, v := range p {
				c.histogram[32*i+int(v)/8]++
			}
			luma := 0.2126*float64(p[0]) + 0.7152*float64(p[1]) + 0.0722*float64(p[2])
			sum += luma
			squares += luma * luma
		}
	}
	const n = thumbSide * thumbSide
	c.sigma = math.Sqrt(max(0, squares/n-sum*sum/n/n))
	return c
}

func (c candidate) empty() bool { return c.sigma < emptySigma }

// choose returns when the film, or a part of it, shows the picture that stands for it,
// in seconds after the film's start.
func choose(ctx context.Context, w *codec.Work, part clip) (float64, error) {
	in, err := onlyInput(w)
	if err != nil {
		return 0, err
	}
	all, start, err := candidates(ctx, w, in, part, keySpots)
	if err != nil {
		return 0, err
	}
	if full := slices.DeleteFunc(slices.Clone(all), candidate.empty); len(full) < fewest {
		more, _, err := candidates(ctx, w, in, part, fromStart)
		if err != nil {
			return 0, err
		}
		all = append(all, more...)
	}
	if len(all) == 0 {
		return part.start, nil // what keeps it from being decoded is told when it is done
	}
	return max(0, best(all).at-start), nil
}

// best is the picture nearest to the average, or, if all are empty, the one with
// the most in it.
func best(all []candidate) candidate {
	full := slices.DeleteFunc(slices.Clone(all), candidate.empty)
	if len(full) == 0 {
		return slices.MaxFunc(all, func(a, b candidate) int { return cmp.Compare(a.sigma, b.sigma) })
	}
	d := apart(full)
	return full[slices.Index(d, slices.Min(d))]
}

// apart is how far the colours of each are from the average.
func apart(all []candidate) []float64 {
	var mean [3 * 32]float64
	for _, c := range all {
		for i, v := range c.histogram {
			mean[i] += v / float64(len(all))
		}
	}
	d := make([]float64, len(all))
	for n, c := range all {
		for i, v := range c.histogram {
			d[n] += (v - mean[i]) * (v - mean[i])
		}
	}
	return d
}

// finder collects candidates from a film whose only track is a tap.
type finder struct {
	*session
	found []candidate
	full  int     // of found, not empty
	start float64 // of the film
	part  clip    // where to look
}

// see keeps a picture that is in the part.
func (f *finder) see(p frame) error {
	at := p.seconds()
	from := f.start + f.part.start
	if f.part.whole() || at >= from-1e-6 && at < from+f.part.length {
		c := newCandidate(at, p)
		f.found = append(f.found, c)
		if !c.empty() {
			f.full++
		}
	}
	return nil
}

// candidates opens the film and collects by the way that is given. A film that
// cannot be decoded has none.
func candidates(ctx context.Context, w *codec.Work, in codec.Input, part clip,
	way way) ([]candidate, float64, error) {
	s, streams, err := openInput(ctx, in, w.Policy)
	if err != nil {
		return nil, 0, err
	}
	defer s.close()
	v := bestVideo(streams)
	if v < 0 || !streams[v].decodable {
		return nil, 0, nil
	}
	f := finder{session: s, start: startOf(streams), part: part}
	d := decodingOf(w)
	d.keys = way.keys
	e := encode{filters: "scale=32:32:flags=area,format=rgb24", limit: way.limit}
	err = s.addTap(v, e, d, f.see)
	if err == nil {
		err = way.collect(&f)
	}
	if _, native := errors.AsType[nativeError](err); native {
		err = nil
	}
	if err != nil {
		return nil, 0, s.plainError(err)
	}
	return f.found, f.start, nil
}

// startOf is when a film begins, in seconds of the input.
func startOf(streams []stream) float64 {
	start := math.NaN()
	for _, s := range streams {
		start = earlier(start, s)
	}
	if math.IsNaN(start) {
		return 0
	}
	return start
}

// way is how candidates are collected.
type way struct {
	keys    bool
	limit   int
	collect func(*finder) error
}

var (
	keySpots  = way{true, 1, (*finder).keySpots}
	fromStart = way{false, window, (*finder).fromStart}
)

// keySpots takes the key frames before some spots.
func (f *finder) keySpots() error {
	total := f.part.of(f.duration()).Seconds()
	if total <= 0 {
		return nil
	}
	last := math.Inf(-1)
	for i := range spots {
		at := f.start + f.part.start + total*(firstSpot+(lastSpot-firstSpot)*float64(i)/(spots-1))
		key, err := f.seek(at, true)
		if err != nil {
			return err
		}
		if key <= last { // the same as before
			continue
		}
		last = key
		if err := f.rewind(0); err != nil {
			return err
		}
		if err := f.runFor(spots); err != nil {
			return err
		}
	}
	return nil
}

// fromStart decodes from the start of the part.
func (f *finder) fromStart() error {
	if f.part.start > 0 {
		if _, err := f.seek(f.start+f.part.start, true); err != nil {
			return err
		}
		if err := f.rewind(0); err != nil {
			return err
		}
	}
	return f.runFor(enough)
}

// runFor decodes until there are so many pictures that are not empty, or to the end.
func (f *finder) runFor(full int) error {
	for range lookAhead / batch {
		if more, err := f.run(batch); err != nil || !more || f.full >= full {
			return err
		}
	}
	return nil
}
