package picture

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"

	"github.com/spoolmedia/spool/codec"

	"golang.org/x/image/tiff"
)

// Bounds of what is read of metadata.
const (
	maxSegments = 10_000
	maxProfile  = 4 << 20
)

// jpegHeader walks the segments up to the first scan (ITU-T T.81, Annex B).
func jpegHeader(r *reader, h *Header) error {
	profile := map[byte][]byte{}
	defer func() { h.Profile = joined(profile) }()
	off := int64(2)
	for range maxSegments {
		var head [4]byte
		if err := r.full(head[:], off); err != nil {
			return err
		}
		if head[0] != 0xff {
			return errors.New("no marker where one should be")
		}
		marker := head[1]
		if marker == 0xff { // fill
			off++
			continue
		}
		size := int(binary.BigEndian.Uint16(head[2:]))
		if size < 2 {
			return errors.New("a segment without length")
		}
		if marker == 0xda {
			return nil
		}
		body := make([]byte, size-2)
		if jpegWanted(marker) {
			if err := r.full(body, off+4); err != nil {
				return err
			}
			jpegSegment(marker, body, h, profile)
		}
		off += 2 + int64(size)
	}
	return errors.New("too many segments")
}

func jpegWanted(marker byte) bool {
	return 0xc0 <= marker && marker <= 0xcf || 0xe0 <= marker && marker <= 0xe2 || marker == 0xee
}

func jpegSegment(marker byte, body []byte, h *Header, profile map[byte][]byte) {
	switch {
	case marker == 0xe0 && bytes.HasPrefix(body, []byte("JFIF\x00")) && len(body) >= 12:
		h.density(body[7], binary.BigEndian.Uint16(body[8:]), binary.BigEndian.Uint16(body[10:]))
	case marker == 0xe1 && bytes.HasPrefix(body, []byte("Exif\x00\x00")):
		h.exif(bytes.NewReader(body[6:]))
	case marker == 0xe2 && bytes.HasPrefix(body, []byte("ICC_PROFILE\x00")) && len(body) > 14:
		profile[body[12]] = body[14:]
	case marker == 0xee && bytes.HasPrefix(body, []byte("Adobe")):
		h.Adobe = true
	case 0xc0 <= marker && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc &&
		len(body) >= 6:
		h.Coded, h.Components = marker, int(body[5])
	}
}

// density takes that of JFIF: 1 is per inch, 2 per centimetre.
func (h *Header) density(unit byte, x, y uint16) {
	scale := map[byte]float64{1: 1, 2: 2.54}[unit]
	h.DensityX, h.DensityY = float64(x)*scale, float64(y)*scale
}

// joined puts the pieces of a profile together, numbered from 1 (ICC.1:2010, B.4).
func joined(pieces map[byte][]byte) []byte {
	var whole []byte
	for i := 1; i <= len(pieces); i++ {
		piece, ok := pieces[byte(i)]
		if !ok || len(whole)+len(piece) > maxProfile {
			return nil
		}
		whole = append(whole, piece...)
	}
	return whole
}

// PNG is what the header of a PNG tells (ISO/IEC 15948).
type PNG struct {
	Depth, Colour byte // bits for each sample, and the colour type
	Interlaced    bool
	Transparent   bool   // it has a tRNS chunk
	Palette       []byte // three bytes for each colour
	Data          int64  // where the first IDAT chunk begins
}

// pngHeader walks the chunks up to the pixels.
func pngHeader(r *reader, h *Header) error {
	off := int64(8)
	for range maxSegments {
		var head [8]byte
		if err := r.full(head[:], off); err != nil {
			return err
		}
		size := int64(binary.BigEndian.Uint32(head[:]))
		kind := string(head[4:])
		if kind == "IDAT" {
			h.PNG.Data = off
			return nil
		}
		if pngWanted(kind) && size <= maxProfile {
			body := make([]byte, size+4)
			if err := r.full(body, off+8); err != nil {
				return err
			}
			sum := crc32.Update(crc32.ChecksumIEEE(head[4:]), crc32.IEEETable, body[:size])
			if sum != binary.BigEndian.Uint32(body[size:]) {
				return errors.New("a chunk has the wrong checksum")
			}
			pngChunk(kind, body[:size], h)
		}
		off += 12 + size
	}
	return errors.New("too many chunks")
}

func pngWanted(kind string) bool {
	switch kind {
	case "IHDR", "PLTE", "tRNS", "iCCP", "pHYs", "eXIf":
		return true
	}
	return false
}

func pngChunk(kind string, body []byte, h *Header) {
	switch {
	case kind == "IHDR" && len(body) == 13:
		h.PNG.Depth, h.PNG.Colour, h.PNG.Interlaced = body[8], body[9], body[12] != 0
	case kind == "PLTE":
		h.PNG.Palette = body
	case kind == "tRNS":
		h.PNG.Transparent = true
	case kind == "pHYs" && len(body) == 9 && body[8] == 1: // per metre
		h.DensityX = float64(binary.BigEndian.Uint32(body)) * 0.0254
		h.DensityY = float64(binary.BigEndian.Uint32(body[4:])) * 0.0254
	case kind == "eXIf":
		h.exif(bytes.NewReader(body))
	case kind == "iCCP":
		_, data, ok := bytes.Cut(body, []byte{0}) // a name, the method, the data
		if !ok || len(data) < 1 {
			return
		}
		if z, err := zlib.NewReader(bytes.NewReader(data[1:])); err == nil {
			profile, err := io.ReadAll(io.LimitReader(z, maxProfile))
			if err == nil && len(profile) < maxProfile {
				h.Profile = profile
			}
		}
	}
}

// webpHeader walks the chunks of the container.
func webpHeader(r *reader, h *Header) error {
	off := int64(12)
	for range maxSegments {
		var head [8]byte
		if r.full(head[:], off) != nil {
			return r.err // the decoder says what is missing
		}
		size := int64(binary.LittleEndian.Uint32(head[4:]))
		kind := string(head[:4])
		if (kind == "EXIF" || kind == "ICCP" || kind == "VP8X") && size <= maxProfile {
			body := make([]byte, size)
			if err := r.full(body, off+8); err != nil {
				return err
			}
			if kind == "VP8X" && len(body) > 0 && body[0]&2 != 0 {
				return codec.Errorf(codec.Unsupported,
					"%s is an animation, which cannot be read here", r.in.Name())
			}
			webpChunk(kind, body, h)
		}
		off += 8 + size + size%2
	}
	return nil
}

func webpChunk(kind string, body []byte, h *Header) {
	switch kind {
	case "EXIF":
		h.exif(bytes.NewReader(bytes.TrimPrefix(body, []byte("Exif\x00\x00"))))
	case "ICCP":
		h.Profile = body
	}
}

func tiffHeader(r *reader, h *Header) error {
	order := make([]byte, 4)
	if err := r.full(order, 0); err != nil {
		return err
	}
	if v := string(order[2:]); v == "\x00\x2b" || v == "\x2b\x00" {
		return tiff.UnsupportedError("BigTIFF")
	}
	next := h.exif(r)
	h.More = next != 0
	return r.err
}
