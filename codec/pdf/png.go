package pdf

import (
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io"

	"github.com/spoolmedia/spool/codec/internal/picture"
)

// png embeds the compressed rows of a PNG: PDF has its filters as predictor 15
// (ISO 32000-1, 7.4.4.4).
func (b *binder) png(p *picture.Picture) (int, error) {
	components := 1
	if p.PNG.Colour == 2 {
		components = 3
	}
	colours, err := b.pngColours(p, components)
	if err != nil {
		return 0, err
	}
	more := fmt.Sprintf(
		"/Filter/FlateDecode/DecodeParms<</Predictor 15/Colors %d/BitsPerComponent %d/Columns %d>>",
		components, p.PNG.Depth, p.Width)
	row := (int64(p.Width)*int64(components)*int64(p.PNG.Depth)+7)/8 + 1
	return b.doc.stream(dictionary(p, colours, int(p.PNG.Depth), more), func(w io.Writer) error {
		return copyRows(w, newChunks(p), row*int64(p.Height))
	})
}

// pngColours is the colour space, of a palette too.
func (b *binder) pngColours(p *picture.Picture, components int) (string, error) {
	if p.PNG.Colour != 3 {
		return b.colours(p, components)
	}
	base, err := b.colours(p, 3)
	if err != nil {
		return "", err
	}
	n := min(len(p.PNG.Palette)/3, 1<<p.PNG.Depth)
	if n == 0 {
		return "", errors.New("the palette is missing")
	}
	return fmt.Sprintf("[/Indexed %s %d<%x>]", base, n-1, p.PNG.Palette[:n*3]), nil
}

// copyRows copies compressed data while it looks whether size bytes come of it,
// and no more.
func copyRows(w io.Writer, r io.Reader, size int64) error {
	z, err := zlib.NewReader(io.TeeReader(r, w))
	if err != nil {
		return err
	}
	n, err := io.Copy(io.Discard, io.LimitReader(z, size+1))
	if err != nil {
		return err
	}
	if n != size {
		return fmt.Errorf("it has %d bytes of pixels instead of %d", n, size)
	}
	return nil
}

// chunks reads the data of the IDAT chunks, which follow each other.
type chunks struct {
	r    io.Reader
	left int64
	sum  hash.Hash32
	open bool
}

func newChunks(p *picture.Picture) *chunks {
	r := p.Stream()
	if s, ok := r.(io.Seeker); ok {
		_, _ = s.Seek(p.PNG.Data, io.SeekStart) // of a section: it cannot fail
	}
	return &chunks{r: r, sum: crc32.NewIEEE()}
}

func (c *chunks) Read(p []byte) (int, error) {
	for c.left == 0 {
		if err := c.next(); err != nil {
			return 0, err
		}
	}
	n, err := c.r.Read(p[:min(int64(len(p)), c.left)])
	c.left -= int64(n)
	_, _ = c.sum.Write(p[:n])
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// next ends the chunk and begins the next one; behind the last one it is io.EOF.
func (c *chunks) next() error {
	var b [8]byte
	if c.open {
		if _, err := io.ReadFull(c.r, b[:4]); err != nil {
			return err
		}
		if binary.BigEndian.Uint32(b[:]) != c.sum.Sum32() {
			return errors.New("a chunk has the wrong checksum")
		}
	}
	if _, err := io.ReadFull(c.r, b[:]); err != nil {
		return err
	}
	if string(b[4:]) != "IDAT" {
		return io.EOF
	}
	c.open, c.left = true, int64(binary.BigEndian.Uint32(b[:]))
	c.sum.Reset()
	_, _ = c.sum.Write(b[4:])
	return nil
}
