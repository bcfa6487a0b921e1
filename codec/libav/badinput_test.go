package libav_test

import (
	"bytes"
	"encoding/binary"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/codectest"
)

// patched returns data in which bytes after the first mark are replaced, offset behind
// its end.
func patched(t *testing.T, data []byte, mark string, offset int, with []byte) []byte {
	t.Helper()
	at := bytes.Index(data, []byte(mark))
	if at < 0 {
		t.Fatalf("there is no %q", mark)
	}
	data = bytes.Clone(data)
	copy(data[at+len(mark)+offset:], with)
	return data
}

func little(values ...uint32) (b []byte) {
	for _, v := range values {
		b = binary.LittleEndian.AppendUint32(b, v)
	}
	return b
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// emptyMovie is an MP4 without a track (ISO/IEC 14496-12, 8.2).
func emptyMovie() []byte {
	box := func(kind string, content []byte) []byte {
		return append(append(binary.BigEndian.AppendUint32(nil, uint32(8+len(content))), kind...),
			content...)
	}
	header := make([]byte, 100)
	binary.BigEndian.PutUint32(header[12:], 1000) // ticks a second
	return append(box("ftyp", []byte("isom\x00\x00\x02\x00isommp41")),
		box("moov", box("mvhd", header))...)
}

func TestHeadersThatLie(t *testing.T) {
	t.Parallel()
	sound := wave(0.5)
	pictures := []string{"-f", "lavfi", "-i", "testsrc2=s=32x32:r=10:d=0.5", "-c:v"}
	raw := read(t, ffmpeg(t, "raw.avi", append(slices.Clone(pictures), "rawvideo")...))
	motion := read(t, ffmpeg(t, "motion.avi", append(slices.Clone(pictures), "mjpeg")...))
	matroska := read(t, ffmpeg(t, "short.mkv", "-f", "lavfi", "-i", "testsrc2=s=32x32:r=10:d=1",
		"-c:v", "mjpeg"))
	theora := read(t, ffmpeg(t, "theora.ogv", append(slices.Clone(pictures), "libtheora")...))
	stream := read(t, ffmpeg(t, "stream.ts", "-f", "lavfi", "-i", "testsrc2=s=32x32:r=10:d=0.5", "-f",
		"lavfi", "-i", "sine=d=0.5", "-c:v", "mpeg2video", "-c:a", "mp2"))[:6*188] // before the sound
	windows := read(t, ffmpeg(t, "a.wmv", "-f", "lavfi", "-i", "testsrc2=s=32x32:r=10:d=0.5", "-f",
		"lavfi", "-i", "sine=d=0.5", "-c:v", "wmv2", "-c:a", "wmav2"))
	huge, endless := little(60000, 60000), little(math.MaxUint32)
	const durationElement = "\x44\x89\x88" // Matroska's, with the length of a float64
	many := []string{"-f", "lavfi", "-i", "anullsrc=r=8000:cl=mono:d=0.02"}
	for range 1000 {
		many = append(many, "-map", "0:a")
	}
	many = append(many, "-c:a", "pcm_s16le")
	float := func(v float64) []byte { return binary.BigEndian.AppendUint64(nil, math.Float64bits(v)) }
	for name, c := range map[string]struct {
		file  string
		data  []byte
		to    string
		class codec.Class // "": it is converted
		says  string
		lasts time.Duration // of what comes out
	}{
		"no stream": {"a.mp4", emptyMovie(), "mp4", codec.Invalid, "neither video nor sound", 0},
		"1000 streams": {"a.mkv", read(t, ffmpeg(t, "many.mkv", many...)), "mp4", codec.Limit,
			"more than 64 streams", 0},
		"60000 × 60000 before small pictures": {"a.avi", patched(t,
			patched(t, motion, "avih", 4+32, huge),
			"strf", 8, huge), "mp4", "", "", time.Second / 2},
		"60000 × 60000": {"a.avi", patched(t, patched(t, raw, "avih", 4+32, huge), "strf", 8, huge),
			"mp4", codec.Invalid, "a.avi", 0},
		"1,000,000,000 pictures a second": {"a.avi", patched(t, motion, "strh", 4+20, little(1, 1e9)),
			"mp4", "", "", 0},
		"pictures of no rate": {"a.avi", patched(t, motion, "strh", 4+20, little(1, 0)), "mp4", "", "",
			time.Second / 2},
		"tables of Theora that are noise": {"a.ogv", patched(t, theora, "\x82theora", 40,
			bytes.Repeat([]byte{0xff}, 360)), "mp4", codec.Invalid, "Invalid data", 0},
		"a film that ends before its sound": {"a.ts", stream, "mkv", "", "", time.Second / 10},
		"sound of which there is nothing": {"a.ts", stream, "wav", codec.Invalid,
			"nothing in the file says how many samples", 0},
		"800 Mbyte/s of Windows Media": {"a.wmv", patched(t, windows, "\x61\x01\x01\x00\x44\xac\x00\x00",
			0, little(0x30000000)), "mp4", codec.Unsupported,
			"it is damaged, or has something in it that this FFmpeg cannot read", 0},
		"no sample a second": {"a.wav", patched(t, sound, "fmt ", 8, little(0, 0)), "mp3", codec.Invalid,
			"a.wav is not a WAV recording that can be read", 0},
		"one sample a second": {"a.wav", patched(t, sound, "fmt ", 8, little(1, 4)), "mp3", codec.Invalid,
			"claims 1 samples a second", 0},
		"4,294,967,295 samples a second": {"a.wav", patched(t, sound, "fmt ", 8, little(math.MaxUint32)),
			"mp3", codec.Invalid, "a.wav is not a WAV recording that can be read", 0},
		"2,147,483,647 samples a second": {"a.wav", patched(t, sound, "fmt ", 8, little(math.MaxInt32)),
			"mp3", codec.Invalid, "claims 2147483647 samples a second", 0},
		"sound without an end": {"a.wav", patched(t, patched(t, sound, "data", 0, endless), "RIFF", 0,
			endless), "mp3", "", "", time.Second / 2},
		"sound of no length": {"a.wav", patched(t, sound[:44], "data", 0, little(0)), "mp3",
			codec.Invalid, "nothing in it could be read", 0},
		"hours instead of 1 s": {"a.mkv", patched(t, matroska, durationElement, 0, float(7.2e6)), "mp4",
			"", "", time.Second},
		"nothing instead of 1 s": {"a.mkv", patched(t, matroska, durationElement, 0, float(0)), "mp4", "",
			"", time.Second},
		"years instead of 1 s": {"a.mkv", patched(t, matroska, durationElement, 0, float(1e12)), "mp4",
			"", "", time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o, err := convert(t.Context(), codectest.NewInput(c.file, "", c.data),
				codec.Convert{Format: c.to})
			switch {
			case c.class == "" && err != nil:
				t.Error(err)
			case c.class != "" && (codec.ClassOf(err) != c.class || !strings.Contains(err.Error(), c.says)):
				t.Errorf("%s: %v, want %s: %s", codec.ClassOf(err), err, c.class, c.says)
			case c.lasts > 0:
				if err := codectest.HasDuration(save(t, o).path, c.lasts, 100*time.Millisecond); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

func TestNotesSayNothingToThoseWhoMakeFFmpeg(t *testing.T) {
	t.Parallel()
	sound := read(t, ffmpeg(t, "a.aac", "-f", "lavfi", "-i", "sine=d=0.5"))
	second := 7 + bytes.Index(sound[7:], sound[:3]) // all ADTS headers begin alike
	sound[second+6] |= 1                            // two blocks in a frame
	o, err := convert(t.Context(), codectest.NewInput("a.aac", "", sound),
		codec.Convert{Format: "wav"})
	if err != nil {
		t.Fatal(err)
	}
	all := strings.Join(o.Result.Notes, "\n")
	if !strings.Contains(all, "AAC RDB") || strings.Contains(all, "FFmpeg version") ||
		strings.Contains(all, "upload") {
		t.Error(all)
	}
}
