package manifest

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"strings"
)

// Groups of renditions that go with each variant.
const (
	soundGroup = "audio"
	textGroup  = "text"
)

// Master returns the multivariant playlist: RFC 8216, section 4.3.4. A
// presentation without video has its sound as the variants.
func (p Presentation) Master() []byte {
	var b bytes.Buffer
	b.WriteString("#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-INDEPENDENT-SEGMENTS\n")
	variants, sounds := p.of(Video), p.of(Audio)
	if len(variants) == 0 {
		variants, sounds = sounds, nil
	}
	for i, t := range sounds {
		fmt.Fprintf(&b, "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=%q,NAME=%q,%sDEFAULT=%s,AUTOSELECT=YES,"+
			"CHANNELS=\"%d\",URI=%q\n", soundGroup, cmp.Or(t.Language, t.ID), language(t.Language),
			yes(i == 0), t.Channels, t.PlaylistName())
	}
	for _, c := range p.Captions {
		role := ""
		if c.Captions {
			role = `CHARACTERISTICS="public.accessibility.transcribes-spoken-dialog,` +
				`public.accessibility.describes-music-and-sound",`
		}
		fmt.Fprintf(&b, "#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=%q,NAME=%q,%sDEFAULT=NO,AUTOSELECT=YES,"+
			"FORCED=NO,%sURI=%q\n", textGroup, c.Label, language(c.Language), role, c.PlaylistName())
	}
	for _, t := range variants {
		b.WriteString(p.variant(t, sounds) + "\n" + t.PlaylistName() + "\n")
	}
	return b.Bytes()
}

// variant is the tag of a variant that plays the track with one of the sounds.
func (p Presentation) variant(t Track, sounds []Track) string {
	peak, average, codecs := t.peak(), t.average(), t.Codecs
	loudest, usual := 0, 0
	for i, s := range sounds {
		loudest, usual = max(loudest, s.peak()), max(usual, s.average())
		if i == 0 || !strings.Contains(codecs, s.Codecs) {
			codecs += "," + s.Codecs
		}
	}
	tag := fmt.Sprintf("#EXT-X-STREAM-INF:BANDWIDTH=%d,AVERAGE-BANDWIDTH=%d,CODECS=%q",
		peak+loudest, average+usual, codecs)
	if t.Kind == Video {
		tag += fmt.Sprintf(",RESOLUTION=%dx%d", t.Width, t.Height)
		if t.FrameRate.Num > 0 && t.FrameRate.Den > 0 {
			tag += fmt.Sprintf(",FRAME-RATE=%.3f", float64(t.FrameRate.Num)/float64(t.FrameRate.Den))
		}
	}
	if len(sounds) > 0 {
		tag += fmt.Sprintf(",AUDIO=%q", soundGroup)
	}
	if len(p.Captions) > 0 {
		tag += fmt.Sprintf(",SUBTITLES=%q", textGroup)
	}
	return tag
}

// Playlist returns the media playlist of the track: RFC 8216, section 4.3.3.
func (t Track) Playlist() []byte {
	var b bytes.Buffer
	longest := 0.0
	for _, s := range t.Segments {
		longest = max(longest, t.seconds(s.Duration))
	}
	head(&b, longest)
	fmt.Fprintf(&b, "#EXT-X-INDEPENDENT-SEGMENTS\n#EXT-X-MAP:URI=%q\n", t.Init())
	if t.Key != nil { // behind the map: the init segment is not encrypted
		fmt.Fprintf(&b, "#EXT-X-KEY:METHOD=AES-128,URI=%q,IV=0x%x\n", t.Key.URI, t.Key.IV)
	}
	for i, s := range t.Segments {
		fmt.Fprintf(&b, "#EXTINF:%.6f,\n%s\n", t.seconds(s.Duration), t.Segment(i+1))
	}
	b.WriteString("#EXT-X-ENDLIST\n")
	return b.Bytes()
}

// CaptionPlaylist returns the media playlist of a caption: one segment, as long as
// the presentation.
func (p Presentation) CaptionPlaylist(c Caption) []byte {
	var b bytes.Buffer
	length := p.Duration().Seconds()
	head(&b, length)
	fmt.Fprintf(&b, "#EXTINF:%.6f,\n%s\n#EXT-X-ENDLIST\n", length, c.File())
	return b.Bytes()
}

func head(b *bytes.Buffer, longest float64) {
	fmt.Fprintf(b, "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:%d\n#EXT-X-MEDIA-SEQUENCE:1\n"+
		"#EXT-X-PLAYLIST-TYPE:VOD\n", max(1, int(math.Round(longest))))
}

func language(tag string) string {
	if tag == "" {
		return ""
	}
	return fmt.Sprintf("LANGUAGE=%q,", tag)
}

func yes(b bool) string {
	if b {
		return "YES"
	}
	return "NO"
}
