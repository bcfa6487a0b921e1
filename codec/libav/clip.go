package libav

import (
	"cmp"
	"time"

	"github.com/spoolmedia/spool/codec"
)

// clip is the part of the input to work on. The zero clip is all of it.
type clip struct {
	start, length float64 // seconds, from the start of the input
	fast          bool    // copy, from the last key frame before start
	still         bool    // one picture, the one shown at start
}

// clipOf is the clip that an operation names.
func clipOf(c codec.Clip) clip {
	if c == (codec.Clip{}) {
		return clip{}
	}
	c = c.WithDefaults()
	return clip{
		start: c.Start, length: cmp.Or(c.Duration, endless), fast: c.Mode == codec.TrimFast,
	}
}

func (c clip) whole() bool { return c.length == 0 }

// of is how long the clip of an input is that lasts d; 0: unknown.
func (c clip) of(d time.Duration) time.Duration {
	if c.whole() {
		return d
	}
	length := seconds(c.length)
	if d > 0 {
		length = min(length, d-seconds(c.start))
	}
	return max(0, length)
}

// check refuses a clip that begins behind the end of an input that lasts d.
func (c clip) check(name string, d time.Duration) error {
	if d > 0 && !c.whole() && seconds(c.start) >= d {
		return codec.Errorf(codec.Invalid, "%s lasts %v: there is nothing at %v",
			name, d.Round(time.Millisecond), seconds(c.start))
	}
	return nil
}

// beyond is the error for a clip in which there was nothing.
func (c clip) beyond(name string) error {
	return codec.Errorf(codec.Invalid, "%s has nothing at %v", name, seconds(c.start))
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
