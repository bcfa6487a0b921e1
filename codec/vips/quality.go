package vips

import (
	"bytes"
	"maps"
	"math"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/vips/internal/ssim"
)

// The scale of automatic qualities, and the first to try.
const (
	leastQuality = 20
	mostQuality  = 100
	firstQuality = 75
)

// lossPerStep is how much the logarithm of what is missing to a similarity of 1
// changes with a step of quality, about.
const lossPerStep = -0.03

// hasQuality reports whether a quality changes what the encoder does.
func (f *saver) hasQuality() bool {
	z := size{16, 16}
	return !maps.Equal(f.options(z, leastQuality), f.options(z, mostQuality))
}

// tuning is the search for the lowest quality that is good enough.
type tuning struct {
	*conversion
	im      image
	like    []byte // the luma of the picture
	best    *trial // of those that are good enough, that with the lowest quality
	encodes int
}

// tune finds the lowest quality of an image at which it stays as similar as asked.
// Where none is, the highest comes back.
func (c *conversion) tune(im image) (*trial, error) {
	im, err := c.hold(im)
	if err != nil {
		return nil, c.loadFailure(c.picture, err)
	}
	t := &tuning{conversion: c, im: im}
	if t.like, err = c.luma(im); err != nil {
		return nil, c.loadFailure(c.picture, err)
	}
	if err := t.search(); err != nil {
		return nil, err
	}
	best, said := t.best, "quality %d is the lowest with an SSIM of at least %v: %.4f, in %d encodes"
	if best.similarity < c.minSSIM {
		said = "quality %d is the best, but has no SSIM of %v: %.4f, in %d encodes"
	}
	c.note(said, best.quality, c.minSSIM, best.similarity, t.encodes)
	return best, nil
}

// search keeps what is too low and what is good enough, and tries in between: where
// a straight line through the logarithms of both meets the bound, and every third
// time in the middle.
func (t *tuning) search() error {
	low, high := &trial{quality: leastQuality - 1}, &trial{quality: mostQuality + 1}
	for next := firstQuality; high.quality-low.quality > 1; next = t.between(low, high) {
		tried, err := t.try(next)
		if err != nil {
			return err
		}
		if tried.similarity >= t.minSSIM {
			high, t.best = tried, tried
		} else if low = tried; next == mostQuality {
			t.best = tried
		}
	}
	return nil
}

// between returns the next quality to try.
func (t *tuning) between(low, high *trial) int {
	room := func(q float64) int {
		return min(max(int(math.Round(q)), low.quality+1), high.quality-1)
	}
	goal := math.Log(1 - t.minSSIM)
	switch {
	case t.encodes%3 == 0:
		return (low.quality + high.quality) / 2
	case low.bytes.Len() == 0:
		return room(float64(high.quality) + (goal-high.loss())/lossPerStep)
	case high.bytes.Len() == 0:
		return room(float64(low.quality) + (goal-low.loss())/lossPerStep)
	}
	slope := (high.loss() - low.loss()) / float64(high.quality-low.quality)
	return room(float64(low.quality) + (goal-low.loss())/slope)
}

// loss is the logarithm of what is missing to a similarity of 1.
func (t *trial) loss() float64 { return math.Log(max(1-t.similarity, 1e-9)) }

// try encodes with a quality, decodes the result and compares. What libvips needs
// for that is free afterwards.
func (t *tuning) try(quality int) (*trial, error) {
	defer t.release(len(t.objects), len(t.images))
	t.encodes++
	t.quality = quality
	tried := &trial{quality: quality, options: maps.Clone(t.options(t.im))}
	if err := t.encodeTo(t.im, tried.options, &tried.bytes, 0); err != nil {
		return nil, err
	}
	defer t.forget(t.noted()) // what the decoder says of the encoder
	im, err := t.decodeAgain(tried.bytes.Bytes())
	if err != nil {
		return nil, t.failure(codec.Internal, "could not be decoded again")
	}
	luma, err := t.luma(im)
	if err != nil {
		return nil, t.failure(codec.Internal, "could not be decoded again")
	}
	tried.similarity = ssim.Index(t.like, luma, t.im.width())
	return tried, nil
}

// decodeAgain opens what an encoder of the target has made.
func (t *tuning) decodeAgain(file []byte) (image, error) {
	if t.usesAOM() && t.frames > 1 {
		return t.decodeSequence(file)
	}
	a := args{"source": t.memorySource(file), "access": "sequential"}
	if t.frames > 1 {
		a["n"] = -1
	}
	return t.call(loaders[t.target.Type].operation, a)
}

// luma makes the luma of all pixels (ITU-R BT.601), a byte for each; transparent
// parts are laid on grey.
func (s *session) luma(im image) ([]byte, error) {
	im, err := s.call("colourspace", args{"in": im, "space": "srgb"})
	if err == nil && im.hasAlpha() {
		im, err = s.call("flatten", args{"in": im, "background": []float64{128, 128, 128}})
	}
	if err != nil {
		return nil, err
	}
	weights, err := s.matrix([]float64{0.299, 0.587, 0.114}, 3)
	if err != nil {
		return nil, err
	}
	if im, err = s.call("recomb", args{"in": im, "m": weights}); err != nil {
		return nil, err
	}
	if im, err = s.call("cast", args{"in": im, "format": "uchar"}); err != nil {
		return nil, err
	}
	return s.toBytes(im)
}

// saveAlike encodes with the lowest quality that is good enough.
func (c *conversion) saveAlike(im image, name string, out codec.Sink) error {
	best, err := c.tune(im)
	if err != nil {
		return err
	}
	return c.saveTrial(im, best, name, out)
}

// saveTrial makes a trial the output.
func (c *conversion) saveTrial(im image, t *trial, name string, out codec.Sink) error {
	w, err := c.create(out, name)
	if err != nil {
		return err
	}
	defer w.Abort()
	size := int64(t.bytes.Len())
	if err := c.copyTo(w, bytes.NewReader(t.bytes.Bytes()), size); err != nil {
		return err
	}
	result := c.result(im, t.options)
	result.Quality = t.quality
	return w.Commit(result)
}
