package libav

import (
	"context"
	"fmt"
	"image"
	"image/draw"
	"math"
	"strings"
	"time"

	"github.com/spoolmedia/spool/codec"
)

// storyboard makes a picture of many small ones, and the text that says which is
// where.
//
// For each part of the film the decoder goes to its middle. If the key frame
// before that is in the part too, it is taken, so that nothing else is decoded;
// otherwise the pictures from it to the middle are.
func (c *Codec) storyboard(ctx context.Context, w *codec.Work, op codec.Storyboard) error {
	r, err := c.open(ctx, w, request{
		Convert: codec.Convert{Format: op.Format, Quality: op.Quality, Width: op.Width,
			Enlarge: true},
		newVideo: true, family: stills, clip: moment(0), asked: codec.QualityOf(w.Op) != 0,
	})
	if err != nil {
		return err
	}
	defer r.close()
	b := board{run: r, op: op, tile: r.size}
	if err := b.lay(); err != nil {
		return err
	}
	if err := b.fill(); err != nil {
		return err
	}
	if err := b.write(ctx); err != nil {
		return err
	}
	vtt := codec.Format{Extension: ".vtt"}
	spec := codec.OutSpec{Name: vtt.OutputName(r.in.Name()), Type: "text/vtt"}
	return writeText(ctx, w, spec, []byte(b.text()), r.report)
}

// board is a storyboard under way.
type board struct {
	*run
	op    codec.Storyboard
	tile  size
	count int
	step  time.Duration // that a picture stands for
	sheet *image.NRGBA
}

// mostSheet is the most pixels of a sheet; JPEG and WebP have a longest side, too.
const mostSheet = 100_000_000

var longestSide = map[string]int{"jpg": 65500, "webp": 16383, "avif": 65535, "png": 65535}

// lay decides how many pictures there are, and makes room for them.
func (b *board) lay() error {
	total := b.media.Duration
	if total <= 0 {
		return codec.Errorf(codec.Unsupported,
			"%s does not say how long it lasts, which a storyboard needs", b.in.Name())
	}
	b.count = b.op.Frames
	if b.op.Interval > 0 {
		b.count = min(b.count, max(1, int(math.Ceil(total.Seconds()/b.op.Interval))))
	}
	b.step = total / time.Duration(b.count)
	if b.op.Interval > 0 {
		b.step = max(b.step, seconds(b.op.Interval))
	}
	columns := min(b.op.Columns, b.count)
	z := size{columns * b.tile.w, (b.count + columns - 1) / columns * b.tile.h}
	if longest := longestSide[b.op.Format]; max(z.w, z.h) > longest || z.w*z.h > mostSheet {
		return codec.Errorf(codec.Limit, "%s: a storyboard of %d × %d pixels is larger than can be made",
			b.in.Name(), z.w, z.h)
	}
	b.sheet = image.NewNRGBA(image.Rect(0, 0, z.w, z.h))
	draw.Draw(b.sheet, b.sheet.Rect, image.Black, image.Point{}, draw.Src)
	return nil
}

// place is where picture i lies.
func (b *board) place(i int) image.Rectangle {
	columns := min(b.op.Columns, b.count)
	at := image.Pt(i%columns*b.tile.w, i/columns*b.tile.h)
	return image.Rectangle{Min: at, Max: at.Add(image.Pt(b.tile.w, b.tile.h))}
}

// fill decodes the pictures.
func (b *board) fill() error {
	track := b.tracks[0]
	now := 0
	e := encode{filters: b.upTo, limit: 1}
	d := decodingOf(b.work)
	d.slices = true
	err := b.addTap(track.from.index, e, d, func(f frame) error {
		draw.Draw(b.sheet, b.place(now), f.rgba(), image.Point{}, draw.Src)
		return nil
	})
	if err != nil {
		return b.workError(err)
	}
	start := b.offset
	if math.IsNaN(start) {
		start = 0
	}
	for now = range b.count {
		if err := b.picture(start, now); err != nil {
			return b.workError(err)
		}
		b.meter.tell(0.9 * float64(now+1) / float64(b.count))
	}
	if frames, _ := b.tally(0); frames == 0 {
		return codec.Errorf(codec.Invalid, "%s is damaged: nothing of its video could be decoded",
			b.in.Name())
	}
	return nil
}

// picture decodes the one that stands for part i of the film. If there is none, that
// of the part before stays.
func (b *board) picture(start float64, i int) error {
	first := start + b.step.Seconds()*float64(i)
	at := min(first+b.step.Seconds()/2, start+max(0, b.media.Duration.Seconds()-0.001))
	key, err := b.seek(at, true)
	if err != nil {
		return err
	}
	if key >= first-1e-3 && key <= at {
		at = key
	}
	if i > 0 {
		draw.Draw(b.sheet, b.place(i), b.sheet, b.place(i-1).Min, draw.Src)
	}
	b.setClip(at, endless)
	if err := b.rewind(0); err != nil {
		return err
	}
	for {
		if more, err := b.run.run(batch); err != nil || !more {
			return err
		}
	}
}

// write encodes the sheet.
func (b *board) write(ctx context.Context) error {
	w, err := b.create(ctx)
	if err != nil {
		return err
	}
	defer w.Abort()
	e := stillEncoder(b.target.video, b.op.Quality)
	if err := b.writePicture(b.target, b.sheet, e, w); err != nil {
		return b.workError(err)
	}
	b.size = size{b.sheet.Rect.Dx(), b.sheet.Rect.Dy()}
	return b.commit(w, b.result())
}

// text is the WebVTT file (https://www.w3.org/TR/webvtt1/), whose cues name parts
// of the sheet (https://www.w3.org/TR/media-frags/).
func (b *board) text() string {
	var s strings.Builder
	s.WriteString("WEBVTT\n")
	name := b.format.OutputName(b.in.Name())
	for i := range b.count {
		p := b.place(i)
		fmt.Fprintf(&s, "\n%s --> %s\n%s#xywh=%d,%d,%d,%d\n", cueTime(b.step*time.Duration(i)),
			cueTime(min(b.step*time.Duration(i+1), b.media.Duration)), name,
			p.Min.X, p.Min.Y, p.Dx(), p.Dy())
	}
	return s.String()
}

// cueTime is a time as WebVTT writes it.
func cueTime(d time.Duration) string {
	d = d.Round(time.Millisecond)
	return fmt.Sprintf("%02d:%02d:%02d.%03d", d/time.Hour, d/time.Minute%60, d/time.Second%60,
		d/time.Millisecond%1000)
}
