package libav_test

import (
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
