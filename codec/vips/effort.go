package vips

import (
	"cmp"
	"strconv"
	"time"

	"github.com/spoolmedia/spool/codec"
)

// effort is how hard an encoder tries, and what a pixel then takes of one core of
// 2 GHz, in nanoseconds: measured with a photo of 6 megapixels, and for the efforts
// above the usual taken from how many times longer they are.
type effort struct {
	level    int
	perPixel int64
	filter   string // of a png; "" is none
}

// noEffort is the level of an encoder that knows only one: x265 behind libheif
// takes the argument without a word, and without any effect.
const noEffort = -1

// An encoder that takes a picture, or a frame, in one call goes on to its end
// when the work is cancelled. The effort is chosen so that this lasts no longer
// than chosenTime. What would take longer than longestTime with the least effort
// is refused.
const (
	chosenTime  = 10 * time.Second
	longestTime = time.Minute
)

// effort returns the highest effort up to the usual one that encodes pixels
// within chosenTime, else the least.
func (f *saver) effort(pixels int64) effort {
	for _, e := range f.efforts {
		if e.time(pixels) <= chosenTime {
			return e
		}
	}
	if n := len(f.efforts); n > 0 {
		return f.efforts[n-1]
	}
	return effort{level: noEffort}
}

// wanted returns the effort for an operation's own scale, from 1 to 9, or for 0 that
// of [saver.effort].
func (f *saver) wanted(scale int, pixels int64) effort {
	if scale == 0 || len(f.scale) == 0 {
		return f.effort(pixels)
	}
	return f.scale[((scale-1)*(len(f.scale)-1)+4)/8]
}

func (e effort) time(pixels int64) time.Duration { return time.Duration(pixels * e.perPixel) }

// tooSlow returns an error of class Limit if encoding z with the effort could not be
// interrupted for longer than longestTime.
func (f *saver) tooSlow(name, target string, z size, scale int) error {
	t := f.wanted(scale, z.pixels()).time(z.pixels())
	if t <= longestTime {
		return nil
	}
	return codec.Errorf(codec.Limit, "%s would be %d × %d pixels; %s takes about %v for that, "+
		"in which it cannot be cancelled, and the limit is %v",
		name, z.w, z.h, target, t.Round(time.Second), longestTime)
}

// encoderOptions returns all options of the encoder for a frame of size z.
func (f *saver) encoderOptions(z size, quality, scale int) map[string]string {
	o := f.options(z, quality)
	if e := f.wanted(scale, z.pixels()); e.level != noEffort {
		o[cmp.Or(f.knob, "effort")] = strconv.Itoa(e.level)
		if e.filter != "" {
			o["filter"] = e.filter
		}
	}
	return o
}
