package codec

import "cmp"

// Clip is a part of a video. The zero Clip is all of it.
type Clip struct {
	// Start is where it begins, in seconds after the start of the video.
	Start float64 `json:"start,omitempty"`
	// End is where it ends, in seconds after the start of the video; 0 is the
	// video's end, unless there is a Duration, which says the same in another way.
	End float64 `json:"end,omitempty"`
	// Duration in seconds, at least 0.1; 0 leaves it to End.
	Duration float64 `json:"duration,omitempty"`
	// Mode is [TrimAccurate], the default, or [TrimFast]: then the clip begins at
	// the last key frame before Start, so that nothing before it is decoded.
	Mode string `json:"mode,omitempty"`
}

// WithDefaults returns c with Duration in place of End, and the documented default
// of Mode. The Duration of a clip up to the end of the video is 0.
func (c Clip) WithDefaults() Clip {
	if c.End > 0 {
		c.Duration, c.End = c.End-c.Start, 0
	}
	c.Mode = cmp.Or(c.Mode, TrimAccurate)
	return c
}

func (f *faults) clip(c Clip) {
	f.seconds("start", c.Start, 0)
	f.seconds("end", c.End, 0)
	switch {
	case c.End > 0 && c.Duration > 0:
		f.add("duration", "does not go with end: one of them says where the clip ends")
	case c.End > 0 && c.End < c.Start+0.1:
		f.add("end", "%v is not 0.1 seconds or more after the start", c.End)
	case c.Duration != 0:
		f.seconds("duration", c.Duration, 0.1)
	}
	f.oneOf("mode", c.Mode, TrimAccurate, TrimFast)
}
