package codec

import (
	"bytes"
	"encoding/binary"
	"iter"
	"strings"
)

// sniffISO places the files that are made of boxes (ISO/IEC 14496-12 and
// QuickTime) by the brands of their first box.
func sniffISO(s *sniffer) string {
	if len(s.head) < 8 {
		return ""
	}
	size := binary.BigEndian.Uint32(s.head)
	switch string(s.head[4:8]) {
	case "ftyp":
		found := sniffBrands(s.head, size)
		if found == "video/mp4" && s.soundOnly() {
			return "audio/mp4"
		}
		return found
	case "styp", "moof", "sidx", "emsg", "prft":
		return boxed(size, "video/mp4") // a segment of a fragmented file
	case "moov", "mdat", "wide", "pnot":
		return boxed(size, "video/quicktime")
	case "free", "skip":
		return sniffSkipped(s, int64(size))
	}
	return ""
}

// boxed returns mediaType if size can be that of a box: 0 is "to the end" and 1
// "the size follows".
func boxed(size uint32, mediaType string) string {
	if size > 1 && size < 8 {
		return ""
	}
	return mediaType
}

// sniffSkipped looks behind empty space at the start of a file.
func sniffSkipped(s *sniffer, size int64) string {
	if size < 8 {
		return ""
	}
	if next := s.at(size, 8); len(next) == 8 {
		switch string(next[4:]) {
		case "ftyp":
			behind := s.at(size, 512)
			return sniffBrands(behind, binary.BigEndian.Uint32(behind))
		case "moov", "mdat", "wide", "free", "skip":
			return "video/quicktime"
		case "moof":
			return "video/mp4"
		}
	}
	return ""
}

// sniffBrands decides by the major brand, and where that is no more than a
// structure or not known, by the first compatible brand that is.
func sniffBrands(box []byte, size uint32) string {
	box = box[:min(len(box), int(max(size, 16)))]
	if size < 8 || len(box) < 12 {
		return ""
	}
	major := string(box[8:12])
	found := brand(major)
	if found != "" && found != "image/heif" {
		return found
	}
	for i := 16; i+4 <= len(box); i += 4 {
		other := brand(string(box[i : i+4]))
		switch {
		case other == "image/avif":
			return other
		case found == "":
			found = other
		}
	}
	if found == "" {
		return "video/mp4"
	}
	return found
}

// brand returns the media type that a brand stands for, or "".
func brand(b string) string {
	switch b {
	case "avif", "avis":
		return "image/avif"
	case "heic", "heix", "heim", "heis", "hevc", "hevx", "hevm", "hevs", "mif1", "msf1", "miaf":
		return "image/heif"
	case "qt  ":
		return "video/quicktime"
	case "M4A ", "M4B ", "M4P ", "F4A ", "F4B ":
		return "audio/mp4"
	case "crx ":
		return "image/x-canon-cr3"
	case "mjp2":
		return "video/mj2"
	case "isom", "mp41", "mp42", "avc1", "M4V ", "M4VH", "M4VP", "dash", "cmfc":
		return "video/mp4"
	}
	switch {
	case strings.HasPrefix(b, "3g"):
		return "video/3gpp"
	case strings.HasPrefix(b, "iso"):
		return "video/mp4"
	}
	return ""
}

// soundOnly reports whether all tracks in the index of an MP4 file are sound: the
// brands of many programs do not say so.
func (s *sniffer) soundOnly() bool {
	sound, picture := false, false
	for top := range s.boxes(0, s.size) {
		if top.kind != "moov" {
			continue
		}
		for trak := range s.boxes(top.from, top.to) {
			if trak.kind != "trak" {
				continue
			}
			switch s.handler(trak) {
			case "vide":
				picture = true
			case "soun":
				sound = true
			}
		}
		break
	}
	return sound && !picture && s.ranges <= maxRanges
}

// handler returns the kind of a track, such as "soun".
func (s *sniffer) handler(trak box) string {
	for mdia := range s.boxes(trak.from, trak.to) {
		if mdia.kind != "mdia" {
			continue
		}
		for hdlr := range s.boxes(mdia.from, mdia.to) {
			if hdlr.kind == "hdlr" {
				if b := s.at(hdlr.from, 12); len(b) == 12 {
					return string(b[8:])
				}
			}
		}
	}
	return ""
}

// box is a box by the place of what is in it.
type box struct {
	kind     string
	from, to int64
}

// boxes yields the boxes between from and to, until one makes no sense.
func (s *sniffer) boxes(from, to int64) iter.Seq[box] {
	return func(yield func(box) bool) {
		for from < to {
			head := s.at(from, 16)
			if len(head) < 8 {
				return
			}
			size, skip := int64(binary.BigEndian.Uint32(head)), int64(8)
			switch {
			case size == 0:
				size = to - from
			case size == 1 && len(head) == 16:
				size, skip = int64(binary.BigEndian.Uint64(head[8:])), 16
			}
			if size < skip {
				return
			}
			end := from + min(size, to-from) // a file may be cut off
			if !yield(box{string(head[4:8]), from + skip, end}) {
				return
			}
			from = end
		}
	}
}

// sniffEBML tells WebM from Matroska by the DocType in the EBML header.
func sniffEBML(s *sniffer) string {
	if !s.has(0, "\x1a\x45\xdf\xa3") {
		return ""
	}
	head := s.head[:min(len(s.head), 256)]
	const docType = "\x42\x82"
	if i := bytes.Index(head, []byte(docType)); i >= 0 && i+3 <= len(head) {
		n := int(head[i+2] & 0x7f) // lengths of one byte, as every muxer writes them
		value := head[i+3 : min(i+3+n, len(head))]
		if string(bytes.TrimRight(value, "\x00")) == "webm" {
			return "video/webm"
		}
	}
	return "video/x-matroska"
}

// sniffRIFF places the RIFF family by its form.
func sniffRIFF(s *sniffer) string {
	if len(s.head) < 12 {
		return ""
	}
	switch string(s.head[:4]) {
	case "RIFF", "RIFX", "RF64", "BW64":
		return map[string]string{
			"WEBP": "image/webp", "WAVE": "audio/wav", "AVI ": "video/x-msvideo",
		}[string(s.head[8:12])]
	case "FORM":
		forms := map[string]string{"AIFF": "audio/aiff", "AIFC": "audio/aiff"}
		return forms[string(s.head[8:12])]
	}
	return ""
}

// sniffASF tells sound from video by the stream types in the header, if that is
// short enough to be read.
func sniffASF(s *sniffer) string {
	if !s.has(0, "\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9") || len(s.head) < 24 {
		return ""
	}
	const (
		mostHeader = 32 << 10
		audioType  = "\x40\x9e\x69\xf8\x4d\x5b\xcf\x11\xa8\xfd\x00\x80\x5f\x5c\x44\x2b"
		videoType  = "\xc0\xef\x19\xbc\x4d\x5b\xcf\x11\xa8\xfd\x00\x80\x5f\x5c\x44\x2b"
	)
	size := binary.LittleEndian.Uint64(s.head[16:])
	if size > mostHeader {
		return "video/x-ms-asf"
	}
	header := s.at(0, int(size))
	if bytes.Contains(header, []byte(audioType)) && !bytes.Contains(header, []byte(videoType)) {
		return "audio/x-ms-wma"
	}
	return "video/x-ms-asf"
}
