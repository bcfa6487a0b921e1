package codectest_test

import (
	"fmt"
	"image"
	"image/color"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/spoolmedia/spool/codec/codectest"
	"github.com/spoolmedia/spool/codec/internal/command"
)

func run(t testing.TB, name string, args ...string) {
	t.Helper()
	if _, err := command.Said(name, args...); err != nil {
		t.Fatalf("%v: %v", args, err)
	}
}

// film runs ffmpeg and returns the path of what it made, its last argument.
func film(t testing.TB, dir, name string, args ...string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	run(t, "ffmpeg", slices.Concat([]string{"-v", "error", "-nostdin", "-y"}, args, []string{path})...)
	return path
}

func read(t testing.TB, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// verdict wants got to be nil where good, and an error otherwise.
func verdict(t *testing.T, what string, good bool, got error) {
	t.Helper()
	if good && got != nil {
		t.Errorf("%s: %v", what, got)
	}
	if !good && got == nil {
		t.Errorf("%s passes", what)
	}
}

// quarters is a picture of four colours.
func quarters(w, h int) *image.RGBA {
	picture := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			picture.Set(x, y, quarter[y*2/h*2+x*2/w])
		}
	}
	return picture
}

var quarter = []color.Color{
	color.RGBA{200, 40, 40, 255}, color.RGBA{40, 180, 60, 255},
	color.RGBA{40, 60, 200, 255}, color.RGBA{230, 220, 210, 255},
}

// patches are the middles of the quarters.
func patches() []codectest.Patch {
	var all []codectest.Patch
	for i, c := range quarter {
		x, y := float64(i%2)/2, float64(i/2)/2
		all = append(all, codectest.Patch{X0: x + .1, Y0: y + .1, X1: x + .4, Y1: y + .4, Colour: c})
	}
	return all
}

func TestSamePictureTellsPicturesApart(t *testing.T) {
	want := quarters(96, 64)
	turned := image.NewRGBA(image.Rect(0, 0, 96, 64))
	shifted := image.NewRGBA(image.Rect(10, 10, 106, 74))
	spot, pale := quarters(96, 64), quarters(96, 64)
	for y := range 64 {
		for x := range 96 {
			turned.Set(95-x, 63-y, want.At(x, y))
			shifted.Set(10+x, 10+y, want.At(x, y))
			c := want.RGBAAt(x, y)
			pale.Set(x, y, color.RGBA{c.R/2 + 100, c.G/2 + 100, c.B/2 + 100, 255})
			if x < 6 && y < 4 {
				spot.Set(x, y, color.RGBA{0, 255, 0, 255})
			}
		}
	}
	for _, c := range []struct {
		name string
		got  image.Image
		good bool
	}{
		{"the same", quarters(96, 64), true},
		{"the same with other bounds", shifted, true},
		{"not turned", turned, false},
		{"on its side", quarters(64, 96), false},
		{"pale", pale, false},
		{"a wrong spot", spot, false},
	} {
		verdict(t, c.name, c.good, codectest.SamePicture(c.got, want, 2))
	}
}

func TestDecodeImageReadsAllFormats(t *testing.T) {
	codectest.NeedCommands(t, "vips", "ffmpeg")
	want, dir := quarters(96, 64), t.TempDir()
	source := filepath.Join(dir, "in.png")
	if err := os.WriteFile(source, encodePNG(t, want), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{
		"a.jpg[Q=95]", "a.png", "a.webp[Q=95]", "a.avif[Q=90]", "a.tiff", "a.jxl", "a.gif",
		"a.heic[Q=90]",
	} {
		t.Run(name, func(t *testing.T) {
			run(t, "vips", "copy", source, filepath.Join(dir, name))
			file, _, _ := cut(name)
			got, err := codectest.DecodeImage(read(t, filepath.Join(dir, file)))
			if err != nil {
				t.Fatal(err)
			}
			verdict(t, name, true, codectest.SamePicture(got, want, 6))
			verdict(t, name, true, codectest.ColourPatches(got, patches(), 6))
		})
	}
	bmp := film(t, dir, "a.bmp", "-i", source)
	got, err := codectest.DecodeImage(read(t, bmp))
	if err != nil {
		t.Fatal(err)
	}
	verdict(t, "bmp", true, codectest.SamePicture(got, want, 2))
	if _, err := codectest.DecodeImage([]byte("no picture")); err == nil {
		t.Error("text is decoded")
	}
}

// cut splits the options off the name of a file of vips.
func cut(name string) (file, options string, ok bool) {
	for i, c := range name {
		if c == '[' {
			return name[:i], name[i:], true
		}
	}
	return name, "", false
}

func TestOrientationAndProfileAreRead(t *testing.T) {
	codectest.NeedCommands(t, "vips", "vipsheader")
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	if err := os.WriteFile(path("in.png"), encodePNG(t, quarters(96, 64)), 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, "vips", "copy", path("in.png"), path("plain.jpg"))
	run(t, "vips", "icc_export", path("in.png"), path("p3.jpg"), "--output-profile", "p3")
	run(t, "vips", "copy", path("p3.jpg"), path("kept.webp"))
	run(t, "vips", "copy", path("p3.jpg"), path("lost.jpg[strip]"))
	turned := setOrientation(t, read(t, path("plain.jpg")), 6)

	if got, err := codectest.Orientation(read(t, path("plain.jpg"))); got != 1 || err != nil {
		t.Errorf("Orientation of a plain file = %d, %v", got, err)
	}
	if got, err := codectest.Orientation(turned); got != 6 || err != nil {
		t.Errorf("Orientation = %d, %v, want 6", got, err)
	}
	profile, err := codectest.Profile(read(t, path("p3.jpg")))
	if len(profile) < 128 || string(profile[36:40]) != "acsp" || err != nil {
		t.Errorf("Profile has %d bytes, %v", len(profile), err)
	}
	p3 := read(t, path("p3.jpg"))
	verdict(t, "a kept profile", true, codectest.SameProfile(read(t, path("kept.webp")), p3))
	verdict(t, "a lost profile", false, codectest.SameProfile(read(t, path("lost.jpg")), p3))

	lost, err := codectest.DecodeImage(read(t, path("lost.jpg")))
	if err != nil {
		t.Fatal(err)
	}
	verdict(t, "colours of a lost profile", false, codectest.ColourPatches(lost, patches(), 6))
}

// setOrientation puts an EXIF block with that orientation into a JPEG.
func setOrientation(t *testing.T, jpeg []byte, orientation byte) []byte {
	t.Helper()
	exif := "Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00" +
		string(rune(orientation)) + "\x00\x00\x00\x00\x00\x00"
	app1 := fmt.Sprintf("\xff\xe1\x00%c%s", len(exif)+2, exif)
	return slices.Concat(jpeg[:2], []byte(app1), jpeg[2:])
}

func TestColourPatchesFindAWrongMatrix(t *testing.T) {
	codectest.NeedCommands(t, "ffmpeg")
	dir := t.TempDir()
	source := filepath.Join(dir, "in.png")
	if err := os.WriteFile(source, encodePNG(t, quarters(320, 240)), 0o600); err != nil {
		t.Fatal(err)
	}
	encode := func(name, matrix, label string) string {
		return film(t, dir, name, "-loop", "1", "-i", source, "-t", "0.5", "-vf",
			"scale=out_color_matrix="+matrix+":out_range=tv,format=yuv420p,setparams=colorspace="+label,
			"-c:v", "libx264", "-crf", "10", "-colorspace", label)
	}
	for _, c := range []struct {
		name, matrix, label string
		good                bool
	}{
		{"bt601", "bt601", "smpte170m", true},
		{"bt709", "bt709", "bt709", true},
		{"bt709 labelled as bt601", "bt709", "smpte170m", false},
		{"bt601 labelled as bt709", "bt601", "bt709", false},
	} {
		got, err := codectest.Frame(encode(c.label+c.matrix+".mp4", c.matrix, c.label), 0.2)
		if err != nil {
			t.Fatal(err)
		}
		verdict(t, c.name, c.good, codectest.ColourPatches(got, patches(), 6))
	}
}

var (
	flash = "color=black:s=160x120:r=25:d=4,format=yuv420p," +
		"drawbox=c=white:t=fill:enable='between(mod(t\\,1)\\,0.5\\,0.57)'"
	click = "aevalsrc='if(between(mod(t,1),0.52,0.57),sin(2*PI*1000*(t-0.5)),0)':d=4:s=48000"
)

func TestInSyncFindsShiftedSound(t *testing.T) {
	codectest.NeedCommands(t, "ffmpeg", "ffprobe")
	dir := t.TempDir()
	made := func(name string, delay string) string {
		return film(t, dir, name, "-f", "lavfi", "-i", flash, "-itsoffset", delay,
			"-f", "lavfi", "-i", click, "-c:v", "libx264", "-preset", "ultrafast",
			"-c:a", "aac", "-b:a", "192k")
	}
	for _, name := range []string{"good.mp4", "good.mkv", "good.mov"} {
		path := made(name, "0")
		verdict(t, name, true, codectest.InSync(path, 20*time.Millisecond))
		if late, err := codectest.Sync(path); err != nil || len(late) != 4 {
			t.Errorf("%s: Sync = %v, %v, want four clicks", name, late, err)
		}
	}
	verdict(t, "100 ms late", false, codectest.InSync(made("late.mp4", "0.1"), 20*time.Millisecond))
	verdict(t, "100 ms early", false, codectest.InSync(made("early.mp4", "-0.1"), 20*time.Millisecond))
	mute := film(t, dir, "mute.mp4", "-i", filepath.Join(dir, "good.mp4"),
		"-c:v", "copy", "-af", "volume=0")
	verdict(t, "no clicks", false, codectest.InSync(mute, 20*time.Millisecond))
}

func TestIndexFirstWantsTheIndexFirst(t *testing.T) {
	codectest.NeedCommands(t, "ffmpeg")
	dir := t.TempDir()
	args := []string{"-f", "lavfi", "-i", "testsrc=d=1:s=160x120", "-c:v", "mpeg4"}
	slow := read(t, film(t, dir, "slow.mp4", args...))
	fast := read(t, film(t, dir, "fast.mp4", append(args, "-movflags", "+faststart")...))
	verdict(t, "index first", true, codectest.IndexFirst(fast))
	verdict(t, "index last", false, codectest.IndexFirst(slow))
	verdict(t, "cut off", false, codectest.IndexFirst(fast[:len(fast)-1]))
	verdict(t, "no index", false, codectest.IndexFirst([]byte("\x00\x00\x00\x08mdat")))
	verdict(t, "nothing", false, codectest.IndexFirst(nil))
}

func TestCorpusFindsItsFiles(t *testing.T) {
	in := codectest.OpenInput(t, codectest.Corpus(t, "video/androidx-sample.mp4"))
	if in.Type() != "video/mp4" || in.Name() != "androidx-sample.mp4" || in.Size() == 0 {
		t.Errorf("input %q %q %d", in.Type(), in.Name(), in.Size())
	}
}
