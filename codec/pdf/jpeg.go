package pdf

import (
	"bytes"
	"errors"
	"io"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/internal/picture"
)

// jpeg embeds the file up to the end of its picture.
func (b *binder) jpeg(p *picture.Picture) (int, error) {
	// DCTDecode takes baseline, extended and progressive frames of Huffman codes
	// (ISO 32000-1, 7.4.8).
	if p.Coded < 0xc0 || p.Coded > 0xc2 || device[p.Components].name == "" {
		return 0, codec.Errorf(codec.Unsupported, "%s is a JPEG of a kind that a PDF does not hold",
			p.In.Name())
	}
	colours, err := b.colours(p, p.Components)
	if err != nil {
		return 0, err
	}
	more := "/Filter/DCTDecode"
	if p.Components == 4 && p.Adobe {
		more += "/Decode[1 0 1 0 1 0 1 0]" // Adobe's programs store CMYK inverted
	}
	return b.doc.stream(dictionary(p, colours, 8, more), func(w io.Writer) error {
		return copyJPEG(w, p.Stream())
	})
}

var errNoEnd = errors.New("the picture has no end")

// copyJPEG copies a JPEG to its end marker. What lies behind, such as the film of
// a motion photo or a gain map, is left out.
func copyJPEG(w io.Writer, r io.Reader) error {
	var s scanner
	buf := make([]byte, 64<<10)
	for {
		n, err := r.Read(buf)
		end := s.feed(buf[:n])
		if _, err := w.Write(buf[:end]); err != nil {
			return err
		}
		switch {
		case s.state == done:
			return nil
		case s.state == broken:
			return errors.New("no marker where one should be")
		case errors.Is(err, io.EOF):
			return errNoEnd
		case err != nil:
			return err
		}
	}
}

// scanner finds the end of a JPEG in a stream (ITU-T T.81, Annex B).
type scanner struct {
	state state
	skip  int // bytes of the segment that are still to come
	scan  bool
}

type state int

const (
	beforeMarker state = iota // wants 0xff
	marker                    // had 0xff, wants the code
	length1                   // wants the first byte of a length
	length2
	segment // in a segment
	entropy // in coded data
	done
	broken
)

const (
	startOfImage = 0xd8
	endOfImage   = 0xd9
	startOfScan  = 0xda
)

// feed takes the next bytes and returns how many belong to the picture.
func (s *scanner) feed(p []byte) int {
	for i := 0; i < len(p); i++ {
		switch s.state {
		case segment:
			n := min(s.skip, len(p)-i)
			s.skip -= n
			i += n - 1
			if s.skip == 0 {
				s.state = beforeMarker
				if s.scan {
					s.state = entropy
				}
			}
		case entropy:
			at := bytes.IndexByte(p[i:], 0xff)
			if at < 0 {
				return len(p)
			}
			i += at
			s.state = marker
		default:
			s.step(p[i])
		}
		if s.state == done {
			return i + 1
		}
		if s.state == broken {
			return i
		}
	}
	return len(p)
}

// step takes a byte of a marker or a length.
func (s *scanner) step(c byte) {
	switch s.state {
	case beforeMarker:
		s.state = broken
		if c == 0xff {
			s.state = marker
		}
	case marker:
		s.code(c)
	case length1:
		s.skip = int(c) << 8
		s.state = length2
	case length2:
		s.skip += int(c) - 2 // the length counts itself
		switch {
		case s.skip < 0:
			s.state = broken
		case s.skip == 0 && s.scan:
			s.state = entropy
		case s.skip == 0:
			s.state = beforeMarker
		default:
			s.state = segment
		}
	}
}

// code takes the second byte of a marker.
func (s *scanner) code(c byte) {
	switch {
	case c == 0xff: // fill
	case c == endOfImage:
		s.state = done
	case s.scan && (c == 0 || 0xd0 <= c && c <= 0xd7): // a 0xff of the data, or a restart
		s.state = entropy
	case c == startOfImage, c == 1, 0xd0 <= c && c <= 0xd7: // without a length
		s.state = beforeMarker
	case c == 0:
		s.state = broken
	default:
		s.scan = c == startOfScan
		s.state = length1
	}
}
