package codec

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/gabriel-vasile/mimetype"
)

// Unknown is the media type of bytes that [Sniff] cannot place.
const Unknown = "application/octet-stream"

// sniffHead is how many bytes from the start are read at once.
const sniffHead = 8 << 10

// Sniff returns the media type of an input of size bytes, from the bytes alone:
// the Type of a [Format] where there is one for it, otherwise another media type
// without parameters. An empty input, and bytes that mean nothing here, are
// [Unknown]. Text is always a text or application type, whatever media it
// points to: a playlist is application/vnd.apple.mpegurl and never video.
//
// It reads the first 8 KiB and, where they are not enough, a few more ranges:
// less than 64 KiB in all. An error of r other than [io.EOF] comes back wrapped.
func Sniff(r io.ReaderAt, size int64) (string, error) {
	buffer := heads.Get().(*[sniffHead]byte)
	defer heads.Put(buffer)
	s := &sniffer{r: r, size: max(size, 0)}
	s.head = s.read(buffer[:min(sniffHead, s.size)], 0)
	found := Unknown
	if len(s.head) > 0 {
		found = s.place()
	}
	if s.err != nil {
		return "", fmt.Errorf("codec: sniff: %w", s.err)
	}
	return found, nil
}

// heads are buffers for heads: every input is sniffed.
var heads = sync.Pool{New: func() any { return new([sniffHead]byte) }}

// rule returns the media type of s, or "" if s is not of its kinds.
type rule func(s *sniffer) string

// rules go from strong evidence at the start of the file to weak evidence.
var rules = []rule{
	sniffMagic, sniffPNG, sniffRIFF, sniffISO, sniffEBML, sniffOgg, sniffASF, sniffID3,
	sniffTransport, sniffFrames, sniffText, sniffBMP, sniffLatePDF,
}

func (s *sniffer) place() string {
	for _, r := range rules {
		if found := r(s); found != "" || s.err != nil {
			return found
		}
	}
	found, _, _ := strings.Cut(mimetype.Detect(s.head).String(), ";")
	switch {
	case found == "audio/mpeg", found == Unknown:
		// That library takes a few bits for a frame of MP3.
		return cmp.Or(s.lateMP3(), Unknown)
	case found == "image/svg+xml":
		return "text/xml" // it mentions svg, and has another root
	case found == "text/plain" && !utf8.Valid(s.head[:max(len(s.head)-utf8.UTFMax, 0)]):
		// It also takes for text whatever has no control characters.
		return cmp.Or(s.lateMP3(), found)
	}
	return canonical(found)
}

// canonical replaces names of mimetype by those of this package.
func canonical(mediaType string) string {
	switch mediaType {
	case "image/heic", "image/heic-sequence", "image/heif-sequence":
		return "image/heif"
	case "video/matroska":
		return "video/x-matroska"
	case "audio/x-m4a":
		return "audio/mp4"
	case "video/3gpp2":
		return "video/3gpp"
	case "application/x-rar-compressed", "application/x-rar":
		return "application/vnd.rar"
	}
	return mediaType
}

// sniffer reads ranges of an input and keeps the first error.
type sniffer struct {
	r    io.ReaderAt
	size int64
	head []byte
	err  error

	ranges int // reads so far
}

// maxRanges bounds the reads, for files that send the reader around.
const maxRanges = 64

// at returns up to n bytes from off; fewer at the end of the input.
func (s *sniffer) at(off int64, n int) []byte {
	if s.err != nil || off < 0 || off >= s.size || n <= 0 {
		return nil
	}
	if end := off + int64(n); end <= int64(len(s.head)) {
		return s.head[off:end]
	}
	return s.read(make([]byte, min(int64(n), s.size-off)), off)
}

// read returns what of b could be filled from off.
func (s *sniffer) read(b []byte, off int64) []byte {
	if s.ranges++; s.ranges > maxRanges || len(b) == 0 {
		return nil
	}
	got, err := s.r.ReadAt(b, off)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
		return nil
	}
	return b[:got]
}

// has reports whether the head has the text at off.
func (s *sniffer) has(off int, text string) bool {
	return len(s.head) >= off+len(text) && string(s.head[off:off+len(text)]) == text
}

// magics are signatures at the start that no other kind of file shares.
var magics = []struct{ prefix, mediaType string }{
	{"\xff\xd8\xff", "image/jpeg"},
	{"GIF87a", "image/gif"},
	{"GIF89a", "image/gif"},
	{"II*\x00", "image/tiff"},
	{"MM\x00*", "image/tiff"},
	{"II+\x00", "image/tiff"}, // BigTIFF
	{"MM\x00+", "image/tiff"},
	{"\xff\x0a", "image/jxl"},
	{"\x00\x00\x00\x0cJXL \r\n\x87\n", "image/jxl"},
	{"\x00\x00\x00\x0cjP  \r\n\x87\n", "image/jp2"},
	{"\xff\x4f\xff\x51", "image/jp2"}, // a bare codestream: same decoder, same policy
	{"%PDF-", "application/pdf"},
	{"fLaC", "audio/flac"},
	{"wvpk", "audio/x-wavpack"},
	{"#!AMR", "audio/amr"},
	{"caff\x00\x01", "audio/x-caf"},
	{"FLV\x01", "video/x-flv"},
	{"\x00\x00\x01\xba", "video/mpeg"}, // program stream
	{"\x00\x00\x01\xb3", "video/mpeg"}, // elementary stream
	{"riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\x00\x00", "audio/x-w64"},
}

func sniffMagic(s *sniffer) string {
	for _, m := range magics {
		if bytes.HasPrefix(s.head, []byte(m.prefix)) {
			return m.mediaType
		}
	}
	return ""
}
