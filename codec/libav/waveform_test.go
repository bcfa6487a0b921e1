package libav_test

import (
	"encoding/binary"
	"encoding/json"
	"image"
	"math"
	"testing"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/codectest"
	"github.com/spoolmedia/spool/codec/libav"
)

type waveData struct {
	Version         int   `json:"version"`
	Channels        int   `json:"channels"`
	SampleRate      int   `json:"sample_rate"`
	SamplesPerPixel int   `json:"samples_per_pixel"`
	Bits            int   `json:"bits"`
	Length          int   `json:"length"`
	Data            []int `json:"data"`
}

// waveform makes the peaks and the picture of an input.
func waveform(t testing.TB, in codec.Input, op codec.Waveform) (waveData, image.Image) {
	t.Helper()
	sink := new(codectest.Sink)
	err := libav.New().Process(t.Context(), &codec.Work{Op: op, In: []codec.Input{in}, Out: sink})
	if err != nil {
		t.Fatal(err)
	}
	var d waveData
	outputs := sink.Outputs()
	if err := json.Unmarshal(outputs[0].Data, &d); err != nil || len(outputs) != 2 {
		t.Fatal(err, len(outputs))
	}
	return d, picture(t, outputs[1])
}

// steps is a wave whose left channel has half of the full scale in its second half, and
// whose right channel is silent.
func steps() []byte {
	b := wave(2)
	samples := b[len(b)-2*44100*4:]
	for i := range 2 * 44100 {
		left := int16(0)
		if i >= 44100 {
			left = int16(16384 * math.Sin(2*math.Pi*440*float64(i)/44100))
		}
		binary.LittleEndian.PutUint16(samples[4*i:], uint16(left))
		binary.LittleEndian.PutUint16(samples[4*i+2:], 0)
	}
	return b
}

func TestAWaveformShowsThePeaks(t *testing.T) {
	t.Parallel()
	in := codectest.NewInput("steps.wav", "", steps())
	for _, split := range []bool{false, true} {
		d, m := waveform(t, in, codec.Waveform{Points: 100, Width: 200, Height: 80, SplitChannels: split,
			Color: "#ff0000", Background: "#000000"})
		channels := map[bool]int{false: 1, true: 2}[split]
		if d.Version != 2 || d.Channels != channels || d.SampleRate != 44100 || d.Bits != 16 ||
			d.Length < 90 || d.Length > 100 || len(d.Data) != 2*channels*d.Length ||
			(d.Length-1)*d.SamplesPerPixel >= 2*44100 || d.Length*d.SamplesPerPixel < 2*44100 {
			t.Errorf("header %+v", d)
		}
		for i := range d.Length {
			low, high := d.Data[2*channels*i], d.Data[2*channels*i+1]
			loud := i >= d.Length/2
			silent, full := low == 0 && high == 0, low <= -16300 && high >= 16300
			if i != d.Length/2 && (!loud && !silent || loud && !full) {
				t.Errorf("split %t: part %d of %d is from %d to %d", split, i, d.Length, low, high)
			}
			if split && (d.Data[4*i+2] != 0 || d.Data[4*i+3] != 0) {
				t.Errorf("the right channel has %d and %d", d.Data[4*i+2], d.Data[4*i+3])
			}
		}
		if m.Bounds() != image.Rect(0, 0, 200, 80) {
			t.Fatalf("the picture is %v", m.Bounds())
		}
		for x, want := range map[int]int{50: 1, 150: map[bool]int{false: 40, true: 20}[split]} {
			red := 0
			for y := range 80 / channels {
				if r, _, _, _ := m.At(x, y).RGBA(); r > 0x8000 {
					red++
				}
			}
			if red < want || red > want+2 {
				t.Errorf("split %t: the line at %d is %d pixels high, want %d", split, x, red, want)
			}
		}
	}
}

func TestAWaveformOfAFilmIsOfItsSound(t *testing.T) {
	t.Parallel()
	d, _ := waveform(t, codectest.OpenInput(t, clapper(t, "in.mp4", "-t", "2")),
		codec.Waveform{Points: 200})
	at := func(seconds float64) int {
		return d.Data[2*int(seconds*float64(d.SampleRate)/float64(d.SamplesPerPixel))+1]
	}
	if at(0.5) < 20000 || at(1.5) < 20000 || at(0.2) > 1000 || at(1.2) > 1000 {
		t.Errorf("clicks at 0.5 s and 1.5 s: %d %d, between them: %d %d", at(0.5), at(1.5), at(0.2),
			at(1.2))
	}
	silent := ffmpeg(t, "in.mp4", "-f", "lavfi", "-i", "color=black:s=64x48:r=10:d=0.3")
	err := libav.New().Process(t.Context(), &codec.Work{Op: codec.Waveform{}, Out: new(codectest.Sink),
		In: []codec.Input{codectest.OpenInput(t, silent)}})
	if err == nil || codec.ClassOf(err) != codec.Unsupported {
		t.Errorf("without sound: %v", err)
	}
}
