package libav

import (
	"strconv"
)

// rate makes an encoder of video reach a bit rate.
type rate struct {
	bits  int    // a second
	pass  int    // 1 or 2 of two; 0: there is but one
	file  string // for what the first pass finds, of encoders that use one
	stats string // what it found, of the others
	// coarse, in the place of bits, is the least quantizer at the lowest quality.
	coarse int
}

// apply sets the options of e; r may be nil.
func (r *rate) apply(e *encode) {
	if r == nil {
		return
	}
	if r.coarse > 0 {
		r.coarsen(e)
		return
	}
	delete(e.options, "crf")
	e.options["b"] = strconv.Itoa(min(r.bits, 2e9))
	switch pass := strconv.Itoa(r.pass); {
	case r.pass == 0:
		return
	case e.encoder == "libx265":
		e.add("x265-params", "pass="+pass+":stats="+r.file)
		return
	case e.encoder == "libx264":
		e.options["stats"] = r.file
	case r.pass == 2:
		e.stats = r.stats
	}
	e.options["flags"] = "+pass" + strconv.Itoa(r.pass)
}

// coarsen sets the lowest quality, with quantizers no finer than r's.
func (r *rate) coarsen(e *encode) {
	v, q := videoEncoders[e.encoder], strconv.Itoa(r.coarse)
	e.options["crf"] = strconv.Itoa(v.crf[2])
	switch e.encoder {
	case "libx265":
		e.add(v.native, "qpmin="+q)
		return
	case "libsvtav1": // which makes more of its worst crf than of the least rate
		delete(e.options, "crf")
		e.options["b"], e.options["qmax"] = strconv.Itoa(leastBits), "63"
	}
	e.options["qmin"] = q
}
