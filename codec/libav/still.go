package libav

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"github.com/spoolmedia/spool/codec"
)

// stills are the targets of operations that make one picture of a film.
var stills = map[string]target{
	"jpg":  {muxer: "image2pipe", still: true, video: "mjpeg"},
	"png":  {muxer: "image2pipe", still: true, video: "png"},
	"webp": {muxer: "image2pipe", still: true, video: "libwebp"},
	"avif": {muxer: "avif", still: true, seekable: true, video: "libaom-av1"},
}

// moment is the clip of the picture that is shown at a time, in seconds.
func moment(at float64) clip { return clip{start: at, length: endless, still: true} }

// endless is longer than any film, in seconds.
const endless = 1e9

// stillOf is the request for one picture of a film.
func stillOf(op codec.Operation) (r request, at *float64, ok bool) {
	r = request{newVideo: true, clip: moment(0), family: stills}
	switch op := op.(type) {
	case codec.PosterFrame:
		op = op.WithDefaults()
		r.Convert = codec.Convert{Format: op.Format, Quality: op.Quality, Width: op.Width,
			Height: op.Height, Fit: codec.FitInside}
		return r, op.Timestamp, true
	case codec.Thumbnail:
		op = op.WithDefaults()
		r.Convert = codec.Convert{Format: op.Format, Quality: op.Quality, Width: op.Width,
			Height: op.Height, Fit: op.Fit, Background: op.Background, Page: op.Page}
		r.gravity = op.Gravity
		return r, op.Timestamp, true
	}
	return request{}, nil, false
}

// picture plans the encode of one picture.
func (p *planner) picture(s stream) (encode, error) {
	e := stillEncoder(p.target.video, p.op.Quality)
	e.limit = 1
	f, z := p.upright(s), s.shown()
	if len(p.op.edits) == 0 {
		tones, _ := p.standardRange(s)
		f = append(f, tones...)
	} else {
		// Fades count from where the part begins, not from this picture.
		f = append(f, fmt.Sprintf("setpts=PTS+%f/TB", p.op.clip.start-p.op.part.start))
		edits, to, changed, err := p.edited(s)
		if err != nil {
			return e, err
		}
		f, s, z = append(f, edits...), changed, to
		e.still = p.still
	}
	f = append(f, p.fit(s, z)...)
	p.upTo = strings.Join(append(f, "format=rgba"), ",")
	f = append(f, e.filters)
	e.filters = strings.Join(f, ",")
	return e, nil
}

// stillEncoder is the encoder for a quality, with the filters that lead to it from
// RGB. JPEG and WebP have BT.601 by definition, the one in full range.
func stillEncoder(encoder string, quality int) encode {
	e := encode{encoder: encoder, options: map[string]string{}}
	switch encoder {
	case "mjpeg":
		const unit = 118 // FF_QP2LAMBDA
		e.options["flags"] = "+qscale"
		e.options["global_quality"] = strconv.Itoa(crf(quality, 1, 4, 31) * unit)
		e.options["qmin"] = "1"
		e.filters = "scale=out_color_matrix=bt601:out_range=pc,format=yuvj420p"
		e.colour = colour{unknown, unknown, 5, fullRange}
	case "png":
		e.options["pred"] = "mixed"
		e.filters = "format=rgb24"
	case "libwebp":
		e.options["quality"] = strconv.Itoa(quality)
		e.filters = "scale=out_color_matrix=bt601:out_range=tv,format=yuv420p"
	case "libaom-av1":
		e.options = map[string]string{"crf": strconv.Itoa(crf(quality, 8, 24, 63)), "b": "0",
			"cpu-used": "6", "still-picture": "1"}
		e.filters = "scale=out_color_matrix=bt709:out_range=pc,format=yuv420p"
		e.colour = colour{bt709, srgb, bt709, fullRange}
	}
	return e
}

// fit scales the picture to the size asked for, in RGB, where it can be cut
// between any two pixels.
func (p *planner) fit(s stream, from size) []string {
	l := arrangeExact(from, p.op.Convert)
	p.size = l.canvas
	c, z := l.canvas, l.scaled
	f := []string{fmt.Sprintf("scale=%d:%d:flags=bicubic+accurate_rnd+full_chroma_int%s", z.w, z.h,
		guessed(s)), "setsar=1", "format=gbrp"}
	if c.w < z.w || c.h < z.h {
		cut := size{min(c.w, z.w), min(c.h, z.h)}
		x, y := around(p.op.gravity, z, cut)
		f = append(f, fmt.Sprintf("crop=%d:%d:%d:%d", cut.w, cut.h, x, y))
	}
	if c.w > z.w || c.h > z.h {
		f = append(f, fmt.Sprintf("pad=%d:%d:(ow-iw)/2:(oh-ih)/2:color=%s", c.w, c.h,
			strings.Replace(cmp.Or(p.op.Background, "#ffffff"), "#", "0x", 1)))
	}
	return f
}

// guessed names the matrix to the filter scale of a film that names none, as
// players take it.
func guessed(s stream) string {
	if !s.rgb && s.colour.matrix == unknown && !s.hdr() && max(s.width, s.height) >= 1280 {
		return ":in_color_matrix=bt709"
	}
	return ""
}

// around is where the part of a picture begins that gravity keeps.
func around(gravity string, from, part size) (x, y int) {
	x, y = (from.w-part.w)/2, (from.h-part.h)/2
	switch gravity {
	case codec.GravityWest, codec.GravityNorthwest, codec.GravitySouthwest:
		x = 0
	case codec.GravityEast, codec.GravityNortheast, codec.GravitySoutheast:
		x = from.w - part.w
	}
	switch gravity {
	case codec.GravityNorth, codec.GravityNorthwest, codec.GravityNortheast:
		y = 0
	case codec.GravitySouth, codec.GravitySouthwest, codec.GravitySoutheast:
		y = from.h - part.h
	}
	return x, y
}
