package pdf_test

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/codectest"
	"github.com/spoolmedia/spool/codec/pdf"
)

func samples(t testing.TB) []codectest.Sample {
	m := quarters(image.NewNRGBA(image.Rect(0, 0, 64, 48)))
	m.Set(3, 3, color.NRGBA{1, 2, 3, 100})
	op := codec.ImageToPDF{}
	return []codectest.Sample{
		{Name: "a.jpg", Data: jpegOf(t, m), Op: op},
		{Name: "a.png", Data: pngOf(t, quarters(image.NewRGBA(m.Rect))), Op: op},
		{Name: "alpha.png", Data: pngOf(t, m), Op: op},
		{Name: "a.gif", Data: gifOf(t, m), Op: codec.ImageToPDF{PageSize: "a4"}},
	}
}

func TestCodecConforms(t *testing.T) { codectest.Run(t, pdf.New(), samples(t)) }

func FuzzProcess(f *testing.F) { codectest.Fuzz(f, pdf.New(), samples(f)...) }

// TestPagesLookLikeThePictures draws each page with poppler and compares it with
// the picture.
func TestPagesLookLikeThePictures(t *testing.T) {
	size := image.Rect(0, 0, 96, 64)
	palette := color.Palette{red, green, blue, yellow}
	transparent := quarters(image.NewNRGBA(size))
	for y := range 20 {
		for x := range 96 {
			transparent.SetNRGBA(x, y, color.NRGBA{0, 0, 0, uint8(x * 2)})
		}
	}
	hole := quarters(image.NewPaletted(size, append(color.Palette{color.NRGBA{}}, palette...)))
	draw.Draw(hole, image.Rect(40, 20, 60, 40), image.Transparent, image.Point{}, draw.Src)
	for _, c := range []struct {
		name string
		data []byte
		want image.Image
	}{
		{"grey.jpg", jpegOf(t, quarters(image.NewGray(size))), nil},
		{"8-bit.png", pngOf(t, quarters(image.NewRGBA(size))), nil},
		{"16-bit.png", pngOf(t, quarters(image.NewRGBA64(size))), nil},
		{"grey.png", pngOf(t, quarters(image.NewGray(size))), nil},
		{"grey-16-bit.png", pngOf(t, quarters(image.NewGray16(size))), nil},
		{"palette.png", pngOf(t, quarters(image.NewPaletted(size, palette))), nil},
		{"alpha.png", pngOf(t, transparent), onWhite(transparent)},
		{"hole.png", pngOf(t, hole), onWhite(hole)},
		{"a.gif", gifOf(t, quarters(image.NewRGBA(size))), nil},
		{"a.tiff", tiffOf(t, quarters(image.NewRGBA(size))), quarters(image.NewRGBA(size))},
		{"16-bit.tiff", tiffOf(t, quarters(image.NewRGBA64(size))), quarters(image.NewRGBA(size))},
		{"a.bmp", bmpOf(t, quarters(image.NewRGBA(size))), quarters(image.NewRGBA(size))},
		{"hole.gif", gifOf(t, hole), onWhite(hole)},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.want == nil {
				var err error
				if c.want, err = codectest.DecodeImage(c.data); err != nil {
					t.Fatal(err)
				}
			}
			out := bind(t, codec.ImageToPDF{}, input(c.name, c.data))
			if err := codectest.SamePicture(render(t, out.Data, 1, 96), c.want, 1); err != nil {
				t.Error(err)
			}
		})
	}
}

func onWhite(m image.Image) image.Image {
	white := image.NewRGBA(m.Bounds())
	draw.Draw(white, white.Rect, image.White, image.Point{}, draw.Src)
	draw.Draw(white, white.Rect, m, image.Point{}, draw.Over)
	return white
}

func TestCorpusPicturesLookTheSameOnThePage(t *testing.T) {
	for name, tolerance := range map[string]float64{
		"image/sharp-swiss.png":           1,
		"image/go-benchRGB-interlace.png": 1,
		"image/sharp-5_webp_a.webp":       2,
		// Readers turn CMYK to colours in many ways, but never to the inverse.
		"image/sharp-Channel_digital_image_CMYK_color.jpg": 35,
		"image/go-video-001.q50.410.progressive.jpeg":      3,
	} {
		t.Run(name, func(t *testing.T) {
			in := codectest.OpenInput(t, codectest.Corpus(t, name))
			data, err := os.ReadFile(codectest.Corpus(t, name))
			if err != nil {
				t.Fatal(err)
			}
			want, err := codectest.DecodeImage(data)
			if err != nil {
				t.Fatal(err)
			}
			out := bind(t, codec.ImageToPDF{}, in)
			got := renderAs(t, out.Data, want.Bounds().Size())
			if err := codectest.SamePicture(got, onWhite(shifted(want)), tolerance); err != nil {
				t.Error(err)
			}
		})
	}
}

// shifted moves a picture to (0, 0).
func shifted(m image.Image) image.Image {
	out := image.NewNRGBA(image.Rect(0, 0, m.Bounds().Dx(), m.Bounds().Dy()))
	draw.Draw(out, out.Rect, m, m.Bounds().Min, draw.Src)
	return out
}

func patch(x, y float64, c color.Color) codectest.Patch {
	return codectest.Patch{X0: x, Y0: y, X1: x + 0.3, Y1: y + 0.2, Colour: c}
}

// TestOrientationIsAppliedByThePage turns quarters of four colours by EXIF.
func TestOrientationIsAppliedByThePage(t *testing.T) {
	data := jpegOf(t, quarters(image.NewNRGBA(image.Rect(0, 0, 96, 64))))
	// The colours of the upper corners and of the lower left one.
	for orientation, want := range map[int][3]color.Color{
		1: {red, green, blue}, 2: {green, red, yellow}, 3: {yellow, blue, green}, 4: {blue, yellow, red},
		5: {red, blue, green}, 6: {blue, red, yellow}, 7: {yellow, green, blue}, 8: {green, yellow, red},
	} {
		for _, page := range []string{"auto", "letter", "a4"} {
			out := bind(t, codec.ImageToPDF{PageSize: page}, input("a.jpg", turned(data, orientation)))
			got := render(t, out.Data, 1, 24)
			if page == "auto" {
				if portrait := got.Bounds().Dx() == 16; portrait != (orientation > 4) {
					t.Errorf("orientation %d: the page is %v", orientation, got.Bounds().Size())
				}
			}
			patches := []codectest.Patch{
				patch(0.1, 0.2, want[0]), patch(0.6, 0.2, want[1]), patch(0.1, 0.6, want[2]),
			}
			if err := codectest.ColourPatches(got, patches, 6); err != nil {
				t.Errorf("orientation %d on %s: %v", orientation, page, err)
			}
		}
	}
}

func TestTheBytesOfAJPEGAreUnchanged(t *testing.T) {
	plain := jpegOf(t, quarters(image.NewNRGBA(image.Rect(0, 0, 96, 64))))
	for name, data := range map[string][]byte{
		"plain":               plain,
		"with metadata":       turned(plain, 6),
		"with 0xff in a text": segment(plain, 0xfe, "\xff\xd9\xff\xda"),
		"with fill bytes":     append([]byte{0xff, 0xd8, 0xff, 0xff, 0xff}, plain[3:]...),
	} {
		for _, behind := range []string{"", "\x00\x00\x00\x18ftypmp42", "\xff\xd8\xff\xd9"} {
			out := bind(t, codec.ImageToPDF{}, input("a.jpg", append(bytes.Clone(data), behind...)))
			if !bytes.Contains(out.Data, append([]byte("stream\n"), append(bytes.Clone(data), "\nendstream"...)...)) {
				t.Errorf("%s and %d bytes behind: the stream is another", name, len(behind))
			}
		}
	}
}

// TestCorpusJPEGsAreUnchanged leaves the reading of the document to poppler.
func TestCorpusJPEGsAreUnchanged(t *testing.T) {
	for name, says := range map[string]string{
		"image/sharp-2569067123_aca715a2ee_o.jpg":                     "rgb",
		"image/govips-jpg-24bit-icc-adobe-rgb.jpg":                    "icc",
		"image/govips-jpg-8bit-grey-icc-dot-gain.jpg":                 "icc",
		"image/sharp-Channel_digital_image_CMYK_color.jpg":            "icc",
		"image/sharp-Channel_digital_image_CMYK_color_no_profile.jpg": "cmyk",
	} {
		path := codectest.Corpus(t, name)
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		out := bind(t, codec.ImageToPDF{}, codectest.OpenInput(t, path))
		if !bytes.Contains(out.Data, data) {
			t.Errorf("%s was changed", name)
		}
		if list := poppler(t, out.Data, "pdfimages", "-list", "IN"); !strings.Contains(list, says) ||
			!strings.Contains(list, "jpeg") {
			t.Errorf("%s: %s", name, list)
		}
	}
}

func TestAMotionPhotoLosesItsFilm(t *testing.T) {
	in := codectest.OpenInput(t, codectest.Corpus(t, "image/androidx-pixel-motion-photo-shortened.jpg"))
	out := bind(t, codec.ImageToPDF{}, in)
	if bytes.Contains(out.Data, []byte("ftypmp42")) || bytes.Contains(out.Data, []byte("ftypisom")) {
		t.Error("the film is in the document")
	}
	if int64(len(out.Data)) > in.Size() {
		t.Errorf("%d bytes of %d", len(out.Data), in.Size())
	}
}

func TestDeepPixelsStayDeep(t *testing.T) {
	m := image.NewRGBA64(image.Rect(0, 0, 16, 16))
	alpha := image.NewNRGBA64(m.Rect)
	alpha.SetNRGBA64(1, 1, color.NRGBA64{1, 2, 3, 0x8000})
	for name, data := range map[string][]byte{"opaque.png": pngOf(t, quarters(m)), "alpha.png": pngOf(t, alpha)} {
		out := bind(t, codec.ImageToPDF{}, input(name, data))
		for line := range strings.Lines(strings.SplitN(poppler(t, out.Data, "pdfimages", "-list", "IN"), "---\n", 2)[1]) {
			if fields := strings.Fields(line); fields[7] != "16" {
				t.Errorf("%s: %s", name, line)
			}
		}
	}
}

func TestPageSizes(t *testing.T) {
	wide := jpegOf(t, quarters(image.NewNRGBA(image.Rect(0, 0, 960, 480))))
	jfif := func(unit byte, x, y byte) []byte {
		return segment(wide, 0xe0, "JFIF\x00\x01\x02"+string([]byte{unit, 0, x, 0, y, 0, 0}))
	}
	for _, c := range []struct {
		name, page string
		data       []byte
		want       string
	}{
		{"96 without a density", "", wide, "720 x 360 pts"},
		{"as the file says", "auto", jfif(1, 192, 96), "360 x 360 pts"},
		{"by the centimetre", "auto", jfif(2, 100, 100), "272.126 x 136.063 pts"},
		{"72 means nothing", "auto", jfif(1, 72, 72), "720 x 360 pts"},
		{"no unit", "auto", jfif(0, 200, 200), "720 x 360 pts"},
		{"letter across", "letter", wide, "792 x 612 pts (letter)"},
		{"a4 across", "a4", wide, "841.89 x 595.276 pts (A4)"},
		{"a4 upright", "a4", turned(wide, 6), "595.276 x 841.89 pts (A4)"},
		{"as large as a page can be", "", jpegOf(t, image.NewGray(image.Rect(0, 0, 40000, 1))), "14400 x 3 pts"},
	} {
		out := bind(t, codec.ImageToPDF{PageSize: c.page}, input("a.jpg", c.data))
		if info := poppler(t, out.Data, "pdfinfo", "IN"); !strings.Contains(info, c.want) {
			t.Errorf("%s: want %s:\n%s", c.name, c.want, info)
		}
	}
}

func TestPagesAreInOrder(t *testing.T) {
	var inputs []codec.Input
	colours := []color.Color{red, green, blue, yellow}
	for _, c := range colours {
		m := image.NewRGBA(image.Rect(0, 0, 32, 32))
		draw.Draw(m, m.Rect, image.NewUniform(c), image.Point{}, draw.Src)
		inputs = append(inputs, input("page.png", pngOf(t, m)))
	}
	out := bind(t, codec.ImageToPDF{Filename: "album"}, inputs...)
	if out.Name != "album.pdf" || out.Result.Media.Frames != 4 || out.Result.Media.Width != 24 {
		t.Errorf("%q: %+v", out.Name, out.Result.Media)
	}
	for i, c := range colours {
		page := render(t, out.Data, i+1, 96)
		if err := codectest.ColourPatches(page, []codectest.Patch{{X1: 1, Y1: 1, Colour: c}}, 2); err != nil {
			t.Errorf("page %d: %v", i+1, err)
		}
	}
	if again := bind(t, codec.ImageToPDF{Filename: "album"}, inputs...); !bytes.Equal(again.Data, out.Data) {
		t.Error("the same pictures give other bytes")
	}
}

func TestWhatAPDFCannotHoldIsRefused(t *testing.T) {
	data := jpegOf(t, quarters(image.NewNRGBA(image.Rect(0, 0, 64, 64))))
	lossless := bytes.Replace(data, []byte{0xff, 0xc0}, []byte{0xff, 0xc3}, 1)
	short := pngOf(t, quarters(image.NewRGBA(image.Rect(0, 0, 64, 64))))
	for _, c := range []struct {
		name   string
		in     []codec.Input
		limits codec.Limits
		class  codec.Class
		says   string
	}{
		{"no input", nil, codec.Limits{}, codec.Unsupported, "no picture"},
		{"a frame of another kind", []codec.Input{input("a.jpg", lossless)}, codec.Limits{}, codec.Unsupported, "a.jpg"},
		{"a text", []codec.Input{input("a.txt", []byte("text"))}, codec.Limits{}, codec.Unsupported, "a.txt is no picture"},
		{"a cut jpeg", []codec.Input{input("a.jpg", data[:len(data)-20])}, codec.Limits{}, codec.Invalid, "cut off"},
		{"a cut png", []codec.Input{input("a.png", short[:len(short)-30])}, codec.Limits{}, codec.Invalid, "cut off"},
		{"too many pages", []codec.Input{input("a.jpg", data), input("b.jpg", data)},
			codec.Limits{Pages: 1}, codec.Limit, "2 pages"},
		{"too many pixels", []codec.Input{input("a.jpg", data)}, codec.Limits{Pixels: 99}, codec.Limit, "pixels"},
		{"too large", []codec.Input{input("a.jpg", data)}, codec.Limits{OutputBytes: 99}, codec.Limit, "output bytes"},
	} {
		sink := new(codectest.Sink)
		err := pdf.New().Process(t.Context(), &codec.Work{
			Op: codec.ImageToPDF{}, In: c.in, Out: sink, Policy: codec.Policy{Limits: c.limits}})
		if codec.ClassOf(err) != c.class || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v of the class %s", c.name, err, codec.ClassOf(err))
		}
		if len(sink.Outputs())+len(sink.Open()) > 0 {
			t.Errorf("%s: an output is left", c.name)
		}
	}
}

// TestMemoryDoesNotGrowWithTheDocument binds the same large JPEG many times.
func TestMemoryDoesNotGrowWithTheDocument(t *testing.T) {
	in := codectest.OpenInput(t, codectest.Corpus(t, "image/govips-jpg-orientation-6.jpg"))
	var inputs []codec.Input
	for range 20 {
		inputs = append(inputs, in)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	out := new(discard)
	err := pdf.New().Process(t.Context(), &codec.Work{Op: codec.ImageToPDF{}, In: inputs, Out: out})
	runtime.ReadMemStats(&after)
	if err != nil || out.n < 20*in.Size() {
		t.Fatalf("%d bytes, %v", out.n, err)
	}
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 8<<20 {
		t.Errorf("%d MiB were allocated for %d MiB", grown>>20, out.n>>20)
	}
}
