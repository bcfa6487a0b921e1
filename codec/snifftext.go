package codec

import (
	"bytes"
	"encoding/binary"
	"regexp"
	"unicode/utf16"
)

// subRip is how a SubRip file begins: with a number, which some lack, and two times.
var subRip = regexp.MustCompile(`^(?:\d+[ \t]*\r?\n\s*)?\d+:\d\d:\d\d[,.:]\d+[ \t]*-->`)

// sniffText places texts that matter here: those that a program might take for
// media, and drawings. The first word decides, so a name or a host's own tags
// further on change nothing.
func sniffText(s *sniffer) string {
	text := bytes.TrimLeft(plain(s.head), " \t\r\n")
	for _, m := range []struct{ prefix, mediaType string }{
		{"#EXTM3U", "application/vnd.apple.mpegurl"},
		{"ffconcat version", "text/x-ffconcat"},
		{"WEBVTT", "text/vtt"},
		{"[Script Info]", "text/x-ssa"},
		{"v=0\n", "application/sdp"},
		{"v=0\r\n", "application/sdp"},
	} {
		if bytes.HasPrefix(text, []byte(m.prefix)) {
			return m.mediaType
		}
	}
	if subRip.Match(text) {
		return "application/x-subrip"
	}
	switch root(text) {
	case "svg":
		return "image/svg+xml"
	case "MPD":
		return "application/dash+xml"
	case "SmoothStreamingMedia":
		return "application/vnd.ms-sstr+xml"
	}
	return ""
}

// plain returns b as text of one byte per character, without a byte order mark.
func plain(b []byte) []byte {
	var order binary.ByteOrder
	switch {
	case bytes.HasPrefix(b, []byte("\xef\xbb\xbf")):
		return b[3:]
	case bytes.HasPrefix(b, []byte("\xff\xfe")):
		order = binary.LittleEndian
	case bytes.HasPrefix(b, []byte("\xfe\xff")):
		order = binary.BigEndian
	default:
		return b
	}
	units := make([]uint16, 0, len(b)/2)
	for b = b[2:]; len(b) >= 2; b = b[2:] {
		units = append(units, order.Uint16(b))
	}
	return []byte(string(utf16.Decode(units)))
}

// root returns the name of the first element of an XML text, without its
// namespace, or "" if text does not begin as XML.
func root(text []byte) string {
	for {
		text = bytes.TrimLeft(text, " \t\r\n")
		switch {
		case bytes.HasPrefix(text, []byte("<?")):
			text = after(text, "?>")
		case bytes.HasPrefix(text, []byte("<!--")):
			text = after(text, "-->")
		case bytes.HasPrefix(text, []byte("<!")):
			text = afterDoctype(text)
		case bytes.HasPrefix(text, []byte("<")):
			return elementName(text[1:])
		default:
			return ""
		}
	}
}

func after(text []byte, end string) []byte {
	_, text, _ = bytes.Cut(text, []byte(end))
	return text
}

// afterDoctype skips a declaration with what it has in square brackets.
func afterDoctype(text []byte) []byte {
	end, bracket := bytes.IndexByte(text, '>'), bytes.IndexByte(text, '[')
	if bracket < 0 || end >= 0 && end < bracket {
		return after(text, ">")
	}
	return after(after(text, "]"), ">")
}

func elementName(text []byte) string {
	if i := bytes.IndexAny(text, " \t\r\n/>"); i >= 0 {
		text = text[:i]
	}
	if i := bytes.IndexByte(text, ':'); i >= 0 {
		text = text[i+1:]
	}
	return string(text)
}
