package vips

import (
	"errors"
	"io"
)

// target takes the bytes of an encoder, of which target.c gathers some. Only the thread
// that encodes uses it.
type target struct {
	s       *session
	w       io.Writer
	seek    readWriteSeeker // w, if it can
	limit   int64           // of bytes; 0 is none
	pos     int64
	tooLong bool // the encoder has exceeded the limit, or that of the writer
	broken  bool // something was not written, whatever the encoder makes of that
}

// readWriteSeeker is what a [codec.SeekableWriter] can do.
type readWriteSeeker interface {
	io.WriteSeeker
	io.ReaderAt
}

func newTarget(s *session, w io.Writer) *target {
	t := &target{s: s, w: w}
	if sw, ok := w.(readWriteSeeker); ok {
		t.seek = sw
	}
	return t
}

// write takes p.
func (t *target) write(p []byte) bool {
	if err := t.s.ctx.Err(); err != nil {
		t.broken = true
		t.s.fail(err)
		return false
	}
	if t.pos += int64(len(p)); t.limit > 0 && t.pos > t.limit {
		t.tooLong = true
		return false
	}
	if _, err := t.w.Write(p); err != nil {
		t.failed(err)
		return false
	}
	return true
}

func (t *target) failed(err error) int {
	t.broken = true
	if errors.Is(err, errTooLong) {
		t.tooLong = true
		return -1
	}
	t.s.fail(ioError(t.s.name, "could not be written", err))
	return -1
}

// read reads back what was written, as read(2) does.
func (t *target) read(p []byte) int {
	pos := t.move(0, io.SeekCurrent)
	if pos < 0 {
		return -1
	}
	n, err := t.seek.ReadAt(p, pos)
	if err != nil && !errors.Is(err, io.EOF) {
		return t.failed(err)
	}
	if t.move(int64(n), io.SeekCurrent) < 0 {
		return -1
	}
	return n
}

// move seeks as lseek(2) does.
func (t *target) move(offset int64, whence int) int64 {
	if t.seek == nil {
		return -1
	}
	pos, err := t.seek.Seek(offset, whence)
	if err != nil {
		t.failed(err)
		return -1
	}
	t.pos = pos
	return pos
}
