package picture

import (
	"encoding/binary"
	"io"
)

// Tags of TIFF 6.0 and of EXIF.
const (
	tagOrientation = 274
	tagXResolution = 282
	tagYResolution = 283
	tagUnit        = 296
	tagICC         = 34675
)

// maxTags bounds the first directory.
const maxTags = 1000

// exif takes what the first directory tells. Metadata are never worth a failure:
// what makes no sense is left out. It returns where the next directory begins, 0 if
// there is none: a thumbnail in EXIF, a page in TIFF.
func (h *Header) exif(r io.ReaderAt) (next uint32) {
	d, ok := readDirectory(r)
	if !ok {
		return 0
	}
	if o := d.number(tagOrientation); 1 <= o && o <= 8 {
		h.Orientation = int(o)
	}
	scale := 1.0
	if d.number(tagUnit) == 3 { // centimetres
		scale = 2.54
	}
	x, y := d.ratio(tagXResolution)*scale, d.ratio(tagYResolution)*scale
	if x > 0 && y > 0 && h.DensityX == 0 {
		h.DensityX, h.DensityY = x, y
	}
	if h.Profile == nil {
		h.Profile = d.bytes(tagICC)
	}
	return d.next
}

// directory is the first one of a TIFF.
type directory struct {
	r       io.ReaderAt
	order   binary.ByteOrder
	entries map[uint16][]byte // 12 bytes each: tag, type, count, value or offset
	next    uint32
}

func readDirectory(r io.ReaderAt) (directory, bool) {
	d := directory{r: r, order: binary.LittleEndian, entries: map[uint16][]byte{}}
	head, ok := d.at(0, 8)
	if !ok {
		return d, false
	}
	switch string(head[:4]) {
	case "II*\x00":
	case "MM\x00*":
		d.order = binary.BigEndian
	default:
		return d, false
	}
	off := int64(d.order.Uint32(head[4:]))
	count, ok := d.at(off, 2)
	if !ok {
		return d, false
	}
	n := int(d.order.Uint16(count))
	if n > maxTags {
		return d, false
	}
	all, ok := d.at(off+2, n*12)
	if !ok {
		return d, false
	}
	for i := range n {
		e := all[i*12 : i*12+12]
		d.entries[d.order.Uint16(e)] = e
	}
	if next, ok := d.at(off+2+int64(n)*12, 4); ok {
		d.next = d.order.Uint32(next)
	}
	return d, true
}

func (d directory) at(off int64, n int) ([]byte, bool) {
	b := make([]byte, n)
	got, _ := d.r.ReadAt(b, off) // a fault is kept by the reader
	return b, got == n
}

// number returns the value of a SHORT or LONG, 0 if there is none.
func (d directory) number(tag uint16) uint32 {
	e := d.entries[tag]
	if e == nil {
		return 0
	}
	switch d.order.Uint16(e[2:]) {
	case 3:
		return uint32(d.order.Uint16(e[8:]))
	case 4:
		return d.order.Uint32(e[8:])
	}
	return 0
}

// ratio returns the value of a RATIONAL, 0 if there is none.
func (d directory) ratio(tag uint16) float64 {
	e := d.entries[tag]
	if e == nil || d.order.Uint16(e[2:]) != 5 {
		return 0
	}
	b, ok := d.at(int64(d.order.Uint32(e[8:])), 8)
	if !ok || d.order.Uint32(b[4:]) == 0 {
		return 0
	}
	return float64(d.order.Uint32(b)) / float64(d.order.Uint32(b[4:]))
}

// bytes returns what an entry of bytes points to.
func (d directory) bytes(tag uint16) []byte {
	e := d.entries[tag]
	if e == nil {
		return nil
	}
	n := d.order.Uint32(e[4:])
	if n <= 4 || n > maxProfile {
		return nil
	}
	b, ok := d.at(int64(d.order.Uint32(e[8:])), int(n))
	if !ok {
		return nil
	}
	return b
}
