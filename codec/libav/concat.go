package libav

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/spoolmedia/spool/codec"
)

// concat joins films, or the sound of files.
//
// Each input is decoded by a session of its own, whose frames are made alike and fed
// to one that encodes. The parts follow each other where the longer of picture and
// sound ends; what ends before is silent, or stays on its last picture.
func (c *Codec) concat(ctx context.Context, w *codec.Work, op request, gap float64) error {
	if len(w.In) == 0 {
		return codec.Errorf(codec.Unsupported, "libav: there is nothing to join")
	}
	out, err := newOutput(ctx, w.In[0].Name())
	if err != nil {
		return err
	}
	defer out.close()
	j := joint{codec: c, gap: gap, run: &run{session: out, request: op, work: w,
		target: targets[op.Format], meter: meter{to: w}}}
	j.holdBack()
	if j.hardware == nil { // which takes but one
		j.Video.PixelFormat = cmp.Or(j.Video.PixelFormat, codec.PixelYUV420)
	}
	j.notes = append(j.notes, op.told...)
	j.format, _ = codec.LookupFormat(op.Format)
	if err := j.survey(ctx); err != nil {
		return err
	}
	return j.do(ctx)
}

// joinOf is the request for inputs that are joined, with the seconds between them.
func joinOf(op codec.Operation) (r request, gap float64, ok bool) {
	switch op := op.(type) {
	case codec.Concat:
		op = op.WithDefaults()
		r = request{newVideo: true, chapterEach: op.Chapters}
		r.encodeAs(op, "")
	case codec.ConcatAudio:
		op = op.WithDefaults()
		r = request{Convert: codec.Convert{Format: op.Format, Channels: op.Channels}, newSound: true,
			bitRate: op.BitrateKbps * 1000, chapterEach: op.Chapters}
		gap = op.Gap
	default:
		return request{}, 0, false
	}
	r.Convert, r.anew = r.WithDefaults(), true
	return r, gap, true
}

// joint is a concatenation under way.
type joint struct {
	*run
	codec   *Codec
	gap     float64 // seconds of silence between
	parts   []part
	steady  rational // frames a second
	pixels  string   // their format
	picture *encode
	noise   *encode       // the sound's
	total   time.Duration // 0: unknown
	video   *feed
	sound   *feed
	start   int64 // of the part that is fed, in microseconds
}

// part is one of the inputs.
type part struct {
	in           codec.Input
	streams      []stream
	media        codec.Media
	video, audio int     // streams, or -1
	start        float64 // seconds of the input
	chapters     []codec.Chapter
}

// survey reads all headers, and plans how to encode by the first part that has
// pictures and the first that has sound.
func (j *joint) survey(ctx context.Context) error {
	wantsFilm := !targets[j.Format].sound
	for _, in := range j.work.In {
		p, err := survey(ctx, in, j.work.Policy)
		if err != nil {
			return err
		}
		switch {
		case wantsFilm && p.video < 0:
			return codec.Errorf(codec.Invalid, "%s has no video to join", in.Name())
		case !wantsFilm && p.audio < 0:
			return codec.Errorf(codec.Invalid, "%s has no sound to join", in.Name())
		case !wantsFilm:
			p.video = -1
		}
		j.parts = append(j.parts, p)
		j.total += p.media.Duration
		if err := j.planLike(p); err != nil {
			return err
		}
		j.account(p)
	}
	limit := j.work.Policy.Limits.WithDefaults().Duration
	if limit > 0 && j.total > limit {
		return codec.Errorf(codec.Limit, "the inputs last %v together; the limit is %v", j.total, limit)
	}
	return nil
}

func survey(ctx context.Context, in codec.Input, policy codec.Policy) (part, error) {
	s, streams, err := openInput(ctx, in, policy)
	if err != nil {
		return part{}, err
	}
	defer s.close()
	if err := checkPlays(in.Name(), streams); err != nil {
		return part{}, err
	}
	p := part{in: in, streams: streams, media: mediaOf(s, streams), video: bestVideo(streams),
		audio: bestAudio(streams), start: startOf(streams), chapters: s.chapters()}
	if p.audio >= 0 && streams[p.audio].shapeless() && p.video >= 0 {
		p.audio = -1
	}
	for _, i := range []int{p.video, p.audio} {
		if i >= 0 && (!streams[i].decodable || streams[i].shapeless()) {
			return p, source{name: in.Name(), mediaType: in.Type()}.undecodable(streams[i])
		}
	}
	return p, policy.Limits.Check(in.Name(), p.media)
}

// planLike takes over how p would be encoded, for what has no plan yet.
func (j *joint) planLike(p part) error {
	if (p.video < 0 || j.picture != nil) && (p.audio < 0 || j.noise != nil) {
		return nil
	}
	if p.video >= 0 && j.picture == nil {
		s := &p.streams[p.video]
		j.steady = atMost(usualRate(s.rate), j.Video.MaxFrameRate)
		s.rate = j.steady
	}
	from := source{p.in.Name(), p.in.Type(), p.streams, p.media.Duration}
	like, err := makePlan(from, j.request, j.codec.tones)
	if err != nil {
		return err
	}
	for _, t := range like.tracks {
		switch {
		case t.encode == nil:
		case t.from.index == p.video && j.picture == nil:
			j.picture, j.size, j.options = t.encode, like.size.even(), like.options
			j.picture.colour = colour{bt709, bt709, bt709, limited}
			pl := planner{op: j.request}
			j.pixels, _ = pl.pixelFormat(t.from, videoEncoders[t.encode.encoder])
		case t.from.index == p.audio && j.noise == nil:
			j.noise, j.options = t.encode, like.options
		}
	}
	return nil
}

// usualRate is a frame rate that all parts can have.
func usualRate(r rational) rational {
	if f := float64(r.num) / float64(r.den); !(f >= 1 && f <= 120) {
		return rational{30, 1}
	}
	return r
}

// atMost is a frame rate that is no higher than a bound; 0 is none.
func atMost(r rational, most float64) rational {
	if most == 0 || float64(r.num) <= most*float64(r.den) {
		return r
	}
	return rational{int(math.Round(most * 1000)), 1000}
}

func (j *joint) account(p part) {
	for _, s := range p.streams {
		r := codec.Stream{Index: s.index, Kind: s.spokenKind(), Codec: s.codec, Action: codec.Encoded,
			Reason: "all parts are made alike"}
		switch {
		case s.index == p.video:
			r.Encoder, r.Options = j.picture.encoder, j.picture.options
		case s.index == p.audio:
			r.Encoder, r.Options = j.noise.encoder, j.noise.options
		default:
			r.Action, r.Reason = codec.Dropped, "only the main picture and the main sound are joined"
		}
		j.report = append(j.report, r)
	}
}

func (j *joint) do(ctx context.Context) error {
	w, err := j.create(ctx)
	if err != nil {
		return err
	}
	defer w.Abort()
	if err := j.begin(w); err != nil {
		return j.workError(err)
	}
	defer j.free()
	for i, p := range j.parts {
		if i > 0 {
			j.start += int64(j.gap * 1e6)
		}
		start := j.start
		if err := j.add(ctx, p); err != nil {
			return err
		}
		if err := j.mark(i, start); err != nil {
			return j.workError(err)
		}
	}
	if err := j.finishFeeds(); err != nil {
		return j.workError(err)
	}
	if err := j.relocate(w); err != nil {
		return err
	}
	return j.commit(w, j.result())
}

// begin opens the output and its encoders.
func (j *joint) begin(w codec.Writer) error {
	if err := j.openOutput(j.target.muxer, w, j.target.seekable); err != nil {
		return err
	}
	d := decodingOf(j.work)
	var err error
	if j.picture != nil {
		e := *j.picture
		e.filters = "null"
		if j.video, err = j.addPicturesIn(j.pixels, j.size, j.steady, e, d); err != nil {
			return err
		}
	}
	if j.noise != nil {
		e := *j.noise
		e.filters = "anull"
		if j.sound, err = j.addSound(e, d); err != nil {
			return err
		}
	}
	if err := j.announce(); err != nil {
		return err
	}
	return j.session.start(j.options, 0, 0, false)
}

func (j *joint) free() {
	for _, f := range []*feed{j.video, j.sound} {
		if f != nil {
			f.free()
		}
	}
}

// add feeds a part to the output.
func (j *joint) add(ctx context.Context, p part) error {
	s, streams, err := openInput(ctx, p.in, j.work.Policy)
	if err != nil {
		return err
	}
	defer s.close()
	r := &run{session: s, work: j.work, media: p.media, plan: plan{offset: math.NaN()},
		meter: meter{to: j.work, from: j.done(j.start), share: j.done(p.media.Duration.Microseconds()),
			told: j.done(j.start), length: j.total}}
	for _, i := range []int{p.video, p.audio} {
		if i >= 0 {
			r.offset = earlier(r.offset, streams[i])
		}
	}
	if err := j.tap(s, p); err != nil {
		return s.workError(err)
	}
	s.setClip(r.offset, 0)
	if err := r.loop(); err != nil {
		return err
	}
	for i := range int(s.job.count) {
		r.tracks = append(r.tracks, track{from: streams[p.tapped(i)], encode: &encode{}})
	}
	r.job.packets = 1 // of a tap there are none
	if err := r.checkDecoded(); err != nil {
		return err
	}
	j.notes = append(j.notes, r.notes...)
	return j.end(s)
}

// tapped is the stream of tap i.
func (p part) tapped(i int) int {
	if p.video < 0 || i == 1 {
		return p.audio
	}
	return p.video
}

// done is the fraction of the whole that so many microseconds are.
func (j *joint) done(microseconds int64) float64 {
	return ratioOf(float64(microseconds), float64(j.total.Microseconds())) * 0.97
}

// tap leads the frames of a part to the feeds.
func (j *joint) tap(s *session, p part) error {
	d := decodingOf(j.work)
	if p.video >= 0 {
		duration := int64(feedBase) * int64(j.steady.den) / int64(j.steady.num)
		err := s.addTap(p.video, encode{filters: j.alike(p)}, d, func(f frame) error {
			at := j.start + int64(f.f.pts)
			s.setPosition(f)
			if j.sound != nil && p.audio < 0 {
				if err := j.sound.silence(scaled(at, j.noise.samples.rate)); err != nil {
					return err
				}
			}
			return j.video.picture(f, scaled(at, feedBase), duration)
		})
		if err != nil {
			return err
		}
	}
	if p.audio < 0 || j.sound == nil {
		return nil
	}
	n := j.noise.samples
	return s.addTap(p.audio, encode{filters: n.filters()}, d, func(f frame) error {
		if err := j.sound.silence(scaled(j.start+int64(f.f.pts), n.rate)); err != nil {
			return err
		}
		return j.sound.sound(f)
	})
}

// scaled is a time in microseconds in units of which there are so many a second.
func scaled(microseconds int64, units int) int64 {
	return int64(math.Round(float64(microseconds) * float64(units) / 1e6))
}

// end makes the next part start where the longer of picture and sound ends.
func (j *joint) end(*session) error {
	at := j.start
	if j.video != nil {
		at = max(at, j.video.end*1_000_000/feedBase)
	}
	if j.sound != nil {
		rate := j.noise.samples.rate
		at = max(at, j.sound.end*1_000_000/int64(rate))
		if j.video != nil { // or its packets would wait for sound
			if err := j.sound.silence(scaled(at, rate)); err != nil {
				return j.workError(err)
			}
		}
	}
	j.start = at
	return nil
}

// toBT709 is the filter that scales pictures of s and gives them the usual matrix.
func toBT709(s stream, z size) string {
	return fmt.Sprintf("scale=%d:%d:flags=bicubic%s:out_color_matrix=bt709:out_range=tv", z.w, z.h,
		guessed(s))
}

// alike returns the filters that make the pictures of p like the others.
func (j *joint) alike(p part) string {
	s := p.streams[p.video]
	pl := planner{source: source{name: p.in.Name(), streams: p.streams}, tones: j.codec.tones,
		target: target{still: true}} // interlaced parts are made whole
	f := pl.upright(s)
	tones, _ := pl.standardRange(s)
	j.notes = append(j.notes, pl.notes...)
	z := j.size
	scaled := arrangeExact(s.shown(), codec.Convert{Width: z.w, Height: z.h, Fit: codec.FitContain,
		Enlarge: true}).scaled.even()
	scaled = size{min(scaled.w, z.w), min(scaled.h, z.h)}
	f = append(append(f, tones...),
		fmt.Sprintf("fps=%d/%d:start_time=0", j.steady.num, j.steady.den),
		toBT709(s, scaled), "setsar=1", "format="+j.pixels,
		fmt.Sprintf("pad=%d:%d:(ow-iw)/2:(oh-ih)/2:color=black", z.w, z.h))
	return strings.Join(f, ",")
}
