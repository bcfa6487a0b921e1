package libav

import (
	"context"
	"fmt"
	"image"
	"strconv"
	"strings"

	"github.com/spoolmedia/spool/codec"
)

// animations are the targets of [codec.GIF].
var animations = map[string]target{
	"gif": {muxer: "gif", mute: true, video: "gif"},
	"webp": {muxer: "webp", mute: true, seekable: true, video: "libwebp_anim",
		options: map[string]string{"loop": "0"}},
}

// animationOf is the request for an animation.
func animationOf(op codec.GIF) request {
	op = op.WithDefaults()
	return request{
		Convert:  codec.Convert{Format: op.Format, Quality: op.Quality, Width: op.Width},
		newVideo: true, family: animations, frameRate: op.FPS,
		clip: clip{start: op.Start, length: op.Duration},
	}
}

// animation plans the encode of a video stream as an animation.
func (p *planner) animation(s stream) encode {
	f := p.upright(s)
	tones, _ := p.standardRange(s)
	l := arrangeExact(s.shown(), p.op.Convert)
	p.size = l.canvas
	f = append(append(f, tones...),
		"fps="+decimal(p.op.frameRate)+":eof_action=pass",
		fmt.Sprintf("scale=%d:%d:flags=lanczos%s", l.scaled.w, l.scaled.h, guessed(s)), "setsar=1")
	if p.target.video == "gif" {
		p.palette = strings.Join(f, ",") // for the pass that makes the palette
		return encode{encoder: "gif", options: map[string]string{},
			filters: p.palette + "[film];[film][still]paletteuse=dither=sierra2_4a"}
	}
	f = append(f, "scale=out_color_matrix=bt601:out_range=tv", "format=yuv420p")
	return encode{encoder: p.target.video, filters: strings.Join(f, ","),
		options: map[string]string{"quality": strconv.Itoa(p.op.Quality), "compression_level": "4"}}
}

// paint makes the palette of a GIF: in a pass of its own, so that no more than
// one picture is ever held.
func (r *run) paint(ctx context.Context, c *Codec) error {
	first, err := c.open(ctx, r.work, r.request)
	if err != nil {
		return err
	}
	defer first.close()
	track := first.tracks[0]
	var palette *image.NRGBA
	e := encode{filters: first.palette + ",palettegen=stats_mode=diff,format=rgba"}
	err = first.addTap(track.from.index, e, decodingOf(r.work), func(f frame) error {
		palette = f.rgba()
		return nil
	})
	if err == nil {
		err = first.cutTap()
	}
	if err != nil {
		return first.workError(err)
	}
	first.meter.share = firstShare
	if err := first.loop(); err != nil {
		return err
	}
	if palette == nil {
		return r.clip.beyond(r.in.Name())
	}
	r.tracks[0].encode.still = palette
	r.meter.from, r.meter.share, r.meter.told = firstShare, 1-firstShare, first.meter.told
	return nil
}
