package metadata

import (
	"bytes"
	"encoding/binary"
)

const orientationTag = 0x0112

// Upright returns a copy of EXIF that begins with its TIFF header, says nothing of an
// orientation but that the picture is upright, and has no small preview. It is nil if
// that cannot be.
func Upright(exif []byte) []byte {
	b := bytes.Clone(bytes.TrimPrefix(exif, []byte("Exif\x00\x00")))
	if len(b) < 8 {
		return nil
	}
	var order binary.ByteOrder = binary.LittleEndian
	if b[0] == 'M' {
		order = binary.BigEndian
	}
	at := int64(order.Uint32(b[4:]))
	if at+2 > int64(len(b)) {
		return nil
	}
	entries := b[at+2:]
	n := int(order.Uint16(b[at:]))
	if len(entries) < 12*n+4 {
		return nil
	}
	for i := range n {
		if e := entries[12*i:]; order.Uint16(e) == orientationTag {
			order.PutUint16(e[8:], 1)
		}
	}
	order.PutUint32(entries[12*n:], 0) // no second directory, which is that of the preview
	return b
}
