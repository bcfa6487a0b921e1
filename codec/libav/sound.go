package libav

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// sound plans the encode of an audio stream.
func (p *planner) sound(s stream) (encode, error) {
	encoder, format := p.target.audio, "fltp"
	if p.target.pcm {
		encoder, format = p.depth(s)
	}
	e := encode{encoder: encoder, options: map[string]string{}}
	rate := soundRate(encoder, s.sampleRate)
	layout, channels := p.channels(s, encoder)
	if encoder == "libopus" {
		format = "flt"
		e.options["mapping_family"] = "0"
		if channels > 2 {
			e.options["mapping_family"] = "1"
			layout = opusLayouts[channels]
		}
	}
	p.spend(&e, channels, rate)
	if channels != s.channels {
		e.mix = "aresample=rematrix_maxval=1,aformat=channel_layouts=" + layout
	}
	e.samples = samples{format, rate, layout}
	e.filters = fmt.Sprintf("aformat=sample_fmts=%s:sample_rates=%d", format, rate)
	if layout != "" {
		e.filters += ":channel_layouts=" + layout
	}
	// Gaps of more than a tenth of a second are filled, so that sound stays with
	// the picture in players that count samples.
	if !p.target.sound {
		e.filters = "aresample=async=1," + e.filters
	}
	edits, err := p.editedSound()
	if e.mix != "" {
		edits = append(edits, e.mix)
	}
	e.filters = strings.Join(append(edits, e.filters), ",")
	if c := p.op.clip; !c.whole() {
		e.filters = fmt.Sprintf("atrim=start=0:end=%f,%s", c.length, e.filters)
	}
	return e, err
}

// channels are those of the output: the ones asked for, or else of the source, as far as
// the encoder takes them.
func (p *planner) channels(s stream, encoder string) (layout string, n int) {
	most := mostChannels(encoder)
	switch layout, n = s.layout, cmp.Or(p.op.Channels, s.channels); {
	case n > most:
		p.note(fmt.Sprintf("The sound has %d channels instead of %d: %s takes no more.", most, n,
			encoder))
		layout, n = defaultLayouts[most], most
	case n != s.channels, !knownLayout(layout):
		layout = defaultLayouts[n]
	}
	return layout, n
}

// spend says what the encoder may spend on the sound: the bit rate that was asked for or
// goes with the quality, or that quality itself.
func (p *planner) spend(e *encode, channels, rate int) {
	b := p.bitRate(e.encoder, channels, rate)
	switch {
	case b == 0: // without loss
	case e.encoder != "libmp3lame":
		e.options["b"] = strconv.Itoa(b)
	case p.op.bitRate == 0:
		e.options["flags"] = "+qscale"
		e.options["global_quality"] = strconv.Itoa(crf(p.op.Quality, 0, 2*lambda, 7*lambda))
	default:
		e.options["b"] = strconv.Itoa(b)
		if !slices.Contains(mp3BitRates, b) {
			e.options["abr"] = "1" // LAME would take the nearest of them
		}
	}
}

// lambda is one step of LAME's -V in a global_quality: FF_QP2LAMBDA.
const lambda = 118

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

// bitRate is what was asked for, as far as the encoder goes, or what fits the
// quality; 0 for an encoder without loss.
func (p *planner) bitRate(encoder string, channels, rate int) int {
	asked := p.op.bitRate
	usual := bitRate(encoder, p.op.Quality, channels, rate)
	if usual == 0 {
		if asked != 0 && p.op.newSound {
			p.note("A bit rate means nothing for " + p.op.Format + ": it keeps sound without loss.")
		}
		return 0
	}
	least, most := bitRates(encoder, channels, rate)
	if asked == 0 {
		return min(max(usual, least), most)
	}
	got := min(max(asked, least), most)
	if got != asked && p.op.newSound {
		p.note(fmt.Sprintf("The bit rate is %d kbit/s instead of %d: %s takes %d to %d for such sound.",
			got/1000, asked/1000, encoder, least/1000, most/1000))
	}
	return got
}

// mp3BitRates are those that an MP3 can have all along, in bits a second.
var mp3BitRates = []int{32_000, 40_000, 48_000, 56_000, 64_000, 80_000, 96_000, 112_000, 128_000,
	160_000, 192_000, 224_000, 256_000, 320_000}

// bitRates are the bounds of an encoder, in bits a second for all channels.
func bitRates(encoder string, channels, rate int) (least, most int) {
	switch encoder {
	case "libmp3lame": // MPEG-2 layer III, below 32 kHz, ends at 160
		if rate < 32000 {
			return 8_000, 160_000
		}
		return 32_000, 320_000
	case "aac":
		return 8_000 * channels, 5 * rate * channels
	case "libopus":
		return 6_000 * channels, 256_000 * channels
	case "libvorbis":
		i := slices.IndexFunc(vorbisRates, func(r vorbisRate) bool { return rate < r.below })
		return vorbisRates[i].least * channels, vorbisRates[i].most * channels
	}
	return 0, math.MaxInt
}

// vorbisRate is what libvorbis takes for each channel below a sample rate,
// according to its tables (lib/modes/setup_*.h).
type vorbisRate struct{ below, least, most int }

var vorbisRates = []vorbisRate{
	{9_000, 8_000, 32_000}, {15_000, 16_000, 48_000}, {19_000, 16_000, 96_000},
	{26_000, 16_000, 64_000}, {40_000, 32_000, 160_000}, {math.MaxInt, 32_000, 240_000},
}

// bitRate is a lossy encoder's, in bits a second for all channels: at quality
// 82 that at which few hear a difference, half of it at 1 and 1.5 times at 100. An
// encoder whose bit rate varies with the quality comes near it. 0: lossless.
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
