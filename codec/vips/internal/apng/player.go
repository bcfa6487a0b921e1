package apng

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/png"
	"io"
	"slices"
)

// Player draws the frames of an animation in order, on one canvas.
type Player struct {
	a      *Animation
	next   int
	canvas *image.NRGBA
	kept   *image.NRGBA // what was below the last frame, if that is to come back
}

// Player returns one that starts at the first frame.
func (a *Animation) Player() *Player {
	return &Player{a: a, canvas: image.NewNRGBA(image.Rect(0, 0, a.Width, a.Height))}
}

// Next draws the next frame. The canvas that it returns is valid until the next
// call; after the last frame the error is io.EOF.
func (p *Player) Next() (*image.NRGBA, error) {
	if p.next == len(p.a.Frames) {
		return nil, io.EOF
	}
	if p.next > 0 {
		p.dispose(p.a.Frames[p.next-1])
	}
	f := p.a.Frames[p.next]
	p.next++
	picture, err := png.Decode(p.a.still(f))
	if err != nil {
		return nil, brokenFrame(err)
	}
	if picture.Bounds().Size() != (image.Point{X: f.width, Y: f.height}) {
		return nil, fmt.Errorf("%w: a frame has another size", ErrSyntax)
	}
	if p.kept = nil; f.dispose == disposePrevious && p.next > 1 {
		p.kept = cut(p.canvas, f.place())
	}
	draw(p.canvas, f, picture)
	return p.canvas, nil
}

// Trim leaves out the last frame of a file that is cut off, unless it is whole. It decodes
// that frame, in memory for all of its pixels.
func (a *Animation) Trim() error {
	if !a.Early {
		return nil
	}
	last := len(a.Frames) - 1
	_, err := png.Decode(a.still(a.Frames[last]))
	if err == nil {
		return nil
	}
	if err = brokenFrame(err); !errors.Is(err, ErrSyntax) || last == 0 {
		return err
	}
	a.Frames, a.Count = a.Frames[:last], last
	return nil
}

// brokenFrame keeps faults of reading apart from those of the file.
func brokenFrame(err error) error {
	var syntax png.FormatError
	var unsupported png.UnsupportedError
	if errors.As(err, &syntax) || errors.As(err, &unsupported) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: %w", ErrSyntax, err)
	}
	return err
}

func (f Frame) place() image.Rectangle { return image.Rect(f.x, f.y, f.x+f.width, f.y+f.height) }

// dispose does what is to be done after a frame was shown. What came before the first
// is nothing.
func (p *Player) dispose(f Frame) {
	switch {
	case p.kept != nil:
		put(p.canvas, f.place(), p.kept)
	case f.dispose != disposeNone:
		for y := f.y; y < f.y+f.height; y++ {
			clear(row(p.canvas, f.x, y, f.width))
		}
	}
}

func row(m *image.NRGBA, x, y, width int) []byte {
	return m.Pix[y*m.Stride+4*x:][:4*width]
}

func cut(m *image.NRGBA, place image.Rectangle) *image.NRGBA {
	part := image.NewNRGBA(image.Rectangle{Max: place.Size()})
	for y := range place.Dy() {
		copy(row(part, 0, y, place.Dx()), row(m, place.Min.X, place.Min.Y+y, place.Dx()))
	}
	return part
}

func put(m *image.NRGBA, place image.Rectangle, part *image.NRGBA) {
	for y := range place.Dy() {
		copy(row(m, place.Min.X, place.Min.Y+y, place.Dx()), row(part, 0, y, place.Dx()))
	}
}

// draw draws a frame on the canvas.
func draw(canvas *image.NRGBA, f Frame, picture image.Image) {
	line := make([]byte, 4*f.width)
	read := reader(picture)
	for y := range f.height {
		to := row(canvas, f.x, f.y+y, f.width)
		read(line, y)
		if f.blend == BlendSource {
			copy(to, line)
			continue
		}
		for x := 0; x < len(line); x += 4 {
			over((*[4]byte)(to[x:]), [4]byte(line[x:]))
		}
	}
}

// over lays a colour on another; transparency is not multiplied in.
// (https://www.w3.org/TR/png-3/#13Alpha-channel-processing)
func over(to *[4]byte, from [4]byte) {
	switch a, b := int(from[3]), int(to[3]); {
	case a == 255 || b == 0:
		*to = from
	case a > 0:
		below := b * (255 - a) / 255
		all := a + below
		for i := range 3 {
			to[i] = byte((int(from[i])*a + int(to[i])*below + all/2) / all)
		}
		to[3] = byte(all)
	}
}

// reader returns a function that reads a row of a picture that image/png has decoded.
func reader(picture image.Image) func(line []byte, y int) {
	switch m := picture.(type) {
	case *image.NRGBA:
		return func(line []byte, y int) { copy(line, m.Pix[y*m.Stride:]) }
	case *image.RGBA: // all of it is opaque
		return func(line []byte, y int) { copy(line, m.Pix[y*m.Stride:]) }
	case *image.Paletted:
		var table [256][4]byte
		for i, c := range m.Palette {
			table[i] = bytesOf(c)
		}
		return func(line []byte, y int) {
			for x, index := range m.Pix[y*m.Stride:][:m.Rect.Dx()] {
				copy(line[4*x:], table[index][:])
			}
		}
	}
	return func(line []byte, y int) {
		for x := range picture.Bounds().Dx() {
			c := bytesOf(picture.At(x, y))
			copy(line[4*x:], c[:])
		}
	}
}

func bytesOf(c color.Color) [4]byte {
	n := color.NRGBAModel.Convert(c).(color.NRGBA)
	return [4]byte{n.R, n.G, n.B, n.A}
}

// still is a frame as a PNG file.
func (a *Animation) still(f Frame) io.Reader {
	header := a.header
	binary.BigEndian.PutUint32(header[0:], uint32(f.width))
	binary.BigEndian.PutUint32(header[4:], uint32(f.height))
	s := &still{r: a.r, data: slices.Clone(f.data)}
	s.WriteString(signature)
	s.Write(encoded("IHDR", header[:]))
	s.Write(a.before)
	return s
}

// still is the rest of a file that is being read: what is in the buffer, then the
// data, in pieces.
type still struct {
	bytes.Buffer
	r    io.ReaderAt
	data []span
	done bool
}

const piece = 64 << 10

func (s *still) Read(b []byte) (int, error) {
	for s.Len() == 0 && !s.done {
		if err := s.fill(); err != nil {
			return 0, err
		}
	}
	return s.Buffer.Read(b)
}

func (s *still) fill() error {
	if len(s.data) == 0 {
		s.done = true
		s.Write(encoded("IEND", nil))
		return nil
	}
	at := &s.data[0]
	b := make([]byte, min(piece, at.to-at.from))
	if err := readFull(s.r, b, at.from); err != nil {
		return err
	}
	s.Write(encoded("IDAT", b))
	if at.from += int64(len(b)); at.from == at.to {
		s.data = s.data[1:]
	}
	return nil
}

// encoded is a chunk as it is in a file.
func encoded(name string, data []byte) []byte {
	b := binary.BigEndian.AppendUint32(make([]byte, 0, 12+len(data)), uint32(len(data)))
	b = append(append(b, name...), data...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
}
