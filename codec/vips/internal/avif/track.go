package avif

import (
	"bytes"
	"fmt"
	"math"
	"time"
)

// track is one of the tracks of a file.
type track struct {
	id, auxiliary uint32 // the track that this one belongs to; 0 is none
	handler       string
	auxType       string
	width, height int
	depth         int
	timescale     uint32
	length        uint64 // of all rounds, in the time of the file
	round         uint64 // of one
	edited        bool   // there is an edit list
	repeats       bool
	profile       []byte
	header        []byte // AV1 that is before the first frame
	count         int

	times, sizes, groups, places body // the tables
	wide                         bool // places have 64 bits
	samples                      []span
}

// span is a range of the file.
type span struct{ from, to int64 }

// mostTracks bounds the tracks that are looked at.
const mostTracks = 16

func readTracks(moov body) ([]*track, error) {
	var tracks []*track
	err := moov.children(func(kind string, b body) error {
		if kind != "trak" {
			return nil
		}
		if len(tracks) == mostTracks {
			return fmt.Errorf("%w: too many tracks", ErrSyntax)
		}
		t := &track{}
		tracks = append(tracks, t)
		return t.read(b)
	})
	return tracks, err
}

// read takes what the boxes of a track say.
func (t *track) read(b body) error {
	return b.children(func(kind string, b body) error {
		f := &fields{b: b}
		switch kind {
		case "edts", "mdia", "minf", "stbl", "tref":
			return t.read(b)
		case "tkhd":
			v := f.version()
			f.skip(8 * (v + 1)) // times of creation
			t.id = f.u32()
			f.skip(4)
			t.length = f.long(v)
			f.skip(52)
			t.width, t.height = int(f.u32()>>16), int(f.u32()>>16)
		case "auxl":
			t.auxiliary = f.u32()
		case "elst":
			head := f.u32()
			f.skip(4)
			t.edited, t.repeats, t.round = true, head&1 != 0, f.long(int(head>>24))
		case "mdhd":
			f.skip(8*f.version() + 8)
			t.timescale = f.u32()
		case "hdlr":
			f.skip(8)
			t.handler = f.kind()
		case "stsd":
			f.skip(8)
			return body(f.b).children(t.entry)
		case "stts":
			t.times = b
		case "stsz":
			f.skip(8)
			t.count, t.sizes = int(f.u32()), b
		case "stsc":
			t.groups = b
		case "stco", "co64":
			t.places, t.wide = b, kind == "co64"
		}
		return f.err(kind)
	})
}

// entry takes what a sample entry says of the pictures.
func (t *track) entry(kind string, b body) error {
	const before = 78 // the fields of a VisualSampleEntry
	if kind != "av01" || len(b) < before {
		return nil
	}
	return b[before:].children(func(kind string, b body) error {
		f := &fields{b: b}
		switch kind {
		case "av1C":
			f.skip(2)
			flags := f.u8()
			f.skip(1)
			t.depth, t.header = 8, f.b
			if flags&0x40 != 0 {
				t.depth = 10 + flags>>5&1*2
			}
		case "auxi":
			f.skip(4)
			name, _, _ := bytes.Cut(f.b, []byte{0})
			t.auxType = string(name)
		case "colr":
			if f.kind() == "prof" {
				t.profile = f.b
			}
		}
		return f.err(kind)
	})
}

// plays says how often the track is shown: see "Looping" in the AVIF specification and
// the edit list box in ISO/IEC 14496-12. Without one it is for ever, as browsers do.
func (t *track) plays() int {
	switch {
	case !t.edited:
		return 0
	case !t.repeats:
		return 1
	case t.length == endless || t.round == 0 || t.round == endless:
		return 0
	}
	return int(min((t.length+t.round-1)/t.round, math.MaxInt32))
}

// delays are how long the frames are shown.
func (t *track) delays() ([]time.Duration, error) {
	f := &fields{b: t.times}
	f.skip(4)
	delays := make([]time.Duration, 0, t.count)
	for range f.u32() {
		n, length := f.u32(), uint64(f.u32())
		if f.short || t.timescale == 0 {
			break
		}
		d := time.Duration(float64(length) / float64(t.timescale) * float64(time.Second))
		for range min(int(n), t.count-len(delays)) {
			delays = append(delays, d)
		}
	}
	if len(delays) < t.count {
		return nil, fmt.Errorf("%w: frames without a time", ErrSyntax)
	}
	return delays, nil
}

// mostFrame bounds the bytes of a frame.
const mostFrame = 256 << 20

// locate finds the samples in a file of size bytes, up to the first that is not whole.
func (t *track) locate(size int64) error {
	groups, places := &fields{b: t.groups}, &fields{b: t.places}
	sizes := &fields{b: t.sizes}
	sizes.skip(4)
	common := sizes.u32()
	sizes.skip(4)
	groups.skip(4)
	places.skip(4)
	entries, chunks := groups.u32(), places.u32()
	var perChunk, next uint32 // samples, and the chunk at which that changes
	for chunk := uint32(1); chunk <= chunks && len(t.samples) < t.count; chunk++ {
		if entries > 0 && (chunk == 1 || chunk == next) {
			if first := groups.u32(); chunk == 1 && first != 1 {
				break
			}
			perChunk = groups.u32()
			groups.skip(4)
			if entries--; entries > 0 && len(groups.b) >= 4 {
				next = (&fields{b: groups.b}).u32()
			}
		}
		at := int64(places.u32())
		if t.wide {
			at = at<<32 | int64(places.u32())
		}
		if places.short {
			break
		}
		for range min(int(perChunk), t.count-len(t.samples)) {
			length := int64(common)
			if common == 0 {
				length = int64(sizes.u32())
			}
			switch {
			case sizes.short || at < 0 || length < 1 || length > mostFrame:
				return fmt.Errorf("%w: a frame lies outside", ErrSyntax)
			case at > size-length:
				return nil
			}
			t.samples = append(t.samples, span{at, at + length})
			at += length
		}
	}
	if len(t.samples) < t.count {
		return fmt.Errorf("%w: frames are missing", ErrSyntax)
	}
	return nil
}
