package vips

// #include "glue.h"
import "C"

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"sync"
	"unsafe"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/internal/heap"
)

// session is one call into libvips: what it reads and writes, the native
// objects that it made, and what the library said. C knows it by number only.
type session struct {
	id      uintptr
	ctx     context.Context
	name    string // of the input, for messages
	source  *source
	target  *target
	report  func(float64)
	draw    func(line []byte, x, y int) bool // draws pixels: see [conversion.unroll]
	rows    func(unsafe.Pointer) bool        // takes a row of pixels: see [session.eachRow]
	threads int
	strict  bool     // damage is an error: see [codec.Policy]
	heavy   bool     // it takes so much memory that the rest must be given back
	words   []string // of the formats at work, in what libvips says

	images  []*C.VipsImage // to be killed when ctx ends
	objects []unsafe.Pointer
	atEnd   []func() // when no image is drawn any more

	mu    sync.Mutex // guards all below, and images against the killer
	cause error      // the first failure of a callback
	notes []string
	phase phase
	span  phase   // of the part of the work that is at hand
	best  float64 // the progress last reported
}

// phase is the part of the whole that the running evaluation stands for.
type phase struct{ from, to float64 }

// at is the fraction of the whole at a fraction of the phase.
func (p phase) at(fraction float64) float64 { return p.from + (p.to-p.from)*fraction }

// part is the i-th of n equal parts of the phase.
func (p phase) part(i, n int) phase {
	return phase{p.at(float64(i) / float64(n)), p.at(float64(i+1) / float64(n))}
}

// sessions finds a session by the number that C has.
var sessions = struct {
	sync.RWMutex
	last uintptr
	byID map[uintptr]*session
}{byID: make(map[uintptr]*session)}

func sessionOf(id uintptr) *session {
	sessions.RLock()
	defer sessions.RUnlock()
	return sessions.byID[id]
}

// onlySession returns the session that runs if no other does.
func onlySession() *session {
	sessions.RLock()
	defer sessions.RUnlock()
	if len(sessions.byID) == 1 {
		for _, s := range sessions.byID {
			return s
		}
	}
	return nil
}

// run calls f in a new session, on one thread of the system. When it returns,
// all native work has stopped and all native memory of the session is free.
func run(ctx context.Context, in codec.Input, report func(float64), f func(*session) error) error {
	if err := start(); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("vips: %s: %w", in.Name(), err)
	}
	s := &session{ctx: ctx, name: in.Name(), report: report, span: phase{0, 1}}
	s.source = &source{s: s, in: in}
	sessions.Lock()
	if len(sessions.byID) == 0 {
		C.vips_error_clear() // also successful calls leave text behind
	}
	sessions.last++
	s.id = sessions.last
	sessions.byID[s.id] = s
	sessions.Unlock()
	defer s.close()

	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	C.spool_enter(C.uintptr_t(s.id))
	defer C.spool_leave()

	killed := make(chan struct{})
	stop := context.AfterFunc(ctx, func() { s.kill(); close(killed) })
	defer func() {
		if !stop() {
			<-killed
		}
	}()
	return f(s)
}

// close frees the session's native objects, the last made first. It runs after
// the killer has ended and before the thread is given back. What the encoders of
// a large picture have freed malloc would keep: see the package comment.
func (s *session) close() {
	for _, o := range slices.Backward(s.objects) {
		C.spool_unref(o)
	}
	for _, end := range s.atEnd {
		end()
	}
	sessions.Lock()
	delete(sessions.byID, s.id)
	sessions.Unlock()
	if s.heavy {
		heap.Trim(0)
	}
}

// heavyMemory is from what estimate on a work is heavy. Below it, to give memory
// back would cost more than to keep it.
const heavyMemory = 32 << 20

// own makes the session the owner of one reference to o.
func (s *session) own(o unsafe.Pointer) { s.objects = append(s.objects, o) }

// ownImage is own for an image, which must stop when the context ends.
func (s *session) ownImage(im *C.VipsImage) image {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.own(unsafe.Pointer(im))
	s.images = append(s.images, im)
	if s.ctx.Err() != nil {
		C.vips_image_set_kill(im, 1)
	}
	return image{im}
}

// release frees what the session has come to own since it had so many objects and
// images.
func (s *session) release(objects, images int) {
	for _, o := range slices.Backward(s.objects[objects:]) {
		C.spool_unref(o)
	}
	s.objects = s.objects[:objects]
	s.mu.Lock()
	s.images = s.images[:images]
	s.mu.Unlock()
}

// kill stops the evaluation of every image of the session.
func (s *session) kill() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, im := range s.images {
		C.vips_image_set_kill(im, 1)
	}
}

// fail keeps the first error of a callback: libvips only learns that there was
// one.
func (s *session) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cause == nil {
		s.cause = err
	}
}

// note adds a line for people to the result, once.
func (s *session) note(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	text := fmt.Sprintf(format, args...)
	if len(s.notes) < maxNotes && !slices.Contains(s.notes, text) {
		s.notes = append(s.notes, text)
	}
}

// noted counts the notes; forget drops those behind the first n.
func (s *session) noted() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.notes)
}

func (s *session) forget(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.notes = s.notes[:n]
}

// maxNotes bounds what a hostile file can make the library say.
const maxNotes = 16

// stage says which part of the whole the next evaluation is.
func (s *session) stage(from, to float64) {
	s.mu.Lock()
	s.phase = phase{from, to}
	s.mu.Unlock()
	s.progress(0)
}

// stageTo is stage from where the whole is now.
func (s *session) stageTo(to float64) {
	s.mu.Lock()
	s.phase = phase{s.best, to}
	s.mu.Unlock()
}

// progress reports that percent of the running stage is done. It never goes
// back, although libvips starts anew for each evaluation.
func (s *session) progress(percent int) {
	s.mu.Lock()
	p := s.phase
	now := p.at(float64(min(max(percent, 0), 100)) / 100)
	news := now > s.best
	if news {
		s.best = now
	}
	s.mu.Unlock()
	if news && s.report != nil {
		s.report(now)
	}
}

// failure turns what stopped the session while it was doing something into the
// error for the caller: the end of the context, the cause that a callback met,
// or else, by libvips' own account, a fault of class.
func (s *session) failure(class codec.Class, doing string) error {
	said := s.said()
	if err := s.ctx.Err(); err != nil {
		return fmt.Errorf("vips: %s: %w", s.name, err)
	}
	s.mu.Lock()
	cause := s.cause
	s.mu.Unlock()
	if cause != nil {
		return cause
	}
	switch {
	case strings.Contains(strings.ToLower(said), "out of memory"):
		class = codec.Memory
	case strings.Contains(said, "Document is encrypted"): // by Poppler
		return codec.Errorf(codec.Unsupported, "%s is protected by a password", s.name)
	}
	if said == "" {
		return codec.Errorf(class, "%s %s", s.name, doing)
	}
	return codec.Errorf(class, "%s %s: %s", s.name, doing, said)
}

// ioError describes a failure of storage, which may go away.
func ioError(name, what string, err error) error {
	if _, ok := errors.AsType[*codec.Error](err); ok {
		return fmt.Errorf("vips: %s %s: %w", name, what, err)
	}
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return codec.Errorf(codec.Transient, "%s %s: %w", name, what, err)
}

// takeNotes returns what was noted.
func (s *session) takeNotes() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.notes)
}
