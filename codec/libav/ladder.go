package libav

// #include "job.h"
import "C"

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"
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

// ladder is an adaptive stream under way: one decode of the source, whose frames are
// fed to the encoders of all renditions. The same frames begin a segment in each of
// them.
type ladder struct {
	*run
	op     codec.AdaptiveStream
	tones  bool
	source part
	rungs  []*rung
	sound  *rung // nil: none
}

// rung is one rendition: an output in segments.
type rung struct {
	*feed
	track  manifest.Track
	ladder *ladder
	ctx    context.Context
	writer codec.Writer
	before int64 // bytes before this segment
	ready  bool  // the init segment is complete
}

var _ codec.Writer = (*rung)(nil)

// stream makes renditions of a film, with playlists and a manifest.
func (c *Codec) stream(ctx context.Context, w *codec.Work, op codec.AdaptiveStream) error {
	r, err := c.open(ctx, w, request{
		Convert:  codec.Convert{Format: "mp4"}.WithDefaults(),
		newVideo: true, newSound: true, bitRate: soundRateOf(op), clip: clipOf(op.Clip),
	})
	if err != nil {
		return err
	}
	defer r.close()
	r.meter.share = 0.95
	l := &ladder{run: r, op: op, tones: c.tones}
	if l.source, err = survey(ctx, w.In[0], w.Policy); err != nil {
		return err
	}
	if l.source.video < 0 {
		return codec.Errorf(codec.Invalid, "%s has no video to stream", w.In[0].Name())
	}
	defer l.close()
	if err := l.build(ctx); err != nil {
		return r.workError(err)
	}
	if err := l.loop(); err != nil {
		return err
	}
	if l.clip.whole() || l.rungs[0].feed.end > 0 {
		r.job.packets = 1 // of a tap there are none
	}
	if err := r.checkDecoded(); err != nil {
		return err
	}
	for _, g := range l.all() {
		if err := g.finish(); err != nil {
			return r.workError(err)
		}
	}
	if err := l.write(ctx); err != nil {
		return err
	}
	return c.poster(ctx, w, l.clip)
}

func soundRateOf(op codec.AdaptiveStream) (most int) {
	for _, r := range op.Renditions {
		most = max(most, r.AudioBitrate)
	}
	return most
}

func (l *ladder) all() []*rung {
	if l.sound == nil {
		return l.rungs
	}
	return append(l.rungs[:len(l.rungs):len(l.rungs)], l.sound)
}

func (l *ladder) close() {
	for _, g := range l.all() {
		if g.writer != nil {
			_ = g.writer.Abort()
		}
		g.free()
		g.session.close()
	}
}

// build opens an output for each rendition, and leads the frames there.
func (l *ladder) build(ctx context.Context) error {
	v := l.source.streams[l.source.video]
	z := l.size.even()
	for _, r := range fittingRenditions(l.op.Renditions, z.h) {
		if err := l.addRung(ctx, v, r, z); err != nil {
			return err
		}
	}
	var tracks []track
	for _, t := range l.tracks {
		switch {
		case t.encode == nil:
		case t.from.index == l.source.video, t.from.index == l.source.audio:
			tracks = append(tracks, t)
		}
	}
	l.tracks = tracks
	for _, t := range tracks {
		if t.from.kind == audio {
			if err := l.addSoundRung(ctx, t); err != nil {
				return err
			}
		}
	}
	return l.leadAll(z)
}

// leadAll decodes the source, from where the clip begins: seeking goes by the
// pictures, and how the sound is cut by where that came to.
func (l *ladder) leadAll(z size) error {
	var offset, length float64
	for _, k := range []kind{video, audio} {
		for _, t := range l.tracks {
			if t.from.kind != k {
				continue
			}
			if err := l.lead(t, z, length); err != nil {
				return err
			}
		}
		if k == video {
			var err error
			if offset, length, err = l.cut(); err != nil {
				return err
			}
			l.setClip(offset, length)
		}
	}
	return nil
}

// fittingRenditions are those that are not higher than the film, or, if all are, one
// as high as it is.
func fittingRenditions(all []codec.StreamRendition, height int) []codec.StreamRendition {
	var fit []codec.StreamRendition
	for _, r := range all {
		if r.Height &^= 1; r.Height <= height {
			fit = append(fit, r)
		}
	}
	if len(fit) == 0 {
		r := all[0]
		r.Height = height
		fit = append(fit, r)
	}
	return fit
}

// mostRate is the most frames a second that are passed on.
const mostRate = 60

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
	l.rungs = append(l.rungs, g)
	rate := usualRate(v.rate)
	if frameRate(v) > mostRate {
		rate = rational{mostRate, 1}
	}
	g.track = manifest.Track{ID: strconv.Itoa(to.h) + "p", Kind: manifest.Video,
		Width: to.w, Height: to.h, FrameRate: manifest.Rate{Num: rate.num, Den: rate.den}}
	f, err := g.addPictures(z, rate, e, decodingOf(l.work))
	if err != nil {
		return err
	}
	g.feed = f
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
	m := codec.Media{Type: g.mediaType(), Width: g.track.Width, Height: g.track.Height}
	if g.ready {
		g.track.Segments = append(g.track.Segments, manifest.Segment{Duration: duration,
			Bytes: g.written - g.before})
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

// finish ends the last segment.
func (g *rung) finish() error {
	err := g.native(func() C.int { return C.spool_finish_segments(g.job) })
	if err != nil {
		return err
	}
	return g.session.finish()
}

// lead decodes a stream of the source for the renditions of its kind. length is that
// of the clip in seconds, 0 for all.
func (l *ladder) lead(t track, z size, length float64) error {
	d := decodingOf(l.work)
	if t.from.kind == audio {
		n := t.encode.samples
		filters := n.filters()
		if length > 0 {
			filters = fmt.Sprintf("atrim=end=%f,%s", length, filters)
		}
		return l.addTap(t.from.index, encode{filters: filters}, d, func(f frame) error {
			if err := l.sound.silence(scaled(int64(f.f.pts), n.rate)); err != nil {
				return err
			}
			return l.sound.feed.sound(f)
		})
	}
	return l.addTap(t.from.index, encode{filters: l.canonical(t.from, z)}, d, func(f frame) error {
		at, duration := int64(f.f.pts), f.microseconds()
		if at+duration <= 0 {
			return nil
		}
		l.setPosition(f)
		for _, g := range l.rungs {
			err := g.picture(f, scaled(max(0, at), feedBase), scaled(duration, feedBase))
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// filters lead to the samples.
func (n samples) filters() string {
	return fmt.Sprintf("atrim=start=0,aresample=async=1,"+
		"aformat=sample_fmts=%s:sample_rates=%d:channel_layouts=%s", n.format, n.rate, n.layout)
}

// canonical returns the filters that make the pictures what all renditions start
// from.
func (l *ladder) canonical(s stream, z size) string {
	pl := planner{tones: l.tones, target: target{still: true}} // interlaced films are made whole
	f := pl.upright(s)
	tones, _ := pl.standardRange(s)
	if f = append(f, tones...); frameRate(s) > mostRate {
		f = append(f, "fps="+strconv.Itoa(mostRate))
	}
	f = append(f, toBT709(s, z), "setsar=1", "format=yuv420p")
	return strings.Join(f, ",")
}

// write makes the playlists, the manifest and the captions.
func (l *ladder) write(ctx context.Context) error {
	var p manifest.Presentation
	for _, g := range l.all() {
		p.Tracks = append(p.Tracks, g.track)
	}
	for i, c := range l.op.Captions {
		id := "captions-" + strconv.Itoa(i+1)
		p.Captions = append(p.Captions, manifest.Caption{ID: id, Label: c.Label, Language: c.Language,
			Captions: c.Kind == "captions"})
		text := strings.TrimPrefix(c.Content, "\uFEFF")
		if err := l.text(ctx, id+".vtt", "text/vtt", []byte(text)); err != nil {
			return err
		}
	}
	for _, format := range l.op.PackageFormats {
		var err error
		if format == "hls" {
			err = l.playlists(ctx, p)
		} else {
			var text []byte
			if text, err = p.DASH(); err == nil {
				err = l.text(ctx, "manifest.mpd", "application/dash+xml", text)
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (l *ladder) playlists(ctx context.Context, p manifest.Presentation) error {
	const hls = "application/vnd.apple.mpegurl"
	for _, t := range p.Tracks {
		if err := l.text(ctx, t.PlaylistName(), hls, t.Playlist()); err != nil {
			return err
		}
	}
	for _, c := range p.Captions {
		if err := l.text(ctx, c.PlaylistName(), hls, p.CaptionPlaylist(c)); err != nil {
			return err
		}
	}
	return l.text(ctx, "master.m3u8", hls, p.Master())
}

func (l *ladder) text(ctx context.Context, name, mediaType string, text []byte) error {
	return writeText(ctx, l.work, codec.OutSpec{Name: name, Type: mediaType}, text, l.report)
}

// poster makes the picture that is shown before the film plays.
func (c *Codec) poster(ctx context.Context, w *codec.Work, from clip) error {
	op, _, _ := stillOf(codec.PosterFrame{})
	at, err := choose(ctx, w, from)
	if err != nil {
		return err
	}
	op.clip.start = at
	r, err := c.open(ctx, w, op)
	if err != nil {
		return err
	}
	defer r.close()
	r.called = "poster.jpg"
	r.meter.from, r.meter.share = 0.95, 0.05
	return r.do(ctx)
}
