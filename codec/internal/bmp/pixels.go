package bmp

import (
	"bufio"
	"image"
	"image/color"
	"io"
)

// DecodeConfig returns the size of a picture, like [image.DecodeConfig].
func DecodeConfig(r io.Reader) (image.Config, error) {
	h, err := ReadHeader(r)
	if err != nil {
		return image.Config{}, err
	}
	return image.Config{ColorModel: h.model(), Width: h.Width, Height: h.Height}, nil
}

func (h *Header) model() color.Model {
	if h.bits <= 8 {
		return h.palette
	}
	return color.NRGBAModel
}

// Decode reads a picture: an [*image.Paletted] or an [*image.NRGBA]. It takes 1 or 4
// bytes for each pixel, whatever the file has: check the header before.
func Decode(r io.Reader) (image.Image, error) {
	in := bufio.NewReader(r)
	h, err := ReadHeader(in)
	if err != nil {
		return nil, err
	}
	if _, err := in.Discard(int(h.offset - h.read)); err != nil {
		return nil, short(err)
	}
	size := image.Rect(0, 0, h.Width, h.Height)
	if h.bits > 8 {
		m := image.NewNRGBA(size)
		err := h.rows(in, func(y int, row []byte) { h.colours(m.Pix[y*m.Stride:][:m.Stride], row) })
		h.opaque(m)
		return m, err
	}
	m := image.NewPaletted(size, h.palette)
	if h.compression == rgb {
		return m, h.rows(in, func(y int, row []byte) { h.numbers(m.Pix[y*m.Stride:][:m.Stride], row) })
	}
	return m, h.unpack(in, m)
}

// short makes the end of a file before that of the picture an error.
func short(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// line is the row of the picture that is the i-th of the file.
func (h *Header) line(i int) int {
	if h.topDown {
		return i
	}
	return h.Height - 1 - i
}

// rows gives all rows of a file that is not compressed to draw. Behind the last one
// nothing needs to follow.
func (h *Header) rows(r io.Reader, draw func(y int, row []byte)) error {
	stride, used := h.stride()
	row := make([]byte, stride)
	for i := range h.Height {
		if i == h.Height-1 {
			row = row[:used]
		}
		if _, err := io.ReadFull(r, row); err != nil {
			return short(err)
		}
		draw(h.line(i), row)
	}
	return nil
}

// numbers takes the numbers of colours apart, of which the first is in the highest bits.
func (h *Header) numbers(to, row []byte) {
	each, mask := 8/h.bits, byte(1<<h.bits-1)
	for x := range to {
		to[x] = row[x/each] >> (8 - h.bits - x%each*h.bits) & mask
	}
}

// colours turns the pixels of a row into red, green, blue and alpha.
func (h *Header) colours(to, row []byte) {
	bytes := h.bits / 8
	for x := 0; x < len(to)/4; x++ {
		var pixel uint32
		for i := range bytes {
			pixel |= uint32(row[x*bytes+i]) << (8 * i)
		}
		for i, s := range h.samples {
			switch {
			case s.most > 0:
				to[4*x+i] = s.of(pixel)
			case i == 3:
				to[4*x+i] = 255
			}
		}
	}
}

// opaque makes a picture visible that has a mask for transparency and not a pixel that
// would be seen, as browsers do: not all programs that write one fill it in.
func (h *Header) opaque(m *image.NRGBA) {
	for i := 3; i < len(m.Pix); i += 4 {
		if m.Pix[i] != 0 {
			return
		}
	}
	for i := 3; i < len(m.Pix); i += 4 {
		m.Pix[i] = 255
	}
}
