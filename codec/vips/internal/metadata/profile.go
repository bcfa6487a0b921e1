package metadata

import (
	"bytes"
	"encoding/binary"
	"unicode/utf16"
)

// ProfileName returns the description of an ICC profile, such as "Adobe RGB (1998)":
// its first language, if there are several. It is "" if there is none.
func ProfileName(profile []byte) string {
	// ICC.1:2022, 7.2 and 7.3: a header of 128 bytes, then a table of tags.
	const header, entry = 128, 12
	if len(profile) < header+4 {
		return ""
	}
	table := profile[header+4:]
	for range binary.BigEndian.Uint32(profile[header:]) {
		if len(table) < entry {
			return ""
		}
		if string(table[:4]) == "desc" {
			return description(part(profile, table[4:12]))
		}
		table = table[entry:]
	}
	return ""
}

// part returns the bytes that an offset and a size name, or nil.
func part(b, at []byte) []byte {
	from, size := uint64(binary.BigEndian.Uint32(at)), uint64(binary.BigEndian.Uint32(at[4:]))
	if from+size > uint64(len(b)) {
		return nil
	}
	return b[from : from+size]
}

// description reads a textDescriptionType of version 2 or a
// multiLocalizedUnicodeType of version 4.
func description(tag []byte) string {
	if len(tag) < 12 {
		return ""
	}
	switch string(tag[:4]) {
	case "desc":
		size := uint64(binary.BigEndian.Uint32(tag[8:]))
		text := tag[12:min(12+size, uint64(len(tag)))]
		text, _, _ = bytes.Cut(text, []byte{0})
		return string(bytes.ToValidUTF8(text, nil))
	case "mluc":
		if len(tag) < 28 {
			return ""
		}
		text := part(tag, []byte{tag[24], tag[25], tag[26], tag[27], tag[20], tag[21], tag[22], tag[23]})
		units := make([]uint16, len(text)/2)
		for i := range units {
			units[i] = binary.BigEndian.Uint16(text[2*i:])
		}
		name, _, _ := bytes.Cut([]byte(string(utf16.Decode(units))), []byte{0})
		return string(name)
	}
	return ""
}
