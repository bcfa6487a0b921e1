package libav

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/spoolmedia/spool/codec"
)

// videoEncoder is how an encoder of video is told what is wanted.
type videoEncoder struct {
	codec   string  // one of the codec.Video constants
	crf     [3]int  // for the qualities 100, 82 and 1
	depth   string  // its profile for 10 bits, if it has to be told
	least   int     // pixels of a side
	passes  bool    // it can meet a bit rate in two
	coarse  [2]int  // quantizers around the lowest quality: the largest makes the least
	speed   float64 // pixels a second on one core: measured of H.264 and VP9, else guessed
	options func(effort int) map[string]string
	// native is the option that holds the encoder's own, as key=value:key=value.
	native string
	// threads begins the one of them that says how many threads there are.
	threads string
	waits   bool // it has a thread for each picture, which waits for those of others
}

// deep reports whether 10 bits and HDR are kept where nothing else is asked for. Few
// decoders take more than 8 bits of H.264.
func (v videoEncoder) deep() bool { return v.codec != codec.VideoH264 }

// videoEncoders are those of films, by name. Each has a short look-ahead: it bounds
// the memory and what a cancel has to wait for.
var videoEncoders = map[string]videoEncoder{
	"libx264": {
		codec: codec.VideoH264, crf: [3]int{16, 23, 51}, passes: true, coarse: [2]int{50, 69},
		speed: 15e6, native: "x264-params", waits: true,
		options: func(effort int) map[string]string {
			o := map[string]string{"preset": presets[effort]}
			if effort > 3 { // the fast ones look less far ahead
				o["rc-lookahead"] = strconv.Itoa(min(30, 10*(effort-2)))
			}
			return o
		},
	},
	"libx265": {
		codec: codec.VideoH265, crf: [3]int{20, 28, 51}, passes: true, coarse: [2]int{39, 51},
		speed: 4e6, native: "x265-params", threads: "pools=",
		options: func(effort int) map[string]string {
			return map[string]string{"preset": presets[effort],
				"x265-params": "log-level=none:rc-lookahead=" + strconv.Itoa(min(20, 5*effort))}
		},
	},
	"libvpx-vp9": {
		codec: codec.VideoVP9, crf: [3]int{20, 31, 63}, passes: true, coarse: [2]int{49, 63},
		speed: 7e6, depth: "2", options: vp9Options,
	},
	// Without a look-ahead, and with groups of 8 pictures for 16, it holds half as
	// many, all of which it encodes before it ends: that is what a cancel waits for.
	"libsvtav1": {
		codec: codec.VideoAV1, crf: [3]int{20, 35, 63}, coarse: [2]int{49, 62}, least: 64,
		speed:  8e6,
		native: "svtav1-params", threads: "lp=",
		options: func(effort int) map[string]string {
			return map[string]string{"preset": strconv.Itoa(14 - effort),
				"svtav1-params": "lookahead=0:hierarchical-levels=3"}
		},
	},
}

// presets of x264 and x265 by effort.
var presets = [...]string{"medium", "ultrafast", "superfast", "veryfast", "faster", "fast",
	"medium", "slow", "slower", "veryslow"}

// usualEffort is where more time stops to pay.
const usualEffort = 6

func vp9Options(effort int) map[string]string {
	o := map[string]string{"deadline": "good", "cpu-used": strconv.Itoa(10 - effort),
		"b": "0", "row-mt": "1", "tile-columns": "2", "lag-in-frames": "20", "g": "240"}
	if effort < 5 {
		o["deadline"], o["cpu-used"] = "realtime", strconv.Itoa(9-effort)
	}
	return o
}

// software names the encoder of each codec.
var software = map[string]string{codec.VideoH264: "libx264", codec.VideoH265: "libx265",
	codec.VideoVP9: "libvpx-vp9", codec.VideoAV1: "libsvtav1"}

// chooseEncoder names the encoder for the format that this build has.
func chooseEncoder(op request, has func(string) bool) (string, error) {
	if op.hardware != nil {
		return op.hardware.name, nil
	}
	wanted := op.Video.For(op.Format)
	if !slices.Contains(videoCodecs[op.Format], wanted) {
		return "", codec.Errorf(codec.Unsupported, "%s holds no %s made here", op.Format,
			spokenCodecs[wanted])
	}
	if name := software[wanted]; has(name) {
		return name, nil
	}
	return "", codec.Errorf(codec.Unsupported, "this FFmpeg has no encoder of %s (%s)",
		spokenCodecs[wanted], software[wanted])
}

// videoCodecs are what is made in each format.
var videoCodecs = map[string][]string{
	"mp4": {codec.VideoH264, codec.VideoH265, codec.VideoVP9, codec.VideoAV1},
	"mov": {codec.VideoH264, codec.VideoH265}, "webm": {codec.VideoVP9, codec.VideoAV1},
	"mkv": {codec.VideoH264, codec.VideoH265, codec.VideoVP9, codec.VideoAV1},
}

// newVideoEncode is the encode of s as op asks, but for its filters.
func (p *planner) newVideoEncode(s stream) (encode, error) {
	name, err := chooseEncoder(p.op, hasEncoder)
	if err != nil {
		return encode{}, err
	}
	e := encode{encoder: name, options: map[string]string{}, colour: s.colour}
	v, ok := videoEncoders[name]
	if !ok { // of hardware: it has a bit rate and no quality
		e.options = hardwareOptions(p.op, s, p.size)
		keyFrames(&e, p.op.Video, s)
		return e, nil
	}
	effort := p.op.Effort
	if effort == 0 {
		effort = usualEffort
	}
	e.options, e.waits = v.options(effort), v.waits
	e.options["crf"] = strconv.Itoa(crf(p.op.Quality, v.crf[0], v.crf[1], v.crf[2]))
	if p.op.rate == nil && p.op.Video.Bitrate > 0 {
		(&rate{bits: p.op.Video.Bitrate}).apply(&e)
	}
	p.op.rate.apply(&e)
	return e, v.bound(&e, p.op.Video, s)
}

// bound sets what bounds a stream, and the options that win over all.
func (v videoEncoder) bound(e *encode, want codec.VideoEncoding, s stream) error {
	keyFrames(e, want, s)
	if want.Profile != "" && v.codec != codec.VideoAV1 { // which has but one
		e.options["profile"] = want.Profile
	}
	switch {
	case want.Level == "":
	case v.codec == codec.VideoH265:
		e.add(v.native, "level-idc="+want.Level)
	case v.codec == codec.VideoAV1:
		e.add(v.native, "level="+tenfold(want.Level))
	default:
		e.options["level"] = want.Level
	}
	e.asked = slices.Sorted(maps.Keys(want.Options))
	for _, key := range e.asked {
		if key == v.native && key != "" {
			e.add(key, want.Options[key])
		} else {
			e.options[key] = want.Options[key]
			if key == "qp" || key == "b" { // which the encoders take for less than a crf
				delete(e.options, "crf")
			}
		}
	}
	return nil
}

// keyFrames sets how many pictures there are at most from one key frame to the next.
func keyFrames(e *encode, want codec.VideoEncoding, s stream) {
	if want.KeyInterval == 0 {
		return
	}
	rate := frameRate(s)
	if want.MaxFrameRate > 0 {
		rate = min(rate, want.MaxFrameRate)
	}
	e.options["g"] = strconv.Itoa(max(1, int(math.Round(want.KeyInterval*rate))))
}

// add puts more of the encoder's own into its option for them: the later wins.
func (e *encode) add(option, more string) {
	e.options[option] = strings.TrimPrefix(e.options[option]+":"+more, ":")
}

// tenfold is a level such as 4.1 as 41.
func tenfold(level string) string {
	major, minor, _ := strings.Cut(level, ".")
	return major + fmt.Sprintf("%.1s", minor+"0")
}

// codecOf is what an encoder makes, in the libraries' word for it.
func codecOf(encoder string) string {
	switch v := videoEncoders[encoder]; {
	case v.codec == codec.VideoH265, strings.HasPrefix(encoder, "hevc_"):
		return "hevc"
	default:
		return v.codec
	}
}

// threads is how many the encoder gets to keep n cores busy, as x264 reckons for itself.
func (e encode) threads(n int) int {
	if e.waits {
		return max(1, n*3/2)
	}
	return n
}

// withThreads are the options with the number of threads, for encoders that go by
// their own: they would take all cores.
func (e encode) withThreads(n int) map[string]string {
	v := videoEncoders[e.encoder]
	if v.threads == "" || n <= 0 {
		return e.options
	}
	bound := encode{options: maps.Clone(e.options)}
	bound.options[v.native] = strings.TrimSuffix(
		v.threads+strconv.Itoa(n)+":"+e.options[v.native], ":")
	return bound.options
}

// untaken are what encoders say of an option of their own that they do not take.
var untaken = regexp.MustCompile(
	`(?:Unknown option:|Error parsing option|Invalid value for) '?([\w-]+)`)

// checkOptions turns the refusal of an option that the caller named into an error
// that names it; err is what opening the encoder said. Some encoders only warn.
func (e encode) checkOptions(s *session, err error) error {
	if len(e.asked) == 0 {
		return err
	}
	if n, native := errors.AsType[nativeError](err); native && n.code == codeUnknownOption {
		return codec.Errorf(codec.Invalid, "%s does not take the option %s", e.encoder, n.detail)
	}
	for _, warning := range s.warnings() {
		if m := untaken.FindStringSubmatch(warning); m != nil {
			return codec.Errorf(codec.Invalid, "%s does not take the option %s: %s", e.encoder, m[1],
				warning)
		}
	}
	if _, native := errors.AsType[nativeError](err); native {
		return codec.Errorf(codec.Invalid, "%s does not open with the options %s: %w", e.encoder,
			strings.Join(e.asked, ", "), err)
	}
	return err
}
