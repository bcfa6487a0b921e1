package libav_test

import (
	"testing"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/codectest"
	"github.com/spoolmedia/spool/codec/libav"
)

func TestCodecConforms(t *testing.T) {
	samples := []codectest.Sample{
		{Name: "tone.wav", Data: wave(2), Op: codec.Convert{Format: "flac"}},
		{Name: "tone.wav", Data: wave(2), Op: codec.Convert{Format: "opus"}},
		{Name: "tone.wav", Data: wave(2), Op: codec.Convert{Format: "m4a"}},
		{Name: "walk.gif", Data: animation(t, 30, 160, 120), Op: codec.Convert{Format: "mp4"}},
		{Name: "walk.gif", Data: animation(t, 30, 160, 120), Op: codec.Convert{Format: "webm"}},
		{Name: "tone.wav", Data: wave(2), Op: codec.ExtractAudio{Format: "ogg"}},
		{Name: "tone.wav", Data: wave(2), Op: codec.Trim{Start: 0.5, Duration: 1}},
		{Name: "walk.gif", Data: animation(t, 30, 160, 120), Op: codec.Trim{Start: 0.5, Duration: 2}},
	}
	codectest.Run(t, libav.New(), samples)
}

// FuzzProbe reads any bytes with every demuxer.
func FuzzProbe(f *testing.F) {
	c := libav.New()
	from := c.Offers()[0].From
	for i, mediaType := range from {
		f.Add(byte(i), []byte(mediaType))
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
