package vips

// plainJPEG reports whether the picture is a JPEG of one scan, grey or of three colours: the
// pixels of such a one are made by jpeg.c, of all others by libvips.
func (p *picture) plainJPEG() bool {
	bands := p.header.bands()
	return p.operation == "jpegload_source" && (bands == 1 || bands == 3) &&
		p.header.number("interlaced") == 0
}

// decodeJPEG makes an image of a plain JPEG, each side smaller by shrink: 1, 2, 4 or 8. It
// has the pixels that libvips would make of it, and fails where libvips would, strict work
// also at bad codes that libjpeg overlooks.
func (s *session) decodeJPEG(p *picture, shrink int) (image, error) {
	return s.jpeg(p.header, p.in.Size(), shrink)
}
