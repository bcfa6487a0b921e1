package picture_test

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/png"
	"os"
	"testing"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/codectest"
	"github.com/spoolmedia/spool/codec/internal/picture"
)

func TestHeadersOfTheCorpusAreRead(t *testing.T) {
	for name, want := range map[string]struct {
		w, h, orientation int
		density           float64 // 0: not looked at
		profile           bool
	}{
		"image/sharp-Landscape_6.jpg":                      {450, 600, 6, 72, true},
		"image/govips-webp-orientation-6.webp":             {521, 391, 6, 0, false},
		"image/pillow-g4_orientation_6.tif":                {88, 590, 6, 0, false},
		"image/govips-jpg-24bit-icc-adobe-rgb.jpg":         {1900, 1263, 1, 0, true},
		"image/sharp-p3.png":                               {8, 8, 1, 0, true},
		"image/sharp-Channel_digital_image_CMYK_color.jpg": {500, 333, 1, 0, true},
		"image/sharp-G31D_MULTI.TIF":                       {2464, 3248, 1, 0, false},
	} {
		in := codectest.OpenInput(t, codectest.Corpus(t, name))
		p, err := picture.Open(t.Context(), in, codec.Policy{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if p.Width != want.w || p.Height != want.h || p.Orientation != want.orientation ||
			(p.Profile != nil) != want.profile || want.density != 0 && p.DensityX != want.density {
			t.Errorf("%s: %d × %d, orientation %d, density %v, profile of %d bytes, want %+v",
				name, p.Width, p.Height, p.Orientation, p.DensityX, len(p.Profile), want)
		}
		if more := name == "image/sharp-G31D_MULTI.TIF"; p.More != more {
			t.Errorf("%s has more pages: %v", name, p.More)
		}
	}
}

// TestLossyWebPHasItsColours compares with what FFmpeg makes of it.
func TestLossyWebPHasItsColours(t *testing.T) {
	for _, name := range []string{"image/sharp-5_webp_a.webp", "image/govips-webp-orientation-6.webp"} {
		path := codectest.Corpus(t, name)
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		want, err := codectest.DecodeImage(data)
		if err != nil {
			t.Fatal(err)
		}
		p, err := picture.Open(t.Context(), codectest.OpenInput(t, path), codec.Policy{})
		if err != nil {
			t.Fatal(err)
		}
		got, err := p.Decode()
		if err != nil {
			t.Fatal(err)
		}
		if err := codectest.SamePicture(got, want, 2); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestDecodeHasALimitOfItsOwn(t *testing.T) {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewPaletted(image.Rect(0, 0, 1, 1), color.Palette{color.Black})); err != nil {
		t.Fatal(err)
	}
	data := b.Bytes()
	binary.BigEndian.PutUint32(data[16:], 12000)
	binary.BigEndian.PutUint32(data[20:], 12000)
	binary.BigEndian.PutUint32(data[29:], crc32.ChecksumIEEE(data[12:29]))
	p, err := picture.Open(t.Context(), codectest.NewInput("a.png", "image/png", data), codec.Policy{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Decode(); codec.ClassOf(err) != codec.Limit {
		t.Errorf("Decode returned %v", err)
	}
}

// FuzzOpen reads headers of any bytes as each kind of picture.
func FuzzOpen(f *testing.F) {
	types := picture.Types()
	exif := "II*\x00\x08\x00\x00\x00\x02\x00\x12\x01\x03\x00\x01\x00\x00\x00\x06\x00\x00\x00" +
		"\x1a\x01\x05\x00\x01\x00\x00\x00\x26\x00\x00\x00\x00\x00\x00\x00\x2c\x01\x00\x00\x01\x00\x00\x00"
	for i := range types {
		f.Add(byte(i), []byte(exif))
		f.Add(byte(i), []byte("\xff\xd8\xff\xe1\x00\x48Exif\x00\x00"+exif))
		f.Add(byte(i), []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x00\x00\x00\x00"))
		f.Add(byte(i), []byte("RIFF\x40\x00\x00\x00WEBPEXIF\x2e\x00\x00\x00"+exif))
	}
	f.Fuzz(func(t *testing.T, which byte, data []byte) {
		in := codectest.NewInput("fuzz", types[int(which)%len(types)], data)
		p, err := picture.Open(t.Context(), in, codec.Policy{})
		switch {
		case err != nil && !codec.Permanent(err):
			t.Errorf("Open returned %v of the class %s", err, codec.ClassOf(err))
		case err == nil && (p.Orientation < 1 || p.Orientation > 8 || p.Width <= 0 || p.Height <= 0):
			t.Errorf("%+v", p)
		}
	})
}
