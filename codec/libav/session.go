package libav

// #cgo pkg-config: libavformat libavcodec libavfilter libavutil
// #cgo CFLAGS: -O2 -Wall
// #cgo LDFLAGS: -lm
// #include <stdlib.h>
// #include "job.h"
import "C"

import (
	"context"
	"errors"
	"image"
	"math"
	"runtime"
	"runtime/cgo"
	"slices"
	"strings"
	"time"
	"unsafe"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/internal/heap"
)

// session is one use of the libraries: an input and perhaps an output. It is
// used by one goroutine, apart from the flag that stops it.
type session struct {
	job      *C.SpoolJob
	handle   cgo.Handle
	ctx      context.Context
	in       codec.Input
	out      codec.Writer
	release  func()
	readAt   int64
	writeAt  int64
	written  int64 // the output's size
	readErr  error
	writeErr error
	demuxer  string
	see      map[C.int]func(frame) error // take the frames of taps, by track
	seeErr   error
	hear     func(cue) error            // takes the cues of a text
	cut      func(duration int64) error // ends a segment; -1: the init segment
	encodes  bool                       // some encoder of more than a picture was opened
	beside   *session                   // reads a second input, or nil
}

// newSession makes a session that stops when ctx ends. Close it.
func newSession(ctx context.Context, in codec.Input) (*session, error) {
	s := &session{ctx: ctx, in: in}
	s.handle = cgo.NewHandle(s)
	s.job = C.spool_job_new(C.uintptr_t(s.handle), C.int64_t(in.Size()))
	if s.job == nil {
		s.handle.Delete()
		return nil, codec.Errorf(codec.Memory, "there is no memory left to read %s", in.Name())
	}
	job, done := s.job, make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(done)
		C.spool_stop(job)
	})
	s.release = func() {
		if !stop() {
			<-done // it may be using job
		}
	}
	return s, nil
}

func (s *session) close() {
	s.release()
	C.spool_job_free(s.job)
	s.handle.Delete()
	if s.beside != nil {
		s.beside.close()
	}
	if s.encodes { // the pictures that encoders hold leave holes that malloc keeps
		heap.Trim(worthTrimming)
	}
}

// worthTrimming is how many free bytes are worth it: the next film touches less anew than
// that costs.
const worthTrimming = 32 << 20

// native runs f, whose warnings belong to this session.
func (s *session) native(f func() C.int) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	last := C.spool_job_enter(s.job)
	code := f()
	C.spool_job_leave(last)
	return s.check(code)
}

// check turns a result of the libraries into an error.
func (s *session) check(code C.int) error {
	switch {
	case code >= 0:
		return nil
	case s.ctx.Err() != nil:
		return s.ctx.Err()
	case s.readErr != nil:
		return s.readErr
	case s.writeErr != nil:
		return s.writeErr
	case s.beside != nil && s.beside.readErr != nil:
		return s.beside.readErr
	case s.seeErr != nil:
		return s.seeErr
	}
	if code == codeOfOld {
		code = codeInvalid
	}
	return nativeError{int(code), C.GoString(&s.job.fault[0])}
}

func (s *session) open(demuxer string, probeSize int64, maxStreams int) error {
	name, allowed := C.CString(demuxer), C.CString(demuxerList())
	defer C.free(unsafe.Pointer(name))
	defer C.free(unsafe.Pointer(allowed))
	s.demuxer = demuxer
	return s.native(func() C.int {
		return C.spool_open_input(s.job, name, allowed, C.int64_t(probeSize), C.int(maxStreams))
	})
}

func (s *session) openOutput(muxer string, w codec.Writer, seekable bool) error {
	s.out = w
	name := C.CString(muxer)
	defer C.free(unsafe.Pointer(name))
	return s.native(func() C.int {
		return C.spool_open_output(s.job, name, C.int(toInt(seekable)))
	})
}

func (s *session) addCopy(input int, tag string) error {
	t := C.CString(tag)
	defer C.free(unsafe.Pointer(t))
	return s.native(func() C.int { return C.spool_add_copy(s.job, C.int(input), t) })
}

// decoding is what decoders are held to.
type decoding struct {
	threads   int
	maxPixels int64
	keys      bool // key frames only
	slices    bool // threads share a picture, so that it comes out at once
}

// addEncode makes a track that encodes stream input anew, and opens its encoder.
func (s *session) addEncode(input int, e encode, d decoding) error {
	s.encodes = s.encodes || e.limit != 1
	if err := s.addTrack(input, e, d); err != nil {
		return err
	}
	err := s.openEncoder(e.colour)
	if err = e.checkOptions(s, err); err == nil && e.tag != "" {
		s.setTag(e.tag)
	}
	return err
}

// setTag gives the last track the container's code for its codec.
func (s *session) setTag(tag string) {
	t := C.CString(tag)
	defer C.free(unsafe.Pointer(t))
	C.spool_set_tag(s.job, t)
}

// openEncoder opens that of the last track, with these tags of colour.
func (s *session) openEncoder(c colour) error {
	return s.native(func() C.int {
		return C.spool_set_colour(s.job, s.job.count-1, C.int(c.primaries), C.int(c.transfer),
			C.int(c.matrix), C.int(c.rng))
	})
}

// addTap makes a track whose frames go to see, decoded and filtered.
func (s *session) addTap(input int, e encode, d decoding, see func(frame) error) error {
	if s.see == nil {
		s.see = map[C.int]func(frame) error{}
	}
	s.see[s.job.count] = see
	return s.addTrack(input, e, d)
}

func (s *session) addTrack(input int, e encode, d decoding) error {
	settings, free := newSettings(e, d)
	defer free()
	defer C.av_frame_free(&settings.still) // both NULL if they were taken over
	defer C.av_dict_free(&settings.options)
	return s.native(func() C.int { return C.spool_add_encode(s.job, C.int(input), &settings) })
}

// writePicture makes an output of a picture.
func (s *session) writePicture(t target, m *image.NRGBA, e encode, w codec.Writer) error {
	f := frame{newFrame(m)}
	defer f.free()
	return s.writeFrame(t, f, e, w)
}

// writeFrame makes an output of a picture.
func (s *session) writeFrame(t target, f frame, e encode, w codec.Writer) error {
	if err := s.openOutput(t.muxer, w, t.seekable); err != nil {
		return err
	}
	settings, free := newSettings(e, decoding{})
	defer free()
	defer C.av_dict_free(&settings.options)
	c := e.colour
	err := s.native(func() C.int {
		return C.spool_write_picture(s.job, &settings, f.f, C.int(c.primaries), C.int(c.transfer),
			C.int(c.matrix), C.int(c.rng))
	})
	if err != nil {
		return err
	}
	return s.finish()
}

// filtered is what the filters make of a picture. Free it.
func (s *session) filtered(p frame, filters string) (made frame, err error) {
	chain := C.CString(filters)
	defer C.free(unsafe.Pointer(chain))
	err = s.native(func() C.int { return C.spool_filter_picture(p.f, chain, &made.f) })
	return made, err
}

// newSettings is what C is told; free it.
func newSettings(e encode, d decoding) (settings C.SpoolEncode, free func()) {
	settings = C.SpoolEncode{
		filters: C.CString(e.filters), options: dictionary(e.withThreads(d.threads)),
		limit: C.int64_t(e.limit), threads: C.int(d.threads),
		encoder_threads: C.int(e.threads(d.threads)), max_pixels: C.int64_t(d.maxPixels),
		keys: C.int(toInt(d.keys)), slices: C.int(toInt(d.slices)),
		plain_width: C.int(e.plain.w), plain_height: C.int(e.plain.h),
	}
	if e.encoder != "" {
		settings.encoder = C.CString(e.encoder)
	}
	if e.stats != "" {
		settings.stats = C.CString(e.stats)
	}
	if e.still != nil {
		settings.still = newFrame(e.still)
	}
	strings := []*C.char{settings.filters, settings.encoder, settings.stats}
	return settings, func() {
		for _, text := range strings {
			C.free(unsafe.Pointer(text))
		}
	}
}

// rewind makes the track ready for what comes after a seek.
func (s *session) rewind(track int) error {
	t := unsafe.Slice(s.job.tracks, s.job.count)[track]
	return s.native(func() C.int { return C.spool_rewind(s.job, t) })
}

// seek goes to the last key frame that is shown at the time start or before, in
// seconds of the input, and returns its time. Without exact it goes a little
// further back, for what decoders need.
func (s *session) seek(start float64, exact bool) (key float64, err error) {
	var at C.double
	err = s.native(func() C.int {
		return C.spool_seek(s.job, C.double(start), C.int(toInt(exact)), &at)
	})
	return float64(at), err
}

// start writes the header. The output begins at offset, in seconds of the input,
// and has at most length seconds; 0 is all.
func (s *session) start(options map[string]string, offset, length float64, chapters bool) error {
	d := dictionary(options)
	defer C.av_dict_free(&d)
	return s.native(func() C.int {
		return C.spool_job_start(s.job, &d, C.double(offset), C.double(length), C.int(toInt(chapters)))
	})
}

// run does some packets; it reports false when all is done.
func (s *session) run(packets int) (more bool, err error) {
	err = s.native(func() C.int { return C.spool_job_run(s.job, C.int(packets)) })
	if e, ok := errors.AsType[nativeError](err); ok && e.code == C.AVERROR_EOF {
		return false, nil
	}
	return err == nil, err
}

func (s *session) finish() error {
	return s.native(func() C.int { return C.spool_finish(s.job) })
}

// position is the latest timestamp in the output.
func (s *session) position() time.Duration {
	if s.job.position == C.AV_NOPTS_VALUE {
		return 0
	}
	return time.Duration(s.job.position) * time.Microsecond
}

// setPosition is for taps, which have no output to tell it.
func (s *session) setPosition(f frame) { s.job.position = C.int64_t(f.f.pts) }

// end is where the last packet of the output ends.
func (s *session) end() time.Duration {
	return max(0, time.Duration(s.job.end)*time.Microsecond)
}

// readFault is what ended the input before its end, or nil.
func (s *session) readFault() error {
	if s.job.read_fault == 0 {
		return nil
	}
	return s.check(s.job.read_fault)
}

// beStrict has damage end the work, or not.
func (s *session) beStrict(strict bool) { s.job.strict = C.int(toInt(strict)) }

// tally says how much of a track was decoded, and how many packets were damaged.
func (s *session) tally(track int) (frames, faults int64) {
	t := unsafe.Slice(s.job.tracks, s.job.count)[track]
	return int64(t.frames), int64(t.faults)
}

// given is how many frames of a track came out of the filters.
func (s *session) given(track int) int {
	return int(unsafe.Slice(s.job.tracks, s.job.count)[track].given)
}

// note adds to what the libraries have to say; "" is nothing.
func (s *session) note(text string) {
	if text == "" {
		return
	}
	t := C.CString(text)
	defer C.free(unsafe.Pointer(t))
	C.spool_note(s.job, t)
}

// warnings returns what the libraries had to say.
func (s *session) warnings() []string {
	C.pthread_mutex_lock(&s.job.mutex)
	defer C.pthread_mutex_unlock(&s.job.mutex)
	notes := make([]string, 0, s.job.notes)
	for i := range int(s.job.notes) {
		notes = append(notes, C.GoString(&s.job.note[i][0]))
	}
	return slices.Clip(notes)
}

// saidOf reports whether a warning of the libraries has the text in it.
func (s *session) saidOf(text string) bool {
	return slices.ContainsFunc(s.warnings(), func(w string) bool { return strings.Contains(w, text) })
}

func startLibraries() {
	heap.Limit()
	C.spool_log_install()
	C.spool_quiet_encoders()
}

func dictionary(options map[string]string) *C.AVDictionary {
	var d *C.AVDictionary
	for k, v := range options {
		key, value := C.CString(k), C.CString(v)
		C.av_dict_set(&d, key, value, 0)
		C.free(unsafe.Pointer(key))
		C.free(unsafe.Pointer(value))
	}
	return d
}

func toInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// setPlain leaves tags, titles and traces of the software out of the output.
func (s *session) setPlain(plain bool) { s.job.plain = C.int(toInt(plain)) }

// stats are what the encoder of a first pass found, if it keeps that in no file.
func (s *session) stats(track int) string {
	return C.GoString(unsafe.Slice(s.job.tracks, s.job.count)[track].stats.str)
}

// setClip makes times count from offset, in seconds of the input, and ends after
// length; 0 is the end of the input. [session.start] does the same.
func (s *session) setClip(offset, length float64) {
	if math.IsNaN(offset) {
		offset = 0
	}
	s.job.offset, s.job.length = C.int64_t(offset*1e6), C.int64_t(length*1e6)
}
