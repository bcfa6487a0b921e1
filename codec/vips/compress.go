package vips

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/vips/internal/metadata"
)

// Savers of compress, where they are not those of other operations: with these a
// lower quality makes smaller files of formats that know no quality of their own.
var lossy = map[string]*saver{
	"png": variant("png", efforts(7, 480, 4, 430, 2, 360),
		efforts(2, 360, 4, 430, 7, 480, 10, 860),
		func(quality int) map[string]string {
			return options("palette", true, "Q", quality, "compression", 12)
		}),
	"gif": variant("gif", savers["gif"].efforts, savers["gif"].scale,
		func(quality int) map[string]string {
			return options("bitdepth", 1+(quality-1)*8/100, "interframe-maxerror", (100-quality)*16/100)
		}),
}

// lossless are the savers of compress that change no pixel.
var lossless = map[string]*saver{
	"png":  tight("png"),
	"apng": tight("apng"),
	"webp": variant("webp", efforts(4, 1200, 0, 800), efforts(0, 800, 4, 1200),
		func(int) map[string]string { return options("lossless", true) }),
	"jxl": variant("jxl", efforts(5, 2000, 4, 1500, 3, 270), efforts(3, 270, 4, 1500, 5, 2000),
		func(int) map[string]string { return options("lossless", true) }),
	"tiff": savers["tiff"],
}

// tight is the saver of a png without loss, whose usual effort is the most.
func tight(name string) *saver {
	f := variant(name, nil, efforts(1, 0, 8, 0, 12, 0), func(int) map[string]string {
		return options("compression", 12, "filter", "all")
	})
	f.knob = "compression"
	return f
}

// variant is a saver with other efforts and options.
func variant(name string, efforts, scale []effort,
	options func(quality int) map[string]string) *saver {
	f := *savers[name]
	f.efforts, f.scale, f.knob = efforts, scale, ""
	f.options = func(_ size, quality int) map[string]string { return options(quality) }
	return &f
}

// squeeze is one compress of one picture.
type squeeze struct {
	*session
	*picture
	op   codec.Compress
	file *metadata.File // the input without its metadata; nil if they stay
}

// compress makes the picture smaller, or gives back the input.
func (s *session) compress(p *picture, op codec.Compress, out codec.Sink) error {
	q := &squeeze{session: s, picture: p, op: op.WithDefaults()}
	if *op.WithDefaults().StripMetadata && metadata.Cuts(p.in.Type()) && p.turns() < 2 {
		var err error
		if q.file, err = s.cut(p); err != nil {
			return err
		}
	}
	r, ok := q.recipe()
	r.asked = op.Quality != 0
	if !ok {
		return q.giveBack(out, "%s cannot be made smaller without loss here", codec.TypeName(p.in.Type()))
	}
	c, err := s.plan(p, r)
	if err != nil {
		return err
	}
	c.explain()
	switch {
	case c.frames < p.media.Frames:
		return q.giveBack(out, "only one of its %d pictures could be written", p.media.Frames)
	case op.TargetBytes > 0 && q.size() <= op.TargetBytes:
		return q.giveBack(out, "it has no more than %d bytes already", op.TargetBytes)
	}
	im, err := c.produce()
	if err != nil {
		return err
	}
	switch {
	case op.TargetBytes > 0:
		return q.aim(c, im, out)
	case op.AutoQuality && c.saver.hasQuality():
		return q.encodeAlike(c, im, out)
	}
	return q.encodeOnce(c, im, out)
}

// compressing is how op encodes pictures of the media type, or false if that
// cannot be.
func compressing(op codec.Compress, mediaType string) (recipe, bool) {
	op = op.WithDefaults()
	name := formatOf(mediaType)
	r := recipe{encoding: encoding{format: name, quality: op.Quality, effort: op.Effort,
		keepProfile: true, minSSIM: op.MinSSIM, bare: *op.StripMetadata, saver: lossy[name]}}
	if op.Lossless {
		r.saver = lossless[name]
		return r, r.saver != nil
	}
	return r, true
}

func (q *squeeze) recipe() (recipe, bool) { return compressing(q.op, q.in.Type()) }

// size is how many bytes come back where nothing is gained.
func (q *squeeze) size() int64 {
	if q.file != nil {
		return q.file.Size
	}
	return q.in.Size()
}

// input reads the bytes that come back.
func (q *squeeze) input() io.Reader {
	if q.file != nil {
		return q.file.Reader()
	}
	return io.NewSectionReader(boundInput{q.ctx, q.in}, 0, q.in.Size())
}

// giveBack makes the input the output, and says why.
func (q *squeeze) giveBack(out codec.Sink, why string, args ...any) error {
	q.explain(why, args...)
	return q.give(q.picture, q.input(), q.size(), out)
}

func (q *squeeze) explain(why string, args ...any) {
	q.note("the input's bytes came back: "+why, args...)
	switch {
	case q.file != nil && len(q.file.Removed) > 0:
		q.note("its metadata were cut out")
	case q.file == nil && *q.op.StripMetadata:
		q.note("its metadata are still there: they cannot be cut out without a new encode")
	}
}

// encodeOnce encodes into the output, and writes the input over it if that is
// not larger.
func (q *squeeze) encodeOnce(c *conversion, im image, out codec.Sink) error {
	format := c.target
	w, err := out.Create(q.ctx, codec.OutSpec{Name: format.OutputName(q.session.name),
		Type: q.in.Type(), Seekable: true})
	if err != nil {
		return ioError(q.session.name, "could not be written", err)
	}
	defer w.Abort()
	options := c.options(im)
	err = c.encodeTo(im, options, w, q.size()-1)
	if !errors.Is(err, errTooLong) {
		if err != nil {
			return err
		}
		return w.Commit(c.result(im, options))
	}
	sw, ok := w.(codec.SeekableWriter)
	if !ok {
		return codec.Errorf(codec.Internal, "vips: the sink's writer for %s cannot seek", format.Name)
	}
	if _, err := sw.Seek(0, io.SeekStart); err != nil {
		return ioError(q.session.name, "could not be written", err)
	}
	q.explain("%s would not be smaller", q.encoded())
	if err := q.copyTo(w, q.input(), q.size()); err != nil {
		return err
	}
	return w.Commit(q.copied(q.picture))
}

// encodeAlike encodes with the lowest quality that is good enough, if that is
// smaller than the input.
func (q *squeeze) encodeAlike(c *conversion, im image, out codec.Sink) error {
	best, err := c.tune(im)
	if err != nil {
		return err
	}
	if int64(best.bytes.Len()) >= q.size() {
		return q.giveBack(out, "with quality %d it would not be smaller", best.quality)
	}
	return c.saveTrial(im, best, c.target.OutputName(q.session.name), out)
}

// encoded says how the picture was encoded.
func (q *squeeze) encoded() string {
	if q.op.Lossless {
		return "encoded without loss it"
	}
	return fmt.Sprintf("with quality %d it", q.op.Quality)
}

// trial is the picture encoded with one quality.
type trial struct {
	quality    int
	options    map[string]string
	bytes      bytes.Buffer
	similarity float64 // to the picture, where that counts
}

// aim finds the highest quality whose result fits, by halving what is left of the
// scale, with a picture that is decoded once.
func (q *squeeze) aim(c *conversion, im image, out codec.Sink) error {
	im, err := c.hold(im)
	if err != nil {
		return c.loadFailure(c.picture, err)
	}
	var best *trial
	for low, high := 1, 100; low <= high; {
		next := &trial{quality: (low + high) / 2}
		switch err := q.try(c, im, next, q.op.TargetBytes); {
		case err == nil:
			best, low = next, next.quality+1
		case errors.Is(err, errTooLong):
			high = next.quality - 1
		default:
			return err
		}
	}
	if best == nil {
		return q.missed(c, im)
	}
	q.note("quality %d is the highest that fits %d bytes", best.quality, q.op.TargetBytes)
	return c.saveTrial(im, best, c.target.OutputName(q.session.name), out)
}

// try encodes with a quality; errTooLong says that the result exceeds limit.
func (q *squeeze) try(c *conversion, im image, t *trial, limit int64) error {
	c.quality = t.quality
	t.options = maps.Clone(c.options(im))
	return c.encodeTo(im, t.options, &t.bytes, limit)
}

// missed says how small the picture gets at best.
func (q *squeeze) missed(c *conversion, im image) error {
	least := &trial{quality: 1}
	if err := q.try(c, im, least, 0); err != nil {
		return err
	}
	advice := "a smaller picture would fit"
	if n := len(im.blob(profileField)); int64(n) >= q.op.TargetBytes {
		advice = fmt.Sprintf("its colour profile alone has %d, which convert leaves out", n)
	}
	return codec.Errorf(codec.Unsupported,
		"%s has %d bytes even with quality 1; %d were asked for: %s",
		q.session.name, least.bytes.Len(), q.op.TargetBytes, advice)
}
