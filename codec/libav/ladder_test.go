package libav_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/codectest"
)

func TestEveryStepOfALadderShowsTheFilm(t *testing.T) {
	t.Parallel()
	for _, tags := range [][]string{
		nil, // it is given the matrix BT.709
		{"-vf", "scale=out_color_matrix=bt709:out_range=tv", "-colorspace", "bt709"},
	} {
		in := ffmpeg(t, "in.mp4", slices.Concat([]string{"-f", "lavfi", "-i",
			"testsrc2=s=328x240:r=25:d=1", "-c:v", "libx264", "-crf", "10", "-g", "1000",
			"-pix_fmt", "yuv420p"}, tags)...)
		showsTheFilm(t, in)
	}
}

// showsTheFilm makes a ladder of a film of a second, 240 pixels high, and looks at each step.
func showsTheFilm(t *testing.T, in string) {
	t.Helper()
	dir, _ := streamed(t, in, codec.AdaptiveStream{Renditions: []codec.StreamRendition{
		// Each is made of the one above it.
		{Height: 80, Bitrate: 1_000_000}, {Height: 120, Bitrate: 1_000_000},
		{Height: 240, Bitrate: 2_000_000}}})
	var films []string
	for _, height := range []string{"80", "120", "240"} {
		films = append(films,
			ffmpeg(t, "played.mkv", "-i", filepath.Join(dir, height+"p.m3u8"), "-c", "copy"),
			ffmpeg(t, "want.mkv", "-i", in, "-vf", "scale=-2:"+height+":flags=bicubic", "-c:v", "ffv1"))
	}
	all, err := codectest.FrameOfEach(0.96, films...)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(all); i += 2 {
		if ssim, err := codectest.SSIM(all[i], all[i+1]); err != nil || ssim < 0.97 {
			t.Errorf("%v: SSIM %.4f, %v", all[i].Bounds().Size(), ssim, err)
		}
	}
}

// TestAStepOfALadderHasThePixelsOfTheFilter compares own code with libswscale, which does
// the sizes that own code does not.
func TestAStepOfALadderHasThePixelsOfTheFilter(t *testing.T) {
	t.Parallel()
	const most = 3 // levels of 255, of which the encoder takes two; bicubic of 0.5 is off by 7
	in := ffmpeg(t, "in.mkv", "-f", "lavfi", "-i", "testsrc2=s=330x242:r=25,noise=alls=30",
		"-frames:v",
		"2", "-vf", "scale=out_color_matrix=bt709:out_range=tv,format=yuv420p", "-colorspace", "bt709",
		"-color_range", "tv", "-c:v", "ffv1")
	for height, width := range map[int]int{
		240: 328, 214: 292, 182: 248, 162: 220, 130: 178, 122: 166, // by own code
		120: 164, 46: 62, // more than twice as small
	} {
		dir, _ := streamed(t, in, codec.AdaptiveStream{PackageFormats: []string{"hls"},
			Renditions: []codec.StreamRendition{{Height: height, Bitrate: 100_000_000}}})
		differences := printed(t, "ffmpeg", "-v", "error", "-i", in, "-i",
			filepath.Join(dir, strconv.Itoa(height)+"p.m3u8"), "-filter_complex", fmt.Sprintf(
				"[0]scale=%d:%d:flags=bicubic[want];[want][1]blend=all_mode=difference", width, height),
			"-f", "rawvideo", "-")
		if n := len(differences); n != 2*width*height*3/2 {
			t.Errorf("%d × %d: %d bytes of differences", width, height, n)
		}
		if d := slices.Max(differences); d > most {
			t.Errorf("%d × %d: a pixel is off by %d levels", width, height, d)
		}
	}
}

func TestALadderOfAFilmThatChangesItsSize(t *testing.T) {
	t.Parallel()
	var parts []byte
	for at, size := range []string{"160x120", "80x60"} {
		part := ffmpeg(t, "in.ts", "-f", "lavfi", "-i", "testsrc2=s="+size+":r=25:d=1", "-vf",
			"scale=out_color_matrix=bt709:out_range=tv,format=yuv420p", "-colorspace", "bt709",
			"-c:v", "libx264", "-crf", "10", "-output_ts_offset", strconv.Itoa(at))
		data, err := os.ReadFile(part)
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, data...)
	}
	in := filepath.Join(t.TempDir(), "in.ts")
	if err := os.WriteFile(in, parts, 0o600); err != nil {
		t.Fatal(err)
	}
	dir, _ := streamed(t, in, codec.AdaptiveStream{Renditions: []codec.StreamRendition{
		{Height: 60, Bitrate: 500_000}, {Height: 120, Bitrate: 1_000_000}}})
	want := ffmpeg(t, "want.mkv", "-f", "lavfi", "-i", "testsrc2=s=80x60:r=25:d=1", "-c:v", "ffv1")
	for _, id := range []string{"60p", "120p"} {
		got := ffmpeg(t, "got.mkv", "-i", filepath.Join(dir, id+".m3u8"), "-vf",
			"trim=start=1,setpts=PTS-STARTPTS,scale=80:60", "-c:v", "ffv1")
		all, err := codectest.FrameOfEach(0.4, got, want)
		if err != nil {
			t.Fatal(err)
		}
		if ssim, err := codectest.SSIM(all[0], all[1]); err != nil || ssim < 0.9 {
			t.Errorf("%s: SSIM %.4f behind the change, %v", id, ssim, err)
		}
	}
}
