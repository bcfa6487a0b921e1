package libav

import (
	"context"
	"slices"

	"github.com/spoolmedia/spool/codec"
)

// shot is a picture that may become the poster of a stream.
type shot struct {
	candidate
	picture frame // of nil: no longer held
}

// portrait finds the picture that stands for a film among all of its pictures, as they
// are decoded for something else: like [choose], at some spots, and what is shown next
// where that is empty.
type portrait struct {
	*session
	spots []float64 // to come, in seconds
	early float64   // before it, pictures are for want of others
	shots []shot    // not empty
	blank shot      // the empty one with the most in it
}

// mostHeld is how many pictures that are not empty are held in memory at most.
const mostHeld = 3

// newPortrait looks at a film that lasts so many seconds; 0: that is unknown. Free it.
func newPortrait(s *session, total float64) *portrait {
	if total <= 0 {
		total = spots // the start is looked at, as far as there is one
	}
	p := &portrait{session: s, spots: []float64{0}}
	for i := range spots {
		p.spots = append(p.spots, total*(firstSpot+(lastSpot-firstSpot)*float64(i)/(spots-1)))
	}
	p.early = p.spots[1]
	return p
}

func (p *portrait) free() {
	p.blank.picture.free()
	for i := range p.shots {
		p.shots[i].picture.free()
	}
}

// look takes a picture that is shown at that time, in seconds, into account.
func (p *portrait) look(f frame, at float64) error {
	if len(p.spots) == 0 || at < p.spots[0] {
		return nil
	}
	small, err := p.filtered(f, "scale=32:32:flags=area:"+canonicalColour+",format=rgb24")
	if err != nil {
		return err
	}
	c := newCandidate(at, small)
	small.free()
	if c.empty() && p.blank.picture.f != nil && c.sigma <= p.blank.sigma {
		return nil
	}
	held, err := f.clone()
	if err != nil {
		return err
	}
	if c.empty() {
		p.blank.picture.free()
		p.blank = shot{c, held}
		return nil
	}
	for len(p.spots) > 0 && at >= p.spots[0] {
		p.spots = p.spots[1:]
	}
	p.shots = append(p.shots, shot{c, held})
	p.bound()
	return nil
}

// bound lets go of the picture that is the least likely to be the best one, if there
// are too many.
func (p *portrait) bound() {
	held, farthest := 0, -1
	d := apart(candidatesOf(p.shots))
	for i, s := range p.shots {
		if s.picture.f == nil {
			continue
		}
		if held++; farthest < 0 || d[i] > d[farthest] {
			farthest = i
		}
	}
	if held > mostHeld {
		p.shots[farthest].picture.free()
	}
}

// best is the picture that stands for what was seen; its frame is nil if there was none.
func (p *portrait) best() shot {
	shots := p.shots
	if len(shots) > fewest && shots[0].at < p.early {
		shots = shots[1:]
	}
	chosen, least := p.blank, 0.0
	for i, d := range apart(candidatesOf(shots)) {
		if shots[i].picture.f != nil && (chosen.empty() || d < least) {
			chosen, least = shots[i], d
		}
	}
	return chosen
}

func candidatesOf(shots []shot) []candidate {
	all := make([]candidate, len(shots))
	for i, s := range shots {
		all[i] = s.candidate
	}
	return all
}

// poster makes the picture that is shown before the film plays.
func (l *ladder) poster(ctx context.Context) error {
	op, _, _ := stillOf(codec.PosterFrame{})
	r := &run{session: l.session, work: l.work, request: op, media: l.media, meter: l.meter,
		called: "poster.jpg"}
	from := source{l.in.Name(), l.in.Type(), l.source.streams, l.media.Duration}
	if err := r.prepare(from, l.tones); err != nil {
		return err
	}
	for _, note := range l.notes { // of the stream, which has no other place for them
		if !slices.Contains(r.notes, note) {
			r.notes = append(r.notes, note)
		}
	}
	chosen := l.portrait.best()
	if chosen.picture.f == nil {
		return l.clip.beyond(l.in.Name())
	}
	w, err := r.create(ctx)
	if err != nil {
		return err
	}
	defer w.Abort()
	e := stillEncoder(r.target.video, r.Quality)
	e.filters = "scale=flags=bicubic+accurate_rnd+full_chroma_int:" + canonicalColour +
		",format=gbrp," + e.filters
	if err := r.writeFrame(r.target, chosen.picture, e, w); err != nil {
		return r.workError(err)
	}
	r.size = chosen.picture.size()
	return r.commit(w, r.result())
}
