package libav

// #include "job.h"
import "C"

import (
	"math"
	"time"
	"unsafe"

	"github.com/spoolmedia/spool/codec"
)

// kind is what a stream holds, in the words of [codec.Stream].
type kind string

const (
	video      kind = "video"
	audio      kind = "audio"
	subtitle   kind = "subtitle"
	attachment kind = "attachment"
	data       kind = "data"
)

// rational is a fraction of the libraries; a zero denominator means unknown.
type rational struct{ num, den int }

// colour is how numbers become colours, in the codes of ITU-T H.273 that the
// libraries use; 2 is unknown. rng is 0 unknown, 1 limited, 2 full.
type colour struct{ primaries, transfer, matrix, rng int }

// Codes of H.273 that are decided upon.
const (
	bt709   = 1
	unknown = 2
	srgb    = 13
	pq      = 16
	hlg     = 18

	limited   = 1
	fullRange = 2
)

// stream is a stream of the input, from its headers.
type stream struct {
	index         int
	kind          kind
	profile       string
	codec         string // "" if the libraries do not know it
	tag           uint32 // the container's code for it, such as "vvc1"
	decodable     bool
	cover         bool // a picture attached to the file, not a film
	pictureSize   int  // of a cover, in bytes
	still         bool // a picture that does not play
	def           bool // the default of its kind
	text          bool // of subtitles: not pictures
	language      string
	width, height int // as stored
	aspect, rate  rational
	bits          int // of a sample of picture or sound
	rgb, full     bool
	alpha         bool
	interlaced    bool
	dolbyVision   bool
	cutStart      bool // an edit list hides pictures at the start
	cutInside     bool // or between others
	colour        colour
	turn          turn
	sampleRate    int
	channels      int
	layout        string
	floating      bool
	start, length float64 // seconds, NaN if unknown
	bitRate       int64
}

func (s stream) hdr() bool { return s.colour.transfer == pq || s.colour.transfer == hlg }

// stored is the size of the picture in the file; shown is as a player shows it,
// with square pixels and turned upright.
func (s stream) stored() size { return size{s.width, s.height} }

// asStored is the size in the file, turned upright.
func (s stream) asStored() size {
	if s.turn.swaps() {
		return s.stored().swapped()
	}
	return s.stored()
}

func (s stream) shown() size {
	z := s.stored()
	if s.aspect.num > 0 && s.aspect.den > 0 {
		w := math.Round(float64(z.w) * float64(s.aspect.num) / float64(s.aspect.den))
		z.w = int(min(max(1, w), math.MaxInt32))
	}
	if s.turn.swaps() {
		return z.swapped()
	}
	return z
}

// spokenKind is the kind in the words of [codec.Stream].
func (s stream) spokenKind() string {
	if s.cover {
		return string(codec.Image)
	}
	return string(s.kind)
}

// streams describes the input's streams.
func (s *session) streams() []stream {
	all := make([]stream, int(s.job.in.nb_streams))
	for i := range all {
		var d C.SpoolStream
		C.spool_describe(s.job, C.int(i), &d)
		all[i] = newStream(i, &d)
	}
	return all
}

func newStream(index int, d *C.SpoolStream) stream {
	s := stream{
		index: index, kind: kindOf(d.kind), codec: C.GoString(d.codec),
		profile: C.GoString(d.profile), tag: uint32(d.tag),
		decodable:   d.decodable != 0,
		cover:       d.disposition&C.AV_DISPOSITION_ATTACHED_PIC != 0,
		pictureSize: int(d.picture_size),
		def:         d.disposition&C.AV_DISPOSITION_DEFAULT != 0,
		text:        d.text != 0, language: C.GoString(d.language),
		start: float64(d.start), length: float64(d.duration), bitRate: int64(d.bit_rate),
	}
	switch s.kind {
	case video:
		s.width, s.height, s.bits = int(d.width), int(d.height), int(d.bits)
		s.aspect = rational{int(d.aspect.num), int(d.aspect.den)}
		s.rate = rational{int(d.rate.num), int(d.rate.den)}
		s.rgb, s.full = d.rgb != 0, d.full_range != 0
		s.alpha, s.interlaced, s.dolbyVision = d.alpha != 0, d.interlaced != 0, d.dolby_vision != 0
		s.colour = colour{int(d.primaries), int(d.transfer), int(d.matrix), int(d.color_range)}
		s.cutStart, s.cutInside = d.cut_start != 0, d.cut_inside != 0
		if d.has_matrix != 0 {
			s.turn = turnOf(*(*[9]int32)(unsafe.Pointer(&d.display)))
		}
	case audio:
		s.sampleRate, s.channels = int(d.sample_rate), int(d.channels)
		s.bits, s.floating = int(d.sample_bits), d.floating != 0
		s.layout = C.GoString(&d.layout[0])
	}
	return s
}

func kindOf(k C.int) kind {
	switch k {
	case C.AVMEDIA_TYPE_VIDEO:
		return video
	case C.AVMEDIA_TYPE_AUDIO:
		return audio
	case C.AVMEDIA_TYPE_SUBTITLE:
		return subtitle
	case C.AVMEDIA_TYPE_ATTACHMENT:
		return attachment
	}
	return data
}

// leastBitRate is below what any sound or film takes, in bits a second. A
// header whose duration says less is wrong: some writers of fragmented files
// leave rubbish there, and a cut file has the duration of the whole.
const leastBitRate = 64

// duration is how long the input lasts according to its headers; 0 if it is
// unknown or cannot be true.
func (s *session) duration() time.Duration {
	d := float64(C.spool_duration(s.job))
	if !(d > 0) || d > 1e9 || float64(s.in.Size())*8/d < leastBitRate {
		return 0
	}
	return time.Duration(d * float64(time.Second))
}
