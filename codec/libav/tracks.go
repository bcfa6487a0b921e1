package libav

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/language"

	"github.com/spoolmedia/spool/codec"
)

// chooseTracks marks what is left of the sound and the subtitles where tracks were
// named. It returns nil for a kind that keeps all.
func (p *planner) chooseTracks() error {
	var err error
	if p.wanted = map[kind][]int{}; len(p.op.AudioTracks) > 0 {
		if p.wanted[audio], err = p.named(audio, "sound", p.op.AudioTracks); err != nil {
			return err
		}
	}
	if len(p.op.SubtitleTracks) > 0 {
		p.wanted[subtitle], err = p.named(subtitle, "subtitles", p.op.SubtitleTracks)
	}
	return err
}

// named are the streams of a kind by numbers and languages, in the order of the
// names.
func (p *planner) named(k kind, spoken string, names []string) (found []int, err error) {
	for _, name := range names {
		matches := 0
		for _, s := range p.streams {
			if s.kind != k || !s.called(name) {
				continue
			}
			if matches++; !slices.Contains(found, s.index) {
				found = append(found, s.index)
			}
		}
		if matches == 0 {
			return nil, codec.Errorf(codec.Invalid, "%s has no %s %q: %s", p.name, spoken, name,
				p.whatThereIs(k))
		}
	}
	return found, nil
}

// whatThereIs lists the streams of a kind for a message.
func (p *planner) whatThereIs(k kind) string {
	var all []string
	for _, s := range p.streams {
		if s.kind == k {
			all = append(all, strings.TrimSpace(fmt.Sprintf("%d %s", s.index, s.language)))
		}
	}
	if len(all) == 0 {
		return "it has none"
	}
	return "it has " + strings.Join(all, ", ")
}

// called reports whether the name is the number of s or its language: containers know
// "ger" and "deu" where people say "de".
func (s stream) called(name string) bool {
	if n, err := strconv.Atoi(name); err == nil {
		return n == s.index
	}
	want, ok := base(name)
	got, known := base(s.language)
	return ok && known && want == got
}

// bibliographic are the codes of ISO 639-2/B, which containers know, where they differ
// from those of people and libraries.
var bibliographic = map[string]string{"alb": "sq", "arm": "hy", "baq": "eu", "bur": "my",
	"chi": "zh", "cze": "cs", "dut": "nl", "fre": "fr", "geo": "ka", "ger": "de", "gre": "el",
	"ice": "is", "mac": "mk", "mao": "mi", "may": "ms", "per": "fa", "rum": "ro", "slo": "sk",
	"tib": "bo", "wel": "cy"}

// base is the language of a name such as "de", "ger", "deu" or "de-AT".
func base(name string) (language.Base, bool) {
	if b, ok := bibliographic[strings.ToLower(name)]; ok {
		name = b
	}
	if b, err := language.ParseBase(name); err == nil {
		return b, b.String() != "und"
	}
	t, err := language.Parse(name)
	b, confidence := t.Base()
	return b, err == nil && confidence == language.Exact
}

// leftOut says why a stream of sound or subtitles is not wanted; "": it is.
func (p *planner) leftOut(s stream) string {
	switch chosen, some := p.wanted[s.kind]; {
	case s.kind == audio && p.op.Mute:
		return "the sound was to be left out"
	case s.kind == audio && p.op.Sound != "":
		return "another sound takes its place"
	case some && !slices.Contains(chosen, s.index):
		return "other tracks were chosen"
	}
	return ""
}

// inOrder puts the chosen tracks into the order in which they were named.
func (p *planner) inOrder() {
	for k, order := range p.wanted {
		var places []int
		var chosen []track
		for i, t := range p.tracks {
			if t.from.kind == k {
				places, chosen = append(places, i), append(chosen, t)
			}
		}
		slices.SortFunc(chosen, func(a, b track) int {
			return slices.Index(order, a.from.index) - slices.Index(order, b.from.index)
		})
		for i, at := range places {
			p.tracks[at] = chosen[i]
		}
	}
}
