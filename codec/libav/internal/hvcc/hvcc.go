// Package hvcc reads and writes the HEVCDecoderConfigurationRecord, in which MP4 and Matroska
// keep the parameter sets of H.265 video: ISO/IEC 14496-15, section 8.3.3.1. It adds those of
// another encoder under numbers of their own, since encoders of H.265 number theirs 0:
//
//	record, err := hvcc.Parse(extradata)
//	…
//	if record.Free() {
//		err = record.Add(headersOfTheOther)
//		extradata = record.Bytes()
//	}
//
// The slices of the other are to have [PictureSet] for theirs.
package hvcc

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
)

// Numbers of the parameter sets that are added.
const (
	VideoSet    = 15
	SequenceSet = 15
	// PictureSet has a code of nine bits, of which the last two are ones: in its place, instead
	// of the one bit that is the code of 0, the bits behind it move by a byte, and no byte
	// becomes zero that might need an emulation prevention byte.
	PictureSet = 18
)

// Types of NAL units, ITU-T H.265 table 7-1.
const (
	typeVideo    = 32
	typeSequence = 33
	typePicture  = 34
)

// ErrMalformed says that bytes are no record, or no parameter sets that can be numbered anew.
var ErrMalformed = errors.New("hvcc: malformed")

// Record is a decoder configuration record.
type Record struct {
	Profile byte // general_profile_idc: 1 is Main, 2 Main 10
	// LengthSize is how many bytes the length before each NAL unit of a sample has.
	LengthSize int
	head       []byte
	arrays     []array
}

// array holds the NAL units of one type.
type array struct {
	kind  byte // with the bit that says that there are no others
	units [][]byte
}

const (
	headSize   = 22
	levelAt    = 12
	kindBits   = 0x3F
	unitHeader = 2 // bytes before a NAL unit's payload
)

// Parse reads a record. It keeps parts of b. It returns [ErrMalformed] for anything else.
func Parse(b []byte) (Record, error) {
	if len(b) <= headSize || b[0] != 1 {
		return Record{}, ErrMalformed
	}
	r := Record{Profile: b[1] & 31, LengthSize: int(b[headSize-1]&3) + 1, head: b[:headSize]}
	count, b := int(b[headSize]), b[headSize+1:]
	for range count {
		if len(b) < 3 {
			return Record{}, ErrMalformed
		}
		a := array{kind: b[0]}
		units := int(binary.BigEndian.Uint16(b[1:]))
		b = b[3:]
		for range units {
			if len(b) < 2 {
				return Record{}, ErrMalformed
			}
			size := int(binary.BigEndian.Uint16(b))
			if b = b[2:]; len(b) < size || size < unitHeader || b[0]>>1&kindBits != a.kind&kindBits {
				return Record{}, ErrMalformed
			}
			a.units, b = append(a.units, b[:size]), b[size:]
		}
		r.arrays = append(r.arrays, a)
	}
	return r, nil
}

// Free reports whether the numbers of those that [Record.Add] adds are free, and there are sets
// of each kind; it is false, too, if one of the sets cannot be read.
func (r Record) Free() bool {
	seen := map[byte]bool{}
	for _, a := range r.arrays {
		kind := a.kind & kindBits
		other := map[byte]uint{typeVideo: VideoSet, typeSequence: SequenceSet,
			typePicture: PictureSet}[kind]
		if other == 0 {
			continue
		}
		for _, unit := range a.units {
			number, ok := numberOf(kind, unit)
			if !ok || number == other {
				return false
			}
			seen[kind] = true
		}
	}
	return seen[typeVideo] && seen[typeSequence] && seen[typePicture]
}

// numberOf reads the number of a parameter set, sections 7.3.2.1 to 7.3.2.3 of ITU-T H.265.
func numberOf(kind byte, unit []byte) (uint, bool) {
	r := reader{bits: unescaped(unit[unitHeader:])}
	switch kind {
	case typeVideo:
		return r.read(4), r.ok()
	case typeSequence:
		r.read(4)
		layers := int(r.read(3)) // maximum number of sub-layers, less one
		r.read(1)
		r.profile(layers)
	}
	return r.code(), r.ok()
}

// Add adds the parameter sets among NAL units, each behind its length in four bytes and with
// the number 0, under their other numbers. It returns [ErrMalformed] if they are not one of each
// kind, have other numbers, or layers.
func (r *Record) Add(units []byte) error {
	var added [3]bool
	head := slices.Clone(r.head)
	arrays := slices.Clone(r.arrays)
	for len(units) > 0 {
		if len(units) < 4 {
			return ErrMalformed
		}
		size := uint64(binary.BigEndian.Uint32(units))
		if units = units[4:]; size < unitHeader || uint64(len(units)) < size {
			return ErrMalformed
		}
		unit := units[:size]
		units = units[size:]
		kind := unit[0] >> 1 & kindBits
		if kind < typeVideo || kind > typePicture {
			continue
		}
		made, ok := renumbered(kind, unit)
		at := slices.IndexFunc(arrays, func(a array) bool { return a.kind&kindBits == kind })
		if !ok || at < 0 || added[kind-typeVideo] {
			return ErrMalformed
		}
		added[kind-typeVideo] = true
		arrays[at].units = append(slices.Clip(arrays[at].units), made)
		if kind == typeSequence {
			head[levelAt] = max(head[levelAt], unescaped(unit[unitHeader:])[levelAt])
		}
	}
	if added != [3]bool{true, true, true} {
		return ErrMalformed
	}
	r.head, r.arrays = head, arrays
	return nil
}

// sequenceAt is where the number of a sequence parameter set begins without sub-layers: behind
// a byte and the profile and level.
const sequenceAt = 13

// renumbered is a parameter set with its other number, and false if it has not got the number 0.
func renumbered(kind byte, unit []byte) ([]byte, bool) {
	b := unescaped(unit[unitHeader:])
	const one = 0x80 // the code of 0
	switch {
	case len(b) <= sequenceAt && kind == typeSequence, len(b) == 0:
		return nil, false
	case kind == typeVideo:
		if b[0]>>4 != 0 {
			return nil, false
		}
		b[0] |= VideoSet << 4
	case kind == typeSequence:
		if b[0]>>1 != 0 || b[sequenceAt]&one == 0 {
			return nil, false
		}
		b[0] |= VideoSet << 4
		b = slices.Concat(b[:sequenceAt], []byte{(SequenceSet + 1) >> 1, b[sequenceAt] &^ one},
			b[sequenceAt+1:])
	default: // of this set, and of the sequence's
		if b[0]>>6 != 3 {
			return nil, false
		}
		const codes = (PictureSet+1)<<15 | (SequenceSet+1)<<6
		b = slices.Concat([]byte{codes >> 16, codes >> 8 & 0xFF, codes&0xFF | b[0]&0x3F}, b[1:])
	}
	if len(b) > 1<<15 {
		return nil, false
	}
	return append(slices.Clone(unit[:unitHeader]), escaped(b)...), true
}

// Bytes is the record as it is stored.
func (r Record) Bytes() []byte {
	b := append(slices.Clone(r.head), byte(len(r.arrays)))
	for _, a := range r.arrays {
		b = binary.BigEndian.AppendUint16(append(b, a.kind), uint16(len(a.units)))
		for _, unit := range a.units {
			b = append(binary.BigEndian.AppendUint16(b, uint16(len(unit))), unit...)
		}
	}
	return b
}

// unescaped is the payload of a NAL unit without its emulation prevention bytes.
func unescaped(b []byte) []byte {
	var out []byte
	for {
		i := bytes.Index(b, []byte{0, 0, 3})
		if i < 0 {
			return append(out, b...)
		}
		out, b = append(out, b[:i+2]...), b[i+3:]
	}
}

// escaped is the reverse.
func escaped(b []byte) []byte {
	out := make([]byte, 0, len(b)+8)
	zeros := 0
	for _, c := range b {
		if zeros == 2 && c <= 3 {
			out, zeros = append(out, 3), 0
		}
		if out = append(out, c); c == 0 {
			zeros++
		} else {
			zeros = 0
		}
	}
	return out
}
