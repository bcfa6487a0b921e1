package lettering_test

import (
	"os"
	"testing"

	"github.com/spoolmedia/spool/codec/codectest"
	"github.com/spoolmedia/spool/codec/internal/lettering"
)

// dejaVu is a font with Hebrew and Arabic letters.
func dejaVu(t *testing.T, size float64) *lettering.Face {
	t.Helper()
	f, err := lettering.Parse(codectest.DejaVu(t))
	if err != nil {
		t.Fatal(err)
	}
	return f.Face(size)
}

// columns counts the gaps without ink between the letters, and the columns with ink.
func columns(t *testing.T, f *lettering.Face, text string) (gaps, ink int) {
	t.Helper()
	m, missing := drawn(t, f, text)
	if len(missing) > 0 {
		t.Errorf("%q: missing %q", text, missing)
	}
	empty := false
	for x := range m.Rect.Dx() {
		before := empty
		empty = true
		for y := range m.Rect.Dy() {
			empty = empty && m.AlphaAt(x, y).A < 32
		}
		if !empty {
			ink++
		} else if !before {
			gaps++
		}
	}
	return gaps, ink
}

func TestArabicLettersAreJoined(t *testing.T) {
	f := dejaVu(t, 80)
	const zwnj = "\u200c" // keeps letters apart
	if gaps, _ := columns(t, f, "سلمت"); gaps != 0 {
		t.Errorf("joined letters have %d gaps", gaps)
	}
	joined, _ := drawn(t, f, "سمت")
	apart, _ := drawn(t, f, "س"+zwnj+"م"+zwnj+"ت")
	if apart.Rect.Dx() < joined.Rect.Dx()*11/10 {
		t.Errorf("letters apart are %d wide, joined %d", apart.Rect.Dx(), joined.Rect.Dx())
	}
	lam, _ := drawn(t, f, "ل"+zwnj+"ا")
	ligature, _ := drawn(t, f, "لا")
	if ligature.Rect.Dx() >= lam.Rect.Dx() {
		t.Errorf("lam and alef are %d wide as a ligature, %d apart", ligature.Rect.Dx(), lam.Rect.Dx())
	}
}

func TestHebrewIsDrawnFromTheRight(t *testing.T) {
	f := dejaVu(t, 80)
	// Qof has much ink, yod has little: the first letter is at the right.
	m, _ := drawn(t, f, "קיי")
	left, right := 0, 0
	for y := range m.Rect.Dy() {
		for x := range m.Rect.Dx() {
			if a := int(m.AlphaAt(x, y).A); x < m.Rect.Dx()/2 {
				left += a
			} else {
				right += a
			}
		}
	}
	if left >= right {
		t.Errorf("ink: %d left, %d right", left, right)
	}
}

func TestMarksAreInTheirPlaces(t *testing.T) {
	f := dejaVu(t, 80)
	plain, _ := drawn(t, f, "שלום")
	pointed, missing := drawn(t, f, "שָׁלוֹם")
	if len(missing) > 0 || pointed.Rect.Dx() > plain.Rect.Dx()*11/10 ||
		pointed.Rect.Dy() <= plain.Rect.Dy() {
		t.Errorf("missing %q; %v with points, %v without", missing, pointed.Rect, plain.Rect)
	}
}

func TestBrokenFontsAreErrors(t *testing.T) {
	for name, file := range map[string][]byte{
		"empty": nil, "a text": []byte("no font at all"), "a head alone": []byte("\x00\x01\x00\x00\x00\x01"),
	} {
		if _, err := lettering.Parse(file); err == nil {
			t.Errorf("%s is a font", name)
		}
	}
}

func FuzzDraw(f *testing.F) {
	f.Add([]byte("\x00\x01\x00\x00\x00\x01\x00\x10\x00\x00\x00\x00"), "a")
	if file, err := os.ReadFile("/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf"); err == nil {
		f.Add(file, "שא لا fi")
	}
	f.Fuzz(func(_ *testing.T, file []byte, text string) {
		if parsed, err := lettering.Parse(file); err == nil && len(text) < 100 {
			_, _, _ = parsed.Face(12).Draw(text)
		}
	})
}
