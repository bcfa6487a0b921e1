package metadata

import (
	"encoding/binary"
	"fmt"
)

// Flags of the VP8X chunk: https://developers.google.com/speed/webp/docs/riff_container
const (
	flagXMP  = 0x04
	flagEXIF = 0x08
)

// cutWebP keeps the chunks that show the picture and writes the header anew.
func cutWebP(c *cutter) error {
	head, err := c.at(0, 12)
	if err != nil {
		return err
	}
	if len(head) < 12 || string(head[:4]) != "RIFF" || string(head[8:]) != "WEBP" {
		return ErrSyntax
	}
	if err := c.put(head); err != nil {
		return err
	}
	end := min(8+int64(binary.LittleEndian.Uint32(head[4:])), c.size)
	c.early = end == c.size && end < 8+int64(binary.LittleEndian.Uint32(head[4:]))
	begun := false
	for off := int64(12); off < end; {
		next, shows, err := c.webpChunk(off, end, begun)
		if err != nil {
			return err
		}
		begun = begun || shows
		off = next
	}
	if !begun {
		return ErrSyntax
	}
	if end < c.size {
		c.remove("data behind the picture")
	}
	var size int64
	for _, p := range c.pieces {
		size += p.size()
	}
	binary.LittleEndian.PutUint32(head[4:], uint32(size-8))
	return nil
}

// webpChunk keeps the chunk at off or leaves it out. It returns where the next one
// is, and whether this one has a part of the picture.
func (c *cutter) webpChunk(off, end int64, begun bool) (next int64, shows bool, err error) {
	head, err := c.at(off, 18)
	if err != nil {
		return 0, false, err
	}
	if len(head) < 8 {
		return end, false, nil // no chunk, but less than the header of one
	}
	name, size := string(head[:4]), int64(binary.LittleEndian.Uint32(head[4:]))
	if next = off + 8 + size + size&1; next > end {
		if name != "VP8 " && name != "VP8L" && name != "ANMF" && !begun {
			return 0, false, fmt.Errorf("%w: a chunk of %d bytes", ErrSyntax, size)
		}
		next = end
	}
	switch name {
	case "VP8X":
		if len(head) < 18 || size != 10 {
			return 0, false, fmt.Errorf("%w: a header of %d bytes", ErrSyntax, size)
		}
		head[8] &^= flagEXIF | flagXMP
		return next, false, c.put(head)
	case "VP8 ", "VP8L", "ANMF":
		return next, true, c.keep(off, next)
	case "ALPH", "ANIM", "ICCP":
		return next, false, c.keep(off, next)
	case "EXIF":
		c.remove("EXIF")
	case "XMP ":
		c.remove("XMP")
	default:
		c.remove("data of a program")
	}
	return next, false, nil
}
