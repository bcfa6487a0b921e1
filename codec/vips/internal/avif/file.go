package avif

import (
	"fmt"
	"io"
	"time"
)

// File is what is written: a picture, or a sequence of them.
type File struct {
	Width, Height int
	Depth         int  // bits of each sample
	Grey          bool // one plane instead of three
	FullChroma    bool // a sample of colour for each pixel

	Colours, Alpha []Sample // in the order in which they are shown; Alpha may be nil
	Delays         []time.Duration
	Plays          int // 0 is for ever

	Profile, EXIF, XMP []byte // nil is none; EXIF begins with its TIFF header
}

// Sample is a frame in AV1.
type Sample struct {
	Data []byte
	Key  bool // it can be decoded without those before
}

// WriteTo writes the file. Its times are in milliseconds.
func (f *File) WriteTo(w io.Writer) (int64, error) {
	if len(f.Colours) == 0 || f.Alpha != nil && len(f.Alpha) != len(f.Colours) ||
		len(f.Colours) > 1 && len(f.Delays) != len(f.Colours) {
		return 0, fmt.Errorf("avif: %d frames, %d of transparency, %d times", len(f.Colours),
			len(f.Alpha), len(f.Delays))
	}
	l := &layout{File: f}
	for _, s := range [][]Sample{f.Colours, f.Alpha} {
		for i := range s {
			s[i].Data = withoutDelimiters(s[i].Data)
		}
	}
	var err error
	if l.colours, err = configure(f.Colours[0].Data, f.Depth, f.Grey, f.FullChroma); err != nil {
		return 0, err
	}
	if f.Alpha != nil {
		if l.alpha, err = configure(f.Alpha[0].Data, f.Depth, true, false); err != nil {
			return 0, err
		}
	}
	head := l.head() // for its length
	l.media = len(head) + 8
	return l.write(w, l.head())
}

// layout is a file whose places are known.
type layout struct {
	*File
	colours, alpha []byte // av1C
	media          int    // where the frames begin
}

// write writes the boxes before the frames, and these.
func (l *layout) write(w io.Writer, head []byte) (int64, error) {
	parts := l.parts()
	length := uint64(8)
	for _, p := range parts {
		length += uint64(len(p))
	}
	if length+uint64(len(head)) >= 1<<32 {
		return 0, fmt.Errorf("avif: a file of %d bytes is too long", length)
	}
	head = append(u32(head, int(length)), "mdat"...)
	var written int64
	for _, p := range append([][]byte{head}, parts...) {
		n, err := w.Write(p)
		if written += int64(n); err != nil {
			return written, err
		}
	}
	return written, nil
}

// parts are all frames and metadata in the order of the file.
func (l *layout) parts() [][]byte {
	var all [][]byte
	for _, s := range append(append([]Sample(nil), l.Colours...), l.Alpha...) {
		all = append(all, s.Data)
	}
	if l.EXIF != nil {
		all = append(all, append(make([]byte, 4), l.EXIF...)) // the header begins at 0
	}
	if l.XMP != nil {
		all = append(all, l.XMP)
	}
	return all
}

// head makes the boxes before the frames.
func (l *layout) head() []byte {
	still := len(l.Colours) == 1
	b := box(nil, "ftyp", func(b []byte) []byte {
		if still {
			return append(u32(append(b, "avif"...), 0), "avifmif1miaf"...)
		}
		return append(u32(append(b, "avis"...), 0), "avisavifmsf1mif1miafiso8"...)
	})
	b = l.meta(b)
	if still {
		return b
	}
	return l.moov(b)
}

// withoutDelimiters leaves out what separates frames in a stream.
func withoutDelimiters(frame []byte) []byte {
	var kept []byte
	err := obus(frame, func(kind int, whole, _ []byte) error {
		if kind != obuDelimiter {
			kept = append(kept, whole...)
		}
		return nil
	})
	if err != nil {
		return frame
	}
	return kept
}

// configure makes the configuration of a decoder: the binding of AV1 to ISOBMFF,
// section 2.3.3.
func configure(frame []byte, depth int, grey, fullChroma bool) ([]byte, error) {
	var header []byte
	err := obus(frame, func(kind int, whole, _ []byte) error {
		if kind == obuSequence && header == nil {
			header = whole
		}
		return nil
	})
	if err != nil || header == nil {
		return nil, fmt.Errorf("avif: the first frame has no header: %w", ErrSyntax)
	}
	var h sequenceHeader
	err = obus(header, func(_ int, _, payload []byte) (err error) {
		h, err = readSequenceHeader(payload)
		return err
	})
	flags := byte(h.tier << 7)
	for bit, set := range map[int]bool{6: depth > 8, 5: depth > 10, 4: grey,
		3: grey || !fullChroma, 2: grey || !fullChroma} {
		if set {
			flags |= 1 << bit
		}
	}
	return append([]byte{0x81, byte(h.profile<<5 | h.level), flags, 0}, header...), err
}
