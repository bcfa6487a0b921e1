package codec

import (
	"bytes"
	"encoding/binary"
	"strings"
)

// sniffOgg looks at the first packets of all streams, whose pages come first.
func sniffOgg(s *sniffer) string {
	found := ""
	for page := s.head; len(page) > 27 && string(page[:4]) == "OggS" && page[5]&2 != 0; {
		body := 27 + int(page[26])
		if body > len(page) {
			break
		}
		size := body
		for _, lace := range page[27:body] {
			size += int(lace)
		}
		size = min(size, len(page))
		switch kind := oggStream(page[body:size]); {
		case kind == "video/ogg":
			return kind
		case found == "":
			found = kind
		}
		page = page[size:]
	}
	if found == "" && s.has(0, "OggS") {
		return "audio/ogg"
	}
	return found
}

// oggStream returns the media type of a file with this stream alone, "" if the
// stream is no media.
func oggStream(packet []byte) string {
	for _, m := range []struct{ prefix, mediaType string }{
		{"OpusHead", "audio/opus"},
		{"\x01vorbis", "audio/ogg"},
		{"\x7fFLAC", "audio/ogg"},
		{"Speex   ", "audio/ogg"},
		{"\x80theora", "video/ogg"},
		{"OVP80", "video/ogg"},
		{"BBCD", "video/ogg"},
	} {
		if bytes.HasPrefix(packet, []byte(m.prefix)) {
			return m.mediaType
		}
	}
	return ""
}

// maxTags bounds the ID3 tags that are skipped at the start of a file.
const maxTags = 4

// sniffID3 looks behind the ID3v2 tags, which programs put in front of anything
// that sounds.
func sniffID3(s *sniffer) string {
	off := int64(0)
	for range maxTags {
		tag := s.at(off, 10)
		if len(tag) < 10 || string(tag[:3]) != "ID3" {
			break
		}
		off += 10 + syncsafe(tag[6:])
		if tag[5]&0x10 != 0 {
			off += 10 // a footer
		}
	}
	if off == 0 {
		return ""
	}
	behind := bytes.TrimLeft(s.at(off, sniffHead), "\x00")
	for prefix, mediaType := range map[string]string{
		"fLaC": "audio/flac", "wvpk": "audio/x-wavpack", "MAC ": "audio/ape",
	} {
		if strings.HasPrefix(string(behind[:min(len(behind), 4)]), prefix) {
			return mediaType
		}
	}
	if adtsRun(behind) > 0 {
		return "audio/aac"
	}
	return "audio/mpeg"
}

// syncsafe reads a number of four times seven bits.
func syncsafe(b []byte) int64 {
	return int64(b[0]&0x7f)<<21 | int64(b[1]&0x7f)<<14 | int64(b[2]&0x7f)<<7 | int64(b[3]&0x7f)
}

// sniffFrames takes for sound what begins with two frames of it, or with one
// that fills the file.
func sniffFrames(s *sniffer) string {
	whole := int64(len(s.head)) == s.size
	if n := adtsRun(s.head); n >= 2 || n == 1 && whole {
		return "audio/aac"
	}
	if n := mp3Run(s.head); n >= 2 || n == 1 && whole {
		return "audio/mpeg"
	}
	return ""
}

// lateMP3 looks for MP3 behind other bytes, at three places in the file; "" if
// there is none. Four frames that follow each other are no accident.
func (s *sniffer) lateMP3() string {
	const window, frames = 16 << 10, 4
	for _, off := range []int64{0, s.size / 2, s.size / 8 * 7} {
		b := s.at(off, window)
		for i := range b {
			if b[i] == 0xff && mp3Run(b[i:]) >= frames {
				return "audio/mpeg"
			}
		}
	}
	return ""
}

// maxRun is how many frames are followed.
const maxRun = 4

// adtsRun counts the ADTS frames at the start of b, up to maxRun.
func adtsRun(b []byte) int { return run(b, adtsSize) }

// mp3Run counts the MPEG audio frames at the start of b, up to maxRun.
func mp3Run(b []byte) int { return run(b, mp3Size) }

func run(b []byte, frameSize func([]byte) int) int {
	for n := range maxRun {
		size := frameSize(b)
		if size == 0 {
			return n
		}
		if size >= len(b) {
			return n + 1
		}
		b = b[size:]
	}
	return maxRun
}

// adtsSize returns the bytes of the ADTS frame at b (ISO/IEC 14496-3, 1.A.2), 0
// if there is none.
func adtsSize(b []byte) int {
	if len(b) < 7 || b[0] != 0xff || b[1]&0xf6 != 0xf0 {
		return 0
	}
	rate := b[2] >> 2 & 0xf
	size := int(b[3]&3)<<11 | int(b[4])<<3 | int(b[5]>>5)
	if rate > 12 || size < 7 {
		return 0
	}
	return size
}

// mp3Size returns the bytes of the MPEG audio frame at b (ISO/IEC 11172-3,
// 2.4.2.3, and 13818-3), 0 if there is none. Layer I counts as none, because the
// mark of UTF-16 text looks like it, and so does a free bit rate.
func mp3Size(b []byte) int {
	if len(b) < 4 || binary.BigEndian.Uint16(b)&0xffe0 != 0xffe0 {
		return 0
	}
	version, layer := b[1]>>3&3, b[1]>>1&3
	rate, freq, pad := b[2]>>4, b[2]>>2&3, int(b[2]>>1&1)
	if version == 1 || layer == 0 || layer == 3 || rate == 0 || rate == 15 || freq == 3 {
		return 0
	}
	mpeg1, layerII := version == 3, layer == 2
	factor := 144
	if !mpeg1 && !layerII {
		factor = 72
	}
	hz := []int{44100, 48000, 32000}[freq] >> [...]int{2, 0, 1, 0}[version]
	return factor*1000*kilobits(mpeg1, layerII, int(rate))/hz + pad
}

var (
	kilobits1II  = [...]int{32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384}
	kilobits1III = [...]int{32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320}
	kilobits2    = [...]int{8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160}
)

// kilobits returns the bit rate of the index rate, from 1 to 14.
func kilobits(mpeg1, layerII bool, rate int) int {
	switch {
	case mpeg1 && layerII:
		return kilobits1II[rate-1]
	case mpeg1:
		return kilobits1III[rate-1]
	}
	return kilobits2[rate-1]
}

// sniffTransport looks for the sync bytes of an MPEG transport stream: packets
// of 188 bytes, of 192 with a time in front (m2ts), or of 204 with a checksum.
func sniffTransport(s *sniffer) string {
	if printable(s.head) {
		return "" // a text may be nothing but the letter G
	}
	for _, packet := range []int{188, 192, 204} {
		for start := range min(packet, len(s.head)) {
			if synced(s.head[start:], packet) {
				return "video/mp2t"
			}
		}
	}
	return ""
}

// synced reports whether b has at least three packets, and all of its first
// eight are in sync.
func synced(b []byte, packet int) bool {
	const least, most = 3, 8
	n := 0
	for ; n < most && len(b) >= 4; n++ {
		// 0x47, no error indicated, payload or adaptation field present
		if b[0] != 0x47 || b[1]&0x80 != 0 || b[3]&0x30 == 0 {
			return false
		}
		b = b[min(packet, len(b)):]
	}
	return n >= least
}

// printable reports whether b is nothing but ASCII text.
func printable(b []byte) bool {
	return !bytes.ContainsFunc(b, func(c rune) bool {
		return c >= 0x7f || c < ' ' && c != '\n' && c != '\r' && c != '\t'
	})
}
