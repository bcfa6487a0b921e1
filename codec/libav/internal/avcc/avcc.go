// Package avcc reads and writes the AVCDecoderConfigurationRecord, in which MP4 and Matroska
// keep the parameter sets of H.264 video: ISO/IEC 14496-15, section 5.3.3.1. A record may hold
// those of several encoders, if their numbers differ:
//
//	record, err := avcc.Parse(extradata)
//	number, ok := record.FreeNumber() // for the sequence and picture parameter sets of another
//	…
//	err = record.Add(headersOfTheOther)
//	extradata = record.Bytes()
package avcc

import (
	"encoding/binary"
	"errors"
	"math/bits"
)

// Record is a decoder configuration record.
type Record struct {
	Profile, Constraints, Level byte
	// LengthSize is how many bytes the length before each NAL unit of a sample has.
	LengthSize int
	// Sequence and Picture are the parameter sets, as NAL units.
	Sequence, Picture [][]byte
	rest              []byte // what the high profiles add
}

// ErrMalformed says that bytes are no record, or no parameter sets.
var ErrMalformed = errors.New("avcc: malformed")

const (
	typeSequence, typePicture  = 7, 8 // of NAL units, ITU-T H.264 table 7-1
	mostSequence, mostPicture  = 31, 255
	headerSize, mostParameters = 6, 1<<16 - 1
)

// Parse reads a record. It keeps parts of b. It returns [ErrMalformed] for anything else, such
// as the parameter sets of an MPEG transport stream.
func Parse(b []byte) (Record, error) {
	if len(b) < headerSize || b[0] != 1 {
		return Record{}, ErrMalformed
	}
	r := Record{Profile: b[1], Constraints: b[2], Level: b[3], LengthSize: int(b[4]&3) + 1}
	count, b := int(b[5]&31), b[headerSize:]
	var ok bool
	if r.Sequence, b, ok = units(b, count, typeSequence); !ok || len(b) == 0 {
		return Record{}, ErrMalformed
	}
	if r.Picture, r.rest, ok = units(b[1:], int(b[0]), typePicture); !ok {
		return Record{}, ErrMalformed
	}
	return r, nil
}

// units takes that many NAL units of a type from b, each behind its length in two bytes.
func units(b []byte, count int, kind byte) (units [][]byte, rest []byte, ok bool) {
	for range count {
		if len(b) < 2 {
			return nil, nil, false
		}
		size := int(binary.BigEndian.Uint16(b))
		if b = b[2:]; size == 0 || len(b) < size || b[0]&31 != kind {
			return nil, nil, false
		}
		units, b = append(units, b[:size]), b[size:]
	}
	return units, b, true
}

// FreeNumber is one that neither a sequence nor a picture parameter set of the record has, and
// false if there is none or one of the sets cannot be read. It is the highest one, as those
// that streams may hold besides have low ones.
func (r Record) FreeNumber() (int, bool) {
	var used uint32
	for _, set := range r.Sequence {
		n, ok := sequenceNumber(set)
		if !ok || n > 31 {
			return 0, false
		}
		used |= 1 << n
	}
	for _, set := range r.Picture {
		n, ok := pictureNumber(set)
		if !ok {
			return 0, false
		}
		if n < 32 {
			used |= 1 << n
		}
	}
	n := 31 - bits.LeadingZeros32(^used)
	return n, n >= 0
}

// sequenceNumber is the seq_parameter_set_id, ITU-T H.264 section 7.3.2.1.1: behind the type,
// the profile, the constraints and the level.
func sequenceNumber(set []byte) (int, bool) { return firstNumber(set, 4) }

// pictureNumber is the pic_parameter_set_id, section 7.3.2.2.
func pictureNumber(set []byte) (int, bool) { return firstNumber(set, 1) }

// firstNumber reads an Exp-Golomb code, section 9.1, of up to 31 bits.
func firstNumber(set []byte, from int) (int, bool) {
	if len(set) <= from {
		return 0, false
	}
	var window [4]byte
	copy(window[:], set[from:])
	w := binary.BigEndian.Uint32(window[:])
	zeros := bits.LeadingZeros32(w)
	if zeros > 15 || 2*zeros+1 > 8*(len(set)-from) {
		return 0, false
	}
	return int(w>>(31-2*zeros)) - 1, true
}

// Add adds the parameter sets among NAL units, each behind its length in four bytes, and raises
// the level to theirs. It returns [ErrMalformed] if there is none of each kind, or no room.
func (r *Record) Add(units []byte) error {
	sequence, picture := len(r.Sequence), len(r.Picture)
	for len(units) > 0 {
		if len(units) < 4 {
			return ErrMalformed
		}
		size := uint64(binary.BigEndian.Uint32(units))
		if units = units[4:]; size == 0 || uint64(len(units)) < size {
			return ErrMalformed
		}
		set := units[:size]
		units = units[size:]
		if len(set) > mostParameters {
			return ErrMalformed
		}
		switch set[0] & 31 {
		case typeSequence:
			if len(set) < 4 {
				return ErrMalformed
			}
			r.Level = max(r.Level, set[3])
			r.Sequence = append(r.Sequence, set)
		case typePicture:
			r.Picture = append(r.Picture, set)
		}
	}
	if len(r.Sequence) == sequence || len(r.Picture) == picture ||
		len(r.Sequence) > mostSequence || len(r.Picture) > mostPicture {
		return ErrMalformed
	}
	return nil
}

// Bytes is the record as it is stored.
func (r Record) Bytes() []byte {
	b := []byte{1, r.Profile, r.Constraints, r.Level, 0xFC | byte(r.LengthSize-1),
		0xE0 | byte(len(r.Sequence))}
	for _, set := range r.Sequence {
		b = append(binary.BigEndian.AppendUint16(b, uint16(len(set))), set...)
	}
	b = append(b, byte(len(r.Picture)))
	for _, set := range r.Picture {
		b = append(binary.BigEndian.AppendUint16(b, uint16(len(set))), set...)
	}
	return append(b, r.rest...)
}
