package libav

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/draw"
	"image/png"
	"unsafe"

	"github.com/spoolmedia/spool/codec"
)

// waveform makes the peaks of the main sound, and a picture of them.
func (c *Codec) waveform(ctx context.Context, w *codec.Work, op codec.Waveform) error {
	in := w.In[0]
	p, err := survey(ctx, in, w.Policy)
	if err != nil {
		return err
	}
	if p.audio < 0 {
		return codec.Errorf(codec.Unsupported, "%s has no sound to draw", in.Name())
	}
	sound := p.streams[p.audio]
	all, err := readPeaks(ctx, w, p, op)
	if err != nil {
		return err
	}
	data := codec.Format{Extension: ".json"}
	text, err := all.report(sound.sampleRate)
	if err != nil {
		return fmt.Errorf("libav: peaks of %q: %w", in.Name(), err)
	}
	spec := codec.OutSpec{Name: data.OutputName(in.Name()), Type: "application/json"}
	if err := writeText(ctx, w, spec, text, drawn(p)); err != nil {
		return err
	}
	var picture bytes.Buffer
	m := all.draw(op)
	if err := png.Encode(&picture, m); err != nil {
		return fmt.Errorf("libav: waveform of %q: %w", in.Name(), err)
	}
	format, _ := codec.LookupFormat("png")
	return writeFile(ctx, w, codec.OutSpec{Name: format.OutputName(in.Name()), Type: format.Type},
		picture.Bytes(), codec.Result{Streams: drawn(p), Media: codec.Media{Type: format.Type,
			Width: op.Width, Height: op.Height, Frames: 1}})
}

// drawn accounts for the streams of a film whose sound is drawn.
func drawn(p part) []codec.Stream {
	all := described(p.streams)
	for i := range all {
		if i != p.audio {
			all[i].Reason = "the output shows the main sound"
		}
	}
	return all
}

// readPeaks decodes the sound of p.
func readPeaks(ctx context.Context, w *codec.Work, p part, op codec.Waveform) (*peaks, error) {
	s, streams, err := openInput(ctx, p.in, w.Policy)
	if err != nil {
		return nil, err
	}
	defer s.close()
	sound := streams[p.audio]
	layout := sound.layout
	if !knownLayout(layout) {
		layout = defaultLayouts[min(max(1, sound.channels), 8)]
	}
	channels := 1
	if op.SplitChannels {
		channels = min(max(1, sound.channels), 8)
	}
	all := newPeaks(channels, op.Points)
	r := &run{session: s, work: w, media: p.media, meter: meter{to: w},
		plan: plan{tracks: []track{{from: sound, encode: &encode{}}}}}
	filters := samples{"s16", sound.sampleRate, layout}.filters()
	err = s.addTap(p.audio, encode{filters: filters}, decodingOf(w), func(f frame) error {
		s.setPosition(f)
		n := int(f.f.ch_layout.nb_channels)
		values := unsafe.Slice((*int16)(unsafe.Pointer(f.f.data[0])), n*int(f.f.nb_samples))
		for i := 0; i < len(values); i += n {
			all.add(values[i : i+n])
		}
		return nil
	})
	if err != nil {
		return nil, s.workError(err)
	}
	s.setClip(startOf(streams), 0)
	if err := r.loop(); err != nil {
		return nil, err
	}
	r.job.packets = 1 // of a tap there are none
	if err := r.checkDecoded(); err != nil {
		return nil, err
	}
	if all.atMost(op.Points); all.len() == 0 {
		return nil, codec.Errorf(codec.Invalid, "%s: there is nothing in its sound", p.in.Name())
	}
	return all, nil
}

// report is the JSON of the peaks.
func (p *peaks) report(rate int) ([]byte, error) {
	return json.Marshal(struct {
		Version         int     `json:"version"`
		Channels        int     `json:"channels"`
		SampleRate      int     `json:"sample_rate"`
		SamplesPerPixel int     `json:"samples_per_pixel"`
		Bits            int     `json:"bits"`
		Length          int     `json:"length"`
		Data            []int16 `json:"data"`
	}{2, p.channels, rate, p.per, 16, p.len(), p.points})
}

// draw makes the picture: a line for each column, in a lane for each channel.
func (p *peaks) draw(op codec.Waveform) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, op.Width, op.Height))
	if op.Background != "" {
		draw.Draw(m, m.Rect, image.NewUniform(inkOf(op.Background)), image.Point{}, draw.Src)
	}
	ink := image.NewUniform(inkOf(op.Color))
	for c := range p.channels {
		top, bottom := c*op.Height/p.channels, (c+1)*op.Height/p.channels
		middle, half := float64(top+bottom)/2, float64(bottom-top)/2
		for x := range op.Width {
			low, high := p.between(c, float64(x)/float64(op.Width), float64(x+1)/float64(op.Width))
			from := int(middle - half*float64(high)/32768)
			to := int(middle - half*float64(low)/32768)
			line := image.Rect(x, max(top, from), x+1, min(max(from, to)+1, bottom))
			draw.Draw(m, line, ink, image.Point{}, draw.Src)
		}
	}
	return m
}
