package libav_test

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/spoolmedia/spool/codec"
)

// TestAnAccurateTrimCopiesPicturesWhereThatIsExact cuts a film whose key frames are a second
// apart, with two pictures between each and the next that need both.
func TestAnAccurateTrimCopiesPicturesWhereThatIsExact(t *testing.T) {
	t.Parallel()
	const frame, sound = 40 * time.Millisecond, 50 * time.Millisecond // two packets of AAC and more
	fixed := []string{"-x264-params", "b-adapt=0:scenecut=0"}
	for _, test := range []struct {
		name, source, format string
		args                 []string
		op                   codec.Trim
		first, pictures      int
		action               string
	}{
		{"behind one that others need", "in.mp4", "", fixed,
			codec.Trim{Start: 1, Duration: 0.16}, 25, 4, codec.Copied},
		{"between two that need the next", "in.mp4", "", fixed,
			codec.Trim{Start: 1, Duration: 0.2}, 25, 5, codec.Encoded},
		{"before one that others need", "in.mp4", "", fixed,
			codec.Trim{Start: 1, Duration: 0.24}, 25, 6, codec.Encoded},
		{"in a picture", "in.mp4", "", fixed,
			codec.Trim{Start: 1, Duration: 0.15}, 25, 4, codec.Copied},
		{"from the start to a key frame", "in.mkv", "mp4", fixed, codec.Trim{Duration: 2}, 0, 50,
			codec.Copied},
		{"to the end", "in.mov", "mkv", fixed, codec.Trim{Start: 5, Duration: 9}, 125, 25, codec.Copied},
		{"between key frames", "in.mp4", "", fixed, codec.Trim{Start: 1.04, Duration: 0.96}, 26, 24,
			codec.Encoded},
		{"no pictures are reordered", "in.mp4", "mkv", []string{"-bf", "0"},
			codec.Trim{Start: 2, Duration: 0.2}, 50, 5, codec.Copied},
		{"a format that does not take them", "in.mp4", "webm", fixed,
			codec.Trim{Start: 1, Duration: 0.16}, 25, 4, codec.Encoded},
		{"another quality", "in.mp4", "", fixed,
			codec.Trim{Start: 1, Duration: 0.16, Quality: 90}, 25, 4, codec.Encoded},
		{"a container without marks", "in.ts", "mp4", fixed,
			codec.Trim{Start: 1, Duration: 1}, 24, 26, codec.Encoded},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.op.Format = test.format
			o := do(t, strip(t, test.source, test.args...), test.op)
			if got := o.Streams[0].Action; got != test.action {
				t.Errorf("the pictures are %s, want %s", got, test.action)
			}
			pictures := luma(t, o.path)
			if len(pictures) != test.pictures {
				t.Errorf("%d pictures, want %d", len(pictures), test.pictures)
			}
			for i, got := range pictures {
				if want := 16 + test.first + i; max(got-want, want-got) > 2 {
					t.Errorf("picture %d is %d, want %d", i, got-16, want-16)
				}
			}
			length := min(seconds(test.op.Duration), time.Duration(test.pictures)*frame)
			if err := lasts(o.path, length, frame); err != nil {
				t.Error(err)
			}
			if got := soundLength(t, o.path); (got - length).Abs() > sound {
				t.Errorf("the sound lasts %v, want %v", got, length)
			}
		})
	}
}

// stored is a picture as it is in a file.
type stored struct {
	shown, decoded float64 // seconds
	hash           string
}

// storedPictures are those of a film in the order of decoding.
func storedPictures(t testing.TB, path string) (all []stored) {
	t.Helper()
	text := printed(t, "ffprobe", "-v", "error", "-select_streams", "v:0", "-show_entries",
		"packet=pts_time,dts_time,data_hash", "-show_data_hash", "md5", "-of", "csv=p=0", path)
	for line := range strings.Lines(string(text)) {
		fields := strings.Split(strings.TrimSpace(line), ",")
		shown, err := strconv.ParseFloat(fields[0], 64)
		decoded, missing := strconv.ParseFloat(fields[1], 64)
		if missing != nil { // Matroska has none
			decoded = math.NaN()
		}
		if err != nil || len(fields) != 3 {
			t.Fatalf("%s: a packet is %q", path, line)
		}
		all = append(all, stored{shown, decoded, fields[2]})
	}
	return all
}

// TestAnAccurateTrimEncodesOnlyItsEnds cuts films between key frames, which come at the pictures
// 0, 25, 50 and so on.
func TestAnAccurateTrimEncodesOnlyItsEnds(t *testing.T) {
	t.Parallel()
	const fixed = "scenecut=0:b-adapt=0:"
	const fixed265 = "log-level=none:scenecut=0:keyint=25:min-keyint=25:qp=4:"
	for _, test := range []struct {
		name, source, format string
		args                 []string
		first, pictures      int
		copied               int
	}{
		{"begins and ends in groups", "in.mp4", "", []string{"-x264-params", fixed}, 13, 70, 57},
		{"ends where it can", "in.mp4", "mkv", []string{"-x264-params", fixed}, 24, 98, 97},
		{"to the end", "in.mkv", "mp4", []string{"-x264-params", fixed}, 99, 51, 50},
		{"a pyramid", "in.mov", "", []string{"-x264-params", fixed + "bframes=4:b-pyramid=normal"},
			20, 62, 56},
		{"one picture is reordered", "in.mp4", "mov", []string{"-x264-params", fixed + "bframes=1"},
			0, 36, 36},
		{"none is", "in.mp4", "", []string{"-x264-params", fixed, "-profile:v", "baseline"}, 26, 40, 16},
		{"the profile Main", "in.mp4", "", []string{"-profile:v", "main"}, 24, 26, 25},
		{"full range", "in.mp4", "", []string{"-bf", "0", "-pix_fmt", "yuvj420p"}, 24, 51, 50},
		{"pictures of different length", "in.mp4", "", []string{"-bf", "2", "-fps_mode", "vfr", "-vf",
			"setpts=(N+mod(N\\,3)/4)/25/TB"}, 12, 75, 61},
		{"H.265 in closed groups", "in.mp4", "", []string{"-c:v", "libx265", "-preset", "ultrafast",
			"-x265-params", fixed265 + "open-gop=0"}, 13, 70, 57},
		{"H.265", "in.mp4", "mkv", []string{"-c:v", "libx265", "-tag:v", "hvc1", "-x265-params",
			fixed265 + "bframes=3"}, 13, 70, 54}, // of which the first became another kind
		{"H.265 of 10 bits", "in.mp4", "mov", []string{"-c:v", "libx265", "-pix_fmt", "yuv420p10le",
			"-preset", "ultrafast", "-x265-params", fixed265}, 24, 98, 96},
		{"VP9", "in.mp4", "webm", []string{"-c:v", "libvpx-vp9", "-deadline", "realtime", "-crf", "4",
			"-b:v", "0"}, 13, 70, 58},
		{"groups that reach into the next", "in.mp4", "", []string{"-x264-params",
			fixed + "open-gop=1:bframes=3"}, 13, 70, 0},
		{"10 bits", "in.mp4", "", []string{"-pix_fmt", "yuv420p10le"}, 24, 26, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			source := strip(t, test.source, test.args...)
			from := storedPictures(t, source)
			all := slices.Clone(from)
			slices.SortFunc(all, func(a, b stored) int { return cmp.Compare(a.shown, b.shown) })
			part := all[test.first : test.first+test.pictures]
			start, length := part[0].shown, 100.0
			if end := test.first + test.pictures; end < len(all) {
				length = all[end].shown - part[0].shown
			}
			o := do(t, source, codec.Trim{Start: start, Duration: length, Format: test.format})
			made := storedPictures(t, o.path)
			copied, last := 0, math.Inf(-1)
			for _, p := range made {
				if slices.ContainsFunc(from, func(f stored) bool { return f.hash == p.hash }) {
					copied++
				}
				if p.decoded <= last || p.decoded > p.shown {
					t.Errorf("a picture is decoded at %f, shown at %f, the one before at %f", p.decoded,
						p.shown, last)
				}
				last = p.decoded
			}
			if copied != test.copied || len(made) != test.pictures {
				t.Errorf("%d of %d pictures are copied, want %d of %d", copied, len(made), test.copied,
					test.pictures)
			}
			slices.SortFunc(made, func(a, b stored) int { return cmp.Compare(a.shown, b.shown) })
			got, want := luma(t, o.path), luma(t, source)[test.first:][:test.pictures]
			if len(got) != len(want) {
				t.Fatalf("%d pictures can be decoded, want %d", len(got), len(want))
			}
			for i, p := range part {
				at := p.shown - part[0].shown
				if d := made[i].shown - made[0].shown - at; math.Abs(d) > 0.0011 {
					t.Errorf("picture %d is at %f, want %f", i, at+d, at)
				}
				if max(got[i]-want[i], want[i]-got[i]) > 2 {
					t.Errorf("picture %d is %d, want %d", i, got[i], want[i])
				}
			}
		})
	}
}
