// Package apng reads and writes animated PNG: https://www.w3.org/TR/png-3/.
//
// [Open] finds the frames, and [Animation.Player] draws them one after the other.
//
//	a, err := apng.Open(file, file.Size(), 4096)
//	p := a.Player()
//	for range a.Frames {
//		canvas, err := p.Next()
//		…
//	}
//
// A [Writer] puts PNG files of one size together to an animation. All of it holds one
// or two frames in memory, however many there are.
package apng

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"
)

// ErrSyntax says that a file is no animated PNG, or a broken one.
var ErrSyntax = errors.New("apng: the file is broken")

const signature = "\x89PNG\r\n\x1a\n"

// maxChunks bounds how many chunks of a file are looked at.
const maxChunks = 1 << 20

// mostData is what a chunk can hold.
const mostData = 1<<31 - 1

// Ways to leave the place of a frame, and to draw one.
const (
	disposeNone = iota
	disposeBackground
	disposePrevious
)

// Blends of a frame with what is there.
const (
	BlendSource = iota // takes its place
	BlendOver          // shines through where the frame is transparent
)

// Animation is what the chunks of a file say.
type Animation struct {
	Width, Height int
	Count         int // of the frames, as the file says
	Plays         int // 0 is for ever
	Frames        []Frame
	Early         bool // the file is cut off: the last frame may not be whole

	r      io.ReaderAt
	header [13]byte // the data of IHDR
	before []byte   // the chunks PLTE and tRNS
}

// Frame is one picture of an animation.
type Frame struct {
	Delay time.Duration

	x, y, width, height int
	dispose, blend      byte
	data                []span
}

// span is a range of the file.
type span struct{ from, to int64 }

// Open reads the structure of a file of size bytes. If it has more than most frames,
// they are not looked for.
func Open(r io.ReaderAt, size int64, most int) (*Animation, error) {
	a := &Animation{r: r}
	s := &scanner{a: a, r: r, size: size, most: most}
	if err := s.scan(); err != nil {
		return nil, err
	}
	if a.Count > most {
		return a, nil
	}
	if n := len(a.Frames); a.Early && n > 0 && len(a.Frames[n-1].data) == 0 {
		a.Frames = a.Frames[:n-1]
	}
	if len(a.Frames) == 0 {
		return nil, fmt.Errorf("%w: no frame", ErrSyntax)
	}
	for i := range a.Frames {
		if err := a.check(&a.Frames[i]); err != nil {
			return nil, err
		}
	}
	a.Count = len(a.Frames)
	return a, nil
}

// check wants a frame inside the picture, with data.
func (a *Animation) check(f *Frame) error {
	switch {
	case f.width < 1 || f.height < 1 || f.x < 0 || f.y < 0,
		f.width > a.Width-f.x || f.height > a.Height-f.y:
		return fmt.Errorf("%w: a frame lies outside", ErrSyntax)
	case len(f.data) == 0:
		return fmt.Errorf("%w: a frame is empty", ErrSyntax)
	case f.dispose > disposePrevious || f.blend > BlendOver:
		return fmt.Errorf("%w: a frame is drawn in an unknown way", ErrSyntax)
	}
	return nil
}

// scanner goes through the chunks.
type scanner struct {
	a    *Animation
	r    io.ReaderAt
	size int64
	most int
}

// chunk is one chunk: its name and where its data are.
type chunk struct {
	name string
	data span
}

func (s *scanner) scan() error {
	head := make([]byte, len(signature))
	if err := s.read(head, 0); err != nil || string(head) != signature {
		return errors.Join(ErrSyntax, err)
	}
	pos := int64(len(signature))
	for range maxChunks {
		var head [8]byte
		if s.a.Early = pos > s.size-int64(len(head)); s.a.Early {
			return nil
		}
		if err := s.read(head[:], pos); err != nil {
			return err
		}
		c := chunk{string(head[4:]), span{pos + 8, pos + 8 + int64(binary.BigEndian.Uint32(head[:]))}}
		pos = c.data.to + 4
		switch {
		case c.name == "IEND":
			return nil
		case c.data.to-c.data.from > mostData:
			return fmt.Errorf("%w: a chunk is too long", ErrSyntax)
		case pos > s.size:
			s.a.Early = true
			return nil
		}
		if err := s.take(c); err != nil || s.a.Count > s.most {
			return err
		}
	}
	return fmt.Errorf("%w: more than %d chunks", ErrSyntax, maxChunks)
}

// take keeps what a chunk says.
func (s *scanner) take(c chunk) error {
	a := s.a
	switch c.name {
	case "IHDR":
		b, err := s.body(c, 13, 13)
		if err != nil {
			return err
		}
		a.header = [13]byte(b)
		a.Width, a.Height = word(b), word(b[4:])
	case "PLTE", "tRNS":
		b, err := s.body(c, 0, 768)
		if a.before = append(a.before, encoded(c.name, b)...); err == nil && len(a.before) > 2048 {
			err = fmt.Errorf("%w: more than one palette", ErrSyntax)
		}
		return err
	case "acTL":
		b, err := s.body(c, 8, 8)
		if err != nil {
			return err
		}
		a.Count, a.Plays = word(b), word(b[4:])
	case "fcTL":
		b, err := s.body(c, 26, 26)
		if err != nil {
			return err
		}
		if len(a.Frames) == a.Count {
			return fmt.Errorf("%w: more frames than it says", ErrSyntax)
		}
		a.Frames = append(a.Frames, frame(b))
	case "IDAT":
		if len(a.Frames) > 0 { // otherwise the picture is none of the frames
			s.data(c.data)
		}
	case "fdAT":
		if len(a.Frames) == 0 || c.data.to-c.data.from < 4 {
			return fmt.Errorf("%w: data without a frame", ErrSyntax)
		}
		s.data(span{c.data.from + 4, c.data.to})
	}
	return nil
}

func (s *scanner) data(where span) {
	f := &s.a.Frames[len(s.a.Frames)-1]
	f.data = append(f.data, where)
}

// body reads the data of a chunk of least to most bytes.
func (s *scanner) body(c chunk, least, most int64) ([]byte, error) {
	n := c.data.to - c.data.from
	if n < least || n > most {
		return nil, fmt.Errorf("%w: %s has %d bytes", ErrSyntax, c.name, n)
	}
	b := make([]byte, n)
	return b, s.read(b, c.data.from)
}

// read fills b.
func (s *scanner) read(b []byte, pos int64) error { return readFull(s.r, b, pos) }

func readFull(r io.ReaderAt, b []byte, pos int64) error {
	n, err := r.ReadAt(b, pos)
	switch {
	case n == len(b):
		return nil
	case err == nil || errors.Is(err, io.EOF):
		return fmt.Errorf("%w: it ends too early", ErrSyntax)
	}
	return err
}

// word reads a number that PNG keeps below 2³¹; a larger one is that.
func word(b []byte) int { return int(min(binary.BigEndian.Uint32(b), 1<<31-1)) }

// frame reads the data of fcTL.
func frame(b []byte) Frame {
	numerator := time.Duration(binary.BigEndian.Uint16(b[20:]))
	denominator := time.Duration(binary.BigEndian.Uint16(b[22:]))
	if denominator == 0 {
		denominator = 100
	}
	return Frame{width: word(b[4:]), height: word(b[8:]), x: word(b[12:]), y: word(b[16:]),
		Delay: numerator * time.Second / denominator, dispose: b[24], blend: b[25]}
}
