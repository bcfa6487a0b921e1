package libav

// #include "job.h"
import "C"

import (
	"context"
	"math"
	"slices"
)

// markingKeys are the demuxers of containers that tell key frames from which decoding can
// begin; in others they are pictures that somebody took for such.
var markingKeys = []string{"mov", "matroska"}

// encodeUnlessClean makes another plan if pictures that would be copied cannot be cut out as
// they are.
func (r *run) encodeUnlessClean(ctx context.Context, in source, tones bool) error {
	for _, t := range r.tracks {
		if t.encode != nil || t.from.kind != video || t.from.cover {
			continue
		}
		clean, err := r.cutsClean(ctx, t.from.index)
		if err != nil {
			return r.workError(err)
		}
		if !clean {
			r.newVideo = true
			return r.prepare(in, tones)
		}
	}
	return nil
}

// cutsClean reports whether the pictures of a stream in the clip can be copied, and no
// others are shown then. It reads the input for itself.
func (r *run) cutsClean(ctx context.Context, input int) (bool, error) {
	if !slices.Contains(markingKeys, r.demuxer) {
		return false, nil
	}
	s, _, err := openInput(ctx, r.work.In[0], r.work.Policy)
	if err != nil {
		return false, err
	}
	defer s.close()
	start := r.clip.start
	if !math.IsNaN(r.offset) {
		start += r.offset
	}
	toEnd := r.media.Duration > 0 && seconds(r.clip.start+r.clip.length) >= r.media.Duration
	var clean C.int
	err = s.native(func() C.int {
		return C.spool_cuts_clean(s.job, C.int(input), C.double(start), C.double(r.clip.length),
			C.int(toInt(r.clip.start > 0)), C.int(toInt(!toEnd)), &clean)
	})
	return clean != 0, err
}
