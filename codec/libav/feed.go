package libav

// #include "job.h"
import "C"

import (
	"context"
	"io"
	"unsafe"

	"github.com/spoolmedia/spool/codec"
)

// feedBase is the time base of pictures that are fed: it holds the usual frame rates.
const feedBase = 90_000

// newOutput makes a session that reads nothing: its tracks are fed. Close it.
func newOutput(ctx context.Context, name string) (*session, error) {
	s, err := newSession(ctx, nothing(name))
	if err != nil {
		return nil, err
	}
	if err := s.native(func() C.int { return C.spool_make_input(s.job) }); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// nothing is an empty input of that name.
type nothing string

func (nothing) ReadAt([]byte, int64) (int, error) { return 0, io.EOF }
func (nothing) Size() int64                       { return 0 }
func (n nothing) Name() string                    { return string(n) }
func (nothing) Type() string                      { return "" }

var _ codec.Input = nothing("")

// feed is a track of a session that is fed.
type feed struct {
	*session
	track C.int
	like  *C.AVFrame
	end   int64 // of what it was fed, in its time base
}

// addPictures makes a track for pictures of that size and rate.
func (s *session) addPictures(z size, rate rational, e encode, d decoding) (*feed, error) {
	return s.addPicturesIn(codec.PixelYUV420, z, rate, e, d)
}

// addPicturesIn makes a track for pictures in that pixel format.
func (s *session) addPicturesIn(pixels string, z size, rate rational, e encode,
	d decoding) (*feed, error) {
	name := C.CString(pixels)
	defer C.free(unsafe.Pointer(name))
	like := C.spool_like_picture(name, C.int(z.w), C.int(z.h))
	base := C.AVRational{num: 1, den: feedBase}
	return s.addFeed(like, base, C.AVRational{num: C.int(rate.num), den: C.int(rate.den)}, e, d)
}

// addSound makes a track for sound as e takes it.
func (s *session) addSound(e encode, d decoding) (*feed, error) {
	like := likeSound(e.samples)
	base := C.AVRational{num: 1, den: C.int(e.samples.rate)}
	return s.addFeed(like, base, C.AVRational{}, e, d)
}

func likeSound(n samples) *C.AVFrame {
	format, layout := C.CString(n.format), C.CString(n.layout)
	defer C.free(unsafe.Pointer(format))
	defer C.free(unsafe.Pointer(layout))
	return C.spool_like_sound(format, C.int(n.rate), layout)
}

func (s *session) addFeed(like *C.AVFrame, base, rate C.AVRational, e encode,
	d decoding) (*feed, error) {
	if like == nil {
		return nil, codec.Errorf(codec.Memory, "there is no memory left")
	}
	f := &feed{session: s, track: s.job.count, like: like}
	s.encodes = true
	settings, free := newSettings(e, d)
	defer free()
	defer C.av_frame_free(&settings.still)
	defer C.av_dict_free(&settings.options)
	err := s.native(func() C.int { return C.spool_add_feed(s.job, &settings, like, base, rate) })
	if err == nil {
		err = s.openEncoder(e.colour)
	}
	if err != nil {
		f.free()
		return nil, err
	}
	return f, nil
}

// free lets go of what describes the frames.
func (f *feed) free() { C.av_frame_free(&f.like) }

// picture feeds a picture that is shown at a time, in the time base, for so long.
func (f *feed) picture(p frame, at, duration int64) error {
	f.stamp(picture{p, at, duration})
	return f.native(func() C.int { return C.spool_feed(f.job, f.track, p.f) })
}

// stamp writes its time into a picture.
func (f *feed) stamp(p picture) {
	p.f.pts = C.int64_t(p.at)
	C.spool_set_duration(p.f, C.int64_t(p.duration))
	f.end = max(f.end, p.at+p.duration)
}

// filter gives a picture to the filters, as picture does, and returns what they make of
// it, which is there until the next one.
func (f *feed) filter(p picture) (picture, error) {
	f.stamp(p)
	err := f.native(func() C.int { return C.spool_feed_filters(f.job, f.track, p.f) })
	p.frame = frame{unsafe.Slice(f.job.tracks, f.job.count)[f.track].filtered}
	return p, err
}

// shrink makes pictures of that size smaller without the filters, where that can be done.
func (f *feed) shrink(from size) {
	C.spool_shrink_fed(f.job, f.track, C.int(from.w), C.int(from.h))
}

// encodeFiltered encodes what filter has returned.
func (f *feed) encodeFiltered() error {
	return f.native(func() C.int { return C.spool_encode_fed(f.job, f.track) })
}

// sound feeds samples, behind what it has.
func (f *feed) sound(p frame) error {
	n := int64(p.f.nb_samples)
	p.f.pts = C.int64_t(f.end)
	C.spool_set_duration(p.f, C.int64_t(n))
	f.end += n
	return f.native(func() C.int { return C.spool_feed(f.job, f.track, p.f) })
}

// silence feeds silence up to a time in the time base.
func (f *feed) silence(to int64) error {
	at := f.end
	if to <= at {
		return nil
	}
	f.end = to
	return f.native(func() C.int {
		return C.spool_feed_silence(f.job, f.track, f.like, C.int64_t(at), C.int64_t(to-at))
	})
}

// finishFeeds writes what encoders hold back, and the end of the file.
func (s *session) finishFeeds() error {
	err := s.native(func() C.int { return C.spool_finish_feeds(s.job) })
	if err != nil {
		return err
	}
	return s.finish()
}
