package vips

import (
	"bytes"
	"errors"
	"io"
	"time"
	"unsafe"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/vips/internal/apng"
)

// roll encodes the frames of an image, which are below each other, one after the
// other, each as what has changed since the one before. Pixels come row by row.
type roll struct {
	*conversion
	im      image
	options map[string]string
	file    *apng.Writer
	delays  []int
	share   phase // of all frames

	now, before *pixels
	done        int         // frames
	written     int         // of them
	few         *fewColours // nil if there are too many, or there is more than pixels
}

// encodeFrames encodes the frames of im into w, at most limit bytes if that is not 0.
func (c *conversion) encodeFrames(
	im image, options map[string]string, w io.Writer, limit int64,
) error {
	im, err := c.asPixels(im)
	if err != nil {
		return c.failure(codec.Internal, "could not be written")
	}
	z := size{im.width(), c.frameHeight(im)}
	r := &roll{conversion: c, im: im, options: options, delays: im.numbers("delay"),
		file: apng.NewWriter(&limited{w: w, limit: limit}, c.frames, im.number("loop")),
		now:  &pixels{size: z}, share: c.share}
	if im.hasOnlyPixels() {
		r.few = &fewColours{numbers: map[[4]byte]byte{}}
	}
	defer func() { c.share = r.share }()
	if err := c.eachRow(im, r.row); err != nil {
		return c.writeError(err)
	}
	return c.writeError(r.finish())
}

// writeError leaves errors of this package as they are.
func (c *conversion) writeError(err error) error {
	if errors.Is(err, errOperation) {
		return c.loadFailure(c.picture, err)
	}
	if _, ok := errors.AsType[*codec.Error](err); ok || err == nil || errors.Is(err, errTooLong) ||
		c.ctx.Err() != nil {
		return err
	}
	return ioError(c.session.name, "could not be written", err)
}

// eachRow makes all pixels of an image, and gives them to take row by row.
func (s *session) eachRow(im image, take func([]byte) error) error {
	var failed error
	width := im.width() * im.bands() * im.sampleSize()
	s.rows = func(row unsafe.Pointer) bool {
		failed = take(unsafe.Slice((*byte)(row), width))
		return failed == nil
	}
	defer func() { s.rows = nil }()
	if !s.makeRows(im) && failed == nil {
		failed = errOperation
	}
	return failed
}

// row takes the next row; the last of a frame makes it complete.
func (r *roll) row(line []byte) error {
	if r.now.rgba = append(r.now.rgba, line...); len(r.now.rgba) < 4*r.now.w*r.now.h {
		return nil
	}
	if err := r.frame(); err != nil {
		return err
	}
	if r.before == nil {
		r.before = &pixels{size: r.now.size}
	}
	r.now, r.before = r.before, r.now
	r.now.rgba = r.now.rgba[:0]
	r.done++
	return nil
}

// frame adds what a frame changes.
func (r *roll) frame() error {
	p := piece{pixels: r.now, blend: apng.BlendSource, delay: defaultDelay}
	if r.done > 0 {
		p.pixels, p.at, p.blend = r.now.since(r.before)
	}
	if r.done < len(r.delays) {
		p.delay = time.Duration(r.delays[r.done]) * time.Millisecond
	}
	return r.add(p)
}

// write encodes a piece.
func (r *roll) write(p piece) error {
	defer r.release(len(r.objects), len(r.images))
	im, err := r.fromPixels(p.pixels)
	if err != nil {
		return err
	}
	if r.written == 0 {
		im.dress(r.im)
	}
	r.conversion.share = r.share.part(r.written, r.frames)
	r.written++
	var b bytes.Buffer
	if err := r.encodeOne(im, r.options, &b, 0); err != nil {
		return err
	}
	return r.file.Frame(b.Bytes(), p.at.x, p.at.y, p.delay, p.blend)
}

// since returns the part of p that is not as in a frame before, where it lies, and how
// it is to be drawn. Where all that has changed is opaque, what has not becomes
// transparent, which is shorter.
func (p *pixels) since(before *pixels) (part *pixels, at spot, blend byte) {
	left, top, right, bottom := p.w, p.h, 0, 0
	opaque := true
	for y := range p.h {
		now, then := p.row(y), before.row(y)
		if bytes.Equal(now, then) {
			continue
		}
		top, bottom = min(top, y), y+1
		for x := range p.w {
			if [4]byte(now[4*x:]) != [4]byte(then[4*x:]) {
				left, right = min(left, x), max(right, x+1)
				opaque = opaque && now[4*x+3] == 255
			}
		}
	}
	if bottom == 0 {
		left, top, right, bottom = 0, 0, 1, 1
	}
	part = &pixels{size{right - left, bottom - top}, nil}
	for y := top; y < bottom; y++ {
		part.rgba = append(part.rgba, p.row(y)[4*left:4*right]...)
		if opaque {
			part.row(y - top).erase(before.row(y)[4*left : 4*right])
		}
	}
	if opaque {
		return part, spot{left, top}, apng.BlendOver
	}
	return part, spot{left, top}, apng.BlendSource
}

// pixelRow are the bytes of a row of pixels.
type pixelRow []byte

func (p *pixels) row(y int) pixelRow { return p.rgba[4*y*p.w:][:4*p.w] }

// erase makes what is equal transparent.
func (r pixelRow) erase(equal pixelRow) {
	for x := 0; x < len(r); x += 4 {
		if [4]byte(r[x:]) == [4]byte(equal[x:]) {
			clear(r[x : x+4])
		}
	}
}

// limited fails with errTooLong behind limit bytes; 0 is no limit.
type limited struct {
	w        io.Writer
	limit, n int64
}

func (l *limited) Write(b []byte) (int, error) {
	if l.n += int64(len(b)); l.limit > 0 && l.n > l.limit {
		return 0, errTooLong
	}
	return l.w.Write(b)
}
