package libav

import (
	"encoding/binary"
	"maps"
	"slices"
	"strings"

	"github.com/spoolmedia/spool/codec"
)

// demuxers names the one demuxer that reads each media type. The libraries
// never choose by themselves: among their hundreds of demuxers are some that
// open what the input tells them to.
var demuxers = map[string]string{
	"video/mp4": "mov", "video/quicktime": "mov", "video/3gpp": "mov", "audio/mp4": "mov",
	"video/webm": "matroska", "video/x-matroska": "matroska",
	"video/x-msvideo": "avi", "video/x-flv": "flv", "video/mp2t": "mpegts", "video/mpeg": "mpeg",
	"video/x-ms-asf": "asf", "audio/x-ms-wma": "asf",
	"video/ogg": "ogg", "audio/ogg": "ogg", "audio/opus": "ogg",
	"audio/mpeg": "mp3", "audio/wav": "wav", "audio/x-w64": "w64", "audio/flac": "flac",
	"audio/aac": "aac", "audio/amr": "amr", "audio/aiff": "aiff", "audio/x-wavpack": "wv",
	"image/gif":  "gif",
	"image/avif": "mov", // sequences
}

// mostBrands bounds the first box of an AVIF, in bytes.
const mostBrands = 1024

// playsAVIF reports whether an AVIF is a sequence: then "avis" is among the brands in its
// first box (https://aomediacodec.github.io/av1-avif/v1.1.0.html#image-sequence-brand).
func playsAVIF(in codec.Input) bool {
	b := make([]byte, mostBrands)
	n, _ := in.ReadAt(b, 0) // what cannot be read here cannot be opened, either
	length := min(int64(binary.BigEndian.Uint32(b)), int64(n))
	if length < 16 {
		return true // the libraries will say what is wrong
	}
	for brand := range slices.Chunk(b[8:length], 4) {
		if string(brand) == "avis" {
			return true
		}
	}
	return false
}

// checkPlays fails for a still picture: these libraries know neither its turns nor its
// grids, and others are no input for what makes films.
func checkPlays(name string, streams []stream) error {
	if slices.ContainsFunc(streams, func(s stream) bool { return s.still }) {
		return codec.Errorf(codec.Unsupported, "%s is a still picture: there is nothing to play", name)
	}
	return nil
}

// elementary reads MPEG video that is not wrapped in a program stream.
const elementary = "mpegvideo"

// demuxerFor returns the demuxer for an input that begins with head.
func demuxerFor(mediaType string, head []byte) (string, bool) {
	if name, ok := textDemuxers[mediaType]; ok {
		return name, true
	}
	name, ok := demuxers[mediaType]
	if name == "mpeg" && strings.HasPrefix(string(head), "\x00\x00\x01\xb3") {
		return elementary, true
	}
	return name, ok
}

// demuxerList is the whitelist that the libraries are given. They compare it
// with a demuxer's whole name.
func demuxerList() string {
	return strings.Join([]string{"mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm", "avi", "flv", "mpegts",
		"mpeg", elementary, "asf", "ogg", "mp3", "wav", "w64", "flac", "aac", "amr", "aiff", "wv",
		"gif", "srt", "webvtt", "ass"}, ",")
}

// inputTypes are the media types that can be read here.
func inputTypes() []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(demuxers)), func(t string) bool {
		return !hasDemuxer(demuxers[t])
	})
}

// probeSize is how much may be read to find the streams: containers with an
// index need little, streams without one may bring a stream in late.
func probeSize(demuxer string) int64 {
	switch demuxer {
	case "mpegts", "mpeg", elementary, "flv":
		return 5 << 20
	case "wav", "w64", "aiff", "gif", "srt", "webvtt", "ass":
		return 64 << 10
	}
	return 1 << 20
}

// target is a container that can be made.
type target struct {
	muxer      string
	sound      bool // for sound alone
	still      bool // one picture
	mute       bool // pictures alone
	seekable   bool // the muxer goes back to complete its header or index
	covers     covering
	chapters   bool
	copies     map[kind][]string // the codecs that are copied into it
	tags       map[string]string // the codec tag that players insist on
	options    map[string]string // for the muxer
	video      string            // encoder
	audio      string
	pcm        bool   // the encoder follows the depth of the source
	allStreams bool   // takes attachments too
	text       string // the encoder of subtitles; "": there are none
	words      bool   // for subtitles alone
}

// medium is what it takes at least one of.
func (t target) medium() string {
	switch {
	case t.sound:
		return "sound"
	case t.still || t.mute:
		return "video"
	}
	return "video or sound"
}

var (
	bmff    = map[string]string{"hevc": "hvc1"}
	targets = map[string]target{
		"mp4": {
			muxer: "mp4", seekable: true, covers: streamCovers, chapters: true,
			copies: map[kind][]string{
				video:    {"h264", "hevc", "av1", "vp9"},
				audio:    {"aac", "mp3", "ac3", "eac3", "opus", "flac", "alac"},
				subtitle: {"mov_text"},
			},
			tags: bmff, video: "libx264", audio: "aac", text: "mov_text",
		},
		"mov": {
			muxer: "mov", seekable: true, covers: streamCovers, chapters: true,
			copies: map[kind][]string{
				video: {"h264", "hevc", "prores", "mjpeg", "mpeg4", "dnxhd"},
				audio: {"aac", "mp3", "ac3", "eac3", "alac", "pcm_s16le", "pcm_s16be", "pcm_s24le",
					"pcm_s24be", "pcm_f32le"},
				subtitle: {"mov_text"},
			},
			tags: bmff, video: "libx264", audio: "aac", text: "mov_text",
		},
		"webm": {
			muxer: "webm", seekable: true, chapters: true,
			copies: map[kind][]string{
				video: {"vp8", "vp9", "av1"}, audio: {"opus", "vorbis"}, subtitle: {"webvtt"},
			},
			video: "libvpx-vp9", audio: "libopus", text: "webvtt",
		},
		"mkv": {
			muxer: "matroska", seekable: true, covers: attachCovers, chapters: true,
			allStreams: true,
			copies: map[kind][]string{
				video: {"h264", "hevc", "av1", "vp8", "vp9", "mpeg4", "mpeg1video", "mpeg2video",
					"theora", "prores", "ffv1", "mjpeg"},
				audio: {"aac", "mp3", "mp2", "ac3", "eac3", "dts", "truehd", "opus", "vorbis", "flac",
					"alac", "wavpack", "pcm_s16le", "pcm_s24le", "pcm_s32le", "pcm_f32le"},
				subtitle: {"subrip", "ass", "webvtt", "hdmv_pgs_subtitle", "dvd_subtitle",
					"dvb_subtitle"},
			},
			video: "libx264", audio: "aac", text: "subrip",
		},
		"m4a": {
			muxer: "ipod", sound: true, seekable: true, covers: streamCovers, chapters: true,
			copies: map[kind][]string{audio: {"aac", "alac"}}, audio: "aac",
		},
		"mp3": {
			muxer: "mp3", sound: true, seekable: true, covers: streamCovers, chapters: true,
			copies: map[kind][]string{audio: {"mp3"}}, audio: "libmp3lame",
		},
		"wav": {
			muxer: "wav", sound: true, seekable: true,
			copies: map[kind][]string{audio: {"pcm_u8", "pcm_s16le", "pcm_s24le", "pcm_s32le",
				"pcm_f32le"}},
			audio: "pcm_s16le", pcm: true, options: map[string]string{"rf64": "auto"},
		},
		"ogg": {
			muxer: "ogg", sound: true, covers: commentCovers, chapters: true,
			copies: map[kind][]string{audio: {"vorbis", "opus", "flac", "speex"}}, audio: "libvorbis",
		},
		"opus": {
			muxer: "opus", sound: true, covers: commentCovers, chapters: true,
			copies: map[kind][]string{audio: {"opus"}}, audio: "libopus",
		},
		"flac": {
			muxer: "flac", sound: true, seekable: true, covers: streamCovers,
			copies: map[kind][]string{audio: {"flac"}}, audio: "flac", pcm: true,
		},
	}
)

// targetOf is the target of a request.
func targetOf(op request) (target, bool) {
	family := op.family
	if family == nil {
		family = targets
	}
	t, ok := family[op.Format]
	return t, ok
}

// silentFormats are those of a family without sound whose muxer and encoder this
// build has.
func silentFormats(family map[string]target) []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(family)), func(name string) bool {
		return !hasMuxer(family[name].muxer) || !hasEncoder(family[name].video)
	})
}

// outputFormats are the targets whose muxer and encoders this build has.
func outputFormats() []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(targets)), func(name string) bool {
		t := targets[name]
		return !hasMuxer(t.muxer) || !hasEncoder(t.audio) || t.video != "" && !hasEncoder(t.video)
	})
}

// soundFormats are those of the formats that hold sound only.
func soundFormats(formats []string) []string {
	return slices.DeleteFunc(formats, func(name string) bool { return !targets[name].sound })
}

// films are the types of inputs without those that have no sound.
func films(types []string) []string {
	return slices.DeleteFunc(types, func(t string) bool { return kindOfType(t) == codec.Image })
}

// pictured are the types of inputs that may be films.
func pictured(types []string) []string {
	return slices.DeleteFunc(films(types), func(t string) bool {
		return kindOfType(t) == codec.Audio
	})
}

// unturned are the types of inputs that may be films, but for AVIF: of its pictures these
// libraries know neither turns nor grids. Package codec/vips does.
func unturned(types []string) []string {
	return slices.DeleteFunc(pictured(types), func(t string) bool { return t == "image/avif" })
}

// kept are the types of inputs that can be written as they are.
func kept(types []string) []string {
	made := outputFormats()
	return slices.DeleteFunc(types, func(t string) bool {
		return !slices.Contains(made, formatName(t))
	})
}

// filmFormats are those of the formats that hold video.
func filmFormats(formats []string) []string {
	return slices.DeleteFunc(formats, func(name string) bool { return targets[name].sound })
}
