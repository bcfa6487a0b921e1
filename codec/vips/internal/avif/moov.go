package avif

import "encoding/binary"

// clock is how many units of time a second has.
const clock = 1000

// Numbers of the tracks.
const (
	colourTrack = 1
	alphaTrack  = 2
)

var identity = []int{1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30}

// round is how long one round of the frames is.
func (l *layout) round() int {
	n := 0
	for i := range l.Delays {
		n += l.length(i)
	}
	return n
}

// length is how long a frame is shown.
func (l *layout) length(i int) int { return max(int(l.Delays[i].Milliseconds()), 1) }

// total appends how long all rounds are.
func (l *layout) total(b []byte) []byte {
	if l.Plays == 0 {
		return binary.BigEndian.AppendUint64(b, endless)
	}
	return binary.BigEndian.AppendUint64(b, uint64(l.round())*uint64(l.Plays))
}

// moov describes the sequence.
func (l *layout) moov(b []byte) []byte {
	return box(b, "moov", func(b []byte) []byte {
		b = full(b, "mvhd", 1, 0, func(b []byte) []byte {
			b = l.total(u32(append(b, make([]byte, 16)...), clock))
			b = u32(b, 1<<16)
			b = u32(append(u16(b, 1<<8), make([]byte, 10)...), identity...)
			return u32(append(b, make([]byte, 24)...), alphaTrack+1)
		})
		b = l.track(b, colourTrack, l.Colours, l.media)
		if l.Alpha != nil {
			b = l.track(b, alphaTrack, l.Alpha, l.media+lengthOf(l.Colours))
		}
		return b
	})
}

func (l *layout) track(b []byte, id int, samples []Sample, place int) []byte {
	return box(b, "trak", func(b []byte) []byte {
		b = full(b, "tkhd", 1, 1, func(b []byte) []byte {
			b = l.total(u32(append(b, make([]byte, 16)...), id, 0))
			b = u32(append(b, make([]byte, 16)...), identity...)
			return u32(b, l.Width<<16, l.Height<<16)
		})
		b = box(b, "edts", func(b []byte) []byte {
			return full(b, "elst", 0, 1, func(b []byte) []byte { // 1: it is repeated
				return u32(b, 1, l.round(), 0, 1<<16)
			})
		})
		if id == alphaTrack {
			b = box(b, "tref", func(b []byte) []byte {
				return box(b, "auxl", func(b []byte) []byte { return u32(b, colourTrack) })
			})
		}
		return box(b, "mdia", func(b []byte) []byte { return l.mdia(b, id, samples, place) })
	})
}

func (l *layout) mdia(b []byte, id int, samples []Sample, place int) []byte {
	b = full(b, "mdhd", 0, 0, func(b []byte) []byte {
		const undetermined = 0x55c4 // "und"
		return u16(u32(b, 0, 0, clock, l.round()), undetermined, 0)
	})
	kind := "pict"
	if id == alphaTrack {
		kind = "auxv"
	}
	b = handler(b, kind)
	return box(b, "minf", func(b []byte) []byte {
		b = full(b, "vmhd", 0, 1, func(b []byte) []byte { return u16(b, 0, 0, 0, 0) })
		b = box(b, "dinf", func(b []byte) []byte {
			return full(b, "dref", 0, 0, func(b []byte) []byte {
				return full(u32(b, 1), "url ", 0, 1, func(b []byte) []byte { return b })
			})
		})
		return box(b, "stbl", func(b []byte) []byte { return l.tables(b, id, samples, place) })
	})
}

// tables tell what the frames are, how long they are shown, and where they are.
func (l *layout) tables(b []byte, id int, samples []Sample, place int) []byte {
	b = full(b, "stsd", 0, 0, func(b []byte) []byte {
		return box(u32(b, 1), "av01", func(b []byte) []byte { return l.entry(b, id) })
	})
	b = full(b, "stts", 0, 0, func(b []byte) []byte {
		b = u32(b, len(samples))
		for i := range samples {
			b = u32(b, 1, l.length(i))
		}
		return b
	})
	b = full(b, "stsc", 0, 0, func(b []byte) []byte { return u32(b, 1, 1, len(samples), 1) })
	b = full(b, "stsz", 0, 0, func(b []byte) []byte {
		b = u32(b, 0, len(samples))
		for _, s := range samples {
			b = u32(b, len(s.Data))
		}
		return b
	})
	b = full(b, "stco", 0, 0, func(b []byte) []byte { return u32(b, 1, place) })
	return full(b, "stss", 0, 0, func(b []byte) []byte {
		var keys []int
		for i, s := range samples {
			if s.Key {
				keys = append(keys, i+1)
			}
		}
		return u32(u32(b, len(keys)), keys...)
	})
}

// entry describes the pictures of a track.
func (l *layout) entry(b []byte, id int) []byte {
	b = u16(append(b, make([]byte, 6)...), 1)
	b = u16(append(b, make([]byte, 16)...), l.Width, l.Height)
	b = u32(b, 72<<16, 72<<16, 0) // dots for each inch
	b = append(u16(b, 1), make([]byte, 32)...)
	b = u16(b, 24, 0xffff)
	const constraints = 0x7c000000 // up to 15 frames are referred to
	if id == alphaTrack {
		b = property(b, "av1C", l.alpha)
		b = full(b, "auxi", 0, 0, func(b []byte) []byte { return append(b, transparency+"\x00"...) })
	} else {
		b = l.profile(l.colour(property(b, "av1C", l.colours)))
	}
	return full(b, "ccst", 0, 0, func(b []byte) []byte { return u32(b, constraints) })
}
