package libav_test

import (
	"testing"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/codectest"
	"github.com/spoolmedia/spool/codec/libav"
)

func TestCodecConforms(t *testing.T) {
	// As short as shows the thing: each sample is done some forty times.
	tone, walk := wave(0.2), animation(t, 6, 64, 48)
	film := codectest.Sample{Name: "walk.mp4", Data: film(t)}
	samples := []codectest.Sample{
		{Name: "tone.wav", Data: tone, Op: codec.Convert{Format: "flac"}},
		{Name: "tone.wav", Data: tone, Op: codec.Convert{Format: "opus"}},
		{Name: "tone.wav", Data: tone, Op: codec.Convert{Format: "m4a"}},
		{Name: "walk.gif", Data: walk, Op: codec.Convert{Format: "mp4"}},
		{Name: "walk.gif", Data: walk, Op: codec.Convert{Format: "webm"}},
		{Name: "tone.wav", Data: tone, Op: codec.ExtractAudio{Format: "ogg"}},
		{Name: "tone.wav", Data: tone, Op: codec.Trim{Start: 0.05, Duration: 0.1}},
		{Name: "walk.gif", Data: walk, Op: codec.Trim{Start: 0.2, Duration: 0.3}},
	}
	samples = append(samples, codectest.Sample{Name: "tone.wav", Data: wave(0.5),
		Op: codec.Adjust{Normalize: true}}, codectest.Sample{Name: "tone.wav", Data: tone,
		Op: codec.ConcatAudio{Gap: 0.3}})
	samples = append(samples, codectest.Sample{Name: "tone.wav", Data: tone,
		Op: codec.Waveform{Points: 20, Width: 64, Height: 16}},
		codectest.Sample{Name: "tone.wav", Data: tone, Op: codec.Renditions{
			Outputs: []codec.Rendition{{Format: "mp3"}, {Format: "wav"}}}})
	samples = append(samples, codectest.Sample{Name: "words.srt", Data: []byte(english),
		Op: codec.Convert{Format: "vtt"}})
	for _, op := range []codec.Operation{
		codec.PosterFrame{Timestamp: new(0.6)}, codec.PosterFrame{Format: "avif"},
		codec.Thumbnail{Format: "webp", Width: 64}, codec.Thumbnail{Format: "png"}, codec.Inspect{},
		codec.StripMetadata{}, codec.Compress{Quality: 30}, codec.Compress{TargetBytes: 1 << 20},
		codec.Adjust{Format: "webm", Effort: 1, Hue: 30, FadeOut: 0.2},
		codec.Watermark{Effort: 1, Text: "Ada"},
		codec.Chain{Steps: codec.Steps{codec.Trim{Duration: 0.5},
			codec.Transform{Rotate: 90, Format: "mp4", Effort: 1}}},
		codec.AdaptiveStream{}, codec.Concat{Format: "mkv", Effort: 1}, codec.GIF{FPS: 5, Width: 32},
		codec.Storyboard{Frames: 4, Width: 32},
	} {
		film.Op = op
		samples = append(samples, film)
	}
	codectest.Run(t, libav.New(), samples)
}

// FuzzProbe reads any bytes with every demuxer.
func FuzzProbe(f *testing.F) {
	c := libav.New()
	from := append(c.Offers()[0].From, "application/x-subrip", "text/vtt", "text/x-ssa")
	for i, mediaType := range from {
		f.Add(byte(i), []byte(mediaType))
	}
	for _, text := range []string{english, "WEBVTT\n\n00:01.000 --> 00:02.000\na\n", styled} {
		for i := range 3 {
			f.Add(byte(len(from)-1-i), []byte(text))
		}
	}
	f.Add(byte(0), wave(0.01))
	f.Add(byte(0), animation(f, 2, 16, 16))
	f.Fuzz(func(t *testing.T, which byte, data []byte) {
		in := codectest.NewInput("fuzz", from[int(which)%len(from)], data)
		m, _, err := c.Probe(t.Context(), &codec.Work{In: []codec.Input{in}})
		if err == nil && (m.Width < 0 || m.Height < 0 || m.Duration < 0) {
			t.Errorf("media = %+v", m)
		}
	})
}
