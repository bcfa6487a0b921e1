package libav

import (
	"fmt"
	"image"
	"math"
	"slices"
	"time"

	"github.com/spoolmedia/spool/codec"
)

// encode is how a stream is made anew.
type encode struct {
	encoder string
	options map[string]string
	waits   bool         // the encoder's threads wait for each other
	filters string       // between decoder and encoder
	mix     string       // the part of filters that changes the number of channels
	colour  colour       // tags for the encoder
	still   *image.NRGBA // a second picture for the filters, as [still]
	limit   int          // frames at most; 0: all
	plain   size         // of pictures that the filters of a tap would only copy; zero: none
	samples samples
	stats   string   // of a first pass, for encoders that keep none in a file
	asked   []string // the options that the caller named
	tag     string   // as of a copied stream
}

// samples is what an encoder of sound takes.
type samples struct {
	format string
	rate   int
	layout string
}

// track is a stream of the output.
type track struct {
	from   stream
	tag    string  // of a copied stream, "" for the container's own
	encode *encode // nil: copied
	splice *splice // copied but for its ends, or nil
}

// plan is what becomes of an input: decided here, done by the libraries.
type plan struct {
	tracks  []track
	covers  []int          // streams of the input that are no tracks: see covering
	report  []codec.Stream // one for each stream of the input, in order
	notes   []string
	options map[string]string
	still   *image.NRGBA // that an edit lays over
	upTo    string       // the filters of a still up to a picture for Go
	palette string       // the filters for a GIF's, "" for others
	size    size         // of the picture as shown, zero for sound
	offset  float64      // seconds by which the output starts earlier
}

// source is the input of a plan, from its headers.
type source struct {
	name, mediaType string
	streams         []stream
	length          time.Duration // of the clip of it; 0: unknown
}

// planner makes a plan.
type planner struct {
	plan
	source
	target target
	op     request
	chosen int            // the subtitles for a target of text
	wanted map[kind][]int // streams that were named, by kind
	tones  bool           // filters that map HDR to SDR are here
}

// makePlan decides what becomes of each stream of the input.
func makePlan(in source, op request, tones bool) (plan, error) {
	t, ok := targetOf(op)
	if !ok {
		return plan{}, codec.Errorf(codec.Unsupported, "%s cannot be made into %s", in.name, op.Format)
	}
	if err := checkPlays(in.name, in.streams); err != nil {
		return plan{}, err
	}
	p := planner{plan: plan{options: t.options, report: make([]codec.Stream, len(in.streams))},
		source: in, target: t, op: op, tones: tones}
	p.noteUnused()
	for _, text := range op.told {
		p.note(text)
	}
	if err := p.chooseTracks(); err != nil {
		return plan{}, err
	}
	if t.words {
		var err error
		if p.chosen, err = op.pick.choose(in.name, in.streams); err != nil {
			return plan{}, err
		}
	}
	best, sound := bestVideo(in.streams), bestAudio(in.streams)
	if chosen := p.wanted[audio]; len(chosen) > 0 {
		sound = chosen[0]
	}
	for i, s := range in.streams {
		p.report[i] = codec.Stream{Index: i, Kind: s.spokenKind(), Codec: s.codec}
		if err := p.place(s, best, sound); err != nil {
			return plan{}, err
		}
	}
	if err := p.complete(); err != nil {
		return plan{}, err
	}
	p.inOrder()
	return p.plan, nil
}

// place decides about one stream.
func (p *planner) place(s stream, best, sound int) error {
	unwanted := p.leftOut(s)
	switch {
	case unwanted != "":
		p.drop(s, unwanted)
	case p.target.words:
		p.words(s)
	case (p.target.still || p.target.mute) && s.index != best:
		p.drop(s, p.op.Format+" is made of the main video stream")
	case s.cover && p.op.plain:
		p.drop(s, "cover pictures are metadata")
	case s.cover:
		p.cover(s)
	case s.kind == video && p.target.sound:
		p.drop(s, p.op.Format+" holds sound only")
	case p.op.remux && s.kind == subtitle, p.op.remux && s.kind == video && s.index != best:
		p.copy(s, p.target.tags[s.codec])
	case s.kind == video && s.index != best:
		p.drop(s, "only the main video stream is kept")
	case s.kind == video:
		return p.video(s)
	case s.kind == audio && p.target.sound && s.index != sound && !p.op.remux:
		p.drop(s, "only one sound stream fits into "+p.op.Format)
	case s.kind == audio:
		return p.audio(s)
	case s.kind == subtitle:
		p.subtitles(s)
	case slices.Contains(p.target.copies[s.kind], s.codec):
		p.copy(s, "")
	case s.kind == attachment && p.target.allStreams && p.fromMatroska(s):
		p.copy(s, "")
	default:
		p.drop(s, fmt.Sprintf("%s does not hold %s streams of this kind", p.op.Format, s.kind))
	}
	return nil
}

// fromMatroska reports whether an attachment can be carried over: the library
// knows what it is, as only Matroska says.
func (p *planner) fromMatroska(s stream) bool { return s.codec != "" }

func (p *planner) video(s stream) error {
	reason := "a change was asked for"
	if !p.op.newVideo {
		reason = p.whyNotCopied(s)
	}
	if reason == "" {
		p.copy(s, p.target.tags[s.codec])
		p.size = s.shown()
		return nil
	}
	if !s.decodable {
		return p.undecodable(s)
	}
	if s.width <= 0 || s.height <= 0 {
		return codec.Errorf(codec.Invalid, "%s: its video has no picture size", p.name)
	}
	switch {
	case p.target.still:
		e, err := p.picture(s)
		if err != nil {
			return err
		}
		p.encode(s, e, reason)
	case p.target.mute:
		p.encode(s, p.animation(s), reason)
	default:
		e, err := p.pictures(s)
		if err != nil {
			return err
		}
		e.tag = p.target.tags[codecOf(e.encoder)]
		p.encode(s, e, reason)
	}
	return nil
}

// whyNotCopied says what keeps the video stream from being copied; "": nothing.
func (p *planner) whyNotCopied(s stream) string {
	editList := p.target.muxer == "mp4" || p.target.muxer == "mov"
	switch {
	case !p.op.remux && !slices.Contains(p.target.copies[video], s.codec):
		return fmt.Sprintf("%s does not hold %s video", p.op.Format, s.spoken())
	case math.IsNaN(s.start):
		return "its pictures have no times to copy"
	case s.decodable && s.interlaced && p.op.Deinterlace != nil && *p.op.Deinterlace:
		return "its fields become whole pictures"
	case s.decodable && (s.cutInside || s.cutStart && !editList):
		return "its edit list hides pictures that a copy would show"
	}
	return ""
}

func (p *planner) audio(s stream) error {
	if s.shapeless() {
		return p.shapelessSound(s)
	}
	reason := p.whySoundNotCopied(s)
	if reason == "" {
		p.copy(s, "")
		return nil
	}
	if !s.decodable {
		if p.target.sound {
			return p.undecodable(s)
		}
		p.drop(s, "this FFmpeg cannot decode "+s.spoken()+" sound")
		p.note("A sound stream was left out: this FFmpeg cannot decode " + s.spoken() + " sound.")
		return nil
	}
	if s.sampleRate < leastSampleRate || s.sampleRate > mostSampleRate {
		return codec.Errorf(codec.Invalid, "%s claims %d samples a second; sound has %d to %d",
			p.name, s.sampleRate, leastSampleRate, mostSampleRate)
	}
	e, err := p.sound(s)
	if err != nil {
		return err
	}
	p.encode(s, e, reason)
	return nil
}

// Sample rates that sound can have. A header that lies about it makes hours of a file
// of kilobytes.
const leastSampleRate, mostSampleRate = 1000, 6_144_000

// whySoundNotCopied says what keeps the sound from being copied; "": nothing.
func (p *planner) whySoundNotCopied(s stream) string {
	switch {
	case p.op.anew:
		return "it becomes part of something else"
	case p.op.Channels != 0 && p.op.Channels != s.channels:
		return fmt.Sprintf("it has %d channels instead of %d", s.channels, p.op.Channels)
	case p.op.newSound && !p.staysSmall(s) &&
		(!p.target.pcm || !p.op.clip.whole() || len(p.op.edits) > 0):
		return "a change was asked for"
	case !p.op.remux && !slices.Contains(p.target.copies[audio], s.codec):
		return fmt.Sprintf("%s does not hold %s sound", p.op.Format, s.spoken())
	case s.codec == "mp3" && p.mediaType == "audio/mpeg" && s.start > 0 &&
		p.target.muxer == "matroska":
		return "a copy would begin with silence that the MP3 file marks as not to be heard"
	}
	return ""
}

// staysSmall reports whether an encode would not make the sound smaller.
func (p *planner) staysSmall(s stream) bool {
	if !p.op.onlyLess || s.bitRate <= 0 {
		return false
	}
	b := p.bitRate(p.target.audio, min(s.channels, mostChannels(p.target.audio)), s.sampleRate)
	return s.bitRate <= int64(b)*11/10
}

// complete checks that there is something to make, and sets the output's start.
func (p *planner) complete() error {
	media := slices.ContainsFunc(p.tracks, func(t track) bool {
		return !t.from.cover && (t.from.kind == video || t.from.kind == audio || p.target.words)
	})
	switch {
	case len(p.streams) == 0:
		return codec.Errorf(codec.Invalid, "%s holds neither video nor sound", p.name)
	case !media:
		return codec.Errorf(codec.Unsupported, "%s has no %s to make %s from", p.name,
			p.target.medium(), p.op.Format)
	}
	p.offset = math.NaN()
	for _, t := range p.tracks {
		p.offset = earlier(p.offset, t.from)
	}
	// The time of a still, or of words, counts from where all of the film begins.
	if p.target.still || p.target.mute || p.target.words {
		for _, s := range p.streams {
			p.offset = earlier(p.offset, s)
		}
	}
	return nil
}

// earlier is the start of s if that is known and before at.
func earlier(at float64, s stream) float64 {
	if s.cover || s.kind != video && s.kind != audio || math.IsNaN(s.start) || s.start >= at {
		return at
	}
	return s.start
}

func (p *planner) copy(s stream, tag string) {
	p.report[s.index].Action = codec.Copied
	p.tracks = append(p.tracks, track{from: s, tag: tag})
}

func (p *planner) encode(s stream, e encode, reason string) {
	r := &p.report[s.index]
	r.Action, r.Reason, r.Encoder, r.Options = codec.Encoded, reason, e.encoder, e.options
	p.tracks = append(p.tracks, track{from: s, encode: &e})
}

func (p *planner) drop(s stream, reason string) { p.plan.drop(s.index, reason) }

// drop says that a stream is not in the output.
func (p *plan) drop(stream int, reason string) {
	r := &p.report[stream]
	*r = codec.Stream{Index: r.Index, Kind: r.Kind, Codec: r.Codec, Action: codec.Dropped,
		Reason: reason}
}

func (p *planner) note(text string) {
	if !slices.Contains(p.notes, text) {
		p.notes = append(p.notes, text)
	}
}

// bestVideo is the video stream that a player would show: the default, then the
// largest, then the first. -1: there is none.
func bestVideo(in []stream) int {
	best := -1
	for i, s := range in {
		if s.kind != video || s.cover {
			continue
		}
		if best < 0 || better(s.def, in[best].def, s.width*s.height, in[best].width*in[best].height) {
			best = i
		}
	}
	return best
}

// bestAudio is the sound stream that a player would play: the default, then the
// one with most channels, then the first. -1: there is none.
func bestAudio(in []stream) int {
	best := -1
	for i, s := range in {
		if s.kind != audio {
			continue
		}
		if best < 0 || better(s.def, in[best].def, s.channels, in[best].channels) {
			best = i
		}
	}
	return best
}

func better(def, thanDef bool, n, than int) bool {
	if def != thanDef {
		return def
	}
	return n > than
}
