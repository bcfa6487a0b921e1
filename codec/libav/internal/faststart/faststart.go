// Package faststart moves the index of an MP4 or QuickTime file to its front, so
// that a player can begin before it has the whole file. It works in place:
//
//	f, err := os.OpenFile("film.mp4", os.O_RDWR, 0)
//	…
//	err = faststart.Relocate(f, size)
//
// A muxer writes the index ("moov") behind the media data ("mdat"), because only
// then it knows what to write. [Relocate] makes room for it in front of the data
// and corrects the chunk offsets ("stco", "co64") of all tracks, in 64 bits
// where 32 are no longer enough. The result has the order of boxes that FFmpeg's
// "-movflags +faststart" gives.
package faststart

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
)

// File is what can be relocated: an [os.File], or an output that is not
// committed yet. Its size may grow.
type File interface {
	io.ReaderAt
	io.WriteSeeker
}

// FormatError says that the boxes of a file are not as they must be, or that
// this package cannot move them. The file is then as it was.
type FormatError struct {
	Box    string // the kind of the box, such as "stco"
	Reason string
}

// Error returns "faststart: box: reason".
func (e *FormatError) Error() string { return "faststart: " + e.Box + ": " + e.Reason }

// Bounds against hostile files: the index is kept in memory, once as it was and
// once as it shall be.
const (
	maxIndex = 256 << 20
	maxBoxes = 1 << 16
	chunk    = 1 << 20 // bytes moved at once
)

// Relocate moves the index of f, which has size bytes, in front of the media
// data. It does nothing if it is there already. All that can be wrong with the
// boxes is found before the first write, and is a [*FormatError]; a read or write
// error of f comes back wrapped, and the file is then of no use. To stop it, let
// f fail.
func Relocate(f File, size int64) error {
	l, err := scan(f, size)
	if err != nil || l.inFront {
		return err
	}
	old := make([]byte, l.moovEnd-l.moov)
	if err := readFull(f, old, l.moov); err != nil {
		return err
	}
	index, err := parse(old)
	if err != nil {
		return err
	}
	l.grown = index.settle(l)
	moved := index.append(slices.Grow([]byte(nil), int(l.grown)))
	// From the back to the front nothing is overwritten before it was read.
	if err := shift(f, l.moovEnd, size, l.grown-int64(len(old))); err != nil {
		return err
	}
	if err := shift(f, l.insert, l.moov, l.grown); err != nil {
		return err
	}
	if err := writeAt(f, moved, l.insert); err != nil {
		return err
	}
	_, err = f.Seek(0, io.SeekEnd)
	return err
}

// layout is where the boxes of the file are.
type layout struct {
	inFront       bool  // nothing to do
	insert        int64 // where the index goes
	moov, moovEnd int64 // where it is
	grown         int64 // its size when it is moved
}

// moved returns where the byte at off will be.
func (l layout) moved(off uint64) uint64 {
	switch {
	case off >= uint64(l.moovEnd):
		return off + uint64(l.grown-(l.moovEnd-l.moov))
	case off >= uint64(l.insert):
		return off + uint64(l.grown)
	}
	return off
}

// scan finds the boxes at the top of the file.
func scan(f File, size int64) (layout, error) {
	var l layout
	data, gap := int64(-1), int64(-1)
	for off, n := int64(0), 0; off < size; n++ {
		kind, end, err := topBox(f, off, size)
		switch {
		case err != nil:
			return l, err
		case n == maxBoxes:
			return l, &FormatError{kind, "there are too many boxes"}
		case kind == "moov" && data < 0:
			l.inFront = true
			return l, nil
		case kind == "moov" && end-off > maxIndex:
			return l, &FormatError{kind, fmt.Sprintf("%d bytes are too many", end-off)}
		case kind == "moov" && l.moov != 0:
			return l, &FormatError{kind, "there are two"}
		case kind == "moov":
			l.moov, l.moovEnd = off, end
		case kind == "moof":
			return l, &FormatError{kind, "the file is fragmented and its index is not in front"}
		case kind == "mdat" && data < 0:
			data, l.insert = off, off
			if gap >= 0 {
				l.insert = gap
			}
		}
		// Space in front of the data stays there: it is kept for a larger header.
		if kind != "free" && kind != "skip" && kind != "wide" {
			gap = -1
		} else if gap < 0 {
			gap = off
		}
		off = end
	}
	if l.moov == 0 {
		return l, &FormatError{"moov", "there is none"}
	}
	return l, nil
}

// topBox reads the header of the box at off.
func topBox(f File, off, size int64) (kind string, end int64, err error) {
	var head [16]byte
	b := head[:min(16, size-off)]
	if err := readFull(f, b, off); err != nil {
		return "", 0, err
	}
	h, err := parseHeader(b, size-off)
	return h.kind, off + h.size, err
}

// header is the header of a box.
type header struct {
	kind string
	size int64 // of the whole box
	body int   // where its content begins: 8 or 16
}

// parseHeader reads a header from b. The box may fill at most room bytes.
func parseHeader(b []byte, room int64) (header, error) {
	if len(b) < 8 {
		return header{}, &FormatError{"box", "its header is cut off"}
	}
	h := header{kind: string(b[4:8]), size: int64(binary.BigEndian.Uint32(b)), body: 8}
	switch {
	case h.size == 0: // to the end
		h.size = room
	case h.size == 1 && len(b) >= 16:
		h.size, h.body = int64(binary.BigEndian.Uint64(b[8:])), 16
	}
	if h.size < int64(h.body) || h.size > room {
		return h, &FormatError{h.kind, fmt.Sprintf("its size %d is not possible", h.size)}
	}
	return h, nil
}

// shift moves the bytes from up to to by distance towards the end, the last
// ones first.
func shift(f File, from, to, distance int64) error {
	if distance == 0 || from >= to {
		return nil
	}
	buf := make([]byte, min(chunk, to-from))
	for to > from {
		n := min(int64(len(buf)), to-from)
		to -= n
		if err := readFull(f, buf[:n], to); err != nil {
			return err
		}
		if err := writeAt(f, buf[:n], to+distance); err != nil {
			return err
		}
	}
	return nil
}

func readFull(f File, b []byte, off int64) error {
	n, err := f.ReadAt(b, off)
	if n == len(b) {
		return nil
	}
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("faststart: read at %d: %w", off, err)
}

func writeAt(f File, b []byte, off int64) error {
	if _, err := f.Seek(off, io.SeekStart); err != nil {
		return fmt.Errorf("faststart: seek to %d: %w", off, err)
	}
	if _, err := f.Write(b); err != nil {
		return fmt.Errorf("faststart: write at %d: %w", off, err)
	}
	return nil
}
