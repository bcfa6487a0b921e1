package libav

import (
	"math"
	"regexp"
	"strings"
	"testing"

	"github.com/spoolmedia/spool/codec"
)

// header is that of a file with all that there may be in one.
const header = "[Script Info]\nScriptType: v4.00+\nPlayResX: 100\n\n[V4+ Styles]\n" +
	"Format: Name, Fontname, Fontsize\nStyle: Default,Comic Sans MS,20\nStyle: Bare\n\n" +
	"[Fonts]\nfontname: evil.ttf\n!!!!\n[Graphics]\nfilename: a.png\n\n[Events]\nFormat: Layer, Text\n"

var (
	assSection = regexp.MustCompile(`(?i)^\[(script info|v4\+? styles|events)\]$`)
	anyFont    = regexp.MustCompile(`\\[\s]*fn[^\\}]*`)
	assEvent   = regexp.MustCompile(`^Dialogue: [^,]*,\d+:\d\d:\d\d\.\d\d,\d+:\d\d:\d\d\.\d\d,`)
)

// FuzzDocument makes documents for libass of any header and any cue, as a stranger's file
// has them.
func FuzzDocument(f *testing.F) {
	const second = int64(1_000_000)
	f.Add(header, "0,0,Default,,0,0,0,,Hello", 0*second, 2*second, 0.5)
	f.Add(header, `1,0,Default,,0,0,0,,{\fnArial\fs20}a{\ fn Arial}b\Nc`, second, 2*second, 0.0)
	f.Add("[V4 Styles]\rFormat: Fontname\r[Fonts]\rfontname: a", "0,0,a\n[Fonts]\nb,,0,0,0,,t",
		0*second, second, 0.0)
	f.Add("", "too,few", second, second, 1.0)
	f.Add("", `1,0,Default,,0,0,0,{\fnArial\,text`, second, 2*second, 0.0) // no text has it
	f.Add("[Script Info]\nStyle: a,b", "0,0,,,,,,,\r\r\n", int64(math.MinInt64), int64(math.MaxInt64),
		9.5)
	f.Fuzz(func(t *testing.T, header, text string, start, end int64, from float64) {
		if !(from >= 0 && from < 1e6) {
			return
		}
		b := &burning{op: codec.BurnSubtitles{Font: codec.FontMono}.WithDefaults(),
			script: script{header: header, styled: true, cues: []cue{{start, end, text}}}}
		d := string(b.document(&film{size: size{64, 48}, from: from}))
		column, events := -1, false
		for line := range strings.Lines(d) {
			line = strings.TrimRight(line, "\n")
			switch {
			case strings.Contains(line, "\r"):
				t.Errorf("a line break is left in %q", line)
			case strings.HasPrefix(line, "[") && !assSection.MatchString(line):
				t.Errorf("there is a section %q", line)
			case strings.EqualFold(line, "[events]"):
				events = true
			case events && line != "" && !strings.HasPrefix(line, "Format:"):
				if !assEvent.MatchString(line) {
					t.Errorf("there is an event %q", line)
				}
				// What is in front of the text is not read for tags.
				for _, name := range anyFont.FindAllString(strings.SplitN(line, ",", 10)[9], -1) {
					if name != `\fnGo Mono` {
						t.Errorf("there is another font in %q", name)
					}
				}
			case !events && strings.HasPrefix(line, "Format:"):
				column = fontColumn(line)
			case !events && strings.HasPrefix(line, "Style:"):
				fields := strings.Split(strings.TrimPrefix(line, "Style:"), ",")
				if column >= 0 && column < len(fields) && fields[column] != "Go Mono" {
					t.Errorf("there is another font in %q", line)
				}
			}
		}
		if once := withFont(header, "Go"); withFont(once, "Go") != once {
			t.Errorf("%q becomes %q, and then %q", header, once, withFont(once, "Go"))
		}
	})
}

// fontColumn is the column of the fonts in a line of formats.
func fontColumn(line string) int {
	for i, name := range strings.Split(strings.TrimPrefix(line, "Format:"), ",") {
		if strings.EqualFold(strings.TrimSpace(name), "fontname") {
			return i
		}
	}
	return -1
}
