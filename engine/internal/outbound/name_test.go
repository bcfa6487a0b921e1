package outbound_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/spoolmedia/spool/engine/internal/outbound"
)

func nameOf(t testing.TB, disposition, first, last string) string {
	t.Helper()
	u, err := url.Parse(first)
	if err != nil {
		t.Fatal(err)
	}
	v, err := url.Parse(last)
	if err != nil {
		t.Fatal(err)
	}
	return outbound.NameOf(http.Header{"Content-Disposition": {disposition}}, u, v)
}

func TestNameOfContentDisposition(t *testing.T) {
	const fromURL = "url.jpg"
	tests := []struct{ disposition, want string }{
		// RFC 6266, section 5, and RFC 8187.
		{`Attachment; filename=example.html`, "example.html"},
		{`INLINE; FILENAME= "an example.html"`, "an example.html"},
		{`attachment; filename*= UTF-8''%e2%82%ac%20rates`, "€ rates"},
		{`attachment; filename="EURO rates"; filename*=utf-8''%e2%82%ac%20rates`, "€ rates"},
		{`attachment; filename*=utf-8'de'%C3%BC.jpg; filename="ue.jpg"`, "ü.jpg"},
		{`attachment; filename="a \"b\".jpg"`, `a "b".jpg`},
		{`attachment; filename="ü.jpg"`, "ü.jpg"},
		{"attachment; filename=\"\xfc.jpg\"", "_.jpg"}, // Latin-1 as it is

		{``, fromURL},
		{`attachment`, fromURL},
		{`attachment; filename=""`, fromURL},
		{`attachment; filename=two words.jpg`, fromURL},
		{`attachment; filename="a.jpg"; filename="b.jpg"`, fromURL},
		{`filename="a.jpg"`, fromURL},
		{`attachment; filename="a.jpg`, fromURL},
		{`attachment; filename*=koi8-r''%C1.jpg`, fromURL},

		{`attachment; filename="../../etc/passwd"`, "passwd"},
		{`attachment; filename="/etc/passwd"`, "passwd"},
		{`attachment; filename="C:\Users\me\a.jpg"`, "a.jpg"},
		{`attachment; filename*=utf-8''..%2F..%2Fa%00.jpg`, "a_.jpg"},
		{`attachment; filename*=utf-8''a%0d%0aX%3A%20b.jpg`, "a__X: b.jpg"},
		{`attachment; filename*=utf-8''a%E2%80%AEgpj.exe`, "agpj.exe"},
		{`attachment; filename*=utf-8''%1B%5B2Ja.jpg`, "_[2Ja.jpg"},
		{`attachment; filename="."`, fromURL},
		{`attachment; filename=".."`, fromURL},
		{`attachment; filename="a/"`, fromURL},
		{`attachment; filename="  "`, fromURL},
		{`attachment; filename="` + strings.Repeat("a", 300) + `.jpg"`,
			strings.Repeat("a", 196) + ".jpg"},
		{`attachment; filename="` + strings.Repeat("ü", 150) + `a.jpg"`,
			strings.Repeat("ü", 97) + "a.jpg"},
	}
	for _, test := range tests {
		got := nameOf(t, test.disposition, "http://a.example/url.jpg", "http://a.example/url.jpg")
		if got != test.want {
			t.Errorf("%s: got %q, want %q", test.disposition, got, test.want)
		}
	}
}

func TestNameOfURL(t *testing.T) {
	tests := []struct{ first, last, want string }{
		{"http://a.example/dir/film.mp4?x=/y.jpg", "http://a.example/dir/film.mp4?x=/y.jpg",
			"film.mp4"},
		{"http://a.example/my%20film.mp4", "http://a.example/my%20film.mp4", "my film.mp4"},
		{"http://a.example/a%2Fb.mp4", "http://a.example/a%2Fb.mp4", "b.mp4"},
		{"http://a.example/%ff.mp4", "http://a.example/%ff.mp4", "_.mp4"},
		{"http://a.example/short", "http://cdn.example/film.mp4", "film.mp4"},
		{"http://a.example/film.mp4", "http://cdn.example/b/0198c9f2", "film.mp4"},
		{"http://a.example/film.mp4", "http://cdn.example/other.mp4", "other.mp4"},
		{"http://a.example/film", "http://cdn.example/b/0198c9f2", "0198c9f2"},
		{"http://a.example/", "http://a.example/", ""},
		{"http://a.example", "http://a.example", ""},
		{"http://a.example/..", "http://a.example/..", ""},
	}
	for _, test := range tests {
		if got := nameOf(t, "", test.first, test.last); got != test.want {
			t.Errorf("%s, %s: got %q, want %q", test.first, test.last, got, test.want)
		}
	}
}

// FuzzName looks for a name that is more than one harmless element of a path.
func FuzzName(f *testing.F) {
	f.Add(`attachment; filename="../a.jpg"; filename*=utf-8''%2e%2e%2fb.jpg`, "/dir/c.jpg")
	f.Add(`inline; filename*0="a"; filename*1=".jpg"`, "")
	f.Add("attachment; filename=\"\xff\x00\"", "/..%2f..")
	f.Add("attachment; filename=\""+strings.Repeat("\u00fc/", 200)+"\"", "")
	f.Fuzz(func(t *testing.T, disposition, path string) {
		u := &url.URL{Path: path}
		name := outbound.NameOf(http.Header{"Content-Disposition": {disposition}}, u, u)
		bad := func(r rune) bool {
			return r == '/' || r == '\\' || unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)
		}
		if name == "." || name == ".." || len(name) > 200 || !utf8.ValidString(name) ||
			strings.ContainsFunc(name, bad) || strings.TrimSpace(name) != name {
			t.Errorf("%q and %q give the name %q", disposition, path, name)
		}
	})
}
