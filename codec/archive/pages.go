package archive

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// page is the code page of names that are not UTF-8.
type page struct{ encoding encoding.Encoding }

// text returns the name in UTF-8.
func (p page) text(name string) string {
	if p.encoding == nil || utf8.ValidString(name) {
		return name
	}
	text, err := p.encoding.NewDecoder().String(name)
	if err != nil {
		return strings.ToValidUTF8(name, "_")
	}
	return text
}

// guess is a code page of PCs that made archives before UTF-8.
type guess struct {
	encoding encoding.Encoding
	// likely are the runes that its users write most.
	likely func(r rune) bool
	// lead is the range of the first bytes of the characters in use, where almost
	// every pair of high bytes is a character.
	lead [2]byte
	// alone says that its letters share no word with Latin ones, while those of
	// western Europe do: "Müller".
	alone bool
}

// guesses go from what fits by chance seldom to what fits often. CP437 is what the
// format of zip says, and what is left where nothing speaks for another.
var guesses = []guess{
	{encoding: japanese.ShiftJIS, likely: isKana},
	{encoding: korean.EUCKR, likely: isHangul, lead: [2]byte{0xb0, 0xc8}},       // KS X 1001
	{encoding: simplifiedchinese.GBK, likely: isHan, lead: [2]byte{0xb0, 0xd7}}, // GB 2312, level 1
	{encoding: charmap.CodePage866, likely: isCyrillic, alone: true},
	{encoding: charmap.Windows1251, likely: isSmallCyrillic, alone: true},
}

func isLatin(r rune) bool         { return 'a' <= r|0x20 && r|0x20 <= 'z' }
func isKana(r rune) bool          { return unicode.In(r, unicode.Hiragana, unicode.Katakana) }
func isHangul(r rune) bool        { return unicode.Is(unicode.Hangul, r) }
func isCyrillic(r rune) bool      { return 'А' <= r && r <= 'я' }
func isSmallCyrillic(r rune) bool { return 'а' <= r && r <= 'я' }
func isHan(r rune) bool           { return unicode.Is(unicode.Han, r) }

// guessPage returns the first code page in which the names make sense.
func guessPage(names []string) page {
	if len(names) == 0 {
		return page{}
	}
	all := strings.Join(names, "\n")
	for _, g := range guesses {
		if g.fits(all) {
			return page{g.encoding}
		}
	}
	return page{charmap.CodePage437}
}

// fits reports whether the bytes are text in the code page, and four fifths of its
// characters beyond ASCII are likely ones.
func (g guess) fits(bytes string) bool {
	text, err := g.encoding.NewDecoder().String(bytes)
	if err != nil || strings.ContainsRune(text, utf8.RuneError) {
		return false
	}
	foreign, likely := 0, 0
	before := ' '
	for _, r := range text {
		switch {
		case r < utf8.RuneSelf:
			if g.alone && isLatin(r) && g.likely(before) {
				likely--
			}
		case g.likely(r) && !(g.alone && isLatin(before)):
			likely++
			fallthrough
		default:
			foreign++
		}
		before = r
	}
	return likely*5 >= foreign*4 && (g.lead[0] == 0 || g.leads(bytes))
}

// leads reports whether four fifths of the pairs begin with a byte in use.
func (g guess) leads(bytes string) bool {
	pairs, usual := 0, 0
	for i := 0; i+1 < len(bytes); i++ {
		if lead := bytes[i]; lead >= utf8.RuneSelf {
			if pairs++; g.lead[0] <= lead && lead <= g.lead[1] && bytes[i+1] >= 0xa1 {
				usual++
			}
			i++
		}
	}
	return usual*5 >= pairs*4
}
