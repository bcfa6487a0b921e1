package ending_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/color/palette"
	"image/gif"
	"io"
	"slices"
	"testing"
	"testing/iotest"

	"github.com/spoolmedia/spool/codec/vips/internal/ending"
)

// frames is a GIF of three frames, and where each ends.
func frames(t *testing.T) (file []byte, ends []int64) {
	t.Helper()
	g := &gif.GIF{}
	for n := range 3 {
		m := image.NewPaletted(image.Rect(0, 0, 30, 30), palette.Plan9)
		for i := range m.Pix {
			m.Pix[i] = byte(i * i >> n)
		}
		g.Image, g.Delay = append(g.Image, m), append(g.Delay, 10)
		var b bytes.Buffer
		if err := gif.EncodeAll(&b, g); err != nil {
			t.Fatal(err)
		}
		file = b.Bytes()
		ends = append(ends, int64(len(file)-1))
	}
	// A GIF of one frame says nothing of loops, which takes 19 bytes.
	ends[0] += 19
	return file, ends
}

func TestGIF(t *testing.T) {
	file, ends := frames(t)
	for n := range len(file) {
		end, early, err := ending.GIF(bytes.NewReader(file[:n]), int64(n))
		want := int64(0)
		for _, e := range ends {
			if e <= int64(n) {
				want = e
			}
		}
		if !early || end != want || err != nil {
			t.Fatalf("cut off after %d of %d bytes: %v, %d, want %d, %v", n, len(file), early, end,
				want, err)
		}
	}
	for _, tail := range []string{"", "behind the end", ";\x01"} {
		whole := slices.Concat(file, []byte(tail))
		if _, early, err := ending.GIF(bytes.NewReader(whole), int64(len(whole))); early || err != nil {
			t.Errorf("all of it, and %q: %v, %v", tail, early, err)
		}
	}
}

// chunk is one of a RIFF file.
func chunk(name string, body ...byte) []byte {
	b := binary.LittleEndian.AppendUint32([]byte(name), uint32(len(body)))
	return append(append(b, body...), make([]byte, len(body)%2)...)
}

func TestWebP(t *testing.T) {
	header := chunk("VP8X", 2, 0, 0, 0, 9, 0, 0, 9, 0, 0)
	body := slices.Concat([]byte("WEBP"), header, chunk("ANMF", 1, 2, 3), chunk("ANMF", 1),
		chunk("EXIF", 1))
	file := slices.Concat(chunk("RIFF", body...))
	first := int64(bytes.Index(file, []byte("ANMF")) + 12)
	for n := range len(file) {
		end, early, err := ending.WebP(bytes.NewReader(file[:n]), int64(n))
		want := int64(0)
		if int64(n) >= first {
			want = first
		}
		if int64(n) >= first+10 {
			want = first + 10
		}
		if early != (n >= 30) || end != want || err != nil {
			t.Fatalf("cut off after %d of %d bytes: %v, %d, want %d, %v", n, len(file), early, end,
				want, err)
		}
	}
	still := bytes.Clone(file)
	still[20] = 0
	for name, whole := range map[string][]byte{"all of it": file, "more": append(file, 1),
		"still": still[:40]} {
		if _, early, err := ending.WebP(bytes.NewReader(whole), int64(len(whole))); early || err != nil {
			t.Errorf("%s: %v, %v", name, early, err)
		}
	}
}

// document is a TIFF of three directories of one entry, and where each ends.
func document(order binary.AppendByteOrder, wide bool) (file []byte, ends []int) {
	number := func(n int) { file = order.AppendUint32(file, uint32(n)) }
	entry, count := make([]byte, 12), func() { file = order.AppendUint16(file, 1) }
	file = append(file, map[bool]string{true: "MM", false: "II"}[order == binary.BigEndian]...)
	file = order.AppendUint16(file, 42)
	if wide {
		file = order.AppendUint16(order.AppendUint16(order.AppendUint16(file[:2], 43), 8), 0)
		number = func(n int) { file = order.AppendUint64(file, uint64(n)) }
		entry, count = make([]byte, 20), func() { file = order.AppendUint64(file, 1) }
	}
	number(len(file) + len(order.AppendUint32(nil, 0))*map[bool]int{true: 2, false: 1}[wide])
	for i := range 3 {
		count()
		file = append(file, entry...)
		before := len(file)
		number(0)
		if end := len(file); i < 2 {
			file = file[:before]
			number(end + 7)
			file = append(file, "padding"...)
			ends = append(ends, end)
		} else {
			ends = append(ends, end)
		}
	}
	return file, ends
}

func TestTIFF(t *testing.T) {
	for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
		for _, wide := range []bool{false, true} {
			file, ends := document(order, wide)
			for pages, end := range ends {
				for n := end; n <= len(file); n++ {
					early, err := ending.TIFF(bytes.NewReader(file[:n]), int64(n), pages+1)
					want := pages < 2 && n < ends[pages+1]
					if early != want || err != nil {
						t.Fatalf("%v, wide %v: %d pages in %d of %d bytes: %v, want %v, %v", order, wide, pages+1,
							n, len(file), early, want, err)
					}
				}
			}
		}
	}
}

func TestFaultsOfReadingAreErrors(t *testing.T) {
	fault := errors.New("the disk is gone")
	r := readerAt{iotest.ErrReader(fault)}
	_, _, gifErr := ending.GIF(r, 100)
	_, _, webpErr := ending.WebP(r, 100)
	_, tiffErr := ending.TIFF(r, 100, 1)
	for _, err := range []error{gifErr, webpErr, tiffErr} {
		if !errors.Is(err, fault) {
			t.Errorf("error %v", err)
		}
	}
}

type readerAt struct{ io.Reader }

func (r readerAt) ReadAt(p []byte, _ int64) (int, error) { return r.Read(p) }

// reads counts the calls of a reader.
type reads struct {
	io.ReaderAt
	n int
}

func (r *reads) ReadAt(p []byte, off int64) (int, error) {
	r.n++
	return r.ReaderAt.ReadAt(p, off)
}

func TestManySmallChunksAreFewReads(t *testing.T) {
	body := slices.Concat([]byte("WEBP"), chunk("VP8X", 2, 0, 0, 0, 9, 0, 0, 9, 0, 0),
		bytes.Repeat(chunk("ANMF"), 20_000))
	file := chunk("RIFF", body...)
	file = file[:len(file)-4]
	in := &reads{ReaderAt: bytes.NewReader(file)}
	end, early, err := ending.WebP(in, int64(len(file)))
	if want := int64(len(file) - 4); end != want || !early || err != nil {
		t.Errorf("%d, want %d, %v, %v", end, want, early, err)
	}
	if in.n > 20 {
		t.Errorf("%d reads of %d bytes", in.n, len(file))
	}
}
