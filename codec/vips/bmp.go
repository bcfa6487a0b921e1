package vips

import (
	"bufio"
	"encoding/binary"
	stdimage "image"
	"image/color"
	"io"
	"sync"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/internal/bmp"
)

// openBMP reads the header of a BMP, which libvips reads through ImageMagick only. Its
// pixels are decoded, all at once, when the first of them is asked for.
func (s *session) openBMP(p *picture) (image, error) {
	in := boundInput{s.ctx, p.in}
	file := func() io.Reader { return bufio.NewReader(io.NewSectionReader(in, 0, p.in.Size())) }
	header, err := bmp.ReadHeader(file())
	if err != nil {
		return image{}, s.bmpError(err)
	}
	media := codec.Media{Width: header.Width, Height: header.Height}
	if err := p.limits.Check(p.in.Name(), media); err != nil {
		return image{}, err
	}
	if p.in.Size() < header.Least() {
		return image{}, s.bmpError(io.ErrUnexpectedEOF)
	}
	decoded := sync.OnceValues(func() (stdimage.Image, error) {
		m, err := bmp.Decode(file())
		if err != nil {
			s.fail(s.bmpError(err))
		}
		return m, err
	})
	s.draw = func(line []byte, x, y int) bool {
		m, err := decoded()
		if err == nil {
			copyLine(line, m, x, y)
		}
		return err == nil
	}
	return s.lines(size{header.Width, header.Height}, false)
}

// copyLine copies pixels from x and y on, to red, green, blue and alpha.
func copyLine(line []byte, m stdimage.Image, x, y int) {
	switch m := m.(type) {
	case *stdimage.NRGBA:
		copy(line, m.Pix[m.PixOffset(x, y):])
	case *stdimage.Paletted:
		row := m.Pix[m.PixOffset(x, y):]
		for i := 0; i < len(line); i += 4 {
			c := m.Palette[row[i/4]].(color.NRGBA)
			line[i], line[i+1], line[i+2], line[i+3] = c.R, c.G, c.B, c.A
		}
	}
}

// bmpError blames the input, the context or storage.
func (s *session) bmpError(err error) error {
	switch err {
	case bmp.ErrUnsupported:
		return codec.Errorf(codec.Unsupported, "%s is a BMP image of a kind that cannot be read here: "+
			"what can has 1, 2, 4, 8, 16, 24 or 32 bits for each pixel, and is not compressed or "+
			"by RLE4 or RLE8", s.name)
	case bmp.ErrFormat, io.EOF, io.ErrUnexpectedEOF:
		return codec.Errorf(codec.Invalid, "%s is broken, or not a BMP image", s.name)
	}
	return s.copyError("could not be read", err)
}

// The header of a BMP: https://learn.microsoft.com/windows/win32/gdi/bitmap-storage.
type bmpHeader struct {
	Magic            [2]byte
	FileSize, Unused uint32
	Offset, InfoSize uint32
	Width, Height    int32 // less than 0: the first row is the upper one
	Planes, Bits     uint16
	Compression      uint32
	ImageSize        uint32
	PerMetre         [2]int32
	Colours, Needed  uint32
}

// encodeBMP writes rows of blue, green and red, from the upper one on, at most limit
// bytes if that is not 0.
func (c *conversion) encodeBMP(im image, w io.Writer, limit int64) error {
	im, err := c.asPixels(im)
	if err != nil {
		return c.failure(codec.Internal, "could not be written")
	}
	const head = 54
	row := make([]byte, (3*im.width()+3)/4*4)
	size := uint32(len(row) * im.height())
	out := bufio.NewWriterSize(&limited{w: w, limit: limit}, 256<<10)
	err = binary.Write(out, binary.LittleEndian, bmpHeader{Magic: [2]byte{'B', 'M'},
		FileSize: head + size, Offset: head, InfoSize: 40, Width: int32(im.width()),
		Height: -int32(im.height()), Planes: 1, Bits: 24, ImageSize: size,
		PerMetre: [2]int32{2835, 2835}}) // 72 dots for each inch
	if err != nil {
		return c.writeError(err)
	}
	err = c.eachRow(im, func(line []byte) error {
		for i, to := 0, 0; i < len(line); i, to = i+4, to+3 {
			row[to], row[to+1], row[to+2] = line[i+2], line[i+1], line[i]
		}
		_, err := out.Write(row)
		return err
	})
	if err == nil {
		err = out.Flush()
	}
	return c.writeError(err)
}
