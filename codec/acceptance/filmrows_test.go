package acceptance_test

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/codectest"
	"github.com/spoolmedia/spool/codec/internal/command"
)

// reel is a film of 2 s, 96 × 64 pixels, 10 pictures a second, with a key frame each
// second, sound, and subtitles in English and German.
var reel = fixture("reel.mkv", func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "acceptance-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	args := []string{"-v", "error", "-f", "lavfi", "-i", "testsrc2=s=96x64:r=10:d=2",
		"-f", "lavfi", "-i", "sine=r=48000:d=2,aformat=channel_layouts=stereo"}
	for _, words := range []string{"Hello", "Hallo"} {
		path := filepath.Join(dir, words+".srt")
		text := "1\n00:00:00,200 --> 00:00:01,800\n" + words + "\n"
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			return nil, err
		}
		args = append(args, "-i", path)
	}
	out := filepath.Join(dir, "reel.mkv")
	args = append(args, "-map", "0", "-map", "1", "-map", "2", "-map", "3", "-c:v", "libx264", "-g", "10",
		"-c:a", "pcm_s16le", "-metadata:s:s:0", "language=eng", "-metadata:s:s:1", "language=ger", out)
	if _, err := command.Said("ffmpeg", args...); err != nil {
		return nil, err
	}
	return os.ReadFile(out)
})

// lasts are the durations of both.
func lasts(a, b time.Duration) differ {
	return func(x, y []codectest.Output) error {
		const allowed = 110 * time.Millisecond // a picture, and what an encoder of sound adds
		p, q := x[0].Result.Media.Duration, y[0].Result.Media.Duration
		if (p-a).Abs() > allowed || (q-b).Abs() > allowed {
			return fmt.Errorf("they last %v and %v, want %v and %v", p, q, a, b)
		}
		return nil
	}
}

// channels are those of both WAV files, as their headers tell.
func channels(a, b byte) differ {
	return func(x, y []codectest.Output) error {
		p, q := waveChannels(x[0].Data), waveChannels(y[0].Data)
		if p != a || q != b {
			return fmt.Errorf("they have %d and %d channels, want %d and %d", p, q, a, b)
		}
		return nil
	}
}

// waveChannels stands behind the length of the chunk and the code of the samples.
func waveChannels(data []byte) byte { return data[bytes.Index(data, []byte("fmt "))+10] }

// frames are how many pictures both have.
func frames(a, b int) differ {
	return func(x, y []codectest.Output) error {
		if p, q := x[0].Result.Media.Frames, y[0].Result.Media.Frames; p != a || q != b {
			return fmt.Errorf("they have %d and %d frames, want %d and %d", p, q, a, b)
		}
		return nil
	}
}

// has wants a text in one of the first outputs and another in the other; "" is any.
func has(a, b string) differ {
	return func(x, y []codectest.Output) error {
		p, q := x[0].Data, y[0].Data
		if !bytes.Contains(p, []byte(a)) || !bytes.Contains(q, []byte(b)) ||
			a != "" && bytes.Contains(q, []byte(a)) || b != "" && bytes.Contains(p, []byte(b)) {
			return fmt.Errorf("the one should have %q and the other %q", a, b)
		}
		return nil
	}
}

// encoded are what an option of the first stream's encoder was.
func encoded(option, a, b string) differ {
	return func(x, y []codectest.Output) error {
		p, q := x[0].Result.Streams[0].Options[option], y[0].Result.Streams[0].Options[option]
		if p != a || q != b {
			return fmt.Errorf("%s is %q and %q, want %q and %q", option, p, q, a, b)
		}
		return nil
	}
}

// encoders are those of the first streams.
func encoders(a, b string) differ {
	return func(x, y []codectest.Output) error {
		if p, q := x[0].Result.Streams[0].Encoder, y[0].Result.Streams[0].Encoder; p != a || q != b {
			return fmt.Errorf("they are %s and %s, want %s and %s", p, q, a, b)
		}
		return nil
	}
}

// second looks at the second outputs only.
func second(d differ) differ {
	return func(x, y []codectest.Output) error {
		if len(x) < 2 || len(y) < 2 {
			return errors.New("there is no second output")
		}
		return d(x[1:], y[1:])
	}
}

// both wants two differences.
func both(d, e differ) differ {
	return func(x, y []codectest.Output) error { return errors.Join(d(x, y), e(x, y)) }
}

// unlike wants other pictures.
var unlike = seen(func(a, b image.Image) error {
	if s, err := codectest.SSIM(a, b); err != nil || s > 0.9 {
		return fmt.Errorf("the SSIM is %.3f: %v", s, err)
	}
	return nil
})

var (
	hevc = codec.VideoEncoding{Codec: codec.VideoH265}
	soon = 0.1
	late = 1.5
)

var filmRows = slices.Concat(trimRows, joinRows, soundRows, stillRows, waveformRows)

var trimRows = []fieldRow{
	{"trim.format", reel, codec.Trim{Format: "mp4"}, codec.Trim{Format: "mkv"},
		types("video/mp4", "video/x-matroska")},
	{"trim.start", reel, codec.Trim{Format: "mp4", Start: 0.5}, codec.Trim{Format: "mp4", Start: 1},
		lasts(1500*time.Millisecond, time.Second)},
	{"trim.duration", reel, codec.Trim{Format: "mp4", Duration: 0.5},
		codec.Trim{Format: "mp4", Duration: 1}, lasts(500*time.Millisecond, time.Second)},
	{"trim.mode", reel, codec.Trim{Format: "mkv", Start: 1.5},
		codec.Trim{Format: "mkv", Start: 1.5, Mode: codec.TrimFast},
		lasts(500*time.Millisecond, time.Second)},
	{"trim.quality", reel, codec.Trim{Format: "mp4", Start: 0.5, Quality: 20},
		codec.Trim{Format: "mp4", Start: 0.5, Quality: 90}, larger},
	{"trim.effort", reel, codec.Trim{Format: "mp4", Start: 0.5, Effort: 1},
		codec.Trim{Format: "mp4", Start: 0.5, Effort: 8}, encoded("preset", "ultrafast", "slower")},
	{"trim.video", reel, codec.Trim{Format: "mp4", Start: 0.5},
		codec.Trim{Format: "mp4", Start: 0.5, Video: hevc}, encoders("libx264", "libx265")},
	{"gif.start", reel, codec.GIF{}, codec.GIF{Start: 1}, lasts(2*time.Second, time.Second)},
	{"gif.duration", reel, codec.GIF{Duration: 0.5}, codec.GIF{Duration: 1},
		lasts(500*time.Millisecond, time.Second)},
	{"gif.width", reel, codec.GIF{Width: 32}, codec.GIF{Width: 48}, sizes(32, 21, 48, 32)},
	{"gif.fps", reel, codec.GIF{FPS: 5}, codec.GIF{FPS: 10}, frames(10, 20)},
	{"gif.format", reel, codec.GIF{}, codec.GIF{Format: "webp"}, types("image/gif", "image/webp")},
	{"gif.quality", reel, codec.GIF{Format: "webp", Quality: 10},
		codec.GIF{Format: "webp", Quality: 95}, larger},
}

var joinRows = []fieldRow{
	{"concat.format", reel, codec.Concat{}, codec.Concat{Format: "mkv"},
		types("video/mp4", "video/x-matroska")},
	{"concat.quality", reel, codec.Concat{Quality: 20}, codec.Concat{Quality: 90}, larger},
	{"concat.effort", reel, codec.Concat{Effort: 1}, codec.Concat{Effort: 8},
		encoded("preset", "ultrafast", "slower")},
	{"concat.video", reel, codec.Concat{}, codec.Concat{Video: hevc}, encoders("libx264", "libx265")},
	{"concat.chapters", reel, codec.Concat{}, codec.Concat{Chapters: true}, has("", "reel")},
	{"concat-audio.format", reel, codec.ConcatAudio{}, codec.ConcatAudio{Format: "flac"},
		types("audio/mpeg", "audio/flac")},
	{"concat-audio.bitrateKbps", reel, codec.ConcatAudio{BitrateKbps: 32},
		codec.ConcatAudio{BitrateKbps: 256}, larger},
	{"concat-audio.channels", reel, codec.ConcatAudio{Format: "wav"},
		codec.ConcatAudio{Format: "wav", Channels: 1}, channels(2, 1)},
	{"concat-audio.gap", reel, codec.ConcatAudio{}, codec.ConcatAudio{Gap: 1},
		lasts(4*time.Second, 5*time.Second)},
	{"concat-audio.chapters", reel, codec.ConcatAudio{}, codec.ConcatAudio{Chapters: true},
		has("", "reel")},
}

var soundRows = []fieldRow{
	{"extract-audio.format", reel, codec.ExtractAudio{}, codec.ExtractAudio{Format: "wav"},
		types("audio/mpeg", "audio/wav")},
	{"extract-audio.bitrateKbps", reel, codec.ExtractAudio{BitrateKbps: 32},
		codec.ExtractAudio{BitrateKbps: 256}, larger},
	{"extract-audio.channels", reel, codec.ExtractAudio{Format: "wav", Channels: 2},
		codec.ExtractAudio{Format: "wav", Channels: 6}, channels(2, 6)},
	{"convert.channels", reel, codec.Convert{Format: "wav"},
		codec.Convert{Format: "wav", Channels: 1}, channels(2, 1)},
	{"extract-subtitles.format", reel, codec.ExtractSubtitles{}, codec.ExtractSubtitles{Format: "vtt"},
		both(types("application/x-subrip", "text/vtt"), has("00:00:00,200", "WEBVTT"))},
	{"extract-subtitles.track", reel, codec.ExtractSubtitles{Track: 1},
		codec.ExtractSubtitles{Track: 2}, has("Hello", "Hallo")},
	{"extract-subtitles.language", reel, codec.ExtractSubtitles{Language: "en"},
		codec.ExtractSubtitles{Language: "de"}, has("Hello", "Hallo")},
}

var stillRows = []fieldRow{
	{"poster-frame.format", reel, codec.PosterFrame{}, codec.PosterFrame{Format: "png"},
		types("image/jpeg", "image/png")},
	{"poster-frame.width", reel, codec.PosterFrame{Width: 48}, codec.PosterFrame{Width: 24},
		sizes(48, 32, 24, 16)},
	{"poster-frame.height", reel, codec.PosterFrame{Height: 32}, codec.PosterFrame{Height: 16},
		sizes(48, 32, 24, 16)},
	{"poster-frame.quality", reel, codec.PosterFrame{Timestamp: &soon, Quality: 10},
		codec.PosterFrame{Timestamp: &soon, Quality: 95}, larger},
	{"poster-frame.timestamp", reel, codec.PosterFrame{Timestamp: &soon},
		codec.PosterFrame{Timestamp: &late}, unlike},
	{"storyboard.frames", reel, codec.Storyboard{Frames: 2, Width: 48},
		codec.Storyboard{Frames: 4, Width: 48}, sizes(96, 32, 192, 32)},
	{"storyboard.interval", reel, codec.Storyboard{Interval: 1, Width: 48},
		codec.Storyboard{Interval: 0.5, Width: 48}, sizes(96, 32, 192, 32)},
	{"storyboard.columns", reel, codec.Storyboard{Frames: 4, Columns: 2, Width: 48},
		codec.Storyboard{Frames: 4, Columns: 1, Width: 48}, sizes(96, 64, 48, 128)},
	{"storyboard.width", reel, codec.Storyboard{Frames: 2, Width: 48},
		codec.Storyboard{Frames: 2, Width: 24}, sizes(96, 32, 48, 16)},
	{"storyboard.format", reel, codec.Storyboard{Frames: 2}, codec.Storyboard{Frames: 2, Format: "png"},
		types("image/jpeg", "image/png")},
	{"storyboard.quality", reel, codec.Storyboard{Frames: 2, Quality: 10},
		codec.Storyboard{Frames: 2, Quality: 95}, larger},
}

var waveformRows = []fieldRow{
	{"waveform.points", reel, codec.Waveform{Points: 10}, codec.Waveform{Points: 100}, larger},
	{"waveform.splitChannels", reel, codec.Waveform{}, codec.Waveform{SplitChannels: true},
		has(`"channels":1`, `"channels":2`)},
	{"waveform.width", reel, codec.Waveform{Width: 100, Height: 40}, codec.Waveform{Width: 50, Height: 40},
		second(sizes(100, 40, 50, 40))},
	{"waveform.height", reel, codec.Waveform{Width: 100, Height: 40}, codec.Waveform{Width: 100, Height: 20},
		second(sizes(100, 40, 100, 20))},
	{"waveform.color", reel, codec.Waveform{Color: "#dc1e1e"}, codec.Waveform{Color: "#1e1edc"},
		second(colours(0.5, 0.5, red, blue))},
	{"waveform.background", reel, codec.Waveform{Background: "#dc1e1e"},
		codec.Waveform{Background: "#1e1edc"}, second(colours(0.5, 0.02, red, blue))},
}
