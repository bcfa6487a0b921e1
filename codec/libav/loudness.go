package libav

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// What Normalize of an adjust promises: the loudness of EBU R 128 in LUFS, and a
// true peak in dB that stays below.
const (
	wantedLoudness = -16.0
	wantedPeak     = -1.5
)

// loudness is what was measured by ITU-R BS.1770.
type loudness struct {
	integrated float64 // LUFS
	peak       float64 // dB, of the true peak
}

// silent is below what the gate of BS.1770 lets through.
func (l loudness) silent() bool { return l.integrated <= -70 || math.IsNaN(l.integrated) }

// gain is by how many dB the sound is to be made louder.
func (l loudness) gain() float64 { return wantedLoudness - l.integrated }

// filters make sound that was measured as loud as wanted. Where that lifts peaks too
// high, they are held down, at four times the rate, which shows what lies between
// samples.
func (l loudness) filters() []string {
	if l.silent() {
		return nil
	}
	all := []string{fmt.Sprintf("volume=%.3fdB:precision=float", l.gain())}
	if l.peak+l.gain() <= wantedPeak {
		return all
	}
	limit := math.Pow(10, (wantedPeak-0.2)/20) // what comes back from that rate may be higher
	return append(all, "aresample=192000", fmt.Sprintf(
		"alimiter=limit=%.4f:level=disabled:latency=1:attack=5:release=50", limit))
}

// measure plays the sound that r encodes, with the edits before, to the meter.
func (r *run) measure(ctx context.Context, c *Codec) error {
	for i, t := range r.tracks {
		if t.from.kind != audio || t.encode == nil {
			continue
		}
		l, err := r.measureTrack(ctx, c, t)
		if err != nil {
			return err
		}
		filters := append(l.filters(), t.encode.filters)
		if t.encode.mix != "" {
			filters = append([]string{t.encode.mix}, filters...)
		}
		r.tracks[i].encode.filters = strings.Join(filters, ",")
		if l.silent() {
			r.notes = append(r.notes, "The sound is silent: there is nothing to normalize.")
			continue
		}
		r.notes = append(r.notes, fmt.Sprintf(
			"The sound had %.1f LUFS with a true peak of %.1f dB, and was changed by %+.1f dB to %.0f LUFS.",
			l.integrated, l.peak, l.gain(), wantedLoudness))
	}
	return nil
}

func (r *run) measureTrack(ctx context.Context, c *Codec, t track) (loudness, error) {
	l := loudness{integrated: math.Inf(-1), peak: math.Inf(-1)}
	first, err := c.open(ctx, r.work, r.request)
	if err != nil {
		return l, err
	}
	defer first.close()
	e := encode{filters: "ebur128=peak=true:metadata=1:framelog=verbose"}
	if t.encode.mix != "" {
		e.filters = t.encode.mix + "," + e.filters
	}
	if cl := r.clip; !cl.whole() {
		e.filters = fmt.Sprintf("atrim=start=0:end=%f,%s", cl.length, e.filters)
	}
	err = first.addTap(t.from.index, e, decodingOf(r.work), func(f frame) error {
		if v, ok := f.number("lavfi.r128.I"); ok {
			l.integrated = v
		}
		for ch := range t.from.channels {
			if v, ok := f.number("lavfi.r128.true_peaks_ch" + strconv.Itoa(ch)); ok && v > 0 {
				l.peak = max(l.peak, 20*math.Log10(v))
			}
		}
		return nil
	})
	if err == nil {
		err = first.cutTap()
	}
	if err != nil {
		return l, first.workError(err)
	}
	first.meter.share = firstShare / 2
	if err := first.loop(); err != nil {
		return l, err
	}
	r.meter.from, r.meter.share, r.meter.told = firstShare/2, 1-firstShare/2, first.meter.told
	return l, nil
}
