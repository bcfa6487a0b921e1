package pdf

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/internal/picture"
)

// binder adds pictures to a document.
type binder struct {
	ctx    context.Context
	op     codec.ImageToPDF
	policy codec.Policy
	doc    *document
	first  box // the first page
	result codec.Result

	profiles map[[sha256.Size]byte]int // objects of colour profiles
}

// add makes a page of the input.
func (b *binder) add(index int, in codec.Input) error {
	p, err := picture.Open(b.ctx, in, b.policy)
	if err != nil {
		return err
	}
	image, action, err := b.image(p)
	switch {
	case b.doc.err != nil:
		return fmt.Errorf("pdf: %w", b.doc.err)
	case err != nil:
		return p.Fault(err)
	}
	page, m := layout(b.op.PageSize, p)
	if index == 0 {
		b.first = page
	}
	stream := codec.Stream{Index: index, Kind: "image", Codec: p.Codec(), Action: action}
	if action == codec.Encoded {
		stream.Encoder = "flate"
	}
	b.result.Streams = append(b.result.Streams, stream)
	if p.More {
		b.result.Notes = append(b.result.Notes,
			fmt.Sprintf("%s has more pages: only the first is in the document", in.Name()))
	}
	if err := b.doc.page(page[0], page[1], m, image); err != nil {
		return fmt.Errorf("pdf: %w", err)
	}
	return nil
}

// passes reports whether the bytes of the picture go into the document as they
// are.
func passes(p *picture.Picture) bool {
	switch p.In.Type() {
	case "image/jpeg":
		return true
	case "image/png":
		return !p.PNG.Interlaced && !p.PNG.Transparent && p.PNG.Colour&4 == 0
	}
	return false
}

// image writes the image and returns its object, and what became of the picture.
func (b *binder) image(p *picture.Picture) (object int, action string, err error) {
	switch {
	case !passes(p):
		object, err = b.raster(p)
		return object, codec.Encoded, err
	case p.In.Type() == "image/png":
		object, err = b.png(p)
	default:
		object, err = b.jpeg(p)
	}
	return object, codec.Copied, err
}

// dictionary is that of an image.
func dictionary(p *picture.Picture, colours string, depth int, more string) string {
	return fmt.Sprintf("/Type/XObject/Subtype/Image/Width %d/Height %d"+
		"/ColorSpace %s/BitsPerComponent %d%s", p.Width, p.Height, colours, depth, more)
}

// device are the colour spaces without a profile, by the number of components, and
// what a profile for them says at byte 16 (ICC.1:2010, 7.2.6).
var device = map[int]struct{ name, signature string }{
	1: {"/DeviceGray", "GRAY"}, 3: {"/DeviceRGB", "RGB "}, 4: {"/DeviceCMYK", "CMYK"},
}

// colours returns the colour space of n components: with the picture's profile, if
// it fits.
func (b *binder) colours(p *picture.Picture, n int) (string, error) {
	profile := p.Profile
	if len(profile) < 128 || string(profile[36:40]) != "acsp" ||
		string(profile[16:20]) != device[n].signature {
		return device[n].name, nil
	}
	sum := sha256.Sum256(profile)
	object, ok := b.profiles[sum]
	if !ok {
		var err error
		kind := fmt.Sprintf("/N %d/Filter/FlateDecode", n)
		object, err = b.doc.stream(kind, func(w io.Writer) error {
			return deflate(w, func(z io.Writer) error {
				_, err := z.Write(profile)
				return err
			})
		})
		if err != nil {
			return "", err
		}
		if b.profiles == nil {
			b.profiles = make(map[[sha256.Size]byte]int)
		}
		b.profiles[sum] = object
	}
	return fmt.Sprintf("[/ICCBased %d 0 R]", object), nil
}
