package vips

import (
	"bytes"
	"encoding/binary"
	stdimage "image"
	"image/jpeg"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/codectest"
)

// coloured is a picture without two equal rows, columns or blocks.
func coloured(w, h int) *stdimage.RGBA {
	m := stdimage.NewRGBA(stdimage.Rect(0, 0, w, h))
	for i := range m.Pix {
		x, y := i/4%w, i/4/w
		m.Pix[i] = byte([]int{x * 5, y * 7, x*y>>3 ^ x, 255}[i%4])
	}
	return m
}

// jpegBy has Go encode a picture: in colours with 4:2:0, and without a marker of JFIF.
func jpegBy(t testing.TB, m stdimage.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// jpegWith has libvips encode a picture with options.
func jpegWith(t testing.TB, m *stdimage.RGBA, options args) []byte {
	t.Helper()
	var b bytes.Buffer
	err := run(t.Context(), blank{}, nil, func(s *session) error {
		im, err := s.fromPixels(&pixels{size{m.Rect.Dx(), m.Rect.Dy()}, m.Pix})
		if err != nil {
			return err
		}
		a := maps.Clone(options)
		a["in"] = im
		c := &conversion{session: s, saver: savers["jpg"]}
		return c.encodeInto(a, &b, 0)
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// claiming changes what the header of a JPEG says: its size, the sampling factors of the
// first component, and the names of three.
func claiming(data []byte, z size, factors byte, names string) []byte {
	data = slices.Clone(data)
	frame, scan := bytes.Index(data, []byte{0xff, 0xc0}), bytes.Index(data, []byte{0xff, 0xda})
	binary.BigEndian.PutUint16(data[frame+5:], uint16(z.h))
	binary.BigEndian.PutUint16(data[frame+7:], uint16(z.w))
	if factors > 0 {
		data[frame+11] = factors
	}
	for i := range names {
		data[frame+10+3*i], data[scan+5+2*i] = names[i], names[i]
	}
	return data
}

// jpegs are one of each kind.
func jpegs(t testing.TB) map[string][]byte {
	colours := coloured(64, 64)
	grey := stdimage.NewGray(colours.Rect)
	for i := range grey.Pix {
		grey.Pix[i] = colours.Pix[4*i]
	}
	plain := jpegBy(t, colours)
	return map[string][]byte{
		"4:2:0":        plain,
		"4:2:0, odd":   claiming(plain, size{61, 51}, 0, ""),
		"4:1:1":        claiming(plain, size{59, 63}, 0x41, ""),
		"1 by 4":       claiming(plain, size{63, 59}, 0x14, ""),
		"3 by 2":       claiming(plain, size{64, 48}, 0x32, ""), // which libjpeg may refuse
		"red and blue": claiming(plain, size{64, 64}, 0, "RGB"),
		"grey":         jpegBy(t, grey),
		"grey, odd":    claiming(jpegBy(t, grey), size{57, 57}, 0, ""),
		"4:4:4":        jpegWith(t, coloured(61, 43), args{"subsample-mode": "off", "Q": 95}),
		"restarts":     jpegWith(t, coloured(75, 43), args{"restart-interval": 2}),
		"of one pixel": jpegBy(t, colours.SubImage(stdimage.Rect(0, 0, 1, 1))),
		"long":         jpegBy(t, coloured(16, 400)), "cut off": plain[:len(plain)*2/3],
		"no end": plain[:len(plain)-2], "no scan": plain[:bytes.Index(plain, []byte{0xff, 0xda})],
		"noise between": slices.Insert(slices.Clone(plain), 2, 'x', 'x'),
		"noise within":  slices.Replace(slices.Clone(plain), 900, 903, 0xff, 0x33, 0x7e),
	}
}

// decoded is what became of a JPEG.
type decoded struct {
	size
	pixels []byte
	fields []string
	said   string
	failed bool
}

func (s *session) decoded(im image, err error) (d decoded) {
	if err == nil {
		d.size, d.fields = size{im.width(), im.height()}, im.fields()
		d.pixels, err = s.toBytes(im)
	}
	d.failed, d.said = err != nil, s.said()
	return d
}

// badCode is what libjpeg says of damage only where it reads codes the slow way; codes.c
// always says so. tooShort is what both say where they look for bytes behind the last code
// and the end is missing, but not at the same places.
const (
	badCode  = "Corrupt JPEG data: bad Huffman code"
	tooShort = "Premature end of input file"
)

// compareJPEG decodes a JPEG here and by libvips, at each of the sizes.
func compareJPEG(t *testing.T, data []byte, strict bool) {
	t.Helper()
	_ = run(t.Context(), memory{bytes.NewReader(data)}, nil, func(s *session) error {
		p, err := s.open(s.source.in, codec.Policy{Strict: strict})
		if err != nil || !p.plainJPEG() || p.size().pixels() > 4_000_000 {
			return err
		}
		for _, n := range []int{1, 2, 4, 8} {
			if n > min(p.header.width(), p.header.height()) {
				break
			}
			s.said()
			want := s.decoded(s.load(p, args{"shrink": n}))
			got := s.decoded(s.decodeJPEG(p, n))
			switch {
			case got.said == badCode && want.said != badCode,
				got.said == tooShort && !bytes.HasSuffix(data, []byte{0xff, 0xd9}):
			case got.failed != want.failed || got.said != want.said:
				t.Errorf("shrunk by %d, strict %t: failed %t: %s; want %t: %s", n, strict,
					got.failed, got.said, want.failed, want.said)
			case got.size != want.size || !bytes.Equal(got.pixels, want.pixels):
				t.Errorf("shrunk by %d: other pixels, of %v, want %v", n, got.size, want.size)
			case !slices.Equal(got.fields, want.fields):
				t.Errorf("shrunk by %d: fields %q, want %q", n, got.fields, want.fields)
			}
		}
		return nil
	})
}

func TestPixelsOfJPEGAreThoseOfLibvips(t *testing.T) {
	for name, data := range jpegs(t) {
		t.Run(name, func(t *testing.T) {
			compareJPEG(t, data, false)
			compareJPEG(t, data, true)
		})
	}
	for _, name := range []string{"image/govips-jpg-8bit-grey-icc-dot-gain.jpg",
		"image/govips-jpg-24bit-icc-smpte.jpg", "image/sharp-Landscape_1.jpg",
		"image/androidx-tokyo.jpg", "image/exifsamples-gps-DSCN0010.jpg",
		"image/androidx-pixel-motion-photo-shortened.jpg",
		"hostile/sharp-truncated.jpg", "hostile/sharp-corrupt-header.jpg"} {
		t.Run(filepath.Base(name), func(t *testing.T) {
			data, err := os.ReadFile(codectest.Corpus(t, name))
			if err != nil {
				t.Fatal(err)
			}
			compareJPEG(t, data, true)
		})
	}
}

// TestStrictWorkEndsAtABadCode puts bits into a picture that are no code, where libjpeg would
// say nothing.
func TestStrictWorkEndsAtABadCode(t *testing.T) {
	noise := stdimage.NewGray(stdimage.Rect(0, 0, 160, 160))
	for i := range noise.Pix {
		noise.Pix[i] = byte(i * i >> 3)
	}
	data := jpegBy(t, noise)
	data = slices.Insert(data, len(data)/2, bytes.Repeat([]byte{0xff, 0}, 5)...)
	for _, strict := range []bool{false, true} {
		err := run(t.Context(), memory{bytes.NewReader(data)}, nil, func(s *session) error {
			p, err := s.open(s.source.in, codec.Policy{Strict: strict})
			if err != nil {
				return err
			}
			if d := s.decoded(s.decodeJPEG(p, 1)); d.failed != strict || d.said != badCode {
				t.Errorf("strict %t: failed %t: %s, want %s", strict, d.failed, d.said, badCode)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
}

func FuzzPixelsOfJPEGAreThoseOfLibvips(f *testing.F) {
	for _, data := range jpegs(f) {
		f.Add(data, false)
	}
	f.Fuzz(compareJPEG)
}
