package codec

import (
	"bytes"
	"encoding/binary"
)

// maxChunks bounds the walk over the chunks before a PNG's first picture.
const maxChunks = 64

// sniffPNG tells an animated PNG by its acTL chunk, which must come before the
// first picture.
func sniffPNG(s *sniffer) string {
	if !s.has(0, "\x89PNG\r\n\x1a\n") {
		return ""
	}
	off := int64(8)
	for range maxChunks {
		chunk := s.at(off, 8)
		if len(chunk) < 8 {
			break
		}
		switch string(chunk[4:]) {
		case "acTL":
			return "image/apng"
		case "IDAT", "IEND":
			return "image/png"
		}
		off += 12 + int64(binary.BigEndian.Uint32(chunk))
	}
	return "image/png"
}

// sniffBMP wants more than the two letters that any text may begin with.
func sniffBMP(s *sniffer) string {
	if !s.has(0, "BM") || len(s.head) < 26 {
		return ""
	}
	switch binary.LittleEndian.Uint32(s.head[14:]) { // size of the second header
	case 12, 16, 40, 52, 56, 64, 108, 124:
		return "image/bmp"
	}
	return ""
}

// sniffLatePDF finds a PDF that begins within the first 1024 bytes, as PDF
// readers do (ISO 32000-1, Annex H, note 13 of the Acrobat viewers).
func sniffLatePDF(s *sniffer) string {
	head := s.head[:min(len(s.head), 1024)]
	i := bytes.Index(head, []byte("%PDF-"))
	if i < 0 || i+8 > len(s.head) {
		return ""
	}
	if v := s.head[i+5:]; isDigit(v[0]) && v[1] == '.' && isDigit(v[2]) {
		return "application/pdf"
	}
	return ""
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
