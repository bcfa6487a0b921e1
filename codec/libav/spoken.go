package libav

import (
	"encoding/binary"
	"strings"

	"github.com/spoolmedia/spool/codec"
)

// spokenCodecs are the names of codecs in messages, where they differ from those
// of the libraries.
var spokenCodecs = map[string]string{
	"h264": "H.264", "h265": "H.265", "hevc": "H.265", "vvc": "VVC", "av1": "AV1", "vp8": "VP8",
	"vp9": "VP9", "mpeg1video": "MPEG-1", "mpeg2video": "MPEG-2", "mpeg4": "MPEG-4", "h263": "H.263",
	"theora": "Theora", "prores": "ProRes", "mjpeg": "JPEG", "png": "PNG", "gif": "GIF",
	"wmv1": "Windows Media", "wmv2": "Windows Media", "wmv3": "Windows Media", "vc1": "VC-1",
	"aac": "AAC", "mp2": "MP2", "mp3": "MP3", "opus": "Opus", "vorbis": "Vorbis", "flac": "FLAC",
	"alac": "Apple Lossless", "ac3": "AC-3", "eac3": "E-AC-3", "ac4": "AC-4", "dts": "DTS",
	"truehd": "TrueHD", "wavpack": "WavPack", "amr_nb": "AMR", "amr_wb": "AMR",
	"wmav1": "Windows Media", "wmav2": "Windows Media",
	"subrip": "SRT", "ass": "ASS", "webvtt": "WebVTT", "mov_text": "MP4",
	"hdmv_pgs_subtitle": "Blu-ray", "dvd_subtitle": "DVD", "dvb_subtitle": "DVB",
}

// spokenTags are codecs that the libraries may not know, by the codes of
// containers for them.
var spokenTags = map[string]string{
	"vvc1": "VVC", "vvi1": "VVC", "evc1": "EVC", "avs3": "AVS3", "lvc1": "LCEVC", "apv1": "APV",
	"ac-4": "AC-4", "mha1": "MPEG-H", "mhm1": "MPEG-H", "iamf": "IAMF",
	"encv": "encrypted", "enca": "encrypted", "drmi": "encrypted", "drms": "encrypted",
}

// spoken is the name of the stream's codec for people.
func (s stream) spoken() string {
	if name, ok := spokenCodecs[s.codec]; ok {
		return name
	}
	if s.codec != "" && s.codec != "none" {
		return s.codec
	}
	tag := string(binary.LittleEndian.AppendUint32(nil, s.tag))
	if name, ok := spokenTags[tag]; ok {
		return name
	}
	if printable(tag) {
		return tag
	}
	return "of an unknown kind"
}

func printable(tag string) bool {
	return !strings.ContainsFunc(tag, func(c rune) bool { return c <= ' ' || c > '~' })
}

// undecodable refuses an input for a stream that nothing here decodes.
func (s source) undecodable(st stream) error {
	return codec.Errorf(codec.Unsupported, "%s is %s whose %s is %s, which this FFmpeg cannot decode",
		s.name, codec.TypeName(s.mediaType), st.kind.spoken(), st.spoken())
}

func (k kind) spoken() string {
	if k == audio {
		return "sound"
	}
	return string(k)
}

// shapeless reports whether it is sound that is cut off before what says how it is made.
func (s stream) shapeless() bool {
	return s.kind == audio && s.decodable && (s.sampleRate <= 0 || s.channels <= 0)
}

// shapelessSound leaves out sound of which nothing says how it is made.
func (p *planner) shapelessSound(s stream) error {
	const reason = "nothing in the file says how many samples and channels it has"
	if p.target.sound {
		return codec.Errorf(codec.Invalid, "%s is damaged: of its sound, %s", p.name, reason)
	}
	p.drop(s, reason)
	p.note("A sound stream was left out: " + reason + ".")
	return nil
}
