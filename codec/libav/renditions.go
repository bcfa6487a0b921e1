package libav

// #include "job.h"
// #include <libavutil/pixdesc.h>
import "C"

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"unsafe"

	"github.com/spoolmedia/spool/codec"
)

// renditions makes several outputs of a film: those that play from one decode, whose
// frames are fed to the encoders of all of them, and pictures as poster-frame does.
func (c *Codec) renditions(ctx context.Context, w *codec.Work, op codec.Renditions) error {
	var films, pictures []codec.Rendition
	for _, o := range op.Outputs {
		switch {
		case o.Format == codec.FormatAuto:
			return codec.Errorf(codec.Unsupported, "%s is no picture: the format %s is for pictures",
				w.In[0].Name(), o.Format)
		case isStill(o):
			pictures = append(pictures, o)
		default:
			films = append(films, o)
		}
	}
	share := 0.0 // of the work that is for those that play
	if len(films) > 0 {
		share = 0.9
		if len(pictures) > 0 || op.BlurHash {
			if err := hasPictures(ctx, w); err != nil {
				return err
			}
		}
		if err := c.playing(ctx, w, films, meter{to: w, share: share}); err != nil {
			return err
		}
	}
	return c.pictures(ctx, w, op, pictures, meter{to: w, from: share, share: 1 - share})
}

// hasPictures refuses to make pictures of sound, before the rest is done in vain.
func hasPictures(ctx context.Context, w *codec.Work) error {
	p, err := survey(ctx, w.In[0], w.Policy)
	if err == nil && p.video < 0 {
		err = codec.Errorf(codec.Unsupported, "%s has no video to make pictures from", w.In[0].Name())
	}
	return err
}

// isStill reports whether the output is one picture of the film.
func isStill(o codec.Rendition) bool {
	_, still := stills[o.WithDefaults().Format]
	return still
}

// renditionRequest is the request for an output that plays.
func renditionRequest(o codec.Rendition) request {
	r := request{newVideo: true, newSound: true, anew: true, plain: true}
	r.encodeRendition(o)
	return r
}

// encodeRendition makes the output what o says.
func (r *request) encodeRendition(o codec.Rendition) {
	r.Convert = codec.Convert{Format: o.Format, Quality: o.Quality, Width: o.Width,
		Height: o.Height, Fit: o.Fit, Effort: o.Effort, Video: o.Video,
		Channels: o.Channels}.WithDefaults()
	r.AutoQuality, r.asked = o.AutoQuality, o.Quality != 0
}

// playing makes the outputs that play, and all of them once more by software if an
// encoder of hardware fails.
func (c *Codec) playing(ctx context.Context, w *codec.Work, films []codec.Rendition,
	m meter) error {
	wanted, hard := make([]request, len(films)), false
	for i, o := range films {
		wanted[i] = c.withHardware(ctx, renditionRequest(o))
		hard = hard || wanted[i].hardware != nil
	}
	err := c.play(ctx, w, films, wanted, m)
	if _, native := errors.AsType[nativeError](err); !hard || !native || ctx.Err() != nil {
		return err
	}
	for i, r := range wanted {
		if r.hardware != nil {
			wanted[i] = r.withoutHardware(err)
		}
	}
	return c.play(ctx, w, films, wanted, m)
}

// play makes the outputs as the requests say.
func (c *Codec) play(ctx context.Context, w *codec.Work, films []codec.Rendition,
	wanted []request, m meter) error {
	source, err := survey(ctx, w.In[0], w.Policy)
	if err != nil {
		return err
	}
	r, err := c.open(ctx, w, wanted[0])
	if err != nil {
		return err
	}
	defer r.close()
	r.meter = m
	d := &deal{run: r, source: source}
	defer d.close()
	for i, o := range films {
		v, err := newVersion(ctx, w, wanted[i], o.OutputName(w.In[0].Name()))
		if err != nil {
			return err
		}
		d.versions = append(d.versions, v)
		if err := d.add(ctx, v, c.tones); err != nil {
			return err
		}
	}
	if err := d.lead(); err != nil {
		return r.workError(err)
	}
	if err := d.loop(); err != nil {
		return err
	}
	r.job.packets = 1 // of a tap there are none
	if err := r.checkDecoded(); err != nil {
		return err
	}
	err = atOnce(d.versions, func(v *version) error {
		if err := v.finishFeeds(); err != nil {
			return v.workError(err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, v := range d.versions {
		if err := v.end(r.notes); err != nil {
			return err
		}
	}
	return nil
}

// atOnce does something with all of them at once, and returns the first error.
func atOnce[T any](all []T, do func(T) error) error {
	errs := make([]error, len(all))
	var running sync.WaitGroup
	for i, one := range all {
		running.Go(func() { errs[i] = do(one) })
	}
	running.Wait()
	return cmp.Or(errs...)
}

// deal is a decode whose frames are dealt out to several encoders.
type deal struct {
	*run
	source   part
	versions []*version
	sound    samples // as it is dealt out
}

func (d *deal) close() {
	for _, v := range d.versions {
		v.close()
	}
}

// add opens an output.
func (d *deal) add(ctx context.Context, v *version, tones bool) (err error) {
	from := source{d.in.Name(), d.in.Type(), d.source.streams, d.media.Duration}
	if v.plan, err = makePlan(from, v.request, tones); err != nil {
		return err
	}
	v.dropOthers(d.source)
	if v.writer, err = v.create(ctx); err != nil {
		return err
	}
	if err := v.openOutput(v.target.muxer, v.writer, v.target.seekable); err != nil {
		return v.workError(err)
	}
	v.setPlain(true)
	for _, t := range v.tracks {
		if t.from.kind == video && d.pixels(t.from) == "" {
			return codec.Errorf(codec.Invalid, "%s is damaged: nothing of its video could be decoded",
				d.in.Name())
		}
		if err := d.feed(v, t); err != nil {
			return v.workError(err)
		}
	}
	if err := v.session.start(v.options, 0, 0, false); err != nil {
		return v.workError(err)
	}
	return nil
}

// feed makes the track of v that is made of t.
func (d *deal) feed(v *version, t track) error {
	limits := decodingOf(d.work)
	if t.from.kind == audio {
		d.sound = dealt(t.from)
		like := likeSound(d.sound)
		f, err := v.addFeed(like, C.AVRational{num: 1, den: C.int(d.sound.rate)}, C.AVRational{},
			*t.encode, limits)
		v.sound = f
		return err
	}
	rate := usualRate(t.from.rate)
	like := C.spool_like_stream(d.job, C.int(t.from.index))
	f, err := v.addFeed(like, C.AVRational{num: 1, den: feedBase},
		C.AVRational{num: C.int(rate.num), den: C.int(rate.den)}, *t.encode, limits)
	v.video = f
	return err
}

// dealt is how sound is dealt out: as it is, in samples that lose nothing.
func dealt(s stream) samples {
	layout := s.layout
	if !knownLayout(layout) {
		layout = defaultLayouts[min(max(1, s.channels), 8)]
	}
	return samples{"fltp", s.sampleRate, layout}
}

// lead decodes the streams that some output takes.
func (d *deal) lead() error {
	limits := decodingOf(d.work)
	d.setClip(startOf(d.source.streams), 0)
	d.tracks = nil
	if takes := d.takers(func(v *version) *feed { return v.video }); len(takes) > 0 {
		s := d.source.streams[d.source.video]
		// Should they change in the middle, what follows is made like the first.
		filters := fmt.Sprintf("scale=%d:%d,format=%s", s.width, s.height, d.pixels(s))
		err := d.addTap(s.index, encode{filters: filters}, limits, func(f frame) error {
			at, duration := int64(f.f.pts), f.microseconds()
			if at+duration <= 0 {
				return nil
			}
			d.setPosition(f)
			for _, to := range takes {
				err := to.picture(f, scaled(max(0, at), feedBase), scaled(duration, feedBase))
				if err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		d.tracks = append(d.tracks, track{from: s, encode: &encode{}})
	}
	takes := d.takers(func(v *version) *feed { return v.sound })
	if len(takes) == 0 {
		return nil
	}
	s := d.source.streams[d.source.audio]
	d.tracks = append(d.tracks, track{from: s, encode: &encode{}})
	return d.addTap(s.index, encode{filters: d.sound.filters()}, limits, func(f frame) error {
		at := int64(f.f.pts)
		if d.source.video < 0 {
			d.setPosition(f)
		}
		for _, to := range takes {
			if err := to.silence(scaled(at, d.sound.rate)); err != nil {
				return err
			}
			if err := to.sound(f); err != nil {
				return err
			}
		}
		return nil
	})
}

// pixels is the name of the pixel format of a stream.
func (d *deal) pixels(s stream) string {
	p := unsafe.Slice(d.job.in.streams, len(d.source.streams))[s.index].codecpar
	return C.GoString(C.av_get_pix_fmt_name(int32(p.format)))
}

func (d *deal) takers(of func(*version) *feed) []*feed {
	var all []*feed
	for _, v := range d.versions {
		if f := of(v); f != nil {
			all = append(all, f)
		}
	}
	return all
}

// dropOthers leaves the main picture and the main sound in the plan.
func (v *version) dropOthers(p part) {
	const why = "renditions hold the main picture and the main sound"
	for _, cover := range v.covers {
		v.drop(cover, why)
	}
	v.covers = nil
	v.tracks = slices.DeleteFunc(v.tracks, func(t track) bool {
		main := t.encode != nil && (t.from.index == p.video || t.from.index == p.audio)
		if !main {
			v.drop(t.from.index, why)
		}
		return !main
	})
}
