package libav

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/spoolmedia/spool/codec"
)

// Resolution to which sizes and places in subtitles without styles refer: that of
// FFmpeg's decoders.
const (
	playWidth  = 384
	playHeight = 288
)

// Fields of a cue, as FFmpeg has them: no times, and the number of the event first.
const (
	cueLayer = 1
	cueStyle = 2
	cueText  = 8
	cueParts = 9
)

// document is the script as a file of ASS
// (http://www.tcax.org/docs/ass-specs.htm), for pictures like f. It takes over no
// section but styles, and no font: what a stranger's file embeds stays out.
func (b *burning) document(f *film) []byte {
	var d bytes.Buffer
	font := map[string]string{codec.FontMono: "Go Mono"}[b.op.Font]
	if font == "" {
		font = "Go"
	}
	if b.script.styled {
		d.WriteString(withFont(b.script.header, font))
	} else {
		fmt.Fprintf(&d, "[Script Info]\nScriptType: v4.00+\nPlayResX: %d\nPlayResY: %d\n"+
			"ScaledBorderAndShadow: yes\n\n[V4+ Styles]\n%s", playWidth, playHeight, b.style(f, font))
	}
	d.WriteString("\n[Events]\n" +
		"Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n")
	for _, c := range b.script.cues {
		parts := strings.SplitN(c.text, ",", cueParts)
		if len(parts) != cueParts {
			continue
		}
		from := int64(f.from * 1e6)
		start, end := min(max(c.start, 0), mostCue)-from, min(max(c.end, 0), mostCue)-from
		if end <= 0 {
			continue
		}
		text := assFont.ReplaceAllLiteralString(parts[cueText], `\fn`+font)
		// A line break before the text, too, would begin whatever a stranger likes.
		d.WriteString(assLine.Replace(fmt.Sprintf("Dialogue: %s,%s,%s,%s,%s", parts[cueLayer],
			assTime(max(0, start)), assTime(end), strings.Join(parts[cueStyle:cueText], ","), text)))
		d.WriteString("\n")
	}
	return d.Bytes()
}

var (
	assFont   = regexp.MustCompile(`\\\s*fn[^\\}]*`)
	assColour = regexp.MustCompile(`\\[1-4]?c&`)
	assLine   = strings.NewReplacer("\r\n", `\N`, "\n", `\N`, "\r", " ")
)

// coloured reports whether the script has colours of its own.
func (s script) coloured() bool {
	return s.styled || slices.ContainsFunc(s.cues, func(c cue) bool {
		return assColour.MatchString(c.text)
	})
}

// style is the one of subtitles that have none.
func (b *burning) style(f *film, font string) string {
	size := playHeight / 20.0
	if b.op.FontSize > 0 {
		size = float64(b.op.FontSize) * playHeight / float64(f.h)
	}
	bold, alignment := 0, 2
	if b.op.Font == codec.FontBold {
		bold = -1
	}
	if b.op.Position == codec.PositionTop {
		alignment = 8
	}
	c := b.op.Color // #rrggbb
	return fmt.Sprintf("Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, "+
		"OutlineColour, BackColour, Bold, Italic, Underline, StrikeOut, ScaleX, ScaleY, Spacing, "+
		"Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, Encoding\n"+
		"Style: Default,%s,%s,&H00%s%s%s,&H00ffffff,&H00000000,&H80000000,%d,0,0,0,100,100,0,0,1,"+
		"%s,0,%d,12,12,12,1\n", font, decimal(size), c[5:7], c[3:5], c[1:3], bold, decimal(size/12),
		alignment)
}

// withFont returns the sections of a header that say how to draw, with that font in
// all styles.
func withFont(header, font string) string {
	var b strings.Builder
	keep, column := false, -1
	for line := range strings.Lines(strings.ReplaceAll(header, "\r", "\n")) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "[") {
			section := strings.ToLower(line)
			keep = section == "[script info]" || section == "[v4 styles]" || section == "[v4+ styles]"
		}
		if !keep {
			continue
		}
		if names, ok := strings.CutPrefix(line, "Format:"); ok {
			column = slices.IndexFunc(strings.Split(names, ","), func(name string) bool {
				return strings.EqualFold(strings.TrimSpace(name), "fontname")
			})
		}
		if style, ok := strings.CutPrefix(line, "Style:"); ok {
			fields := strings.Split(style, ",")
			if column >= 0 && column < len(fields) {
				fields[column] = font
			}
			line = "Style:" + strings.Join(fields, ",")
		}
		b.WriteString(line + "\n")
	}
	return b.String()
}

// mostCue is more microseconds than a film lasts: a year.
const mostCue = 365 * 24 * 3600 * 1_000_000

// assTime is a time in microseconds as ASS writes it, to a hundredth of a second.
func assTime(microseconds int64) string {
	d := (time.Duration(microseconds) * time.Microsecond).Round(10 * time.Millisecond)
	return fmt.Sprintf("%d:%02d:%02d.%02d", d/time.Hour, d/time.Minute%60, d/time.Second%60,
		d/(10*time.Millisecond)%100)
}
