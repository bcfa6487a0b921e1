package libav

// #include "job.h"
import "C"

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spoolmedia/spool/codec"
)

// ladder is an adaptive stream under way: one decode of the source, whose frames are
// fed to the encoders of all renditions. The same frames begin a segment in each of
// them.
type ladder struct {
	*run
	op       codec.AdaptiveStream
	tones    bool
	source   part
	rungs    []*rung // from the highest on
	sound    *rung   // nil: none
	key      streamKey
	portrait *portrait // finds the poster
	dealt    bool      // some picture was passed on
	*relay
}

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
	l := &ladder{run: r, op: op, tones: c.tones, key: newStreamKey(op.Encryption),
		relay: newRelay(threads(w))}
	if l.source, err = survey(ctx, w.In[0], w.Policy); err != nil {
		return err
	}
	if l.source.video < 0 {
		return codec.Errorf(codec.Invalid, "%s has no video to stream", w.In[0].Name())
	}
	l.portrait = newPortrait(r.session, r.clip.of(r.media.Duration).Seconds())
	defer l.close()
	own, err := c.ownCaptions(ctx, w, op, l.source.streams)
	if err != nil {
		return err
	}
	l.op.Captions = append(l.op.Captions, own...)
	if err := l.build(ctx); err != nil {
		return r.workError(err)
	}
	for _, g := range l.rungs {
		l.running.Go(g.serve)
	}
	if err := l.inSlot(l.loop); err != nil {
		return err
	}
	if l.clip.whole() || l.dealt {
		r.job.packets = 1 // of a tap there are none
	}
	if err := r.checkDecoded(); err != nil {
		return err
	}
	if err := l.finish(); err != nil {
		return r.workError(err)
	}
	if err := l.write(ctx); err != nil {
		return err
	}
	return l.poster(ctx)
}

// finish ends all renditions.
func (l *ladder) finish() error {
	if err := l.endRungs(); err != nil {
		return err
	}
	if err := l.endSound(); err != nil {
		return err
	}
	for _, g := range l.all() {
		if err := g.finish(); err != nil {
			return err
		}
	}
	return nil
}

// endSound encodes what is held back of the sound, and leaves out the rendition if there
// is none: in the clip, or because it is lost.
func (l *ladder) endSound() error {
	if l.sound == nil {
		return nil
	}
	if l.sound.feed.end > 0 {
		return l.sound.drain()
	}
	l.sound.discard()
	l.sound = nil
	const reason = "there is no sound in what is streamed"
	l.report = slices.Clone(l.report) // segments have the other
	l.drop(l.source.audio, reason)
	l.notes = append(l.notes, "The sound was left out: "+reason+".")
	return nil
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
	l.fail(context.Canceled) // unless all is done
	_ = l.endRungs()
	l.portrait.free()
	for _, g := range l.all() {
		g.discard()
	}
}

// build opens an output for each rendition, and leads the frames there.
func (l *ladder) build(ctx context.Context) error {
	v := l.source.streams[l.source.video]
	z := l.size.even()
	for _, r := range slices.Backward(fittingRenditions(l.op.Renditions, z.h)) {
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
	return l.addTap(t.from.index, l.canonical(t.from, z), d, func(f frame) error {
		at, duration := int64(f.f.pts), f.microseconds()
		if at+duration <= 0 {
			return nil
		}
		l.setPosition(f)
		if err := l.portrait.look(f, max(0, f.seconds())); err != nil {
			return err
		}
		l.dealt = true
		return l.deal(picture{f, scaled(max(0, at), feedBase), scaled(duration, feedBase)})
	})
}

// deal passes a picture on. The decoder has a slot, and gives it to those that encode
// while it waits for them.
func (l *ladder) deal(p picture) error {
	<-l.slots
	defer func() { l.slots <- struct{}{} }()
	return l.pass(p, l.topmost())
}

// filters lead to the samples.
func (n samples) filters() string {
	return fmt.Sprintf("atrim=start=0,aresample=async=1:rematrix_maxval=1,"+
		"aformat=sample_fmts=%s:sample_rates=%d:channel_layouts=%s", n.format, n.rate, n.layout)
}

// canonicalColour tells the filter scale what it gets from those of canonical.
const canonicalColour = "in_color_matrix=bt709:in_range=tv"

// canonical has the filters that make the pictures what all renditions start from.
func (l *ladder) canonical(s stream, z size) (e encode) {
	pl := planner{tones: l.tones, target: target{still: true}} // interlaced films are made whole
	f := pl.upright(s)
	tones, _ := pl.standardRange(s)
	if f = append(f, tones...); frameRate(s) > mostRate {
		f = append(f, "fps="+strconv.Itoa(mostRate))
	}
	if len(f) == 0 {
		e.plain = z
	}
	f = append(f, toBT709(s, z), "setsar=1", "format=yuv420p")
	e.filters = strings.Join(f, ",")
	return e
}
