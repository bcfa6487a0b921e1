package libav

// #include "job.h"
import "C"

import (
	"errors"
	"io"
	"runtime/cgo"
	"unsafe"
)

// The functions below are the libraries' way back into Go. They know the session
// by its handle, keep no pointer, and allocate nothing.

func sessionOf(handle C.uintptr_t) *session { return cgo.Handle(handle).Value().(*session) }

//export spoolAVRead
func spoolAVRead(handle C.uintptr_t, buffer *C.uint8_t, size C.int) C.int {
	s := sessionOf(handle)
	n, err := s.in.ReadAt(unsafe.Slice((*byte)(buffer), size), s.readAt)
	s.readAt += int64(n)
	switch {
	case n > 0:
		return C.int(n)
	case err != nil && !errors.Is(err, io.EOF):
		s.readErr = err
		return C.AVERROR_EXTERNAL
	}
	return C.AVERROR_EOF
}

//export spoolAVSeekInput
func spoolAVSeekInput(handle C.uintptr_t, offset C.int64_t, whence C.int) C.int64_t {
	s := sessionOf(handle)
	to := int64(offset)
	switch int(whence) {
	case io.SeekCurrent:
		to += s.readAt
	case io.SeekEnd:
		to += s.in.Size()
	}
	if to < 0 {
		return C.AVERROR_EXTERNAL
	}
	s.readAt = to
	return C.int64_t(to)
}

//export spoolAVWrite
func spoolAVWrite(handle C.uintptr_t, buffer *C.uint8_t, size C.int) C.int {
	s := sessionOf(handle)
	n, err := s.out.Write(unsafe.Slice((*byte)(buffer), size))
	s.written = max(s.written, s.writeAt+int64(n))
	s.writeAt += int64(n)
	if err != nil {
		s.writeErr = err
		return C.AVERROR_EXTERNAL
	}
	return C.int(n)
}

//export spoolAVSeekOutput
func spoolAVSeekOutput(handle C.uintptr_t, offset C.int64_t, whence C.int) C.int64_t {
	s := sessionOf(handle)
	at, err := s.out.(io.Seeker).Seek(int64(offset), int(whence))
	if err != nil {
		s.writeErr = err
		return C.AVERROR_EXTERNAL
	}
	s.writeAt = at
	return C.int64_t(at)
}

//export spoolAVCut
func spoolAVCut(handle C.uintptr_t, duration C.int64_t) C.int {
	s := sessionOf(handle)
	if err := s.cut(int64(duration)); err != nil {
		s.writeErr = err
		return C.AVERROR_EXTERNAL
	}
	return 0
}

//export spoolAVFrame
func spoolAVFrame(handle C.uintptr_t, track C.int, f *C.AVFrame) C.int {
	s := sessionOf(handle)
	if err := s.see[track](frame{f}); err != nil {
		s.seeErr = err
		return C.AVERROR_EXTERNAL
	}
	return 0
}
