package libav

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spoolmedia/spool/codec"
)

// edit is a change on the way from the decoder to the encoder. Several are done in
// order, in one pass.
type edit interface {
	// pictures returns the filters for pictures like f, and changes f to what
	// they become. None: pictures stay as they are.
	pictures(f *film) ([]string, error)
	// sound returns the filters for sound; none: it stays as it is.
	sound(f *film) ([]string, error)
}

// film is what an edit works on.
type film struct {
	size
	name   string
	from   float64       // seconds of the input before the part that is worked on
	length time.Duration // 0: unknown
	rgb    bool          // pictures are in RGB, not as in the file
	guess  string        // ":in_color_matrix=…" for the filter scale, or ""
	matrix string        // the name of the matrix for the filter scale
	full   bool          // range
	mark   *mark         // what an edit lays over, as [still]
	notes  []string
}

// edited returns the filters of all edits, for a stream that stands upright, with the
// size and the kind of the pictures behind them.
func (p *planner) edited(s stream) ([]string, size, stream, error) {
	z := s.shown()
	if len(p.op.edits) == 0 {
		return nil, z, s, nil
	}
	var all []string
	tones, mapped := p.standardRange(s)
	if all = tones; mapped {
		s.colour, s.bits, s.full = colour{bt709, bt709, bt709, limited}, 8, false
	}
	f := p.film(s)
	if s.aspect.num != s.aspect.den {
		all = append(all, fmt.Sprintf("scale=%d:%d:flags=bicubic", z.w, z.h), "setsar=1")
	}
	for _, e := range p.op.edits {
		filters, err := e.pictures(&f)
		if err != nil {
			return nil, z, s, err
		}
		all = append(all, filters...)
	}
	for _, text := range f.notes {
		p.note(text)
	}
	if f.mark != nil {
		p.still = f.mark.picture
	}
	if f.rgb {
		s.rgb, s.bits, s.full, s.alpha = true, 8, false, false
		s.colour.transfer = bt709
	}
	s.aspect = rational{1, 1}
	return all, f.size, s, nil
}

// film describes s to the edits.
func (p *planner) film(s stream) film {
	from := p.op.clip.start
	if p.op.clip.still {
		from = p.op.part.start
	}
	f := film{size: s.shown(), name: p.name, from: from, length: p.length, guess: guessed(s),
		full: s.full, rgb: s.rgb, matrix: "bt601"}
	if s.colour.matrix == bt709 || f.guess != "" || s.hdr() {
		f.matrix = "bt709"
	}
	return f
}

// editedSound returns the filters of all edits for sound.
func (p *planner) editedSound() ([]string, error) {
	f := film{name: p.name, length: p.length}
	var all []string
	for _, e := range p.op.edits {
		filters, err := e.sound(&f)
		if err != nil {
			return nil, err
		}
		all = append(all, filters...)
	}
	return all, nil
}

// toRGB returns the filters that turn pictures to RGB, where each colour can be
// worked on, if they are not yet.
func (f *film) toRGB() []string {
	if f.rgb {
		return []string{"format=gbrp"}
	}
	f.rgb = true
	return []string{"scale=flags=bicubic+accurate_rnd+full_chroma_int" + f.guess, "format=gbrp"}
}

// edits are the steps of an operation, as far as they are done by filters. The
// format, the quality and the clip are the caller's.
func editsOf(op codec.Operation, refs map[string]codec.Input, prefix string) ([]edit, error) {
	switch op := op.(type) {
	case codec.Adjust:
		return []edit{adjustment{op.WithDefaults()}}, nil
	case codec.Transform:
		if err := checkTurn(op.Rotate); err != nil {
			return nil, err
		}
		return []edit{transformation{op.WithDefaults()}}, nil
	case codec.BurnSubtitles:
		return burnEdits(op.WithDefaults(), refs, prefix)
	case codec.Watermark:
		w := watermark{op: op.WithDefaults()}
		return []edit{&w}, w.read(refs, prefix)
	}
	return nil, nil
}

// editRequest is the request for an operation that is an edit.
func editRequest(op codec.Operation, mediaType string,
	refs map[string]codec.Input) (request, error) {
	var r request
	r.encodeAs(op, mediaType)
	var err error
	r.edits, err = editsOf(op, refs, "")
	r.noteEdits()
	return r, err
}

// noteEdits says whether pictures and sound are changed by edits.
func (r *request) noteEdits() {
	for _, e := range r.edits {
		a, adjusts := e.(adjustment)
		r.newVideo = r.newVideo || !adjusts || a.changesPictures()
		r.newSound = r.newSound || adjusts && a.changesSound()
		r.normalize = r.normalize || adjusts && a.Normalize
		if adjusts {
			r.speed = cmp.Or(r.speed, 1) * a.Speed
		}
		if b, ok := e.(*burning); ok {
			r.burnt = b
		}
	}
}

// chainRequest is the request for several operations at once.
func chainRequest(op codec.Chain, mediaType string, refs map[string]codec.Input) (request, error) {
	var r request
	for i, step := range op.Steps {
		if i == len(op.Steps)-1 {
			r.encodeAs(step, mediaType)
		}
		switch step := withDefaults(step).(type) {
		case codec.Trim:
			if i > 0 {
				return r, codec.Errorf(codec.Unsupported,
					"chain: of a film, trim can only be the first step")
			}
			r.clip = clip{start: step.Start, length: step.Duration}
			r.newVideo, r.newSound = true, true
		case codec.Convert:
			r.newVideo = r.newVideo || step.Quality != 0
			step = step.WithDefaults()
			r.Convert, r.soundRef = step, fmt.Sprintf("steps[%d].sound", i)
			r.Width, r.Height = 0, 0
			if step.Width != 0 || step.Height != 0 {
				r.edits = append(r.edits, resizing{step})
			}
		case codec.Thumbnail, codec.PosterFrame:
			return r.still(step)
		default:
			edits, err := editsOf(step, refs, fmt.Sprintf("steps[%d].", i))
			if err != nil {
				return r, err
			}
			r.edits = append(r.edits, edits...)
		}
	}
	r.noteEdits()
	return r, r.checkMarks()
}

// still is the request for a chain that ends in one picture of what r makes.
func (r request) still(op codec.Operation) (request, error) {
	s, at, _ := stillOf(op)
	s.edits, s.part = r.edits, r.clip
	s.clip.start = s.part.start
	switch {
	case at == nil:
		s.choose = true
	case !s.part.whole() && *at >= s.part.length:
		return s, codec.Errorf(codec.Invalid, "chain: the clip lasts %v: there is nothing at %v",
			seconds(s.part.length), seconds(*at))
	default:
		s.clip.start += *at
	}
	s.noteEdits()
	s.normalize = false
	return s, s.checkMarks()
}

// checkMarks refuses a second watermark, and a second burning of subtitles.
func (r request) checkMarks() error {
	marks, burnt := 0, 0
	for _, e := range r.edits {
		switch e.(type) {
		case *watermark:
			marks++
		case *burning:
			burnt++
		}
	}
	switch {
	case marks > 1:
		return codec.Errorf(codec.Unsupported, "chain: a film takes one watermark, not %d", marks)
	case burnt > 1:
		return codec.Errorf(codec.Unsupported, "chain: a film takes one burn-subtitles, not %d", burnt)
	}
	return nil
}

// resizing is a change of size alone.
type resizing struct{ codec.Convert }

func (r resizing) pictures(f *film) ([]string, error) {
	filters := resized(f, r.Convert, codec.GravityCenter, nil, nil)
	return filters, nil
}

func (resizing) sound(*film) ([]string, error) { return nil, nil }

// resized returns the filters for the size that c asks for, and what stays.
func resized(f *film, c codec.Convert, gravity string, x, y *float64) []string {
	if c.Width == 0 && c.Height == 0 {
		return nil
	}
	l := arrangeExact(f.size, c)
	f.size = l.canvas
	z, to := l.scaled, l.canvas
	filters := []string{fmt.Sprintf("scale=%d:%d:flags=bicubic%s", z.w, z.h, f.guess), "setsar=1"}
	if to.w < z.w || to.h < z.h {
		part := size{min(to.w, z.w), min(to.h, z.h)}
		left, top := around(gravity, z, part)
		if x != nil {
			left = focus(*x, z.w, part.w)
		}
		if y != nil {
			top = focus(*y, z.h, part.h)
		}
		filters = append(filters, cut(part, left, top)...)
	}
	if to.w > z.w || to.h > z.h {
		filters = append(filters, fmt.Sprintf("pad=%d:%d:(ow-iw)/2:(oh-ih)/2:color=%s", to.w, to.h,
			strings.Replace(c.Background, "#", "0x", 1)))
	}
	return filters
}

// focus is where a part begins so that the point at the fraction is in its middle.
func focus(at float64, whole, part int) int {
	return min(max(0, int(at*float64(whole))-part/2), whole-part)
}

// cut returns the filters that cut out a part. Colour of half the resolution cannot
// be cut between its samples: there it gets all of it first.
func cut(part size, left, top int) []string {
	crop := fmt.Sprintf("crop=%d:%d:%d:%d", part.w, part.h, left, top)
	if (part.w|part.h|left|top)&1 != 0 {
		return []string{"format=yuv444p|gbrp", crop}
	}
	return []string{crop}
}

func decimal(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
