package vips

// #include "glue.h"
import "C"

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strconv"
	"unsafe"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/vips/internal/metadata"
)

// watch reports the evaluation of im, and of all that is made of it, as
// progress.
func (c *conversion) watch(im image) {
	c.stage(c.share.at(0), c.share.at(1-c.saver.encodes))
	C.spool_watch(im.p, C.uintptr_t(c.id))
}

// save encodes im into an output of the sink and commits it.
func (c *conversion) save(im image, out codec.Sink) error {
	return c.saveAs(im, c.outputName(), out)
}

// outputName is the name of the output.
func (c *conversion) outputName() string {
	f := c.target
	f.Extension = c.suffix + f.Extension
	return f.OutputName(c.name)
}

func (c *conversion) saveAs(im image, name string, out codec.Sink) error {
	if c.minSSIM > 0 && c.saver.hasQuality() {
		return c.saveAlike(im, name, out)
	}
	w, err := c.create(out, name)
	if err != nil {
		return err
	}
	defer w.Abort()
	options := c.options(im)
	if err := c.encodeTo(im, options, w, 0); err != nil {
		return err
	}
	return w.Commit(c.result(im, options))
}

// create starts an output for the encoder.
func (c *conversion) create(out codec.Sink, name string) (codec.Writer, error) {
	w, err := out.Create(c.ctx,
		codec.OutSpec{Name: name, Type: c.target.Type, Seekable: c.saver.seekable})
	if err != nil {
		return nil, ioError(c.session.name, "could not be written", err)
	}
	return w, nil
}

// options returns what the encoder is told.
func (c *conversion) options(im image) map[string]string {
	z := size{im.width(), c.frameHeight(im)}
	o := c.saver.encoderOptions(z, c.quality, c.effort)
	if n := c.saver.deflated(im, z); n > 0 {
		level, _ := strconv.Atoi(o["compression"])
		o["compression"] = strconv.Itoa(deflateLevel(level, n))
	}
	return o
}

func (c *conversion) frameHeight(im image) int {
	if c.frames > 1 {
		return im.pageHeight()
	}
	return im.height()
}

// result is the account of the output that im was encoded into.
func (c *conversion) result(im image, options map[string]string) codec.Result {
	media := codec.Media{Type: c.target.Type, Width: im.width(), Height: c.frameHeight(im),
		Frames: c.frames, Duration: im.duration(c.frames)}
	return codec.Result{Media: media, Notes: c.takeNotes(), Streams: []codec.Stream{{
		Kind: "image", Codec: c.codec, Action: codec.Encoded,
		Encoder: c.encoderName(im), Options: options}}}
}

// encoderName is who encodes.
func (c *conversion) encoderName(im image) string {
	switch {
	case c.usesAOM():
		return "libaom"
	case c.saver.deflates(im, size{im.width(), c.frameHeight(im)}):
		return c.saver.name() + " and libdeflate"
	}
	return c.saver.name()
}

// errTooLong says that an encoder made more bytes than it may.
var errTooLong = errors.New("vips: the output is too long")

// encodeTo encodes into w, at most limit bytes if that is not 0. What encoders
// themselves add to a bare picture is cut out: libvips writes EXIF into every WebP,
// and into a JPEG whose profile stays.
func (c *conversion) encodeTo(
	im image, options map[string]string, w io.Writer, limit int64,
) error {
	adds := c.target.Name == "webp" || im.has(profileField)
	if !c.bare || !adds || !metadata.Cuts(c.target.Type) {
		return c.encode(im, options, w, limit)
	}
	const added = 1 << 10 // more than libvips adds
	var b bytes.Buffer
	inner := limit
	if limit > 0 {
		inner += added
	}
	if err := c.encode(im, options, &b, inner); err != nil {
		return err
	}
	file, err := metadata.Cut(bytes.NewReader(b.Bytes()), int64(b.Len()), c.target.Type)
	if err != nil {
		return err
	}
	if limit > 0 && file.Size > limit {
		return errTooLong
	}
	if _, err := io.Copy(w, file.Reader()); err != nil {
		return c.copyError("could not be written", err)
	}
	return nil
}

// encode pulls the picture through the pipeline into w, as encodeTo does.
func (c *conversion) encode(
	im image, options map[string]string, w io.Writer, limit int64,
) error {
	switch {
	case c.usesAOM():
		return c.encodeAVIF(im, options, w, limit)
	case c.saver.framed:
		return c.encodeFrames(im, options, w, limit)
	case c.saver.operation == "":
		return c.encodeBMP(im, w, limit)
	}
	return c.encodeOne(im, options, w, limit)
}

// encodeOne calls the encoder.
func (c *conversion) encodeOne(
	im image, options map[string]string, w io.Writer, limit int64,
) error {
	im, err := c.gather(im)
	if err != nil {
		return c.failure(codec.Invalid, "could not be made into "+c.target.Name)
	}
	a := args{"in": im}
	for name, value := range options {
		a[name] = value
	}
	if c.bare && !im.has(profileField) {
		a["strip"] = true // it takes the profile, too
	}
	if !c.saver.deflates(im, size{im.width(), im.height()}) {
		return c.encodeInto(a, w, limit)
	}
	packer := c.deflater(im, a, &limited{w: w, limit: limit})
	defer packer.Close()
	if err := c.encodeInto(a, packer, 0); err != nil {
		return err
	}
	if err := packer.Close(); err != nil {
		return ioError(c.session.name, "could not be written", err)
	}
	return nil
}

// encodeInto calls the encoder with the arguments, but for the target.
func (c *conversion) encodeInto(a args, w io.Writer, limit int64) error {
	t := newTarget(c.session, w)
	t.limit = limit
	if c.session.target = t; c.saver.seekable && t.seek == nil {
		return codec.Errorf(codec.Internal, "vips: the sink's writer for %s cannot seek", c.target.Name)
	}
	native := C.spool_target(C.uintptr_t(c.id), C.int(btoi(c.saver.seekable)))
	c.own(unsafe.Pointer(native))
	a["target"] = nativeTarget{native}
	if name := word(c.saver.operation); !slices.Contains(c.words, name) {
		c.words = append(c.words, name)
	}
	c.stageTo(c.share.at(1 - c.saver.encodes))
	err := c.runEncoder(a)
	if err != nil && !errors.Is(err, errOperation) {
		return err
	}
	written := err == nil && C.spool_flush(native) == 0 && !t.broken
	switch {
	case t.tooLong && c.ctx.Err() == nil:
		c.said() // it is no failure, and the next one says something else
		return errTooLong
	case err != nil:
		return c.failure(codec.Invalid, "could not be made into "+c.target.Name)
	case !written || c.ctx.Err() != nil:
		return c.failure(codec.Internal, "could not be written")
	}
	return nil
}

// runEncoder runs the encoder. That of WebP leaves the whole pipeline in memory when it fails
// (libvips 8.14), so it never does.
func (c *conversion) runEncoder(a args) error {
	if c.saver.operation != "webpsave_target" {
		return c.do(c.saver.operation, a, nil)
	}
	guarded := C.spool_guarded(a["in"].(image).p)
	if guarded == nil {
		return errOperation
	}
	c.own(unsafe.Pointer(guarded))
	a["in"] = image{guarded}
	err := c.do(c.saver.operation, a, nil)
	if err == nil && C.spool_guard_failed(guarded) != 0 {
		return errOperation
	}
	return err
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}
