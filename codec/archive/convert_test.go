package archive_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/codectest"
)

var same = cmp.AllowUnexported(item{})

func TestConvertKeepsEveryEntryBetweenAllFormats(t *testing.T) {
	tarred := tarOf(t, items...)
	small := []item{{"docs/", ""}, {"docs/a.txt", "hello, archive\n"}, {"b.txt", "second\n"}}
	sources := []struct {
		name string
		data []byte
		want []item
	}{
		{"a.zip", zipOf(t, items...), items},
		{"a.tar", tarred, items},
		{"a.tar.gz", gzOf(t, "", tarred), items},
		{"a.tgz", gzOf(t, "a.tar", tarred), items},
		{"a.tar.xz", xzOf(t, tarred), items},
		{"a.7z", fixture(t, "small.7z"), small},
	}
	for _, s := range sources {
		for format, name := range map[string]string{
			"zip": "a.zip", "tar": "a.tar", "tgz": "a.tgz", "gz": "a.tar.gz", "xz": "a.tar.xz",
		} {
			out := one(t, codec.Convert{Format: format}, input(s.name, s.data))
			if out.Name != name {
				t.Errorf("%s to %s is called %q", s.name, format, out.Name)
			}
			got := list(t, format, out.Data)
			byName := func(a, b item) int { return strings.Compare(a.name, b.name) }
			want := slices.SortedFunc(slices.Values(s.want), byName)
			slices.SortFunc(got, byName)
			if diff := cmp.Diff(want, got, same); diff != "" {
				t.Errorf("%s to %s: %s", s.name, format, diff)
			}
		}
	}
}

func TestConvertKeepsTimesAndPrograms(t *testing.T) {
	data := tarWith(t, []item{{"run", "#!"}, {"old", "x"}}, []tar.Header{
		{Name: "run", Size: 2, Mode: 0o4751, ModTime: noon.Add(time.Nanosecond), Format: tar.FormatPAX},
		{Name: "old", Size: 1, Mode: 0o600, ModTime: time.Unix(0, 0)},
	})
	out := one(t, codec.Convert{Format: "zip"}, input("a.tar", data))
	z, err := zip.NewReader(bytes.NewReader(out.Data), int64(len(out.Data)))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []struct {
		mode uint32
		time time.Time
	}{{0o755, noon}, {0o644, time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)}} {
		f := z.File[i]
		if f.Mode() != 0o777&f.Mode() || uint32(f.Mode().Perm()) != want.mode || !f.Modified.Equal(want.time) {
			t.Errorf("%s: %v, %v, want %o, %v", f.Name, f.Mode(), f.Modified, want.mode, want.time)
		}
	}
}

func TestConvertOfOneCompressedFile(t *testing.T) {
	text := strings.Repeat("one file, compressed\n", 1000)
	for _, s := range []struct {
		in         string
		data       []byte
		text, name string
	}{
		{"notes.txt.gz", gzOf(t, "", []byte(text)), text, "notes.txt"},
		{"upload.gz", gzOf(t, "notes.txt", []byte(text)), text, "notes.txt"},
		{"upload", gzOf(t, "../../etc/cron.d/x", []byte(text)), text, "x"},
		{"notes.txt.xz", xzOf(t, []byte(text)), text, "notes.txt"},
		{"text.txt.bz2", fixture(t, "text.txt.bz2"), "bzip2 text\n", "text.txt"},
		{"plain", gzOf(t, "", []byte(text)), text, "plain"},
	} {
		for _, format := range []string{"gz", "xz"} {
			out := one(t, codec.Convert{Format: format}, input(s.in, s.data))
			r, err := decompressed(format, out.Data)
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(r)
			if err != nil || string(got) != s.text || out.Name != s.name+"."+format {
				t.Errorf("%s to %s: %q with %d bytes, %v", s.in, format, out.Name, len(got), err)
			}
		}
		for _, format := range []string{"tar", "tgz", "zip"} {
			out := one(t, codec.Convert{Format: format}, input(s.in, s.data))
			if diff := cmp.Diff([]item{{s.name, s.text}}, list(t, format, out.Data), same); diff != "" {
				t.Errorf("%s to %s: %s", s.in, format, diff)
			}
		}
	}
}

func TestConvertGivesTheSameBytesEachTime(t *testing.T) {
	for _, s := range samples(t) {
		var before []byte
		for range 2 {
			outputs, err := do(t, codec.Policy{}, s.Op, input(s.Name, s.Data))
			if err != nil {
				t.Fatal(err)
			}
			if before != nil && !bytes.Equal(before, outputs[0].Data) {
				t.Errorf("%s of %s differs", s.Op.Name(), s.Name)
			}
			before = outputs[0].Data
		}
	}
}

func TestConvertSkipsWhatIsNoFile(t *testing.T) {
	data := tarWith(t, nil, []tar.Header{
		{Typeflag: tar.TypeXGlobalHeader, PAXRecords: map[string]string{"comment": "x"}},
		{Name: "soft", Typeflag: tar.TypeSymlink, Linkname: "/etc/passwd"},
		{Name: "hard", Typeflag: tar.TypeLink, Linkname: "/etc/passwd"},
		{Name: "tty", Typeflag: tar.TypeChar},
		{Name: "disk", Typeflag: tar.TypeBlock},
		{Name: "pipe", Typeflag: tar.TypeFifo},
		{Name: "real"},
	})
	out := one(t, codec.Convert{Format: "zip"}, input("a.tar", data))
	if diff := cmp.Diff([]item{{"real", ""}}, list(t, "zip", out.Data), same); diff != "" {
		t.Error(diff)
	}
	if n := len(out.Result.Notes); n != 5 {
		t.Errorf("notes: %q", out.Result.Notes)
	}
	outputs, err := do(t, codec.Policy{}, codec.Extract{}, input("a.tar", data))
	if err != nil || len(outputs) != 1 || len(outputs[0].Result.Notes) != 5 {
		t.Errorf("extract: %+v, %v", outputs, err)
	}
}

func TestConvertStoresWhatIsCompressedAlready(t *testing.T) {
	jpeg := "\xff\xd8\xff\xe0" + strings.Repeat("\x00", 4096)
	out := one(t, codec.Convert{Format: "zip"},
		input("a.tar", tarOf(t, item{"a.jpg", jpeg}, item{"a.txt", strings.Repeat("a", 4096)})))
	z, err := zip.NewReader(bytes.NewReader(out.Data), int64(len(out.Data)))
	if err != nil {
		t.Fatal(err)
	}
	if z.File[0].Method != zip.Store || z.File[1].Method != zip.Deflate {
		t.Errorf("methods %d, %d", z.File[0].Method, z.File[1].Method)
	}
}

func TestArchivesInArchivesStayAsTheyAre(t *testing.T) {
	inner := zipOf(t, items...)
	out := one(t, codec.Convert{Format: "tar"}, input("a.zip", zipOf(t, item{"inner.zip", string(inner)})))
	if diff := cmp.Diff([]item{{"inner.zip", string(inner)}}, list(t, "tar", out.Data), same); diff != "" {
		t.Error(diff)
	}
}

func TestConvertRefusesOtherTargets(t *testing.T) {
	for _, format := range []string{"7z", "rar", "bz2", "webp"} {
		_, err := do(t, codec.Policy{}, codec.Convert{Format: format}, input("a.zip", zipOf(t, items...)))
		refused(t, err, codec.Unsupported, format)
	}
}

func TestCorpusArchivesAreRead(t *testing.T) {
	for name, want := range map[string][]string{
		"archive/filetype-fixture.7z": nil, "archive/filetype-fixture.rar": nil,
		"archive/filetype-fixture.tar.gz": nil, "archive/go-test.zip": {"test.txt", "gophercolor16x16.png"},
		"archive/go-ustar.tar": nil, "archive/go-zip64.zip": {"README"},
	} {
		in := codectest.OpenInput(t, codectest.Corpus(t, name))
		out := one(t, codec.Convert{Format: "zip"}, in)
		var got []string
		for _, i := range list(t, "zip", out.Data) {
			got = append(got, i.name)
		}
		t.Logf("%s: %q", name, got)
		if len(got) == 0 || want != nil && !slices.Equal(got, want) {
			t.Errorf("%s holds %q, want %q", name, got, want)
		}
	}
}
