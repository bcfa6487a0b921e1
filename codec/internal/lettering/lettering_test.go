package lettering_test

import (
	"image"
	"testing"

	"github.com/spoolmedia/spool/codec/internal/lettering"
)

func face(t *testing.T, name string, size float64) *lettering.Face {
	t.Helper()
	f, err := lettering.NewFace(name, size)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// drawn draws a text, and returns what is missing.
func drawn(t *testing.T, f *lettering.Face, text string) (*image.Alpha, []rune) {
	t.Helper()
	mask, missing, err := f.Draw(text)
	if err != nil {
		t.Fatal(err)
	}
	return mask, missing
}

func ink(m *image.Alpha) int {
	sum := 0
	for _, a := range m.Pix {
		sum += int(a)
	}
	return sum
}

func TestDrawnTextHasItsSize(t *testing.T) {
	small, _ := drawn(t, face(t, "sans", 20), "Ågh")
	large, missing := drawn(t, face(t, "sans", 80), "Ågh")
	if len(missing) > 0 {
		t.Errorf("missing %q", missing)
	}
	if h := large.Rect.Dy(); h < 64 || h > 96 {
		t.Errorf("a text of 80 pixels is %d high", h)
	}
	if w := float64(large.Rect.Dx()) / float64(small.Rect.Dx()); w < 3.7 || w > 4.3 {
		t.Errorf("four times the size is %.2f times as wide", w)
	}
	two, _ := drawn(t, face(t, "sans", 20), "Ågh\r\nÅgh")
	if two.Rect.Dx() != small.Rect.Dx() || two.Rect.Dy() < 18*10/6 {
		t.Errorf("two lines are %v, one is %v", two.Rect, small.Rect)
	}
	w, h, err := face(t, "sans", 80).Measure("Ågh")
	if err != nil {
		t.Fatal(err)
	}
	if max(w-large.Rect.Dx(), h-large.Rect.Dy()) > 24 || w < large.Rect.Dx()-2 || h < large.Rect.Dy()-2 {
		t.Errorf("measured %d × %d, drawn %v", w, h, large.Rect)
	}
}

func TestFontsDiffer(t *testing.T) {
	sans, _ := drawn(t, face(t, "sans", 40), "illicit")
	bold, _ := drawn(t, face(t, "bold", 40), "illicit")
	mono, _ := drawn(t, face(t, "mono", 40), "illicit")
	if ink(bold)*10 < ink(sans)*11 || mono.Rect.Dx()*10 < sans.Rect.Dx()*15 {
		t.Errorf("ink: sans %d, bold %d; mono %v, sans %v", ink(sans), ink(bold), mono.Rect, sans.Rect)
	}
	if _, err := lettering.NewFace("serif", 40); err == nil {
		t.Error("there is a font serif")
	}
}

func TestMissingGlyphsAreNamed(t *testing.T) {
	mask, missing := drawn(t, face(t, "sans", 40), "© שלום שלום Ada – Ωж 漢")
	if got := string(missing); got != "ולםש漢" {
		t.Errorf("missing %q", got)
	}
	if ink(mask) == 0 {
		t.Error("nothing is drawn")
	}
	if composed, missing := drawn(t, face(t, "sans", 40), "e\u0301"); len(missing) > 0 {
		t.Errorf("an accent of its own is missing: %q, %v", missing, composed.Rect)
	}
}

func TestNothingToSeeIsEmpty(t *testing.T) {
	for _, text := range []string{" ", "\n\n", "\t\x00\u200b", ""} {
		if mask, _ := drawn(t, face(t, "sans", 40), text); !mask.Rect.Empty() {
			t.Errorf("%q draws %v", text, mask.Rect)
		}
	}
}

// TestLinesFromTheRightBeginThere uses boxes, which all Hebrew letters are here, and
// a letter that is not.
func TestLinesFromTheRightBeginThere(t *testing.T) {
	half := func(text string) (left, right int) {
		m, _ := drawn(t, face(t, "mono", 40), text)
		for x := range m.Rect.Dx() {
			for y := range m.Rect.Dy() {
				if x < m.Rect.Dx()/2 {
					left += int(m.AlphaAt(x, y).A)
				} else {
					right += int(m.AlphaAt(x, y).A)
				}
			}
		}
		return left, right
	}
	// A dot is less ink than a box; it follows the letters, so it is at the left.
	if left, right := half("אבג..."); left >= right {
		t.Errorf("Hebrew and dots: ink %d left, %d right", left, right)
	}
	if left, right := half("WWW..."); left <= right {
		t.Errorf("Latin and dots: ink %d left, %d right", left, right)
	}
	// A short line stands at the right of a long one.
	if left, right := half("אבגדאבגד\nא"); left >= right {
		t.Errorf("two Hebrew lines: ink %d left, %d right", left, right)
	}
}
