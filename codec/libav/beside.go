package libav

// #include "job.h"
import "C"

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/spoolmedia/spool/codec"
)

// soundBeside opens the file whose sound takes the place of the film's, and plans what
// becomes of that. Close its session after the run's.
func (r *run) soundBeside(ctx context.Context) error {
	if r.request.Sound == "" {
		return nil
	}
	in, ok := r.work.Refs[r.request.soundRef]
	if !ok {
		return codec.Errorf(codec.Protocol, "libav: the sound is not there")
	}
	s, streams, err := openInput(ctx, in, r.work.Policy)
	if err != nil {
		return err
	}
	r.beside = s
	i := bestAudio(streams)
	if i < 0 {
		return codec.Errorf(codec.Invalid, "%s has no sound", in.Name())
	}
	return r.planBeside(streams[i])
}

// planBeside decides whether the sound is copied.
func (r *run) planBeside(s stream) error {
	from := source{name: r.beside.in.Name(), mediaType: r.beside.in.Type(), streams: []stream{s}}
	op := request{Convert: codec.Convert{Format: r.Format, Quality: r.Quality,
		Channels: r.Channels}, bitRate: r.bitRate, newSound: r.newSound && r.clip.whole()}
	p := planner{source: from, target: r.target, op: op,
		plan: plan{report: make([]codec.Stream, s.index+1)}}
	if err := p.audio(s); err != nil {
		return err
	}
	if len(p.tracks) == 0 {
		return p.undecodable(s)
	}
	r.sound = &p.tracks[0]
	r.notes = append(append(r.notes, p.notes...),
		fmt.Sprintf("The sound is that of %s (%s).", from.name, p.report[s.index].Action))
	return nil
}

// addBeside makes the track of the second input.
func (r *run) addBeside(d decoding) error {
	if r.sound == nil {
		return nil
	}
	var e encode
	if r.sound.encode != nil {
		e = *r.sound.encode
		if end := r.filmEnd(); end > 0 {
			e.filters = fmt.Sprintf("atrim=end=%f,%s", end, e.filters)
		}
		r.encodes = true
	}
	settings, free := newSettings(e, d)
	defer free()
	defer C.av_dict_free(&settings.options)
	err := r.native(func() C.int {
		return C.spool_add_beside(r.job, r.beside.job, C.int(r.sound.from.index),
			C.double(r.filmEnd()), &settings)
	})
	if err != nil || r.sound.encode == nil {
		return err
	}
	return r.openEncoder(colour{})
}

// filmEnd is when the picture of the output ends, in seconds; 0: unknown.
func (r *run) filmEnd() float64 {
	length := r.media.Duration.Seconds()
	for _, t := range r.tracks {
		if t.from.kind == video && !t.from.cover && t.from.length > 0 {
			length = t.from.length
		}
	}
	return r.clip.of(seconds(length)).Seconds() / cmp.Or(r.speed, 1)
}

// setSpeed makes the pictures and what is copied faster. Sound has filters for that.
func (s *session) setSpeed(speed float64) {
	if speed != 1 && speed != 0 {
		s.job.speed = C.av_d2q(C.double(speed), 1000)
	}
}

// tempo returns the filters that make sound faster and keep its pitch: first without
// gaps, as they would be lost, then in steps that the filter does well.
func tempo(speed float64) []string {
	if speed == 1 {
		return nil
	}
	all := []string{"aresample=async=1:first_pts=0"}
	for ; speed > 2; speed /= 2 {
		all = append(all, "atempo=2")
	}
	for ; speed < 0.5; speed *= 2 {
		all = append(all, "atempo=0.5")
	}
	return slices.Concat(all, []string{"atempo=" + decimal(speed)})
}
