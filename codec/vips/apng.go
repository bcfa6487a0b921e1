package vips

import (
	"encoding/binary"
	"io"
)

// maxChunks bounds how many chunks of a PNG are looked at before the pictures.
const maxChunks = 64

// apngFrames counts the frames of an animated PNG, of which libvips reads the
// first alone: see https://www.w3.org/TR/png-3/#acTL-chunk.
func apngFrames(r io.ReaderAt) int {
	var chunk [12]byte // length, type, first word of the data
	pos := int64(8)
	for range maxChunks {
		if _, err := r.ReadAt(chunk[:], pos); err != nil {
			return 1
		}
		switch string(chunk[4:8]) {
		case "acTL":
			return int(min(max(binary.BigEndian.Uint32(chunk[8:]), 1), 1<<31-1))
		case "IDAT", "IEND":
			return 1
		}
		pos += 12 + int64(binary.BigEndian.Uint32(chunk[:4]))
	}
	return 1
}
