package acceptance_test

import (
	"archive/zip"
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image/color"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/codectest"
)

// refused does every operation that takes the input, and wants each to fail with an
// error of the class that says so.
func refused(t *testing.T, in codec.Input, class codec.Class, says string) {
	t.Helper()
	var names []string
	for name, op := range every {
		if name != "archive" && codecFor(op, in.Type()) != nil { // that takes anything
			names = append(names, name)
		}
	}
	if len(names) < 3 {
		t.Errorf("%d operations take %s", len(names), in.Type())
	}
	refusedBy(t, in, class, says, names...)
}

// refusedBy is refused for the operations of these names.
func refusedBy(t *testing.T, in codec.Input, class codec.Class, says string, names ...string) {
	t.Helper()
	for _, name := range names {
		_, err := do(t.Context(), every[name], nil, in)
		if err == nil || codec.ClassOf(err) != class || !strings.Contains(err.Error(), says) {
			t.Errorf("%s of %s: %v of the class %s, want %s with %q",
				name, in.Name(), err, codec.ClassOf(err), class, says)
		}
	}
}

// bombPNG says that it has side × side pixels, and has a few.
func bombPNG(t *testing.T, side int) []byte {
	t.Helper()
	var b bytes.Buffer
	b.WriteString("\x89PNG\r\n\x1a\n")
	chunk := func(kind string, data []byte) {
		body := append([]byte(kind), data...)
		b.Write(binary.BigEndian.AppendUint32(nil, uint32(len(data))))
		b.Write(body)
		b.Write(binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE(body)))
	}
	header := binary.BigEndian.AppendUint32(nil, uint32(side))
	header = binary.BigEndian.AppendUint32(header, uint32(side))
	chunk("IHDR", append(header, 1, 0, 0, 0, 0)) // one bit for each pixel
	var pixels bytes.Buffer
	z := zlib.NewWriter(&pixels)
	row := make([]byte, 1+(side+7)/8)
	for range min(side, 100) {
		if _, err := z.Write(row); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	chunk("IDAT", pixels.Bytes())
	chunk("IEND", nil)
	return b.Bytes()
}

func TestAPixelBombIsRefusedByItsHeader(t *testing.T) {
	refused(t, codectest.NewInput("bomb.png", "", bombPNG(t, 50_000)), codec.Limit,
		"50000 × 50000 pixels; the limit is 268402689 pixels")
}

func TestAGIFOf100000FramesIsRefused(t *testing.T) {
	var b bytes.Buffer
	b.WriteString("GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff")
	for range 100_000 { // a picture of 1 × 1 pixels (GIF89a, 20 to 22)
		b.WriteString("\x2c\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02\x44\x01\x00")
	}
	b.WriteString("\x3b")
	in := codectest.NewInput("frames.gif", "", b.Bytes())
	refusedBy(t, in, codec.Limit, "frames; the limit is 4096 frames",
		"convert", "inspect", "thumbnail", "compress")
}

func svg(body string) codec.Input {
	return codectest.NewInput("drawing.svg", "", []byte(
		`<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" `+
			`width="40" height="40"><rect width="40" height="40" fill="#1e1edc"/>`+body+`</svg>`))
}

func TestAnSVGReachesNeitherFilesNorTheNetwork(t *testing.T) {
	var asked atomic.Int64
	redSquare, err := pngOf(filled(40, 40, red))
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		_, _ = w.Write(redSquare)
	}))
	defer server.Close()
	path := filepath.Join(t.TempDir(), "red.png")
	if err := os.WriteFile(path, redSquare, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, body := range map[string]string{
		"a file":      `<image width="40" height="40" xlink:href="file://` + path + `"/>`,
		"a path":      `<image width="40" height="40" xlink:href="` + path + `"/>`,
		"an address":  `<image width="40" height="40" xlink:href="` + server.URL + `/red.png"/>`,
		"a reference": `<use xlink:href="` + server.URL + `/red.svg#a"/>`,
		"a style":     `<style>@import url("` + server.URL + `/red.css");</style>`,
		"a script": `<script>document.querySelector("rect").` +
			`setAttribute("fill","#dc1e1e")</script>` +
			`<rect onload="this.setAttribute('fill','#dc1e1e')" width="0" height="0"/>`,
	} {
		outputs, err := do(t.Context(), codec.Convert{Format: "png"}, nil, svg(body))
		if err != nil {
			if codec.ClassOf(err) != codec.Invalid {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		m, err := decode(outputs[0].Data)
		if err != nil {
			t.Fatal(err)
		}
		if err := colourAt(m, .5, .5, blue); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := asked.Load(); n > 0 {
		t.Errorf("%d requests were made", n)
	}
}

func TestAnEntityBombIsRefused(t *testing.T) {
	var b strings.Builder
	b.WriteString(`<!DOCTYPE svg [<!ENTITY a "<rect width='1' height='1'/>">`)
	for i := range 12 {
		fmt.Fprintf(&b, `<!ENTITY %c "%s">`, 'b'+i, strings.Repeat(fmt.Sprintf("&%c;", 'a'+i), 10))
	}
	b.WriteString(`]><svg xmlns="http://www.w3.org/2000/svg" width="40" height="40">&m;</svg>`)
	_, err := do(t.Context(), codec.Convert{Format: "png"}, nil,
		codectest.NewInput("bomb.svg", "", []byte(b.String())))
	if codec.ClassOf(err) != codec.Invalid {
		t.Errorf("%v of the class %s", err, codec.ClassOf(err))
	}
}

// thickPDF has pages of 200 × 100 points, with nothing on them.
func thickPDF(pages int, encrypt string) []byte {
	var b bytes.Buffer
	offsets := make([]int, 0, pages+2)
	object := func(text string) {
		offsets = append(offsets, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", len(offsets), text)
	}
	b.WriteString("%PDF-1.4\n")
	object("<< /Type /Catalog /Pages 2 0 R >>")
	var kids strings.Builder
	for i := range pages {
		fmt.Fprintf(&kids, "%d 0 R ", 3+i)
	}
	object(fmt.Sprintf("<< /Type /Pages /Count %d /Kids [%s] >>", pages, kids.String()))
	for range pages {
		object("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 100] >>")
	}
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(offsets)+1)
	for _, offset := range offsets {
		fmt.Fprintf(&b, "%010d 00000 n \n", offset)
	}
	fmt.Fprintf(&b, "trailer\n<< /Size %d /Root 1 0 R %s >>\nstartxref\n%d\n%%%%EOF\n",
		len(offsets)+1, encrypt, start)
	return b.Bytes()
}

func TestAPDFOf100000PagesIsRefused(t *testing.T) {
	t.Parallel()
	refusedBy(t, codectest.NewInput("thick.pdf", "", thickPDF(100_000, "")), codec.Limit,
		"100000 pages; the limit is 4096 pages", "pdf-preview", "inspect")
}

func TestAPageOfAThickPDFIsShown(t *testing.T) {
	outputs, err := do(t.Context(), codec.PDFPreview{Page: 3000, Width: 40}, nil,
		codectest.NewInput("book.pdf", "", thickPDF(4000, "")))
	if err != nil {
		t.Fatal(err)
	}
	if m := outputs[0].Result.Media; m.Width != 40 || m.Height != 20 {
		t.Errorf("the page is %d × %d", m.Width, m.Height)
	}
}

func TestAPasswordOfAPDFIsNamed(t *testing.T) {
	// The standard handler with a password that is not the empty one (ISO 32000-1, 7.6.3).
	locked := fmt.Sprintf("/ID [<%032d><%032d>] /Encrypt << /Filter /Standard /V 1 /R 2 /P -4 "+
		"/O <%064d> /U <%064d> >>", 1, 1, 2, 3)
	refused(t, codectest.NewInput("locked.pdf", "", thickPDF(1, locked)), codec.Unsupported,
		"is protected by a password")
}

// TestAFileIsWhatItsBytesSay: neither its name nor what is behind its end counts.
func TestAFileIsWhatItsBytesSay(t *testing.T) {
	picture, err := pngOf(filled(40, 40, color.NRGBA{30, 30, 220, 255}))
	if err != nil {
		t.Fatal(err)
	}
	var archive bytes.Buffer
	z := zip.NewWriter(&archive)
	if _, err := z.Create("../../evil.sh"); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{
		"photo.pdf":        picture,
		"photo.svg":        picture,
		"photo.zip":        picture,
		"png and zip.zip":  append(bytes.Clone(picture), archive.Bytes()...),
		"png and pdf.pdf":  append(bytes.Clone(picture), thickPDF(1, "")...),
		"png and html.svg": append(bytes.Clone(picture), `<svg><script>alert(1)</script></svg>`...),
	} {
		in := codectest.NewInput(name, "", data)
		if in.Type() != "image/png" {
			t.Errorf("%s is taken for %s", name, in.Type())
			continue
		}
		sink := new(codectest.Sink)
		op := codec.Convert{Format: "jpg"}
		err := codecFor(op, in.Type()).Process(t.Context(), // under the strict policy
			&codec.Work{Op: op, In: []codec.Input{in}, Out: sink})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		out := sink.Outputs()[0]
		m, err := decode(out.Data)
		if err != nil {
			t.Fatal(err)
		}
		if err := colourAt(m, .5, .5, blue); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if bytes.Contains(out.Data, []byte("evil")) || bytes.Contains(out.Data, []byte("script")) {
			t.Errorf("%s: what was behind the picture is in the output", name)
		}
	}
	drawing := svg("")
	renamed := codectest.NewInput("photo.jpg", drawing.Type(), nil)
	if codecFor(codec.Convert{Format: "png"}, renamed.Type()) == nil {
		t.Fatal("no codec reads svg here")
	}
	_, _, err = codecFor(codec.Inspect{}, drawing.Type()).Probe(t.Context(),
		&codec.Work{Op: codec.Inspect{}, In: []codec.Input{drawing}})
	if codec.ClassOf(err) != codec.Unsupported {
		t.Errorf("an svg under the strict policy: %v", err)
	}
}
