// Package ending finds out which files are cut off, of those that libvips takes as if
// nothing were missing (GIF and TIFF), or refuses in spite of whole frames (GIF and WebP).
package ending

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
)

// GIF reports whether a GIF of size bytes ends before its trailer, so that a frame or more
// is not there, and where the last whole frame ends then; 0 is none. A file that has the
// last two bytes of a whole one is not looked into.
func GIF(r io.ReaderAt, size int64) (end int64, early bool, err error) {
	const trailer = 0x3b // behind the end of a block
	if last, err := at(r, size-2, 2); err == nil && last[0] == 0 && last[1] == trailer {
		return 0, false, nil
	}
	section := io.NewSectionReader(r, 0, size)
	g := &gif{bufio.NewReaderSize(section, 64<<10)}
	for err = g.header(); err == nil; {
		var kind byte
		switch kind, err = g.ReadByte(); {
		case err != nil:
		case kind == ',':
			if err = g.frame(); err == nil {
				end, err = section.Seek(0, io.SeekCurrent)
				end -= int64(g.Buffered())
			}
		case kind == '!':
			err = g.extension()
		default: // what is behind a block of no kind is lost
			return end, kind != trailer, nil
		}
	}
	early, err = atEnd(err)
	return end, early, err
}

// atEnd reports whether it was the end of a file that stopped its reader.
func atEnd(err error) (bool, error) {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return true, nil
	}
	return false, err
}

// gif reads the blocks of a GIF: https://www.w3.org/Graphics/GIF/spec-gif89a.txt.
type gif struct{ *bufio.Reader }

func (g *gif) header() error {
	if _, err := g.Discard(10); err != nil {
		return err
	}
	return g.palette(2)
}

// palette skips the colours that the next byte announces, and some bytes behind that.
func (g *gif) palette(more int) error {
	flags, err := g.ReadByte()
	if err != nil {
		return err
	}
	if flags&0x80 != 0 {
		more += 3 << (flags&7 + 1)
	}
	_, err = g.Discard(more)
	return err
}

func (g *gif) frame() error {
	if _, err := g.Discard(8); err != nil {
		return err
	}
	if err := g.palette(1); err != nil {
		return err
	}
	return g.blocks()
}

func (g *gif) extension() error {
	if _, err := g.ReadByte(); err != nil {
		return err
	}
	return g.blocks()
}

// blocks skips blocks up to an empty one.
func (g *gif) blocks() error {
	for {
		n, err := g.ReadByte()
		if err != nil || n == 0 {
			return err
		}
		if _, err := g.Discard(int(n)); err != nil {
			return err
		}
	}
}

// TIFF reports whether a TIFF of size bytes ends before another page that it announces
// behind so many pages.
func TIFF(r io.ReaderAt, size int64, pages int) (bool, error) {
	head, err := at(r, 0, 16)
	if len(head) < 8 || err != nil && !errors.Is(err, io.EOF) {
		return false, err
	}
	t := &tiff{in: r, size: size, order: binary.LittleEndian}
	if head[0] == 'M' {
		t.order = binary.BigEndian
	}
	next := int64(t.order.Uint32(head[4:]))
	if t.wide = t.order.Uint16(head[2:]) == 43; t.wide && len(head) == 16 {
		next = int64(t.order.Uint64(head[8:]))
	}
	for range pages {
		if next, err = t.next(next); err != nil || next == 0 {
			return atEnd(err)
		}
	}
	_, err = t.next(next)
	return atEnd(err)
}

// tiff reads the directories of a TIFF, one for each page (TIFF 6.0, section 2), or of a
// wide one, which is a BigTIFF.
type tiff struct {
	in    io.ReaderAt
	size  int64
	order binary.ByteOrder
	wide  bool
}

// next returns where the directory behind that at pos is; 0 is none.
func (t *tiff) next(pos int64) (int64, error) {
	count, entry, link := int64(2), int64(12), int64(4)
	if t.wide {
		count, entry, link = 8, 20, 8
	}
	if pos < 0 || pos > t.size-count {
		return 0, io.ErrUnexpectedEOF
	}
	b, err := at(t.in, pos, count)
	if err != nil {
		return 0, err
	}
	end := pos + count + entry*int64(t.number(b))
	if end < pos || end > t.size-link {
		return 0, io.ErrUnexpectedEOF
	}
	if b, err = at(t.in, end, link); err != nil {
		return 0, err
	}
	return int64(t.number(b)), nil
}

// number reads a whole number.
func (t *tiff) number(b []byte) uint64 {
	switch len(b) {
	case 2:
		return uint64(t.order.Uint16(b))
	case 4:
		return uint64(t.order.Uint32(b))
	}
	return min(t.order.Uint64(b), 1<<58)
}

// WebP reports whether an animated WebP of size bytes is cut off, and where the last whole
// frame ends then; 0 is none.
func WebP(r io.ReaderAt, size int64) (end int64, early bool, err error) {
	const animated = 0x02 // https://developers.google.com/speed/webp/docs/riff_container
	head, err := at(r, 0, 30)
	if _, err := atEnd(err); err != nil {
		return 0, false, err
	}
	if len(head) < 30 || string(head[12:16]) != "VP8X" || head[20]&animated == 0 ||
		int64(binary.LittleEndian.Uint32(head[4:]))+8 <= size {
		return 0, false, nil
	}
	// Buffered: a stranger's chunks may be many and small.
	chunks := bufio.NewReaderSize(io.NewSectionReader(r, 12, size-12), 64<<10)
	for pos := int64(12); pos <= size-8; {
		var chunk [8]byte
		if _, err := io.ReadFull(chunks, chunk[:]); err != nil {
			return 0, false, err
		}
		length := int64(binary.LittleEndian.Uint32(chunk[4:]))
		length += length & 1
		if pos += 8 + length; pos > size {
			break
		}
		if string(chunk[:4]) == "ANMF" {
			end = pos
		}
		if _, err := io.CopyN(io.Discard, chunks, length); err != nil {
			return 0, false, err
		}
	}
	return end, true, nil
}

// at reads n bytes at pos, or fewer with an error.
func at(r io.ReaderAt, pos, n int64) ([]byte, error) {
	b := make([]byte, n)
	got, err := r.ReadAt(b, pos)
	if got == len(b) {
		err = nil
	} else if err == nil {
		err = io.ErrUnexpectedEOF
	}
	return b[:got], err
}
