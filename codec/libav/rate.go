package libav

import (
	"strconv"
)

// rate makes an encoder of video reach a bit rate in two passes.
type rate struct {
	bits  int    // a second
	pass  int    // 1 or 2
	file  string // for what the first pass finds, of encoders that use one
	stats string // what it found, of the others
}

// apply sets the options of e, which encodes s; r may be nil.
func (r *rate) apply(e *encode, s stream) {
	if r == nil {
		return
	}
	bits := float64(r.bits)
	if e.encoder == "libvpx-vp9" && s.tick > 0 {
		// It is told that a frame lasts one tick, so its seconds are shorter.
		bits /= s.tick * frameRate(s)
	}
	delete(e.options, "crf")
	e.options["b"] = strconv.FormatInt(int64(min(bits, 2e9)), 10)
	e.options["flags"] = "+pass" + strconv.Itoa(r.pass)
	if e.encoder == "libx264" {
		e.options["stats"] = r.file
		return
	}
	if r.pass == 2 {
		e.stats = r.stats
	}
}
