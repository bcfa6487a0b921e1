package libav

import (
	"fmt"
	"slices"
	"strconv"
)

// sound plans the encode of an audio stream.
func (p *planner) sound(s stream) encode {
	encoder, format := p.target.audio, "fltp"
	if p.target.pcm {
		encoder, format = p.depth(s)
	}
	e := encode{encoder: encoder, options: map[string]string{}}
	rate, layout, channels := soundRate(encoder, s.sampleRate), s.layout, s.channels
	if most := mostChannels(encoder); channels > most {
		layout, channels = map[int]string{2: "stereo", 8: "7.1"}[most], most
		p.note(fmt.Sprintf("%d channels of sound were mixed to %d: %s takes no more.",
			s.channels, channels, encoder))
	} else if !knownLayout(layout) {
		layout = defaultLayouts[channels]
	}
	if encoder == "libopus" {
		format = "flt"
		e.options["mapping_family"] = "0"
		if channels > 2 {
			e.options["mapping_family"] = "1"
			layout = opusLayouts[channels]
		}
	}
	if b := bitRate(encoder, p.op.Quality, channels, rate); b > 0 {
		e.options["b"] = strconv.Itoa(b)
	}
	e.filters = fmt.Sprintf("aformat=sample_fmts=%s:sample_rates=%d", format, rate)
	if layout != "" {
		e.filters += ":channel_layouts=" + layout
	}
	// Gaps of more than a tenth of a second are filled, so that sound stays with
	// the picture in players that count samples.
	if !p.target.sound {
		e.filters = "aresample=async=1," + e.filters
	}
	return e
}

// depth chooses the lossless encoder and its sample format for the source's
// depth.
func (p *planner) depth(s stream) (encoder, format string) {
	flac := p.target.audio == "flac"
	switch lossy := s.floating && !floatPCM(s.codec); {
	case s.bits <= 16 || lossy:
		// Lossy decoders give floating point, but never had more than that.
		if flac {
			return "flac", "s16"
		}
		return "pcm_s16le", "s16"
	case flac:
		if s.floating || s.bits > 24 {
			p.note("Samples were reduced to 24 bits, the most that FLAC takes.")
		}
		return "flac", "s32"
	case s.floating:
		return "pcm_f32le", "flt"
	case s.bits > 24:
		return "pcm_s32le", "s32"
	}
	return "pcm_s24le", "s32"
}

func floatPCM(codecName string) bool {
	return slices.Contains([]string{"pcm_f32le", "pcm_f32be", "pcm_f64le", "pcm_f64be", "wavpack"},
		codecName)
}

var (
	opusRates = []int{48000}
	mp3Rates  = []int{8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000}
	aacRates  = []int{7350, 8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 64000,
		88200, 96000}
)

// soundRate is the lowest rate of the encoder that loses nothing of rate.
func soundRate(encoder string, rate int) int {
	var rates []int
	switch encoder {
	case "libopus":
		rates = opusRates
	case "libmp3lame":
		rates = mp3Rates
	case "aac":
		rates = aacRates
	case "libvorbis":
		return min(max(rate, 8000), 192000)
	default:
		return min(rate, 655350) // FLAC's limit
	}
	if i := slices.IndexFunc(rates, func(r int) bool { return r >= rate }); i >= 0 {
		return rates[i]
	}
	return rates[len(rates)-1]
}

func mostChannels(encoder string) int {
	if encoder == "libmp3lame" {
		return 2
	}
	return 8
}

// Layouts by number of channels: the libraries' usual ones, which every encoder
// here takes, and those of the Opus mapping (RFC 7845, 5.1.1.2).
var (
	defaultLayouts = map[int]string{1: "mono", 2: "stereo", 3: "3.0", 4: "4.0", 5: "5.0", 6: "5.1",
		7: "6.1", 8: "7.1"}
	opusLayouts = map[int]string{3: "3.0", 4: "quad", 5: "5.0", 6: "5.1", 7: "6.1", 8: "7.1"}
)

func knownLayout(layout string) bool {
	return slices.Contains([]string{"mono", "stereo", "3.0", "4.0", "5.0", "5.1", "7.1"}, layout)
}

// bitRate is a lossy encoder's, in bits a second for all channels: at quality
// 82 that at which few hear a difference, half of it at 1 and 1.5 times at 100.
// 0: lossless.
func bitRate(encoder string, quality, channels, rate int) int {
	perChannel := map[string]int{"aac": 80, "libmp3lame": 96, "libvorbis": 72, "libopus": 64}[encoder]
	percent := 50 + 50*quality/82
	if quality > 82 {
		percent = 100 + 50*(quality-82)/18
	}
	kilobits := perChannel * channels * percent / 100
	if channels == 1 { // a single channel cannot share with another
		kilobits = kilobits * 5 / 4
	}
	switch encoder {
	case "libmp3lame":
		kilobits = min(kilobits, 320)
	case "aac": // takes at most 6 bits a sample
		return min(kilobits*1000, 5*rate*channels)
	}
	return kilobits * 1000
}
