package libav

import (
	"fmt"
	"strconv"
	"strings"
)

// pictures plans the encode of a video stream.
func (p *planner) pictures(s stream) (encode, error) {
	f := p.upright(s)
	edits, from, s, err := p.edited(s)
	if err != nil {
		return encode{}, err
	}
	e := encode{encoder: p.target.video, options: videoOptions(p.target.video, p.op.Quality),
		colour: s.colour}
	p.op.rate.apply(&e, s)
	f = append(append(f, edits...), p.resize(s, from)...)
	format, filters := p.pixels(s, &e)
	f = append(append(f, filters...), "format="+format)
	e.filters, e.still = strings.Join(f, ","), p.still
	if s.interlaced {
		p.note("The video is interlaced and was left so.")
	}
	return e, nil
}

// upright returns the filters that make s stand upright.
func (p *planner) upright(s stream) []string {
	var f []string
	if s.dolbyVision {
		p.note("Dolby Vision data was left out; the colours are those of the base layer.")
	}
	if s.interlaced && p.target.still {
		f = append(f, "bwdif=deint=interlaced")
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
	h264 := e.encoder == "libx264"
	if s.alpha && !s.rgb {
		p.note("The transparency of the video was left out.")
	}
	switch {
	case s.hdr() && h264:
		tones, mapped := p.standardRange(s)
		if mapped {
			e.colour = colour{bt709, bt709, bt709, limited}
		}
		return "yuv420p", tones
	case s.bits > 8 && !h264 && !s.rgb:
		e.options["profile"] = "2"
		return "yuv420p10le", nil
	case s.rgb:
		e.colour = colour{bt709, s.colour.transfer, bt709, limited}
		if s.colour.primaries != unknown {
			e.colour.primaries = s.colour.primaries
		}
		return "yuv420p", []string{"scale=out_color_matrix=bt709:out_range=tv"}
	case s.full && h264 && s.bits == 8:
		e.colour.rng = fullRange
		return "yuvj420p", nil
	case s.full:
		e.colour.rng = limited
		return "yuv420p", []string{"scale=in_range=pc:out_range=tv"}
	}
	if s.bits > 8 {
		p.note(strconv.Itoa(s.bits) + " bits a sample were reduced to 8.")
	}
	return "yuv420p", nil
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

// videoOptions are the encoder's for a quality from 1 to 100.
func videoOptions(encoder string, quality int) map[string]string {
	switch encoder {
	case "libvpx-vp9":
		return map[string]string{
			"crf": strconv.Itoa(vp9CRF(quality)), "b": "0", "deadline": "good", "cpu-used": "4",
			"row-mt": "1", "tile-columns": "2", "lag-in-frames": "20", "g": "240",
		}
	}
	// Medium is where more time stops to pay; a short look-ahead bounds both the
	// memory and what a cancel has to wait for.
	return map[string]string{"crf": strconv.Itoa(x264CRF(quality)), "preset": "medium",
		"rc-lookahead": "30"}
}

// x264CRF maps quality to x264's scale: 82 → 23, 100 → 16, 1 → 51. It falls by
// 0.35 a step below 82, so that 50 is 34.
func x264CRF(quality int) int { return crf(quality, 16, 23, 51) }

// vp9CRF maps quality to libvpx's scale: 82 → 31, 100 → 20, 1 → 63.
func vp9CRF(quality int) int { return crf(quality, 20, 31, 63) }

// crf goes in two straight lines from worst (at 1) over usual (at 82, the
// default of [codec.Convert]) to best (at 100).
func crf(quality, best, usual, worst int) int {
	if quality >= 82 {
		return usual - (quality-82)*(usual-best)/18
	}
	return usual + (82-quality)*(worst-usual)/81
}
