package vips

import (
	"io"

	"github.com/spoolmedia/spool/codec"
)

// source reads the input of a session for decoders: see window.c.
type source struct {
	s  *session
	in codec.Input
}

// read fills p with the bytes at offset.
func (r *source) read(p []byte, offset int64) bool {
	if err := r.s.ctx.Err(); err != nil {
		r.s.fail(err)
		return false
	}
	n, err := r.in.ReadAt(p, offset)
	if n == len(p) {
		return true
	}
	if err == nil {
		err = io.ErrUnexpectedEOF
	}
	r.s.fail(ioError(r.s.name, "could not be read", err))
	return false
}
