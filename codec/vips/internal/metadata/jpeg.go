package metadata

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Markers of JPEG (ITU-T T.81, table B.1).
const (
	markerTEM  = 0x01
	markerRST0 = 0xd0
	markerRST7 = 0xd7
	markerSOI  = 0xd8
	markerEOI  = 0xd9
	markerSOS  = 0xda
	markerAPP0 = 0xe0
	markerAPPF = 0xef
	markerCOM  = 0xfe
)

// jpegScanner reads the segments of a JPEG from its beginning.
type jpegScanner struct {
	*cutter
	r   *bufio.Reader
	off int64 // of what r reads next
	ff  bool  // the first byte of a marker is read already
}

// cutJPEG keeps all that decodes the picture, up to its end. What hangs behind it,
// such as a second picture or a film, goes.
func cutJPEG(c *cutter) error {
	s := &jpegScanner{cutter: c,
		r: bufio.NewReaderSize(io.NewSectionReader(c.in, 0, c.size), 64<<10)}
	if head, err := s.r.Peek(2); err != nil || head[0] != 0xff || head[1] != markerSOI {
		return syntax(err)
	}
	if err := s.take(2); err != nil {
		return err
	}
	begun := false
	for {
		marker, start, err := s.marker()
		if err != nil {
			if begun && errors.Is(err, io.EOF) {
				s.early = true
				return nil
			}
			return syntax(err)
		}
		if marker == markerEOI {
			if s.off < s.size {
				s.remove("data behind the picture")
			}
			return s.keep(start, s.off)
		}
		if err := s.segment(marker, start); err != nil {
			return err
		}
		if marker == markerSOS {
			begun = true
			if err := s.scan(); err != nil {
				return err
			}
		}
	}
}

// syntax is err, if that is about reading, or else ErrSyntax.
func syntax(err error) error {
	if err == nil || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return ErrSyntax
	}
	return err
}

// skip moves on by n bytes.
func (s *jpegScanner) skip(n int) error {
	done, err := s.r.Discard(n)
	s.off += int64(done)
	return err
}

// take keeps the next n bytes.
func (s *jpegScanner) take(n int) error {
	if err := s.keep(s.off, s.off+int64(n)); err != nil {
		return err
	}
	return s.skip(n)
}

// marker reads a marker and returns where it starts, fill bytes left out.
func (s *jpegScanner) marker() (marker byte, start int64, err error) {
	if !s.ff {
		b, err := s.r.ReadByte()
		if err != nil {
			return 0, 0, err
		}
		s.off++
		if b != 0xff {
			return 0, 0, fmt.Errorf("%w: no marker at byte %d", ErrSyntax, s.off-1)
		}
	}
	s.ff = false
	for b := byte(0xff); ; {
		if b != 0xff {
			return b, s.off - 2, nil
		}
		if b, err = s.r.ReadByte(); err != nil {
			return 0, 0, err
		}
		s.off++
	}
}

// segment keeps or leaves out what belongs to a marker that was read.
func (s *jpegScanner) segment(marker byte, start int64) error {
	if marker == markerTEM || marker == markerSOI || markerRST0 <= marker && marker <= markerRST7 {
		return s.keep(start, s.off)
	}
	head, err := s.r.Peek(2)
	if err != nil {
		return syntax(err)
	}
	size := int(binary.BigEndian.Uint16(head))
	if size < 2 || s.off+int64(size) > s.size {
		return fmt.Errorf("%w: a segment of %d bytes", ErrSyntax, size)
	}
	body, err := s.r.Peek(min(size, 64))
	if err != nil {
		return syntax(err)
	}
	if short := withoutPreview(marker, body); short != nil {
		s.remove("preview")
		if err := s.put(short); err != nil {
			return err
		}
		return s.skip(size)
	}
	if name := told(marker, string(body[2:])); name != "" {
		s.remove(name)
		return s.skip(size)
	}
	if err := s.keep(start, s.off+int64(size)); err != nil {
		return err
	}
	return s.skip(size)
}

// told names what a segment tells besides the picture, or returns "".
func told(marker byte, body string) string {
	begins := func(prefix string) bool { return strings.HasPrefix(body, prefix) }
	app := marker - markerAPP0
	switch {
	case marker == markerCOM:
		return "comment"
	case marker < markerAPP0 || marker > markerAPPF:
		return ""
	case app == 0 && begins("JFIF\x00"), app == 2 && begins("ICC_PROFILE\x00"),
		app == 14 && begins("Adobe"): // it says how the colours are stored
		return ""
	case app == 0 && begins("JFXX\x00"):
		return "preview"
	case app == 1 && begins("Exif\x00"):
		return "EXIF"
	case app == 1 && begins("http://ns.adobe.com/"):
		return "XMP"
	case app == 2 && begins("MPF\x00"):
		return "preview"
	case app == 13:
		return "IPTC"
	}
	return "data of a program"
}

// withoutPreview returns a JFIF header that has a preview without it (ITU-T T.871,
// 10.1), or nil if it has none.
func withoutPreview(marker byte, body []byte) []byte {
	const size = 16
	if marker != markerAPP0 || len(body) < size || string(body[2:7]) != "JFIF\x00" ||
		binary.BigEndian.Uint16(body) == size {
		return nil
	}
	short := append([]byte{0xff, markerAPP0, 0, size}, body[2:size]...)
	short[16], short[17] = 0, 0 // its width and height
	return short
}

// scan keeps the data behind a start of scan, up to the next marker.
func (s *jpegScanner) scan() error {
	start := s.off
	for {
		data, err := s.r.ReadSlice(0xff)
		s.off += int64(len(data))
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if err == nil {
			var next []byte
			next, err = s.r.Peek(1)
			if err == nil && next[0] != 0 && next[0] != 0xff &&
				(next[0] < markerRST0 || next[0] > markerRST7) {
				s.ff = true
				return s.keep(start, s.off-1)
			}
		}
		if errors.Is(err, io.EOF) {
			return s.keep(start, s.off)
		}
		if err != nil {
			return err
		}
	}
}
