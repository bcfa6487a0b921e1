package libav

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/spoolmedia/spool/codec"
)

// pictures plans the encode of a video stream.
func (p *planner) pictures(s stream) (encode, error) {
	f := p.upright(s)
	edits, from, s, err := p.edited(s)
	if err != nil {
		return encode{}, err
	}
	f = append(append(f, edits...), p.resize(s, from)...)
	e, err := p.newVideoEncode(s)
	if err != nil {
		return encode{}, err
	}
	if len(f) == 0 && s.interlaced && p.size.h%4 == 0 { // the lines stay what they are
		e.keepFields()
	}
	if least := videoEncoders[e.encoder].least; p.size.w < least || p.size.h < least {
		return e, codec.Errorf(codec.Invalid, "%s would be %d × %d pixels; %s takes no less than %d × %d",
			p.name, p.size.w, p.size.h, e.encoder, least, least)
	}
	format, filters := p.pixels(s, &e)
	f = append(append(f, filters...), "format="+format)
	f = append(f, p.steady(s)...)
	e.filters, e.still = strings.Join(f, ","), p.still
	return e, nil
}

// keepFields tells x264 that pictures are fields, so that players make whole ones of them.
// The profile baseline has none.
func (e *encode) keepFields() {
	_, set := e.options["flags"]
	if e.encoder == "libx264" && !set && e.options["profile"] != "baseline" {
		e.options["flags"] = "+ildct+ilme"
	}
}

// steady returns the filter that leaves out what is too many pictures a second: more
// than asked for, or than the film has before it is made faster.
func (p *planner) steady(s stream) []string {
	rate, most := frameRate(s), p.op.Video.MaxFrameRate
	switch speed := max(p.op.speed, 1); {
	case most > 0 && rate*speed > most && (speed == 1 || most < rate):
		return []string{"fps=" + decimal(most)}
	case speed > 1 && s.rate.num > 0 && s.rate.den > 0:
		return []string{fmt.Sprintf("fps=%d/%d", s.rate.num, s.rate.den)}
	}
	return nil
}

// deinterlaces reports whether the fields of s become whole pictures.
func (p *planner) deinterlaces(s stream) bool {
	return s.interlaced && (p.target.still || p.op.Deinterlace == nil || *p.op.Deinterlace)
}

// upright returns the filters that make s stand upright.
func (p *planner) upright(s stream) []string {
	var f []string
	if s.dolbyVision {
		p.note("Dolby Vision data was left out; the colours are those of the base layer.")
	}
	switch {
	case p.deinterlaces(s):
		f = append(f, "bwdif=mode=send_frame:deint=interlaced")
	case s.interlaced:
		p.note("The video is interlaced and was left so.")
	}
	if s.turn != upright {
		f = append(f, string(s.turn))
	}
	return f
}

// resize returns the filters for the size asked for, or those that make odd
// sides even, and sets the size shown.
func (p *planner) resize(s stream, from size) []string {
	if p.op.Width == 0 && p.op.Height == 0 {
		p.size = from
		if len(p.op.edits) > 0 {
			return p.trim(from)
		}
		return p.trim(s.asStored())
	}
	l := arrange(from, p.op.Convert)
	p.size = l.canvas
	f := []string{fmt.Sprintf("scale=%d:%d:flags=bicubic", l.scaled.w, l.scaled.h), "setsar=1"}
	c, z := l.canvas, l.scaled
	if c.w < z.w || c.h < z.h {
		f = append(f, fmt.Sprintf("crop=%d:%d", min(c.w, z.w), min(c.h, z.h)))
	}
	if c.w > z.w || c.h > z.h {
		f = append(f, fmt.Sprintf("pad=%d:%d:(ow-iw)/2:(oh-ih)/2:color=%s", c.w, c.h,
			strings.Replace(p.op.Background, "#", "0x", 1)))
	}
	return f
}

// trim cuts pictures that are stored as z to even sides.
func (p *planner) trim(z size) []string {
	even := z.even()
	if even == z {
		return nil
	}
	p.size = size{max(1, p.size.w*even.w/z.w), max(1, p.size.h*even.h/z.h)}
	if z.w < 2 || z.h < 2 {
		return []string{fmt.Sprintf("scale=%d:%d", even.w, even.h)}
	}
	p.note(fmt.Sprintf("The picture was cut from %d × %d to %d × %d: the encoder needs even sides.",
		z.w, z.h, even.w, even.h))
	return []string{fmt.Sprintf("crop=%d:%d:0:0", even.w, even.h)}
}

// pixels chooses the pixel format, with the filters that lead to it, and the
// colour tags of e.
func (p *planner) pixels(s stream, e *encode) (string, []string) {
	v := videoEncoders[e.encoder]
	format, deep := p.pixelFormat(s, v)
	if s.alpha && !s.rgb {
		p.note("The transparency of the video was left out.")
	}
	switch {
	case s.hdr() && !deep:
		tones, mapped := p.standardRange(s)
		if mapped {
			e.colour = colour{bt709, bt709, bt709, limited}
		}
		return format, tones
	case s.rgb:
		e.colour = colour{bt709, s.colour.transfer, bt709, limited}
		if s.colour.primaries != unknown {
			e.colour.primaries = s.colour.primaries
		}
		return format, []string{"scale=out_color_matrix=bt709:out_range=tv"}
	case deep:
		if v.depth != "" && format == codec.PixelYUV420P10 {
			e.options["profile"] = v.depth
		}
		return format, nil
	case s.full && e.encoder == "libx264" && s.bits == 8 && p.op.Video.PixelFormat == "":
		e.colour.rng = fullRange
		return "yuvj420p", nil
	case s.full:
		e.colour.rng = limited
		return format, []string{"scale=in_range=pc:out_range=tv"}
	}
	if s.bits > 8 {
		p.note(strconv.Itoa(s.bits) + " bits a sample were reduced to 8.")
	}
	return format, nil
}

// pixelFormat is what was asked for, or what fits s, and whether it has more than 8
// bits.
func (p *planner) pixelFormat(s stream, v videoEncoder) (format string, deep bool) {
	if format = p.op.Video.PixelFormat; format != "" {
		return format, strings.HasSuffix(format, "10le")
	}
	switch {
	case p.op.hardware != nil:
		return p.op.hardware.pixels, false
	case s.bits > 8 && v.deep() && !s.rgb:
		return codec.PixelYUV420P10, true
	}
	return codec.PixelYUV420, false
}

// standardRange returns the filters that map an HDR picture to standard dynamic
// range, and whether there are any.
func (p *planner) standardRange(s stream) (filters []string, mapped bool) {
	switch {
	case !s.hdr():
		return nil, false
	case !p.tones:
		p.note("The HDR picture was not mapped to standard dynamic range: this build cannot.")
		return nil, false
	}
	p.note("The HDR picture was mapped to standard dynamic range.")
	return toneMap(s.colour), true
}

// toneMap maps PQ or HLG to BT.709 through linear light. What the tags leave
// open is taken as BT.2020, as HDR is.
func toneMap(c colour) []string {
	in := "tin=smpte2084"
	if c.transfer == hlg {
		in = "tin=arib-std-b67"
	}
	return []string{
		"zscale=" + in + ":min=2020_ncl:pin=2020:rin=tv:t=linear:npl=100", "format=gbrpf32le",
		"zscale=p=709", "tonemap=hable:desat=0", "zscale=t=709:m=709:r=tv",
	}
}

// crf goes in two straight lines from worst (at 1) over usual (at 82, the
// default of [codec.Convert]) to best (at 100).
func crf(quality, best, usual, worst int) int {
	if quality >= 82 {
		return usual - (quality-82)*(usual-best)/18
	}
	return usual + (82-quality)*(worst-usual)/81
}
