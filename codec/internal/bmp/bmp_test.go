package bmp_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"io"
	"testing"

	xbmp "golang.org/x/image/bmp"

	"github.com/spoolmedia/spool/codec/codectest"
	"github.com/spoolmedia/spool/codec/internal/bmp"
)

func decode(data []byte) (image.Image, error) { return bmp.Decode(bytes.NewReader(data)) }

// differ compares pixels, of which each sample may be off by most.
func differ(got, want image.Image, most int) error {
	if got.Bounds() != want.Bounds() {
		return fmt.Errorf("it is %v, want %v", got.Bounds(), want.Bounds())
	}
	b := want.Bounds()
	for y := range b.Dy() {
		for x := range b.Dx() {
			p := color.NRGBAModel.Convert(got.At(x, y)).(color.NRGBA)
			q := color.NRGBAModel.Convert(want.At(x, y)).(color.NRGBA)
			for _, d := range []int{int(p.R) - int(q.R), int(p.G) - int(q.G), int(p.B) - int(q.B),
				int(p.A) - int(q.A)} {
				if d > most || d < -most {
					return fmt.Errorf("at %d, %d it is %v, want %v", x, y, p, q)
				}
			}
		}
	}
	return nil
}

func TestEveryKindIsRead(t *testing.T) {
	for name, f := range kinds {
		got, err := decode(f.bytes())
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if f.compression != 1 && f.compression != 2 {
			if err := differ(got, f.want(), 0); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

func TestRunsAreUnpacked(t *testing.T) {
	// From the upper row on. What is jumped over has the number 0.
	for name, want := range map[string][]byte{
		"RLE8": {0, 0, 3, 3, 3, 3, 8, 8, 0, 0, 0, 0, 0, 0, 0, 0, 4, 5, 6, 7, 7, 0, 0, 0, 1, 1, 1, 2, 2, 2, 2, 2},
		"RLE4": {0, 0, 3, 5, 3, 5, 8, 9, 0, 0, 0, 0, 0, 0, 0, 0, 4, 5, 6, 7, 8, 0, 0, 0, 1, 2, 1, 2, 1, 2, 1, 2},
	} {
		m, err := decode(kinds[name].bytes())
		if err != nil {
			t.Fatal(err)
		}
		if got := m.(*image.Paletted).Pix; !bytes.Equal(got, want) {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
	f := kinds["RLE8"]
	// Runs that are too long, and no mark of the end.
	f.pixels = append(bytes.Repeat([]byte{9, 7, 0, 0}, 3), 255, 6)
	m, err := decode(f.bytes())
	if want := append(bytes.Repeat([]byte{6}, 8), bytes.Repeat([]byte{7}, 24)...); err != nil ||
		!bytes.Equal(m.(*image.Paletted).Pix, want) {
		t.Errorf("runs that are too long: %v, %v", m, err)
	}
}

func TestOthersReadTheSame(t *testing.T) {
	read := 0
	for name, f := range kinds {
		got, err := decode(f.bytes())
		theirs, failed := xbmp.Decode(bytes.NewReader(f.bytes()))
		if failed != nil {
			continue
		}
		if read++; err != nil {
			t.Errorf("%s: %v", name, err)
		} else if err := differ(got, theirs, 0); err != nil {
			t.Errorf("%s: golang.org/x/image: %v", name, err)
		}
	}
	if read < 5 {
		t.Errorf("golang.org/x/image reads %d kinds", read)
	}
	codectest.NeedCommands(t, "ffmpeg")
	for _, name := range []string{"RLE8", "RLE4", "565", "8 bits of OS/2"} {
		got, err := decode(kinds[name].bytes())
		theirs, err2 := codectest.DecodeImage(kinds[name].bytes())
		if err := errors.Join(err, err2); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		const rounding = 8 // FFmpeg shifts samples of 5 bits
		if err := differ(got, theirs, rounding); err != nil {
			t.Errorf("%s: FFmpeg: %v", name, err)
		}
	}
}

func TestAPictureOfNoOpacityAtAllIsShown(t *testing.T) {
	f := kinds["version 4"]
	f.pixels = rows(32, 7, 5, rainbow(8, 8, 8))
	m, err := decode(f.bytes())
	if err != nil {
		t.Fatal(err)
	}
	if !m.(*image.NRGBA).Opaque() {
		t.Error("it is transparent")
	}
}

func TestBrokenFilesAreRefused(t *testing.T) {
	change := func(name string, with func(*file)) []byte {
		f := kinds[name]
		with(&f)
		return f.bytes()
	}
	le := binary.LittleEndian
	early, late := kinds["8 bits"].bytes(), kinds["8 bits"].bytes()
	le.PutUint32(early[10:], 20)
	le.PutUint32(late[10:], 1<<31)
	for name, c := range map[string]struct {
		data []byte
		want error
	}{
		"nothing":            {nil, io.ErrUnexpectedEOF},
		"another file":       {[]byte("GIF89a                          "), bmp.ErrFormat},
		"no width":           {change("24 bits", func(f *file) { f.width = 0 }), bmp.ErrFormat},
		"less than no width": {change("24 bits", func(f *file) { f.width = -7 }), bmp.ErrFormat},
		"no height":          {change("24 bits", func(f *file) { f.height = 0 }), bmp.ErrFormat},
		"no palette":         {change("8 bits", func(f *file) { f.palette = nil; f.pixels = nil }), bmp.ErrFormat},
		"pixels in the head": {early, bmp.ErrFormat},
		"pixels far behind":  {late, io.ErrUnexpectedEOF},
		"half the pixels":    {change("24 bits", func(f *file) { f.pixels = f.pixels[:60] }), io.ErrUnexpectedEOF},
		"half the runs":      {change("RLE8", func(f *file) { f.pixels = f.pixels[:9] }), io.ErrUnexpectedEOF},
		"another head":       {change("24 bits", func(f *file) { f.header = 44 }), bmp.ErrUnsupported},
		"30 bits":            {change("24 bits", func(f *file) { f.bits = 30 }), bmp.ErrUnsupported},
		"a jpeg inside":      {change("24 bits", func(f *file) { f.compression = 4 }), bmp.ErrUnsupported},
		"RLE8 of 4 bits":     {change("RLE4", func(f *file) { f.compression = 1 }), bmp.ErrUnsupported},
		"Huffman's of OS/2":  {change("8 bits of OS/2 2", func(f *file) { f.compression = 3 }), bmp.ErrUnsupported},
		"a mask with gaps":   {change("version 4", func(f *file) { f.masks = []uint32{0xf0f, 1, 2} }), bmp.ErrUnsupported},
	} {
		if _, err := decode(c.data); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

// TestAHeaderTellsHowLongTheFileIs is what a caller refuses a small file by that says it
// is a giant, before there is memory for one.
func TestAHeaderTellsHowLongTheFileIs(t *testing.T) {
	for name, f := range kinds {
		h, err := bmp.ReadHeader(bytes.NewReader(f.bytes()))
		if err != nil || h.Least() > int64(len(f.bytes())) {
			t.Errorf("%s: %d of %d bytes, %v", name, h.Least(), len(f.bytes()), err)
		}
	}
	f := kinds["24 bits"]
	f.width, f.height = 1<<31-1, -1<<31
	h, err := bmp.ReadHeader(bytes.NewReader(f.bytes()))
	if err != nil || h.Height != 1<<31 || h.Least() < 1<<62 {
		t.Errorf("a giant: %+v, %v", h, err)
	}
}

func FuzzDecode(f *testing.F) {
	for _, k := range kinds {
		f.Add(k.bytes())
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		h, err := bmp.ReadHeader(bytes.NewReader(data))
		if err != nil || int64(h.Width)*int64(h.Height) > 1<<20 || h.Least() > int64(len(data)) {
			return
		}
		m, err := bmp.Decode(bytes.NewReader(data))
		if err == nil && m.Bounds().Size() != image.Pt(h.Width, h.Height) {
			t.Errorf("%v, the header says %d × %d", m.Bounds(), h.Width, h.Height)
		}
	})
}
