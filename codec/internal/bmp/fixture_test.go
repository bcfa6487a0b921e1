package bmp_test

import (
	"encoding/binary"
	"image"
	"image/color"
)

// file is a BMP in its parts.
type file struct {
	header        int // bytes
	width, height int
	bits          int
	compression   int
	masks         []uint32 // in the header or, where that has no room, behind it
	palette       [][3]byte
	pixels        []byte
}

// bytes writes the file.
func (f file) bytes() []byte {
	le := binary.LittleEndian
	info := make([]byte, f.header)
	le.PutUint32(info, uint32(f.header))
	if f.header == 12 {
		le.PutUint16(info[4:], uint16(f.width))
		le.PutUint16(info[6:], uint16(f.height))
		le.PutUint16(info[8:], 1)
		le.PutUint16(info[10:], uint16(f.bits))
	} else {
		le.PutUint32(info[4:], uint32(f.width))
		le.PutUint32(info[8:], uint32(f.height))
		le.PutUint16(info[12:], 1)
		le.PutUint16(info[14:], uint16(f.bits))
	}
	if f.header >= 40 {
		le.PutUint32(info[16:], uint32(f.compression))
		le.PutUint32(info[32:], uint32(len(f.palette)))
	}
	for i, m := range f.masks {
		if f.header > 40 {
			le.PutUint32(info[40+4*i:], m)
		} else {
			info = le.AppendUint32(info, m)
		}
	}
	for _, c := range f.palette {
		if info = append(info, c[2], c[1], c[0]); f.header != 12 {
			info = append(info, 0)
		}
	}
	b := append([]byte("BM"), make([]byte, 12)...)
	le.PutUint32(b[2:], uint32(14+len(info)+len(f.pixels)))
	le.PutUint32(b[10:], uint32(14+len(info)))
	return append(append(b, info...), f.pixels...)
}

// greys are n colours of which each is another one.
func greys(n int) [][3]byte {
	p := make([][3]byte, n)
	for i := range p {
		p[i] = [3]byte{byte(i * 255 / max(n-1, 1)), byte(7 * i), byte(255 - i)}
	}
	return p
}

// rows packs numbers of so many bits, a row after the other, from the lower one on.
func rows(bits, w, h int, at func(x, y int) uint32) []byte {
	stride := (w*bits + 31) / 32 * 4
	b := make([]byte, stride*h)
	for y := range h {
		row := b[(h-1-y)*stride:][:stride]
		for x := range w {
			v := at(x, y)
			if bits < 8 {
				row[x*bits/8] |= byte(v << (8 - bits - x*bits%8))
				continue
			}
			for i := range bits / 8 {
				row[x*bits/8+i] = byte(v >> (8 * i))
			}
		}
	}
	return b
}

// number is the colour of a place in a palette of so many bits.
func number(bits int) func(x, y int) uint32 {
	return func(x, y int) uint32 { return uint32(x*3+y*5) & (1<<bits - 1) }
}

// rainbow is a pixel of so many bits for each of the samples.
func rainbow(bits ...int) func(x, y int) uint32 {
	return func(x, y int) (v uint32) {
		for i, n := range bits {
			v = v<<n | uint32((x+1)*(y+2)*(11+i*6))&(1<<n-1)
		}
		return v
	}
}

// runs is a picture of 8 × 4 in RLE8: runs, pixels one by one, a jump, and a row that ends
// before its last pixel.
var runs = []byte{3, 1, 5, 2, 0, 0, 0, 3, 4, 5, 6, 0, 2, 7, 0, 0, 0, 2, 2, 1, 4, 3, 2, 8, 0, 1}

// halves is the same for RLE4, whose runs have two numbers.
var halves = []byte{3, 0x12, 5, 0x21, 0, 0, 0, 3, 0x45, 0x60, 2, 0x78, 0, 0, 0, 2, 2, 1, 4, 0x35,
	2, 0x89, 0, 1}

var kinds = map[string]file{
	"1 bit":              {40, 13, 5, 1, 0, nil, greys(2), rows(1, 13, 5, number(1))},
	"4 bits":             {40, 13, 5, 4, 0, nil, greys(16), rows(4, 13, 5, number(4))},
	"4 bits, 10 colours": {40, 5, 1, 4, 0, nil, greys(10), rows(4, 5, 1, number(3))},
	"8 bits":             {40, 13, 5, 8, 0, nil, greys(256), rows(8, 13, 5, number(8))},
	"8 bits of OS/2":     {12, 13, 5, 8, 0, nil, greys(256), rows(8, 13, 5, number(8))},
	"1 bit of OS/2":      {12, 13, 5, 1, 0, nil, greys(2), rows(1, 13, 5, number(1))},
	"8 bits of OS/2 2":   {64, 13, 5, 8, 0, nil, greys(256), rows(8, 13, 5, number(8))},
	"24 bits of OS/2":    {12, 7, 5, 24, 0, nil, nil, rows(24, 7, 5, rainbow(8, 8, 8))},
	"RLE8":               {40, 8, 4, 8, 1, nil, greys(256), runs},
	"RLE4":               {40, 8, 4, 4, 2, nil, greys(16), halves},
	"16 bits":            {40, 7, 5, 16, 0, nil, nil, rows(16, 7, 5, rainbow(5, 5, 5))},
	"565": {40, 7, 5, 16, 3, []uint32{0xf800, 0x7e0, 0x1f}, nil,
		rows(16, 7, 5, rainbow(5, 6, 5))},
	"24 bits":  {40, 7, 5, 24, 0, nil, nil, rows(24, 7, 5, rainbow(8, 8, 8))},
	"32 bits":  {40, 7, 5, 32, 0, nil, nil, rows(32, 7, 5, rainbow(8, 8, 8, 8))},
	"top-down": {40, 7, -5, 24, 0, nil, nil, rows(24, 7, 5, rainbow(8, 8, 8))},
	"version 4": {108, 7, 5, 32, 3, []uint32{0xff0000, 0xff00, 0xff, 0xff000000}, nil,
		rows(32, 7, 5, rainbow(8, 8, 8, 8))},
	"version 5, red last": {124, 7, 5, 32, 3, []uint32{0xff, 0xff00, 0xff0000, 0xff000000}, nil,
		rows(32, 7, 5, rainbow(8, 8, 8, 8))},
	"version 2": {52, 7, 5, 16, 3, []uint32{0xf800, 0x7e0, 0x1f}, nil, rows(16, 7, 5, rainbow(5, 6, 5))},
	"10 bits of a colour": {56, 7, 5, 32, 3, []uint32{0x3ff00000, 0xffc00, 0x3ff, 0}, nil,
		rows(32, 7, 5, rainbow(10, 10, 10))},
	"1555": {108, 7, 5, 16, 3, []uint32{0x7c00, 0x3e0, 0x1f, 0x8000}, nil,
		rows(16, 7, 5, rainbow(1, 5, 5, 5))},
}

// want is what the picture of a file is, by the definition of its pixels.
func (f file) want() image.Image {
	h := max(f.height, -f.height)
	m := image.NewNRGBA(image.Rect(0, 0, f.width, h))
	for y := range h {
		for x := range f.width {
			row := h - 1 - y
			if f.height < 0 {
				row = y
			}
			m.Set(x, y, f.colour(f.pixel(x, row)))
		}
	}
	return m
}

func (f file) pixel(x, row int) (v uint32) {
	stride := (f.width*f.bits + 31) / 32 * 4
	for bit := range f.bits { // the first of a byte is its highest, bytes go up
		at := row*stride*8 + x*f.bits + bit
		set := uint32(f.pixels[at/8]>>(7-at%8)) & 1
		if f.bits < 8 {
			v = v<<1 | set
		} else {
			v |= set << (bit/8*8 + 7 - bit%8)
		}
	}
	return v
}

func (f file) colour(v uint32) color.Color {
	if f.bits <= 8 {
		c := f.palette[v]
		return color.NRGBA{c[0], c[1], c[2], 255}
	}
	masks := f.masks
	if masks == nil {
		if masks = []uint32{0xff0000, 0xff00, 0xff}; f.bits == 16 {
			masks = []uint32{0x7c00, 0x3e0, 0x1f}
		}
	}
	c := [4]byte{3: 255}
	for i, mask := range masks {
		if mask != 0 {
			c[i] = byte(float64(v&mask)/float64(mask)*255 + 0.5)
		}
	}
	return color.NRGBA{c[0], c[1], c[2], c[3]}
}
