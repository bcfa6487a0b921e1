package bmp

import (
	"encoding/binary"
	"errors"
	"image/color"
	"io"
	"math"
	"math/bits"
	"slices"
)

// Errors of this package, besides those of reading.
var (
	// ErrFormat says that the bytes are no BMP, or contradict themselves.
	ErrFormat = errors.New("bmp: broken, or no BMP")
	// ErrUnsupported says that the picture is of a kind that is not read.
	ErrUnsupported = errors.New("bmp: 1, 2, 4, 8, 16, 24 or 32 bits for each pixel can be read, " +
		"not compressed or with RLE4 or RLE8")
)

// Values of biCompression in a BITMAPINFOHEADER.
const (
	rgb            = 0
	rle8           = 1
	rle4           = 2
	bitFields      = 3
	alphaBitFields = 6 // of Windows CE
)

// Lengths of headers that differ in what they hold.
const (
	fileHeader = 14
	coreHeader = 12 // BITMAPCOREHEADER, OS/2 1
	infoHeader = 40
	maskHeader = 52 // BITMAPV2INFOHEADER: with masks for colours
	alphaMask  = 56 // BITMAPV3INFOHEADER: and for transparency
	os2Header  = 64 // OS/2 2: other fields lie where the masks would
	v5Header   = 124
)

// headers are the lengths of all that are read; that of 16 is OS/2 2, shortened.
var headers = []uint32{coreHeader, 16, infoHeader, maskHeader, alphaMask, os2Header, 108, v5Header}

// Header is what a BMP says before its pixels.
type Header struct {
	Width, Height int

	bits        int
	compression uint32
	topDown     bool
	offset      int64 // of the pixels in the file
	read        int64 // bytes of the file that the header took
	palette     color.Palette
	samples     [4]sample // red, green, blue, alpha
}

// sample is where one colour of a pixel lies.
type sample struct {
	shift int
	most  uint64 // 0: there is none
}

// of returns the sample of a pixel, from 0 to 255.
func (s sample) of(pixel uint32) byte {
	return byte((uint64(pixel)>>s.shift&s.most*255 + s.most/2) / s.most)
}

// ReadHeader reads a BMP up to its palette. It allocates no more than that takes.
func ReadHeader(r io.Reader) (*Header, error) {
	h := &Header{}
	var b [fileHeader + v5Header]byte
	if err := h.take(r, b[:fileHeader+4]); err != nil {
		return nil, err
	}
	info := b[fileHeader:]
	length := binary.LittleEndian.Uint32(info)
	if string(b[:2]) != "BM" {
		return nil, ErrFormat
	}
	if !slices.Contains(headers, length) {
		return nil, ErrUnsupported
	}
	if err := h.take(r, info[4:length]); err != nil {
		return nil, err
	}
	h.offset = int64(binary.LittleEndian.Uint32(b[10:]))
	used, err := h.describe(info, length)
	if err == nil && h.bits > 8 {
		err = h.readMasks(r, info, length)
	} else if err == nil {
		err = h.readPalette(r, length, used)
	}
	if err == nil && h.offset < h.read {
		err = ErrFormat
	}
	return h, err
}

// take reads all of b.
func (h *Header) take(r io.Reader, b []byte) error {
	n, err := io.ReadFull(r, b)
	if h.read += int64(n); err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// describe takes the size and the kind out of the header, and how many colours the
// palette is said to have.
func (h *Header) describe(info []byte, length uint32) (used uint32, err error) {
	le := binary.LittleEndian
	var planes uint16
	if length == coreHeader {
		h.Width, h.Height = int(le.Uint16(info[4:])), int(le.Uint16(info[6:]))
		planes, h.bits = le.Uint16(info[8:]), int(le.Uint16(info[10:]))
	} else {
		h.Width, h.Height = int(int32(le.Uint32(info[4:]))), int(int32(le.Uint32(info[8:])))
		planes, h.bits = le.Uint16(info[12:]), int(le.Uint16(info[14:]))
		h.compression, used = le.Uint32(info[16:]), le.Uint32(info[32:])
	}
	if h.Height < 0 {
		h.Height, h.topDown = -h.Height, true
	}
	if h.Width < 1 || h.Height < 1 || planes != 1 {
		return 0, ErrFormat
	}
	if !h.known(length) {
		return 0, ErrUnsupported
	}
	return used, nil
}

// known reports whether the kind is one that is read.
func (h *Header) known(length uint32) bool {
	switch h.compression {
	case rgb:
		return slices.Contains([]int{1, 2, 4, 8, 16, 24, 32}, h.bits)
	case rle8:
		return h.bits == 8
	case rle4:
		return h.bits == 4
	case bitFields, alphaBitFields:
		return length != os2Header && (h.bits == 16 || h.bits == 32)
	}
	return false
}

// readPalette reads blue, green, red and, but for the oldest header, a byte that says
// nothing. What the palette lacks is black.
func (h *Header) readPalette(r io.Reader, length, used uint32) error {
	entry, all := int64(4), int64(1)<<h.bits
	if length == coreHeader {
		entry = 3
	}
	n := min(int64(used), all, (h.offset-h.read)/entry)
	if used == 0 {
		n = min(all, (h.offset-h.read)/entry)
	}
	if n < 1 {
		return ErrFormat
	}
	b := make([]byte, n*entry)
	if err := h.take(r, b); err != nil {
		return err
	}
	for c := range slices.Chunk(b, int(entry)) {
		h.palette = append(h.palette, color.NRGBA{c[2], c[1], c[0], 255})
	}
	for len(h.palette) < int(all) {
		h.palette = append(h.palette, color.NRGBA{0, 0, 0, 255})
	}
	return nil
}

// readMasks finds out where the colours lie in a pixel. Where the header has a mask for
// transparency, it counts without bit fields, too, as in browsers.
func (h *Header) readMasks(r io.Reader, info []byte, length uint32) error {
	masks := [4]uint32{0xff0000, 0xff00, 0xff, 0}
	if h.bits == 16 {
		masks = [4]uint32{0x7c00, 0x3e0, 0x1f, 0}
	}
	in, n := info[infoHeader:], 0 // bytes of masks
	switch {
	case h.compression == rgb:
	case length >= maskHeader:
		n = 3 * 4
	default:
		if n = 3 * 4; h.compression == alphaBitFields {
			n = 4 * 4
		}
		if err := h.take(r, in[:n]); err != nil {
			return err
		}
	}
	for i := range n / 4 {
		masks[i] = binary.LittleEndian.Uint32(in[4*i:])
	}
	if length >= alphaMask && length != os2Header {
		masks[3] = binary.LittleEndian.Uint32(in[12:])
	}
	for i, mask := range masks {
		if mask == 0 {
			continue
		}
		s := sample{bits.TrailingZeros32(mask), uint64(mask >> bits.TrailingZeros32(mask))}
		if s.most&(s.most+1) != 0 {
			return ErrUnsupported // it has gaps
		}
		h.samples[i] = s
	}
	return nil
}

// stride is how many bytes a row takes in a file that is not compressed, and used how
// many of them hold pixels.
func (h *Header) stride() (stride, used int64) {
	row := int64(h.Width) * int64(h.bits)
	return (row + 31) / 32 * 4, (row + 7) / 8
}

// Least is how many bytes the file has at least: a caller that knows its size refuses one
// that says to be a giant before there is memory for it.
func (h *Header) Least() int64 {
	if h.compression == rle8 || h.compression == rle4 {
		return h.offset
	}
	stride, used := h.stride()
	if stride > math.MaxInt64/2/int64(h.Height) {
		return math.MaxInt64
	}
	return h.offset + stride*int64(h.Height-1) + used
}
