package lettering

import (
	"slices"
	"testing"
)

func TestVisualOrder(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "abc": "abc", "אבג": "גבא", "abc אב def": "abc בא def", "אב abc": "abc בא",
		"אב 12 גד": "דג 12 בא", "abc אב 12 גד def": "abc דג 12 בא def", "abc אב 12": "abc 12 בא",
		"אב (abc) 12": "12 )abc( בא", /* to be mirrored */
	} {
		got := ""
		runs, _ := ordered([]rune(text))
		for _, r := range runs {
			part := []rune(text)[r.from:r.to]
			if r.level%2 == 1 {
				slices.Reverse(part)
			}
			got += string(part)
		}
		if got != want {
			t.Errorf("%q is drawn as %q, want %q", text, got, want)
		}
	}
	if lines := linesOf("e\u0301\tb\x07c\r\nd"); !slices.Equal(lines, []string{"\u00e9 bc", "d"}) {
		t.Errorf("lines %q", lines)
	}
}
