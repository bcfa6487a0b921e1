package libav

// #include "job.h"
import "C"

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"
	"unsafe"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/libav/internal/manifest"
)

// cmaf is an MP4 that is cut where it is told to.
var cmaf = map[string]string{
	"movflags":     "cmaf+frag_custom+empty_moov+delay_moov+default_base_moof+skip_trailer",
	"use_editlist": "1",
}

// rung is one rendition: an output in segments.
type rung struct {
	*feed
	track  manifest.Track
	ladder *ladder
	ctx    context.Context
	writer codec.Writer
	before int64          // bytes before this segment
	ready  bool           // the init segment is complete
	cipher *segmentCipher // nil: segments stay as they are
	size   size           // of its pictures
	larger *rung          // its pictures are made of those of another; nil: of the film's
	in     chan picture   // what it is to encode
}

var _ codec.Writer = (*rung)(nil)

// mostRate is the most frames a second that are passed on.
const mostRate = 60

// largerThan is the smallest rung so far that is at least half as high again as one of
// that height: what is nearer would lose detail to be scaled once more.
func (l *ladder) largerThan(height int) *rung {
	for _, g := range slices.Backward(l.rungs) {
		if g.size.h*2 >= height*3 {
			return g
		}
	}
	return nil
}

func (l *ladder) addRung(ctx context.Context, v stream, r codec.StreamRendition, z size) error {
	to := size{max(2, int(math.Round(float64(z.w)*float64(r.Height)/float64(z.h)/2))*2), r.Height}
	e := encode{encoder: "libx264", colour: colour{bt709, bt709, bt709, limited},
		filters: fmt.Sprintf("scale=%d:%d:flags=bicubic,setsar=1", to.w, to.h),
		options: map[string]string{
			"b": strconv.Itoa(r.Bitrate), "maxrate": strconv.Itoa(r.Bitrate * 6 / 5),
			"bufsize": strconv.Itoa(r.Bitrate * 2), "preset": "fast", "profile": "high",
			// Key frames only where segments begin.
			"g": "100000", "sc_threshold": "0", "forced-idr": "1", "rc-lookahead": "20",
		}}
	g, err := l.newRung(ctx)
	if err != nil {
		return err
	}
	from := z
	if g.size, g.larger = to, l.largerThan(r.Height); g.larger != nil {
		from = g.larger.size
	}
	g.in = make(chan picture, queued)
	l.rungs = append(l.rungs, g)
	rate := usualRate(v.rate)
	if frameRate(v) > mostRate {
		rate = rational{mostRate, 1}
	}
	g.track = manifest.Track{ID: strconv.Itoa(to.h) + "p", Kind: manifest.Video,
		Width: to.w, Height: to.h, FrameRate: manifest.Rate{Num: rate.num, Den: rate.den}}
	f, err := g.addPictures(from, rate, e, decodingOf(l.work))
	if err != nil {
		return err
	}
	g.feed = f
	g.shrink(from)
	return g.begin(l.op.SegmentDuration)
}

func (l *ladder) addSoundRung(ctx context.Context, t track) error {
	g, err := l.newRung(ctx)
	if err != nil {
		return err
	}
	l.sound = g
	e := *t.encode
	e.filters = "anull"
	g.track = manifest.Track{ID: "audio", Kind: manifest.Audio, Codecs: "mp4a.40.2",
		SampleRate: e.samples.rate, Channels: t.from.channels}
	f, err := g.addSound(e, decodingOf(l.work))
	if err != nil {
		return err
	}
	g.feed = f
	return g.begin(l.op.SegmentDuration)
}

// newRung opens an output that is cut into files.
func (l *ladder) newRung(ctx context.Context) (*rung, error) {
	s, err := newOutput(ctx, l.in.Name())
	if err != nil {
		return nil, err
	}
	g := &rung{ladder: l, ctx: ctx, feed: &feed{session: s}}
	s.cut = g.cut
	if err := s.openOutput("mp4", g, false); err != nil {
		s.close()
		return nil, err
	}
	return g, nil
}

// begin writes the header, and cuts from now on.
func (g *rung) begin(seconds int) error {
	C.spool_cut_every(g.job, C.double(seconds))
	if g.track.Kind == manifest.Video {
		g.track.Codecs = fmt.Sprintf("avc1.%06x", int(C.spool_profile(g.job)))
	}
	if err := g.session.start(cmaf, 0, 0, false); err != nil {
		return err
	}
	g.cipher, g.track.Key = g.ladder.key.forTrack()
	g.track.Timescale = int(unsafe.Slice(g.job.tracks, 1)[0].to.time_base.den)
	return nil
}

// Write implements [codec.Writer]: bytes go into the file of the segment.
func (g *rung) Write(b []byte) (int, error) {
	if g.writer == nil {
		name := g.track.Init()
		if g.ready {
			name = g.track.Segment(len(g.track.Segments) + 1)
		}
		w, err := g.ladder.work.Out.Create(g.ctx, codec.OutSpec{Name: name, Type: g.mediaType()})
		if err != nil {
			return 0, err
		}
		g.writer = w
	}
	if g.ready && g.cipher != nil {
		return g.cipher.write(g.writer, b)
	}
	return g.writer.Write(b)
}

// Commit and Abort are for files, and a rung is more than one.
func (g *rung) Commit(codec.Result) error { return nil }

// Abort does nothing.
func (g *rung) Abort() error { return nil }

func (g *rung) mediaType() string { return g.track.Kind + "/mp4" }

// cut ends a file.
func (g *rung) cut(duration int64) error {
	w := g.writer
	if w == nil {
		return codec.Errorf(codec.Internal, "libav: an empty segment of %s", g.track.ID)
	}
	if g.ready && g.cipher != nil {
		if err := g.cipher.end(w); err != nil {
			return err
		}
	}
	m := codec.Media{Type: g.mediaType(), Width: g.track.Width, Height: g.track.Height}
	if g.ready {
		g.track.Segments = append(g.track.Segments, manifest.Segment{Duration: duration,
			Bytes: g.cipher.size(g.written - g.before)})
		long := seconds(float64(duration) / float64(g.track.Timescale))
		m.Duration = long.Round(time.Millisecond)
	}
	g.ready, g.before, g.writer = true, g.written, nil
	if err := w.Commit(codec.Result{Media: m, Streams: g.ladder.report}); err != nil {
		_ = w.Abort()
		return err
	}
	return nil
}

// discard lets go of all, and of the file that is not complete.
func (g *rung) discard() {
	if g.writer != nil {
		_ = g.writer.Abort()
	}
	g.free()
	g.session.close()
}

// drain encodes what the encoder holds.
func (g *rung) drain() error {
	return g.native(func() C.int { return C.spool_feed(g.job, g.feed.track, nil) })
}

// finish ends the last segment, once all is encoded.
func (g *rung) finish() error {
	err := g.native(func() C.int { return C.spool_end_segments(g.job) })
	if err != nil {
		return err
	}
	return g.session.finish()
}
