package lettering

import "testing"

func TestVisualOrder(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "abc": "abc", "אבג": "גבא", "abc אב def": "abc בא def", "אב abc": "abc בא",
		"אב 12 גד": "דג 12 בא", "a\u200bb\x07c\t": "abc ",
	} {
		if got := visual(text).text; got != want {
			t.Errorf("%q is drawn as %q, want %q", text, got, want)
		}
	}
}
