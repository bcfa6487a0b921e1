// Package metadata cuts out of JPEG, PNG and WebP files what they tell besides the
// picture: EXIF, GPS, XMP, IPTC, comments, texts, previews, and what hangs behind
// the end. The picture, its colour profile and what else decides how it looks stay
// as they are, byte for byte.
//
//	file, err := metadata.Cut(photo, photo.Size(), "image/jpeg")
//	if err != nil { … }
//	_, err = io.Copy(out, file.Reader())
package metadata

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
)

// ErrSyntax says that a file is not what its type says, so that nothing can be cut
// out of it.
var ErrSyntax = errors.New("metadata: the file is broken")

// maxPieces bounds what a file of many tiny chunks can make of a cut.
const maxPieces = 1 << 16

// cutters by media type.
var cutters = map[string]func(*cutter) error{
	"image/jpeg": cutJPEG, "image/png": cutPNG, "image/apng": cutPNG, "image/webp": cutWebP,
}

// Cuts reports whether files of the media type can be cut.
func Cuts(mediaType string) bool { return cutters[mediaType] != nil }

// File is a file without its metadata: pieces of the input, in order.
type File struct {
	Size    int64    // bytes
	Removed []string // what was cut out, such as "EXIF": each once, sorted
	Early   bool     // the input ends in the middle of it
	pieces  []piece
	in      io.ReaderAt
}

// piece is a range of the input, or bytes in its place.
type piece struct {
	from, to int64
	bytes    []byte
}

// Cut reads the structure of the file, of a JPEG all of it, and returns what stays.
// A file that ends too early is cut as far as it goes, if some of its picture is
// there.
func Cut(r io.ReaderAt, size int64, mediaType string) (*File, error) {
	cut, ok := cutters[mediaType]
	if !ok {
		return nil, fmt.Errorf("metadata: nothing here cuts %s", mediaType)
	}
	c := &cutter{in: r, size: size, removed: map[string]bool{}}
	if err := cut(c); err != nil {
		return nil, err
	}
	f := &File{in: r, pieces: c.pieces, Early: c.early}
	for _, p := range f.pieces {
		f.Size += p.size()
	}
	for name := range c.removed {
		f.Removed = append(f.Removed, name)
	}
	slices.Sort(f.Removed)
	return f, nil
}

// Reader reads the file, which reads the input.
func (f *File) Reader() io.Reader {
	readers := make([]io.Reader, len(f.pieces))
	for i, p := range f.pieces {
		if p.bytes != nil {
			readers[i] = bytes.NewReader(p.bytes)
		} else {
			readers[i] = io.NewSectionReader(f.in, p.from, p.to-p.from)
		}
	}
	return io.MultiReader(readers...)
}

func (p piece) size() int64 {
	if p.bytes != nil {
		return int64(len(p.bytes))
	}
	return p.to - p.from
}

// cutter collects what stays.
type cutter struct {
	in      io.ReaderAt
	size    int64
	pieces  []piece
	removed map[string]bool
	early   bool
}

// keep keeps a range of the input, or as much of it as there is.
func (c *cutter) keep(from, to int64) error {
	if to > c.size {
		to, c.early = c.size, true
	}
	if n := len(c.pieces); n > 0 && c.pieces[n-1].bytes == nil && c.pieces[n-1].to == from {
		c.pieces[n-1].to = to
		return nil
	}
	return c.add(piece{from: from, to: to})
}

// put writes bytes in the place of the input's.
func (c *cutter) put(b []byte) error { return c.add(piece{bytes: b}) }

func (c *cutter) add(p piece) error {
	if len(c.pieces) == maxPieces {
		return fmt.Errorf("%w: more than %d pieces", ErrSyntax, maxPieces)
	}
	c.pieces = append(c.pieces, p)
	return nil
}

// remove says what is left out.
func (c *cutter) remove(name string) { c.removed[name] = true }

// at returns n bytes at off, fewer at the end of the input.
func (c *cutter) at(off int64, n int) ([]byte, error) {
	b := make([]byte, max(0, min(int64(n), c.size-off)))
	if len(b) == 0 {
		return b, nil
	}
	got, err := c.in.ReadAt(b, off)
	if got == len(b) {
		return b, nil
	}
	if err == nil || errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return nil, err
}
