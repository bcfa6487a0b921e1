package vips

// mostGathered is how many bytes of pixels are put into memory only because that is
// faster.
const mostGathered = 16 << 20

// bytes is how much memory the pixels of im take.
func (im image) bytes() int64 {
	return size{im.width(), im.height()}.pixels() * int64(im.bands()*im.sampleSize())
}

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
	return !im.inTiles() && im.pageHeight() >= im.height()
}

// decodeAhead has another thread decode a picture that is small, or becomes so in the
// decoder, while this one does the rest.
func (c *conversion) decodeAhead(im image) (image, error) {
	if c.threads < 2 || !im.inStrips() || im.inMemory() || im.bytes() > mostGathered {
		return im, nil
	}
	im, err := c.startAhead(im)
	c.isAhead = err == nil
	return im, err
}
