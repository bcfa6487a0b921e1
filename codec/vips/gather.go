package vips

// #include "glue.h"
import "C"

// mostGathered is how many bytes of pixels are put into memory only because that is
// faster.
const mostGathered = 16 << 20

// bytes is how much memory the pixels of im take.
func (im image) bytes() int64 {
	return size{im.width(), im.height()}.pixels() * int64(im.bands()*im.sampleSize())
}

// inMemory reports whether all pixels of im are made.
func (im image) inMemory() bool { return im.p.dtype == C.VIPS_IMAGE_SETBUF }

// gather makes all pixels of a small picture before they are encoded, in this thread. libvips
// would make them in another, and wake this one for each row: on two busy cores that takes
// longer than it saves. With more threads to keep busy, one goes ahead and decodes, and a png
// is deflated while that goes on.
func (c *conversion) gather(im image) (image, error) {
	streams := c.threads > 1 && (!c.isAhead || c.saver.deflates(im, size{im.width(), im.height()}))
	if streams || !im.inStrips() || im.inMemory() || im.bytes() > mostGathered {
		return im, nil
	}
	return c.pull(im)
}

// inStrips reports whether strips are as good as any other part to make im in: a rotation
// would need most of the picture for each of them, and animations are drawn in order, which
// a strip of several frames is not.
func (im image) inStrips() bool {
	return im.p.dhint != C.VIPS_DEMAND_STYLE_SMALLTILE && im.pageHeight() >= im.height()
}

// pull makes all pixels of an image that is made in strips, by this thread alone.
func (s *session) pull(im image) (image, error) {
	p := C.spool_pull(im.p, C.uintptr_t(s.id))
	if p == nil {
		return image{}, errOperation
	}
	return s.ownImage(p), nil
}

// decodeAhead has another thread decode a picture that is small, or becomes so in the
// decoder, while this one does the rest.
func (c *conversion) decodeAhead(im image) (image, error) {
	if c.threads < 2 || !im.inStrips() || im.inMemory() || im.bytes() > mostGathered {
		return im, nil
	}
	p := C.spool_ahead(im.p, C.uintptr_t(c.id))
	if p == nil {
		return image{}, errOperation
	}
	c.isAhead = true
	return c.ownImage(p), nil
}
