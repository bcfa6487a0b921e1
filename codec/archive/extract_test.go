package archive_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/codectest"
)

// extracted is what becomes of a file.
type extracted struct{ Name, Path, Type, Data string }

func extract(t testing.TB, in codec.Input) []extracted {
	t.Helper()
	outputs, err := do(t, codec.Policy{}, codec.Extract{}, in)
	if err != nil {
		t.Fatal(err)
	}
	var list []extracted
	for _, o := range outputs {
		list = append(list, extracted{o.Name, o.Result.Path, o.Type, string(o.Data)})
	}
	return list
}

func TestExtractMakesAnOutputOfEachFile(t *testing.T) {
	png := "\x89PNG\r\n\x1a\n" + strings.Repeat("\x00", 20000)
	want := []extracted{
		{"a.txt", "docs/a.txt", "text/plain", "first"},
		{"A (2).txt", "docs/old/A.txt", "text/plain", "second"},
		{"logo.png", "logo.png", "image/png", png},
		{"_.profile", ".profile", "text/plain", "x=1"},
		{"empty", "empty", codec.Unknown, ""},
	}
	var items []item
	for _, w := range want {
		items = append(items, item{w.Path, w.Data})
	}
	for name, data := range map[string][]byte{
		"a.zip": zipOf(t, append(items, item{"docs/", ""})...), "a.tar": tarOf(t, items...),
	} {
		if diff := cmp.Diff(want, extract(t, input(name, data))); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	want = []extracted{{"a.txt", "a.txt", "text/plain", "only"}}
	if diff := cmp.Diff(want, extract(t, input("a.txt.gz", gzOf(t, "", []byte("only"))))); diff != "" {
		t.Error(diff)
	}
}

// TestNothingLeadsOut names entries as attackers do. The sink refuses names with
// folders, and paths must stay inside.
func TestNothingLeadsOut(t *testing.T) {
	for name, want := range map[string]string{
		"../../etc/passwd":     "etc/passwd",
		"/etc/passwd":          "etc/passwd",
		`..\..\windows\a.dll`:  "windows/a.dll",
		`C:\windows\a.dll`:     "windows/a.dll",
		"c:/windows/a.dll":     "windows/a.dll",
		`\\host\share\a.txt`:   "host/share/a.txt",
		"a/./b//../c.txt":      "a/b/c.txt",
		".. /x.txt":            "x.txt",
		"...":                  "unnamed",
		"..":                   "unnamed",
		"a:b.txt":              "a_b.txt",
		"a\x00b\n.txt":         "a_b_.txt",
		"photo\u202egpj.exe":   "photo_gpj.exe",
		"file.txt:stream":      "file.txt_stream",
		"trailing. ":           "trailing",
		"././plain.txt":        "plain.txt",
		"\xff\xfe\xfd/bad.txt": "",
	} {
		got := extract(t, input("a.zip", zipOf(t, item{name, "x"})))
		if len(got) != 1 || want != "" && got[0].Path != want || strings.ContainsAny(got[0].Name, "/\\:\x00") {
			t.Errorf("%q became %+v, want %q", name, got, want)
		}
		out := one(t, codec.Convert{Format: "tar"}, input("a.zip", zipOf(t, item{name, "x"})))
		if entry := list(t, "tar", out.Data)[0].name; entry != got[0].Path {
			t.Errorf("%q is %q in a tar, and %q as an output", name, entry, got[0].Path)
		}
	}
}

func TestAChangedNameIsTold(t *testing.T) {
	outputs, err := do(t, codec.Policy{}, codec.Extract{},
		input("a.zip", zipOf(t, item{"../a.txt", "x"}, item{"./b.txt", "x"})))
	if err != nil {
		t.Fatal(err)
	}
	if n := outputs[0].Result.Notes; len(n) != 1 || !strings.Contains(n[0], `"../a.txt"`) {
		t.Errorf("notes %q", n)
	}
	if n := outputs[1].Result.Notes; len(n) != 0 {
		t.Errorf("notes %q", n)
	}
}

// TestAFileAndAFolderOfOneName could not be unpacked side by side.
func TestAFileAndAFolderOfOneName(t *testing.T) {
	in := input("a.tar", tarOf(t, item{"a", "1"}, item{"a/b", "2"}, item{"A/c", "3"},
		item{"d/e", "4"}, item{"d", "5"}, item{"d/", ""}))
	want := []item{{"a", "1"}, {"a (2)/b", "2"}, {"a (2)/c", "3"}, {"d/e", "4"}, {"d (2)", "5"}, {"d/", ""}}
	out := one(t, codec.Convert{Format: "zip"}, in)
	if diff := cmp.Diff(want, list(t, "zip", out.Data), same); diff != "" {
		t.Error(diff)
	}
}

func TestFoldersCountAsEntries(t *testing.T) {
	var items []item
	for i := range 40 {
		items = append(items, item{strings.Repeat(string(rune('a'+i%26))+"/", 10+i) + "x", ""})
	}
	_, err := do(t, limited(codec.Limits{Entries: 50}), codec.Extract{}, input("a.zip", zipOf(t, items...)))
	refused(t, err, codec.Limit, "50 entries")
}

func TestLongNamesAreCut(t *testing.T) {
	long := strings.Repeat("ä", 300) + ".txt"
	deep := strings.Repeat("folder/", 400) + "a.txt"
	got := extract(t, input("a.tar", tarOf(t, item{long, "x"}, item{deep, "y"})))
	if n := got[0].Name; len(n) > 255 || !strings.HasSuffix(n, "ä.txt") {
		t.Errorf("%d bytes: %q", len(n), n)
	}
	if p := got[1].Path; len(p) > 1000 || !strings.HasSuffix(p, "folder/a.txt") {
		t.Errorf("%d bytes: %q", len(p), p)
	}
}

func TestNamesOfAllCodePagesAreRead(t *testing.T) {
	for _, want := range []struct{ encoding, name string }{
		{"utf-8", "Grüße/日本語.txt"},
		{"cp437", "Müller & Söhne, Übersicht.txt"},
		{"cp866", "Документы/отчёт за год.txt"},
		{"cp1251", "Документы/отчет за год.txt"},
		{"shift-jis", "ドキュメント/写真とメモ.txt"},
		{"gbk", "文档/年度报告和照片.txt"},
		{"euc-kr", "문서/연간보고서.txt"},
	} {
		raw := inPage(t, want.encoding, want.name)
		got := extract(t, input("a.zip", rawZip(t, raw)))
		if len(got) != 1 || got[0].Path != want.name {
			t.Errorf("%s: %q became %+v", want.encoding, want.name, got)
		}
		got = extract(t, codectest.NewInput("a.tar", "application/x-tar", rawTar(t, raw)))
		if len(got) != 1 || got[0].Path != want.name {
			t.Errorf("%s in a tar: %q became %+v", want.encoding, want.name, got)
		}
	}
}

func TestTheUnicodeNameOfInfoZIPWins(t *testing.T) {
	if got := extract(t, input("a.zip", unicodeZip(t, "a?.txt", "aж.txt"))); got[0].Path != "aж.txt" {
		t.Errorf("%+v", got)
	}
}
