package vips

import (
	"io"
	"sync"

	"github.com/spoolmedia/spool/codec"
)

// The window that a source reads at once: small at first, so that a look at the
// header stays cheap, then larger as long as reading goes on where it was.
const (
	firstWindow = 16 << 10
	lastWindow  = 256 << 10
)

// source feeds a decoder from an input by range.
type source struct {
	s  *session
	in codec.Input

	mu     sync.Mutex // guards all below
	pos    int64
	window []byte // bytes of the input from start on
	start  int64
	next   int // the size of the next window
}

// read fills p with the next bytes, short only at the end of the input: unlike
// read(2), because libtiff takes a short read for a broken file.
func (r *source) read(p []byte) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	done := 0
	for done < len(p) && r.pos < r.in.Size() {
		if err := r.advance(); err != nil {
			r.s.fail(err)
			return -1
		}
		n := copy(p[done:], r.window[r.pos-r.start:])
		r.pos += int64(n)
		done += n
	}
	return done
}

// advance makes sure that pos is in the window.
func (r *source) advance() error {
	if err := r.s.ctx.Err(); err != nil {
		return err
	}
	if r.start <= r.pos && r.pos < r.start+int64(len(r.window)) {
		return nil
	}
	if err := r.fill(); err != nil {
		return ioError(r.s.name, "could not be read", err)
	}
	return nil
}

// fill reads a window at pos.
func (r *source) fill() error {
	if r.pos == r.start+int64(len(r.window)) && len(r.window) > 0 {
		r.next = min(2*r.next, lastWindow)
	} else {
		r.next = firstWindow
	}
	n := int(min(int64(r.next), r.in.Size()-r.pos))
	if cap(r.window) < n {
		r.window = make([]byte, n)
	}
	r.window, r.start = r.window[:n], r.pos
	got, err := r.in.ReadAt(r.window, r.pos)
	if got == n {
		return nil
	}
	r.window = r.window[:0]
	if err == nil {
		err = io.ErrUnexpectedEOF
	}
	return err
}

// seek moves as lseek(2) does, and returns the new position or -1.
func (r *source) seek(offset int64, whence int) int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch whence {
	case io.SeekCurrent:
		offset += r.pos
	case io.SeekEnd:
		offset += r.in.Size()
	}
	if offset < 0 {
		return -1
	}
	r.pos = offset
	return offset
}
