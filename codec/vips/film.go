package vips

import (
	"io"
	"strconv"
	"time"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/vips/internal/av1"
	"github.com/spoolmedia/spool/codec/vips/internal/avif"
	"github.com/spoolmedia/spool/codec/vips/internal/metadata"
)

// heldFrames is how many frames libaom takes memory for, by how much each takes.
const heldFrames = 4

// usesAOM reports whether an AVIF is made by libaom alone: libheif writes no sequences,
// and with 10 bits it makes libaom end the process.
func (c *conversion) usesAOM() bool {
	return c.target.Name == "avif" && (c.frames > 1 || c.saver.depth > 8)
}

// film encodes the frames of an image, which are below each other, to a file of AVIF.
type film struct {
	*conversion
	file           avif.File
	colours, alpha *av1.Encoder // alpha is nil for an opaque picture
	now            av1.Pixels
	whole          int // bytes of a frame
	taken          int // frames
	limit, bytes   int64
	seen           bool // something is transparent
}

// encodeAVIF encodes im into w, at most limit bytes if that is not 0.
func (c *conversion) encodeAVIF(
	im image, options map[string]string, w io.Writer, limit int64,
) error {
	f := &film{conversion: c, limit: limit, file: avif.File{
		Width: im.width(), Height: c.frameHeight(im), Depth: max(c.saver.depth, 8),
		Grey: im.colours() == 1, FullChroma: c.quality >= 90, // as libvips does
		Profile: im.blob(profileField), XMP: im.blob("xmp-data"),
		EXIF: metadata.Upright(im.blob("exif-data")),
	}}
	if c.frames > 1 {
		delays := im.numbers("delay")
		for i := range c.frames {
			f.file.Delays = append(f.file.Delays, shown(delays, i))
		}
		f.file.Plays = im.number("loop")
	}
	effort, _ := strconv.Atoi(options["effort"])
	if err := f.open(effort, im.hasAlpha()); err != nil {
		return err
	}
	defer f.close()
	im, err := c.asSamples(im)
	if err != nil {
		return c.failure(codec.Internal, "could not be written")
	}
	f.now.Deep = im.deep()
	f.whole = 4 * f.file.Width * f.file.Height
	if f.now.Deep {
		f.whole *= 2
	}
	f.now.Bytes = make([]byte, 0, f.whole)
	if c.frames > 1 { // they are encoded while they are made
		c.stageTo(c.share.at(1))
	}
	if err := c.eachRow(im, f.row); err != nil {
		return c.writeError(err)
	}
	return c.writeError(f.finish(w))
}

// asSamples brings an image to red, green, blue and transparency, of 16 bits if the
// output has more than 8.
func (c *conversion) asSamples(im image) (image, error) {
	if c.saver.depth <= 8 {
		return c.asPixels(im)
	}
	im, err := c.call("colourspace", args{"in": im, "space": "rgb16"})
	if err != nil || im.hasAlpha() {
		return im, err
	}
	return c.withAlpha(im)
}

// open makes the encoders.
func (f *film) open(effort int, alpha bool) error {
	settings := av1.Settings{Width: f.file.Width, Height: f.file.Height, Depth: f.file.Depth,
		Grey: f.file.Grey, FullChroma: f.file.FullChroma, Quality: f.quality,
		Speed:   9 - effort, // as libvips does
		Threads: f.threads, Frames: f.frames}
	if f.frames > 1 {
		settings.Speed = min(settings.Speed+1, 9) // frames that look at others take longer
	}
	var err error
	if f.colours, err = av1.NewEncoder(settings); err != nil || !alpha {
		return f.encodeError(err)
	}
	settings.Grey, settings.Quality = true, max(f.quality, leastAlphaQuality)
	if f.alpha, err = av1.NewEncoder(settings); err != nil {
		f.close()
	}
	return f.encodeError(err)
}

func (f *film) encodeError(err error) error {
	if err == nil {
		return nil
	}
	return codec.Errorf(codec.Internal, "%s could not be made into avif: %w", f.session.name, err)
}

// leastAlphaQuality keeps edges sharp.
const leastAlphaQuality = 90

func (f *film) close() {
	f.colours.Close()
	if f.alpha != nil {
		f.alpha.Close()
	}
}

// row takes the next row; the last of a frame makes it complete.
func (f *film) row(line []byte) error {
	if f.now.Bytes = append(f.now.Bytes, line...); len(f.now.Bytes) < f.whole {
		return nil
	}
	if err := f.ctx.Err(); err != nil {
		return err
	}
	var delay time.Duration
	if f.frames > 1 {
		delay = f.file.Delays[f.taken]
	}
	packets, err := f.colours.Encode(f.now, delay)
	if err := f.keep(packets, err, &f.file.Colours); err != nil {
		return err
	}
	if f.alpha != nil {
		f.seen = f.seen || !f.now.Opaque()
		mask := f.now
		mask.Transparency = true
		packets, err := f.alpha.Encode(mask, delay)
		if err := f.keep(packets, err, &f.file.Alpha); err != nil {
			return err
		}
	}
	f.now.Bytes = f.now.Bytes[:0]
	f.taken++
	return nil
}

// keep keeps what an encoder made, unless it is too much.
func (f *film) keep(packets []av1.Packet, err error, to *[]avif.Sample) error {
	if err != nil {
		return f.encodeError(err)
	}
	for _, p := range packets {
		f.bytes += int64(len(p.Data))
		*to = append(*to, avif.Sample(p))
	}
	if f.limit > 0 && to == &f.file.Colours && f.bytes > f.limit {
		return errTooLong
	}
	return nil
}

// finish encodes what the encoders hold, and writes the file.
func (f *film) finish(w io.Writer) error {
	if err := f.drain(f.colours, &f.file.Colours); err != nil {
		return err
	}
	if f.alpha != nil {
		if err := f.drain(f.alpha, &f.file.Alpha); err != nil {
			return err
		}
	}
	if !f.seen {
		f.file.Alpha = nil
	}
	_, err := f.file.WriteTo(&limited{w: w, limit: f.limit})
	return err
}

func (f *film) drain(from *av1.Encoder, to *[]avif.Sample) error {
	for {
		if err := f.ctx.Err(); err != nil {
			return err
		}
		packets, err := from.Flush()
		if err := f.keep(packets, err, to); err != nil || len(packets) == 0 {
			return err
		}
	}
}
