package vips

import (
	"strconv"
	"time"

	"github.com/spoolmedia/spool/codec"
)

// effort is how hard an encoder tries, and what a pixel then takes of one core of
// 2 GHz, in nanoseconds: measured with a photo of 6 megapixels.
type effort struct {
	level    int
	perPixel int64
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

func (e effort) time(pixels int64) time.Duration { return time.Duration(pixels * e.perPixel) }

// tooSlow returns an error of class Limit if encoding z could not be interrupted
// for longer than longestTime.
func (f *saver) tooSlow(name, target string, z size) error {
	t := f.effort(z.pixels()).time(z.pixels())
	if t <= longestTime {
		return nil
	}
	return codec.Errorf(codec.Limit, "%s would be %d × %d pixels; %s takes about %v for that, "+
		"in which it cannot be cancelled, and the limit is %v",
		name, z.w, z.h, target, t.Round(time.Second), longestTime)
}

// encoderOptions returns all options of the encoder for a frame of size z.
func (f *saver) encoderOptions(z size, quality int) map[string]string {
	o := f.options(z, quality)
	if e := f.effort(z.pixels()); e.level != noEffort {
		o["effort"] = strconv.Itoa(e.level)
	}
	return o
}
