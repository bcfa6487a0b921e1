package libav

import (
	"fmt"
	"maps"
	"slices"

	"github.com/spoolmedia/spool/codec"
	"golang.org/x/text/language"
)

// textDemuxers name the one demuxer that reads each media type of subtitles.
var textDemuxers = map[string]string{
	"application/x-subrip": "srt", "text/vtt": "webvtt", "text/x-ssa": "ass",
}

// texts are the targets that hold nothing but subtitles.
var texts = map[string]target{
	"srt": {muxer: "srt", words: true, text: "subrip",
		copies: map[kind][]string{subtitle: {"subrip"}}},
	"vtt": {muxer: "webvtt", words: true, text: "webvtt",
		copies: map[kind][]string{subtitle: {"webvtt"}}},
	"ass": {muxer: "ass", words: true, text: "ass", copies: map[kind][]string{subtitle: {"ass"}}},
}

// textTypes are the media types of subtitles that can be read here.
func textTypes() []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(textDemuxers)), func(t string) bool {
		return !hasDemuxer(textDemuxers[t])
	})
}

// textFormats are the formats of subtitles that this build makes.
func textFormats() []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(texts)), func(name string) bool {
		return !hasMuxer(texts[name].muxer) || !hasEncoder(texts[name].text)
	})
}

// titledFormats are those of the formats that hold text subtitles.
func titledFormats(formats []string) []string {
	return slices.DeleteFunc(formats, func(name string) bool {
		return targets[name].text == "" || !hasEncoder(targets[name].text)
	})
}

// pick says which subtitles of a film are meant, as [codec.ExtractSubtitles] has it.
type pick struct {
	track    int
	language string
}

// choose returns the index of the stream that is meant.
func (k pick) choose(name string, streams []stream) (int, error) {
	var all []stream
	for _, s := range streams {
		if s.kind == subtitle {
			all = append(all, s)
		}
	}
	chosen, err := k.among(name, all)
	switch {
	case err != nil:
		return -1, err
	case !chosen.text:
		return -1, codec.Errorf(codec.Unsupported,
			"the %s subtitles of %s are pictures: there is no text in them", chosen.spoken(), name)
	case !chosen.decodable:
		return -1, codec.Errorf(codec.Unsupported, "%s: this FFmpeg cannot decode %s subtitles", name,
			chosen.spoken())
	}
	return chosen.index, nil
}

// among chooses from the subtitles of a film: what is text before what is pictures.
func (k pick) among(name string, all []stream) (stream, error) {
	switch {
	case len(all) == 0:
		return stream{}, codec.Errorf(codec.Unsupported, "%s has no subtitles", name)
	case k.track > len(all):
		return stream{}, codec.Errorf(codec.Invalid, "%s has %s, and no %d", name,
			counted(len(all), "track of subtitles", "tracks of subtitles"), k.track)
	case k.track > 0:
		return all[k.track-1], nil
	case k.language != "":
		all = slices.DeleteFunc(slices.Clone(all), func(s stream) bool {
			return !sameLanguage(s.language, k.language)
		})
		if len(all) == 0 {
			return stream{}, codec.Errorf(codec.Invalid, "%s has no subtitles in %q", name, k.language)
		}
	}
	best := all[0]
	for _, s := range all[1:] {
		if s.text && !best.text || s.text == best.text && s.def && !best.def {
			best = s
		}
	}
	return best, nil
}

func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// sameLanguage compares what containers say (ISO 639-2, "ger" or "deu", or BCP 47) with
// what people ask for.
func sameLanguage(a, b string) bool {
	is, err := language.ParseBase(baseOf(a))
	want, err2 := language.ParseBase(baseOf(b))
	return err == nil && err2 == nil && is == want
}

// baseOf is the language of a tag without script and region.
func baseOf(tag string) string {
	if t, err := language.Parse(tag); err == nil {
		base, _ := t.Base()
		return base.String()
	}
	return tag
}

// threeLetters is a language as MP4 and Matroska have it; "" is unknown.
func threeLetters(tag string) string {
	base, err := language.ParseBase(baseOf(tag))
	if err != nil {
		return ""
	}
	return base.ISO3()
}

// words places the subtitles that a target of text is made of.
func (p *planner) words(s stream) {
	switch {
	case s.index != p.chosen:
		p.drop(s, p.op.Format+" holds one track of subtitles")
	case slices.Contains(p.target.copies[subtitle], s.codec):
		p.copy(s, "")
	default:
		p.encode(s, encode{encoder: p.target.text}, p.op.Format+" does not hold "+s.spoken()+
			" subtitles")
	}
}

// subtitles places those of a film.
func (p *planner) subtitles(s stream) {
	does := fmt.Sprintf("%s does not hold %s subtitles", p.op.Format, s.spoken())
	switch {
	case slices.Contains(p.target.copies[subtitle], s.codec):
		p.copy(s, "")
	case s.text && s.decodable && p.target.text != "" && !p.target.sound:
		p.encode(s, encode{encoder: p.target.text}, does)
	default:
		p.drop(s, does)
		if !p.target.sound && !p.target.still && !p.target.mute {
			p.note("Subtitles were left out: " + does + ".")
		}
	}
}
