package archive_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/bzip2"
	"compress/gzip"
	"embed"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/mikelolasagasti/xz"
	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/archive"
	"github.com/spoolmedia/spool/codec/codectest"
	xzwriter "github.com/ulikunitz/xz"
)

// testdata holds what Go cannot write. Made by p7zip and Info-ZIP: docs/a.txt
// ("hello, archive") and b.txt ("second") in small.7z; b.txt with a password in the
// others, in hidden.7z also for the names.
//
//go:embed testdata/*.7z testdata/*.zip testdata/*.bz2
var testdata embed.FS

func fixture(t testing.TB, name string) []byte {
	t.Helper()
	b, err := testdata.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// item is a file, or a folder if the name ends with a slash.
type item struct{ name, data string }

var noon = time.Date(2020, 5, 17, 12, 0, 0, 0, time.UTC)

var items = []item{
	{"docs/", ""}, {"docs/a.txt", "hello, archive\n"}, {"b.txt", "second\n"}, {"empty.txt", ""},
}

func zipOf(t testing.TB, items ...item) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, i := range items {
		w, err := z.CreateHeader(&zip.FileHeader{Name: i.name, Method: zip.Deflate, Modified: noon})
		if err == nil {
			_, err = io.WriteString(w, i.data)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// tarOf makes a tar. A header takes precedence over what is made of the item.
func tarOf(t testing.TB, items ...item) []byte {
	t.Helper()
	var headers []tar.Header
	for _, i := range items {
		h := tar.Header{Name: i.name, Size: int64(len(i.data)), Mode: 0o755, ModTime: noon}
		if i.name[len(i.name)-1] == '/' {
			h.Typeflag = tar.TypeDir
		}
		headers = append(headers, h)
	}
	return tarWith(t, items, headers)
}

func tarWith(t testing.TB, items []item, headers []tar.Header) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for i := range headers {
		err := w.WriteHeader(&headers[i])
		if err == nil && i < len(items) {
			_, err = io.WriteString(w, items[i].data)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func gzOf(t testing.TB, name string, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Name = name
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func xzOf(t testing.TB, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := xzwriter.NewWriter(&b)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// do runs op on the inputs and returns the outputs.
func do(t testing.TB, policy codec.Policy, op codec.Operation, in ...codec.Input) ([]codectest.Output, error) {
	t.Helper()
	sink := new(codectest.Sink)
	err := archive.New().Process(t.Context(), &codec.Work{Op: op, In: in, Out: sink, Policy: policy})
	if open := sink.Open(); len(open) > 0 {
		t.Errorf("%q is neither committed nor aborted", open[0].Name)
	}
	return sink.Outputs(), err
}

// one is do for what makes one output.
func one(t testing.TB, op codec.Operation, in ...codec.Input) codectest.Output {
	t.Helper()
	outputs, err := do(t, codec.Policy{}, op, in...)
	if err != nil {
		t.Fatalf("%s of %s: %v", op.Name(), in[0].Name(), err)
	}
	if len(outputs) != 1 {
		t.Fatalf("%s of %s made %d outputs", op.Name(), in[0].Name(), len(outputs))
	}
	return outputs[0]
}

func input(name string, data []byte) codec.Input { return codectest.NewInput(name, "", data) }

// refused wants an error of the class with the text.
func refused(t testing.TB, err error, class codec.Class, text string) {
	t.Helper()
	if codec.ClassOf(err) != class || !bytes.Contains([]byte(fmt.Sprint(err)), []byte(text)) {
		t.Errorf("it returned %v of the class %s, want %s with %q", err, codec.ClassOf(err), class, text)
	}
}

// list reads an archive back and returns its items.
func list(t testing.TB, format string, data []byte) []item {
	t.Helper()
	var items []item
	var err error
	if format == "zip" {
		items, err = listZip(data)
	} else {
		items, err = listTar(format, data)
	}
	if err != nil {
		t.Fatalf("%s: %v", format, err)
	}
	return items
}

func listZip(data []byte) ([]item, error) {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, err
	}
	var items []item
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			return nil, err
		}
		body, err := io.ReadAll(r)
		if err != nil {
			return nil, err
		}
		items = append(items, item{f.Name, string(body)})
	}
	return items, nil
}

func listTar(format string, data []byte) ([]item, error) {
	r, err := decompressed(format, data)
	if err != nil {
		return nil, err
	}
	var items []item
	for t := tar.NewReader(r); ; {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return items, nil
		}
		if err != nil {
			return nil, err
		}
		body, err := io.ReadAll(t)
		if err != nil {
			return nil, err
		}
		items = append(items, item{h.Name, string(body)})
	}
}

func decompressed(format string, data []byte) (io.Reader, error) {
	r := bytes.NewReader(data)
	switch format {
	case "gz", "tgz":
		return gzip.NewReader(r)
	case "xz":
		return xz.NewReader(r, 0)
	case "bz2":
		return bzip2.NewReader(r), nil
	}
	return r, nil
}
