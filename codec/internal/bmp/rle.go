package bmp

import (
	"bufio"
	"image"
	"io"
)

// Second bytes behind a zero: what they escape to.
const (
	endOfLine   = 0
	endOfBitmap = 1
	delta       = 2
)

// cursor is where the next pixel of a compressed picture is drawn. What lies behind the
// end of a row is not, and what is jumped over keeps the first colour.
type cursor struct {
	*Header
	m    *image.Paletted
	x, y int // y counts in the order of the file
}

func (c *cursor) draw(number byte) {
	if c.x < c.Width && c.y < c.Height {
		c.m.Pix[c.line(c.y)*c.m.Stride+c.x] = number
	}
	c.x++
}

// pair draws n pixels of the byte of a run: one number, or the two halves in turns.
func (c *cursor) pair(b byte, n int) {
	for i := range n {
		switch {
		case c.bits == 8:
			c.draw(b)
		case i%2 == 0:
			c.draw(b >> 4)
		default:
			c.draw(b & 15)
		}
	}
}

// unpack decompresses RLE4 or RLE8 into m:
// https://learn.microsoft.com/windows/win32/gdi/bitmap-compression. The mark of the end
// may be missing.
func (h *Header) unpack(r *bufio.Reader, m *image.Paletted) error {
	c := &cursor{Header: h, m: m}
	var code [2]byte
	for c.y < h.Height {
		if _, err := io.ReadFull(r, code[:]); err != nil {
			if c.y == h.Height-1 && c.x >= h.Width {
				return nil
			}
			return short(err)
		}
		n := int(code[1])
		switch {
		case code[0] > 0:
			c.pair(code[1], int(code[0]))
		case n == endOfLine:
			c.x, c.y = 0, c.y+1
		case n == endOfBitmap:
			return nil
		case n == delta:
			if _, err := io.ReadFull(r, code[:]); err != nil {
				return short(err)
			}
			c.x, c.y = c.x+int(code[0]), c.y+int(code[1])
		default:
			if err := c.absolute(r, n); err != nil {
				return err
			}
		}
	}
	return nil
}

// absolute draws n pixels that are there one by one, in an even number of bytes.
func (c *cursor) absolute(r io.Reader, n int) error {
	var b [256]byte
	pixels := 8 / c.bits // in a byte
	bytes := b[:((n+pixels-1)/pixels+1)/2*2]
	if _, err := io.ReadFull(r, bytes); err != nil {
		return short(err)
	}
	for i := range n {
		c.pair(bytes[i/pixels]<<(4*(i%pixels)), 1)
	}
	return nil
}
