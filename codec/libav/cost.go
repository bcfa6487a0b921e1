package libav

import (
	"cmp"
	"time"

	"github.com/spoolmedia/spool/codec"
)

// costOf estimates what the work on an input takes. What cannot be planned fails when
// it is done, with its reason.
func (c *Codec) costOf(w *codec.Work, m codec.Media, streams []stream) codec.Cost {
	switch op := w.Op.(type) {
	case codec.Renditions:
		return c.costOfRenditions(w, m, streams, op)
	case codec.Waveform:
		cost := costOfPlan(m, plan{}, 1)
		cost.CPU += m.Duration / 100
		return cost
	}
	op, times, err := costly(w)
	if err != nil {
		return costOfPlan(m, plan{}, threads(w))
	}
	in := source{w.In[0].Name(), w.In[0].Type(), streams, op.clip.of(m.Duration)}
	op.newVideo = op.newVideo || op.cutClean // it may have to be
	p, _ := makePlan(in, op, c.tones)
	if m.Duration = op.clip.of(m.Duration); op.clip.still {
		m.Duration = min(m.Duration, 2*time.Second) // from the key frame before
	}
	cost := costOfPlan(m, p, threads(w))
	cost.CPU = time.Duration(float64(cost.CPU) * times)
	return cost
}

// costOfRenditions is that of all outputs that play; their encoders live at once.
func (c *Codec) costOfRenditions(w *codec.Work, m codec.Media, streams []stream,
	op codec.Renditions) codec.Cost {
	all := costOfPlan(m, plan{}, threads(w))
	for _, o := range op.Outputs {
		if isStill(o) {
			continue
		}
		in := source{w.In[0].Name(), w.In[0].Type(), streams, m.Duration}
		p, _ := makePlan(in, renditionRequest(o), c.tones)
		cost := costOfPlan(m, p, threads(w))
		all.CPU += cost.CPU
		all.Memory += cost.Memory
		all.Threads = max(all.Threads, cost.Threads)
	}
	return all
}

// costly is the request that costs what w costs, that many times.
func costly(w *codec.Work) (op request, times float64, err error) {
	if op, _, ok := joinOf(w.Op); ok {
		return op, 1, nil
	}
	switch op := w.Op.(type) {
	case codec.Compress:
		times = 1
		if op.TargetBytes > 0 {
			times = 2 // passes, or attempts, of which AV1 takes two or three
		}
		return smaller(op, w.In[0].Type()), times, nil
	case codec.AdaptiveStream:
		r := codec.Convert{Format: "mp4"}.WithDefaults()
		// As a ladder halves.
		return request{Convert: r, newVideo: true, newSound: true, clip: clipOf(op.Clip)}, 2, nil
	}
	op, err = requestOf(w)
	return op, 1, err
}

// costOfPlan estimates from figures measured on one core: see the speeds
// of videoEncoders.
func costOfPlan(m codec.Media, p plan, threads int) codec.Cost {
	c := codec.Cost{CPU: 10*time.Millisecond + m.Duration/1000, Memory: 32 << 20, Threads: 1}
	for _, t := range p.tracks {
		switch {
		case t.encode == nil, t.from.kind == subtitle:
		case t.from.kind == audio:
			c.CPU += m.Duration / 40
		default:
			pixels := float64(m.Width) * float64(m.Height)
			speed := cmp.Or(videoEncoders[t.encode.encoder].speed, 15e6)
			c.CPU += time.Duration(m.Duration.Seconds() * frameRate(t.from) * pixels / speed * 1e9)
			// Frames in the look-ahead, references and threads: about 60 of 1.5 bytes.
			c.Memory += int64(pixels * 1.5 * 60)
			c.Threads = threads
		}
	}
	return c
}

func frameRate(s stream) float64 {
	if s.rate.num <= 0 || s.rate.den <= 0 {
		return 30
	}
	return min(float64(s.rate.num)/float64(s.rate.den), 240)
}
