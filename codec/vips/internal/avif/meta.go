package avif

import "encoding/binary"

// box appends a box to b whose inside f appends.
func box(b []byte, kind string, f func([]byte) []byte) []byte {
	at := len(b)
	b = f(append(append(b, 0, 0, 0, 0), kind...))
	binary.BigEndian.PutUint32(b[at:], uint32(len(b)-at))
	return b
}

// full is box for one with a version and flags.
func full(b []byte, kind string, version, flags int, f func([]byte) []byte) []byte {
	return box(b, kind, func(b []byte) []byte { return f(u32(b, version<<24|flags)) })
}

func u16(b []byte, values ...int) []byte {
	for _, v := range values {
		b = binary.BigEndian.AppendUint16(b, uint16(v))
	}
	return b
}

func u32(b []byte, values ...int) []byte {
	for _, v := range values {
		b = binary.BigEndian.AppendUint32(b, uint32(v))
	}
	return b
}

// item is one of the things in the file that are no track.
type item struct {
	id         int
	kind       string
	mediaType  string // of a "mime"
	length     int
	reference  string // to the first item
	properties []byte // their numbers; 0x80 is for what a reader must understand
	place      int
}

// items are the first picture, its transparency, and the metadata.
func (l *layout) items() []item {
	all := []item{{id: 1, kind: "av01", length: len(l.Colours[0].Data),
		properties: []byte{1, 2, 0x80 | 3, 4}, place: l.media}}
	if l.Profile != nil {
		all[0].properties = append(all[0].properties, l.profileNumber())
	}
	place := l.media + lengthOf(l.Colours)
	if l.Alpha != nil {
		all = append(all, item{id: 2, kind: "av01", length: len(l.Alpha[0].Data), reference: "auxl",
			properties: []byte{1, 5, 0x80 | 6, 7}, place: place})
		place += lengthOf(l.Alpha)
	}
	if l.EXIF != nil {
		all = append(all, item{id: 3, kind: "Exif", length: 4 + len(l.EXIF), reference: "cdsc",
			place: place})
		place += 4 + len(l.EXIF)
	}
	if l.XMP != nil {
		all = append(all, item{id: 4, kind: "mime", mediaType: "application/rdf+xml",
			length: len(l.XMP), reference: "cdsc", place: place})
	}
	return all
}

func lengthOf(s []Sample) int {
	n := 0
	for i := range s {
		n += len(s[i].Data)
	}
	return n
}

// meta describes the first picture and the metadata.
func (l *layout) meta(b []byte) []byte {
	items := l.items()
	return full(b, "meta", 0, 0, func(b []byte) []byte {
		b = handler(b, "pict")
		b = full(b, "pitm", 0, 0, func(b []byte) []byte { return u16(b, 1) })
		b = full(b, "iloc", 0, 0, func(b []byte) []byte {
			b = u16(b, 0x4400, len(items)) // places and lengths of 4 bytes
			for _, i := range items {
				b = u32(u16(b, i.id, 0, 1), i.place, i.length)
			}
			return b
		})
		b = full(b, "iinf", 0, 0, func(b []byte) []byte {
			b = u16(b, len(items))
			for _, i := range items {
				b = i.info(b)
			}
			return b
		})
		if len(items) > 1 {
			b = full(b, "iref", 0, 0, func(b []byte) []byte {
				for _, i := range items[1:] {
					b = box(b, i.reference, func(b []byte) []byte { return u16(b, i.id, 1, 1) })
				}
				return b
			})
		}
		return box(b, "iprp", func(b []byte) []byte { return l.properties(b, items) })
	})
}

func (i item) info(b []byte) []byte {
	return full(b, "infe", 2, 0, func(b []byte) []byte {
		b = append(append(u16(b, i.id, 0), i.kind...), 0)
		if i.mediaType != "" {
			b = append(append(b, i.mediaType...), 0)
		}
		return b
	})
}

// properties are what items have, and which has what.
func (l *layout) properties(b []byte, items []item) []byte {
	b = box(b, "ipco", func(b []byte) []byte {
		b = full(b, "ispe", 0, 0, func(b []byte) []byte { return u32(b, l.Width, l.Height) })
		b = full(b, "pixi", 0, 0, func(b []byte) []byte {
			d := byte(l.Depth)
			if l.Grey {
				return append(b, 1, d)
			}
			return append(b, 3, d, d, d)
		})
		b = property(b, "av1C", l.colours)
		b = l.colour(b)
		if l.Alpha != nil {
			b = full(b, "pixi", 0, 0, func(b []byte) []byte { return append(b, 1, byte(l.Depth)) })
			b = property(b, "av1C", l.alpha)
			b = full(b, "auxC", 0, 0, func(b []byte) []byte { return append(b, transparency+"\x00"...) })
		}
		return l.profile(b)
	})
	return full(b, "ipma", 0, 0, func(b []byte) []byte {
		described := 0
		for _, i := range items {
			described += min(len(i.properties), 1)
		}
		b = u32(b, described)
		for _, i := range items {
			if n := len(i.properties); n > 0 {
				b = append(append(u16(b, i.id), byte(n)), i.properties...)
			}
		}
		return b
	})
}

func property(b []byte, kind string, inside []byte) []byte {
	return box(b, kind, func(b []byte) []byte { return append(b, inside...) })
}

// colour describes the colours: BT.709 and sRGB, or what a profile says, as YCbCr by
// BT.601 in the full range.
func (l *layout) colour(b []byte) []byte {
	primaries, transfer := 1, 13
	if l.Profile != nil {
		primaries, transfer = 2, 2
	}
	return box(b, "colr", func(b []byte) []byte {
		return append(u16(append(b, "nclx"...), primaries, transfer, 6), 0x80)
	})
}

// profile describes them by a profile, if there is one.
func (l *layout) profile(b []byte) []byte {
	if l.Profile == nil {
		return b
	}
	return property(b, "colr", append([]byte("prof"), l.Profile...))
}

// profileNumber is that of the property, which is behind those of transparency.
func (l *layout) profileNumber() byte {
	if l.Alpha != nil {
		return 8
	}
	return 5
}

func handler(b []byte, kind string) []byte {
	return full(b, "hdlr", 0, 0, func(b []byte) []byte {
		return append(u32(append(u32(b, 0), kind...), 0, 0, 0), 0)
	})
}
