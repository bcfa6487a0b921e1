package vips

import (
	"bytes"
	"regexp"
	"strings"
)

// orientation in XMP, which some programs obey:
// https://developer.adobe.com/xmp/docs/XMPNamespaces/tiff/
var xmpOrientation = regexp.MustCompile(`(tiff:Orientation(?:>|=")\s*)[2-8]`)

// fields leaves the metadata as they are, but for what is no longer true of the
// picture: orientation, the small preview, and a profile that was applied. A bare
// picture keeps nothing but its profile and what its animation needs.
func (c *conversion) fields(im image) (image, error) {
	im, err := c.copy(im)
	if err != nil {
		return im, err
	}
	if !c.stored {
		im.removeOrientation()
	}
	im.remove("jpeg-thumbnail-data")
	if xmp := im.blob("xmp-data"); !c.stored && xmpOrientation.Match(xmp) {
		im.setBlob("xmp-data", xmpOrientation.ReplaceAll(bytes.Clone(xmp), []byte("${1}1")))
	}
	if c.bare {
		for _, name := range im.fields() {
			if private(name) {
				im.remove(name)
			}
		}
	}
	if c.frames == 1 {
		for _, name := range []string{
			"n-pages", "page-height", "delay", "loop", "gif-delay", "gif-loop",
		} {
			im.remove(name)
		}
	}
	if c.threads > 1 {
		im.setNumber("concurrency", c.threads)
	}
	return im, nil
}

// private reports whether a field of an image tells of something else than how to
// show it.
func private(field string) bool {
	switch field {
	case "xmp-data", "iptc-data", "photoshop-data", "image-description", "gif-comment":
		return true
	}
	return strings.HasPrefix(field, "exif-") || strings.HasPrefix(field, "png-comment-")
}
