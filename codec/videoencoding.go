package codec

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

// VideoEncoding says how the picture of a film is encoded, beyond its quality. The
// zero value leaves everything to the codec, which copies a picture that may stay as
// it is; any field asks for a new encode.
//
//	codec.Convert{Format: "mp4", Quality: 75, Effort: 8, Video: codec.VideoEncoding{
//		Codec: codec.VideoH265, KeyInterval: 2, MaxFrameRate: 30,
//	}}
type VideoEncoding struct {
	// Codec is one of the Video constants; "" means [VideoVP9] in webm and
	// [VideoH264] elsewhere.
	Codec string `json:"codec,omitempty"`
	// Bitrate is the average in bits a second, from 10,000 to 400,000,000, and takes
	// the place of the quality; 0 goes by the quality.
	Bitrate int `json:"bitrate,omitempty"`
	// KeyInterval is the most seconds from one key frame to the next, from 0.1 to
	// 60: players seek to key frames. 0 means the encoder's usual, which is 5 to 10.
	KeyInterval float64 `json:"keyInterval,omitempty"`
	// MaxFrameRate leaves out pictures of a film that has more a second, from 1 to
	// 240; 0 keeps them all.
	MaxFrameRate float64 `json:"maxFrameRate,omitempty"`
	// PixelFormat is one of the Pixel constants; "" means 4:2:0, of 8 bits for H.264
	// and, where the film has more, of 10 for the other codecs. HDR needs 10 bits and
	// is mapped to standard range where there are 8.
	PixelFormat string `json:"pixelFormat,omitempty"`
	// Profile and Level bound what a decoder must be able to do, in the words of the
	// codec's standard, such as "main" and "4.1"; "" follows from the rest.
	Profile string `json:"profile,omitempty"`
	Level   string `json:"level,omitempty"`
	// Hardware uses an encoder of the machine's hardware where there is one that
	// encodes a trial frame: NVENC, Quick Sync, AMF, VideoToolbox, V4L2 or VAAPI. Where
	// there is none, or it fails, or PixelFormat, Profile, Level or Options are given,
	// it is software; a note tells. Hardware has no quality but a bit rate: a tenth of a bit
	// for each pixel at 82, twice as much with 15 more.
	Hardware bool `json:"hardware,omitempty"`
	// Options are FFmpeg's for the encoder and win over all else, such as
	// {"tune": "film"} or {"x265-params": "aq-mode=3"}. An option that the encoder
	// does not know or does not use is an error. Options that name files are refused.
	Options map[string]string `json:"options,omitempty"`
}

// Codecs of a [VideoEncoding].
const (
	VideoH264 = "h264" // in mp4, mov and mkv
	VideoH265 = "h265" // in mp4, mov and mkv
	VideoVP9  = "vp9"  // in webm, mp4 and mkv
	VideoAV1  = "av1"  // in webm, mp4 and mkv
)

// Pixel formats of a [VideoEncoding], by their names in FFmpeg. AV1 takes those of
// 4:2:0 only.
const (
	PixelYUV420    = "yuv420p"
	PixelYUV422    = "yuv422p"
	PixelYUV444    = "yuv444p"
	PixelYUV420P10 = "yuv420p10le"
	PixelYUV422P10 = "yuv422p10le"
	PixelYUV444P10 = "yuv444p10le"
)

var (
	pixelFormats = []string{PixelYUV420, PixelYUV422, PixelYUV444, PixelYUV420P10, PixelYUV422P10,
		PixelYUV444P10}
	videoCodecs = map[string][]string{
		"mp4": {VideoH264, VideoH265, VideoVP9, VideoAV1}, "mov": {VideoH264, VideoH265},
		"mkv": {VideoH264, VideoH265, VideoVP9, VideoAV1}, "webm": {VideoVP9, VideoAV1},
	}
	videoProfiles = map[string][]string{
		VideoH264: {"baseline", "main", "high", "high10", "high422", "high444"},
		VideoH265: {"main", "main10", "main422-10", "main444-8", "main444-10"},
		VideoVP9:  {"0", "1", "2", "3"}, VideoAV1: {"main"},
	}
	videoLevel = regexp.MustCompile(`^([1-6](\.[0-3])?|1b)$`)
)

// IsZero reports whether nothing is asked for.
func (v VideoEncoding) IsZero() bool {
	return v.Codec == "" && v.Bitrate == 0 && v.KeyInterval == 0 && v.MaxFrameRate == 0 &&
		v.PixelFormat == "" && v.Profile == "" && v.Level == "" && !v.Hardware && len(v.Options) == 0
}

// For returns the codec for the format.
func (v VideoEncoding) For(format string) string {
	switch {
	case v.Codec != "":
		return v.Codec
	case canonicalFormat(format) == "webm":
		return VideoVP9
	}
	return VideoH264
}

// video wants an encoding that fits into the format, which is "" if it is not known
// yet.
func (f *faults) video(v VideoEncoding, format string) {
	if v.IsZero() {
		return
	}
	outer := f.prefix
	f.prefix += "video."
	defer func() { f.prefix = outer }()
	fits, isFilm := videoCodecs[canonicalFormat(format)]
	switch {
	case format == "":
		fits = videoCodecs["mkv"]
	case !isFilm:
		f.add("codec", "%s holds no film", format)
		return
	}
	f.oneOf("codec", v.Codec, fits...)
	f.between("bitrate", v.Bitrate, 10_000, 400_000_000)
	if v.KeyInterval != 0 {
		f.within("keyInterval", &v.KeyInterval, 0.1, 60)
	}
	if v.MaxFrameRate != 0 {
		f.within("maxFrameRate", &v.MaxFrameRate, 1, 240)
	}
	f.oneOf("pixelFormat", v.PixelFormat, pixelFormats...)
	name := v.For(format)
	if name == VideoAV1 && v.PixelFormat != "" && !strings.HasPrefix(v.PixelFormat, "yuv420p") {
		f.add("pixelFormat", "%s does not go with av1", v.PixelFormat)
	}
	f.oneOf("profile", v.Profile, videoProfiles[name]...)
	if v.Level != "" && !videoLevel.MatchString(v.Level) {
		f.add("level", "%q is no level like 4.1", v.Level)
	}
	f.encoderOptions(v.Options)
}

// touchesFiles are parts of the names of options by which encoders read and write
// files: of FFmpeg, x264, x265 and SVT-AV1.
var touchesFiles = regexp.MustCompile(`(?i)(^|[^o])file|stats|csv|recon|dump|analysis|rpu|dhdr10|clbin|` +
	`scaling-list|cqm|load|save`)

// encoderOptions wants options that name no files, in order.
func (f *faults) encoderOptions(options map[string]string) {
	if len(options) > 64 {
		f.add("options", "%d are more than 64", len(options))
	}
	for _, name := range slices.Sorted(maps.Keys(options)) {
		value := options[name]
		switch {
		case name == "" || len(name) > 64 || len(value) > 1024:
			f.add("options", "%.64q is no option of at most 1024 bytes", name)
		case touchesFiles.MatchString(name) || touchesFiles.MatchString(value) ||
			strings.ContainsAny(value, `/\`):
			f.add("options", "%s: options that name files are refused", name)
		}
	}
}
