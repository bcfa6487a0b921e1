package libav_test

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/internal/command"
)

// said is what ffmpeg prints.
func said(t testing.TB, args ...string) string {
	t.Helper()
	args = append([]string{"-hide_banner", "-nostats"}, args...)
	out, err := command.Said("ffmpeg", args...)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// measured is what ffmpeg's meter says of the sound of a file: LUFS and the true
// peak in dB.
func measured(t testing.TB, path string) (lufs, peak float64) {
	t.Helper()
	text := said(t, "-i", path, "-af", "ebur128=peak=true", "-f", "null", "-")
	find := func(pattern string) float64 {
		all := regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1)
		if len(all) == 0 {
			t.Fatalf("no %s in %s", pattern, text)
		}
		v, err := strconv.ParseFloat(all[len(all)-1][1], 64)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	return find(`I:\s+(-?[\d.]+) LUFS`), find(`Peak:\s+(-?[\d.]+) dBFS`)
}

func TestAdjustChangesLoudness(t *testing.T) {
	t.Parallel()
	quiet := ffmpeg(t, "in.wav", "-f", "lavfi", "-i", "sine=f=440:r=48000:d=4,volume=0.2")
	before, _ := measured(t, quiet)
	for factor, want := range map[float64]float64{0.5: -6.02, 2: 6.02, 1: 0} {
		got, _ := measured(t, do(t, quiet, codec.Adjust{Volume: &factor}).path)
		if math.Abs(got-before-want) > 0.3 {
			t.Errorf("volume %v changes by %.1f LU, want %.1f", factor, got-before, want)
		}
	}
	spiky := "sine=f=300:r=48000:d=6,volume='if(lt(mod(t,1),0.02),1,0.03)':eval=frame"
	for name, source := range map[string]string{
		"quiet": "sine=f=440:r=48000:d=4,volume=0.05", "loud": "sine=f=440:r=48000:d=4,volume=7",
		"with peaks": spiky,
	} {
		for _, format := range []string{"wav", "m4a"} {
			if format == "m4a" && name != "quiet" {
				continue
			}
			in := ffmpeg(t, "in.wav", "-f", "lavfi", "-i", source)
			o := do(t, in, codec.Adjust{Normalize: true, Format: format})
			got, peak := measured(t, o.path)
			if off := math.Abs(got + 16); off > 0.5 && name != "with peaks" || off > 4 {
				t.Errorf("%s to %s: %.1f LUFS", name, format, got)
			}
			// An encoder with loss gives peaks back.
			if peak > map[string]float64{"wav": -1.4, "m4a": -1}[format] {
				t.Errorf("%s to %s: a peak of %.1f dB", name, format, peak)
			}
			if !strings.Contains(strings.Join(o.Notes, "\n"), "LUFS") {
				t.Errorf("notes = %q", o.Notes)
			}
		}
	}
	if got, _ := measured(t, quiet); math.Abs(got+16) <= 0.5 {
		t.Error("sound that is not normalized passes")
	}
	silent := ffmpeg(t, "in.wav", "-f", "lavfi", "-i", "anullsrc=r=48000:d=1")
	if o := do(t, silent, codec.Adjust{Normalize: true}); !strings.Contains(strings.Join(o.Notes, " "),
		"silent") {
		t.Errorf("notes of silence = %q", o.Notes)
	}
}
