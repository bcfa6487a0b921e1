package vips

// #include "glue.h"
import "C"

import "unsafe"

// The functions below are libvips' way back into Go. They may run in threads of
// libvips' own, know the session by number, and keep no pointer.

//export spoolRead
func spoolRead(id C.uintptr_t, buffer unsafe.Pointer, offset, length C.gint64) C.int {
	s := sessionOf(uintptr(id))
	if s != nil && s.source.read(unsafe.Slice((*byte)(buffer), length), int64(offset)) {
		return 0
	}
	return -1
}

//export spoolWrite
func spoolWrite(id C.uintptr_t, buffer unsafe.Pointer, length C.gint64) C.int {
	s := sessionOf(uintptr(id))
	if s != nil && s.target != nil && s.target.write(unsafe.Slice((*byte)(buffer), length)) {
		return 0
	}
	return -1
}

//export spoolTargetRead
func spoolTargetRead(id C.uintptr_t, buffer unsafe.Pointer, length C.gint64) C.gint64 {
	if s := sessionOf(uintptr(id)); s != nil && s.target != nil {
		return C.gint64(s.target.read(unsafe.Slice((*byte)(buffer), length)))
	}
	return -1
}

//export spoolTargetSeek
func spoolTargetSeek(id C.uintptr_t, offset C.gint64, whence C.int) C.gint64 {
	if s := sessionOf(uintptr(id)); s != nil && s.target != nil {
		return C.gint64(s.target.move(int64(offset), int(whence)))
	}
	return -1
}

//export spoolRow
func spoolRow(id C.uintptr_t, row unsafe.Pointer) C.int {
	if s := sessionOf(uintptr(id)); s != nil && s.rows != nil && s.rows(row) {
		return 0
	}
	return -1
}

//export spoolDraw
func spoolDraw(id C.uintptr_t, x, y, n C.int, pixels unsafe.Pointer) C.int {
	if s := sessionOf(uintptr(id)); s != nil && s.draw != nil {
		if s.draw(unsafe.Slice((*byte)(pixels), n), int(x), int(y)) {
			return 0
		}
	}
	return -1
}

//export spoolEval
func spoolEval(id C.uintptr_t, percent C.int) {
	if s := sessionOf(uintptr(id)); s != nil {
		s.progress(int(percent))
	}
}

// spoolWarn takes a warning of libvips. Threads that have not yet read or
// written for a session have none; then the text is kept only if it can belong
// to one session alone, for it may quote a stranger's file.
//
//export spoolWarn
func spoolWarn(id C.uintptr_t, message *C.char) {
	s := sessionOf(uintptr(id))
	if s == nil {
		s = onlySession()
	}
	if s != nil {
		s.note("libvips: %s", clean(C.GoString(message)))
	}
}
