package vips

// #include "glue.h"
import "C"

import (
	"bytes"
	"errors"
	"regexp"
	"unsafe"

	"github.com/spoolmedia/spool/codec"
)

// watch reports the evaluation of im, and of all that is made of it, as
// progress.
func (c *conversion) watch(im image) {
	c.stage(0, 1-c.saver.encodes)
	C.spool_watch(im.p, C.uintptr_t(c.id))
}

// orientation in XMP, which some programs obey: https://developer.adobe.com/xmp/docs/XMPNamespaces/tiff/
var xmpOrientation = regexp.MustCompile(`(tiff:Orientation(?:>|=")\s*)[2-8]`)

// fields leaves the metadata as they are, but for what is no longer true of the
// picture: orientation, the small preview, and a profile that was applied.
func (c *conversion) fields(im image) (image, error) {
	im, err := c.copy(im)
	if err != nil {
		return im, err
	}
	C.vips_autorot_remove_angle(im.p)
	im.remove("jpeg-thumbnail-data")
	if xmp := im.blob("xmp-data"); xmpOrientation.Match(xmp) {
		im.setBlob("xmp-data", xmpOrientation.ReplaceAll(bytes.Clone(xmp), []byte("${1}1")))
	}
	if c.frames == 1 {
		for _, name := range []string{"n-pages", "page-height", "delay", "loop", "gif-delay", "gif-loop"} {
			im.remove(name)
		}
	}
	if c.threads > 1 {
		im.setNumber("concurrency", c.threads)
	}
	return im, nil
}

// save encodes im into an output of the sink and commits it.
func (c *conversion) save(im image, out codec.Sink) error {
	w, err := out.Create(c.ctx, codec.OutSpec{Name: c.target.OutputName(c.name), Type: c.target.Type,
		Seekable: c.saver.seekable})
	if err != nil {
		return ioError(c.name, "could not be written", err)
	}
	defer w.Abort()
	if c.session.target = newTarget(c.session, w); c.saver.seekable && c.session.target.seek == nil {
		return codec.Errorf(codec.Internal, "vips: the sink's writer for %s cannot seek", c.target.Name)
	}
	media := codec.Media{Type: c.target.Type, Width: im.width(), Height: im.height(), Frames: c.frames}
	if c.frames > 1 {
		media.Height = im.pageHeight()
		media.Duration = im.duration(c.frames)
	}
	options := c.saver.encoderOptions(size{media.Width, media.Height}, c.op.Quality)
	if err := c.encode(im, options); err != nil {
		return err
	}
	return w.Commit(codec.Result{Media: media, Notes: c.takeNotes(), Streams: []codec.Stream{{
		Kind: "image", Codec: c.codec, Action: codec.Encoded,
		Encoder: "libvips " + c.saver.name(), Options: options}}})
}

// encode pulls the picture through the pipeline into the target.
func (c *conversion) encode(im image, options map[string]string) error {
	native := C.spool_target(C.uintptr_t(c.id), C.int(btoi(c.saver.seekable)))
	c.own(unsafe.Pointer(native))
	a := args{"in": im, "target": nativeTarget{native}}
	for name, value := range options {
		a[name] = value
	}
	c.words = append(c.words, word(c.saver.operation))
	c.stage(c.best, 1-c.saver.encodes)
	if err := c.do(c.saver.operation, a, nil); err != nil {
		if !errors.Is(err, errOperation) {
			return err
		}
		return c.failure(codec.Invalid, "could not be made into "+c.target.Name)
	}
	if c.session.target.flush() != nil || c.ctx.Err() != nil {
		return c.failure(codec.Internal, "could not be written")
	}
	return nil
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}
