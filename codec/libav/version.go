package libav

import (
	"context"

	"github.com/bbrks/go-blurhash"
	"github.com/spoolmedia/spool/codec"
)

// version is one output of [deal].
type version struct {
	*run
	writer       codec.Writer
	video, sound *feed // nil: it has none
}

func newVersion(ctx context.Context, w *codec.Work, op request, name string) (*version, error) {
	s, err := newOutput(ctx, w.In[0].Name())
	if err != nil {
		return nil, err
	}
	v := &version{run: &run{session: s, request: op, work: w,
		meter: meter{to: new(codec.Work)}, called: name}}
	v.holdBack()
	v.target, _ = targetOf(v.request)
	v.format, _ = codec.LookupFormat(op.Format)
	return v, nil
}

func (v *version) close() {
	if v.writer != nil {
		_ = v.writer.Abort()
	}
	for _, f := range []*feed{v.video, v.sound} {
		if f != nil {
			f.free()
		}
	}
	v.session.close()
}

// end commits the output, of which everything is written.
func (v *version) end(notes []string) error {
	if err := v.relocate(v.writer); err != nil {
		return err
	}
	v.notes = append(v.notes, notes...)
	return v.commit(v.writer, v.result())
}

// pictures makes the outputs that are one picture of the film, and its BlurHash.
func (c *Codec) pictures(ctx context.Context, w *codec.Work, op codec.Renditions,
	outputs []codec.Rendition, m meter) error {
	if len(outputs) == 0 && !op.BlurHash {
		return nil
	}
	at, err := choose(ctx, w, clip{})
	if err != nil {
		return err
	}
	for i, o := range outputs {
		r := request{newVideo: true, clip: moment(at), family: stills}
		r.encodeRendition(o)
		if o.Timestamp != nil {
			r.clip.start = *o.Timestamp
		}
		one := m
		one.from, one.share = m.from+m.share*float64(i)/float64(len(outputs)),
			m.share/float64(len(outputs))
		if err := c.pictureOf(ctx, w, r, o.OutputName(w.In[0].Name()), one); err != nil {
			return err
		}
	}
	if op.BlurHash {
		return c.blurHash(ctx, w, at)
	}
	return nil
}

func (c *Codec) pictureOf(ctx context.Context, w *codec.Work, op request, name string,
	m meter) error {
	r, err := c.open(ctx, w, op)
	if err != nil {
		return err
	}
	defer r.close()
	r.called, r.meter = name, m
	return r.do(ctx)
}

// blurHash writes a text of some 30 characters from which a page can draw a blurred
// picture (https://blurha.sh).
func (c *Codec) blurHash(ctx context.Context, w *codec.Work, at float64) error {
	r, err := c.open(ctx, w, request{newVideo: true, clip: moment(at), family: stills,
		Convert: codec.Convert{Format: "png", Width: 32, Height: 32, Fit: codec.FitInside}})
	if err != nil {
		return err
	}
	defer r.close()
	hash := ""
	e := encode{filters: r.upTo, limit: 1}
	err = r.addTap(r.tracks[0].from.index, e, decodingOf(w), func(f frame) (err error) {
		hash, err = blurhash.Encode(4, 3, f.rgba())
		return err
	})
	if err == nil {
		err = r.cutTap()
	}
	if err != nil {
		return r.workError(err)
	}
	if err := r.loop(); err != nil {
		return err
	}
	if hash == "" {
		return r.clip.beyond(r.in.Name())
	}
	text := codec.Format{Extension: "-blurhash.txt"}
	return writeText(ctx, w, codec.OutSpec{Name: text.OutputName(r.in.Name()), Type: "text/plain"},
		[]byte(hash), r.report)
}
