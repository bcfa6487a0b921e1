package hvcc

// reader reads bits, the first of a byte being its highest.
type reader struct {
	bits []byte
	at   int // in bits
}

// ok reports whether all that was read was there.
func (r *reader) ok() bool { return r.at <= 8*len(r.bits) }

// read returns the next n bits, at most 32; those behind the end are 0.
func (r *reader) read(n int) (v uint) {
	for range n {
		v <<= 1
		if i := r.at >> 3; i < len(r.bits) {
			v |= uint(r.bits[i]>>(7-r.at&7)) & 1
		}
		r.at++
	}
	return v
}

// code reads an Exp-Golomb code, ITU-T H.265 section 9.2, of up to 31 bits.
func (r *reader) code() uint {
	zeros := 0
	for zeros < 16 && r.ok() && r.read(1) == 0 {
		zeros++
	}
	if zeros == 16 {
		r.at = 8*len(r.bits) + 1
		return 0
	}
	return 1<<zeros - 1 + r.read(zeros)
}

// profile skips the profiles and levels, section 7.3.3.
func (r *reader) profile(layers int) {
	const profile, level = 88, 8
	r.at += profile + level
	if layers == 0 {
		return
	}
	skipped := 0
	for i := range 8 {
		has := r.read(2)
		if i < layers {
			skipped += int(has>>1)*profile + int(has&1)*level
		}
	}
	r.at += skipped
}
