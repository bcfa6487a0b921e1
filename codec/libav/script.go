package libav

// #include <stdlib.h>
// #include "job.h"
import "C"

import (
	"context"
	"unsafe"

	"github.com/spoolmedia/spool/codec"
)

// script is the text of a track of subtitles, in the form of ASS.
type script struct {
	header string
	styled bool // the header has styles of an author
	cues   []cue
	notes  []string
}

// cue is what is shown for a while, with times in microseconds. The text is an event of
// ASS: its number and its fields without times, of which the last is what is shown.
type cue struct {
	start, end int64
	text       string
}

// readScript reads a file of subtitles.
func readScript(ctx context.Context, in codec.Input, policy codec.Policy) (script, error) {
	if _, ok := textDemuxers[in.Type()]; !ok {
		return script{}, codec.Errorf(codec.Invalid, "%s is no file of subtitles: it is %s", in.Name(),
			codec.TypeName(in.Type()))
	}
	return readTrack(ctx, in, policy, pick{})
}

// readTrack reads a track of a film, or the one of a file of subtitles. Times count
// from the start of the film.
func readTrack(ctx context.Context, in codec.Input, policy codec.Policy, k pick) (script, error) {
	s, streams, err := openInput(ctx, in, policy)
	if err != nil {
		return script{}, err
	}
	defer s.close()
	index, err := k.choose(in.Name(), streams)
	if err != nil {
		return script{}, err
	}
	var all script
	bytes := 0
	s.hear = func(c cue) error {
		if bytes += len(c.text); bytes > mostTextFile {
			return codec.Errorf(codec.Limit, "%s has more than %d bytes of subtitles", in.Name(),
				mostTextFile)
		}
		all.cues = append(all.cues, c)
		return nil
	}
	if err := s.addText(index, ""); err != nil {
		return script{}, s.workError(err)
	}
	s.setClip(startOf(streams), 0)
	quiet := &codec.Work{Policy: policy}
	r := &run{session: s, work: quiet, meter: meter{to: quiet}}
	if err := r.loop(); err != nil {
		return script{}, err
	}
	if len(all.cues) == 0 {
		return script{}, codec.Errorf(codec.Invalid, "%s: there is no text in its subtitles", in.Name())
	}
	all.header = C.GoString(C.spool_text_header(s.job, 0))
	all.styled = streams[index].codec == "ass"
	all.notes = append(r.notes, s.warnings()...)
	return all, nil
}

// addText makes a track of a text stream; without an encoder its cues go to s.hear.
func (s *session) addText(input int, encoder string) error {
	if encoder == "" {
		return s.native(func() C.int { return C.spool_add_text(s.job, C.int(input), nil) })
	}
	e := C.CString(encoder)
	defer C.free(unsafe.Pointer(e))
	return s.native(func() C.int { return C.spool_add_text(s.job, C.int(input), e) })
}

//export spoolAVCue
func spoolAVCue(handle C.uintptr_t, start, end C.int64_t, text *C.char) C.int {
	s := sessionOf(handle)
	if err := s.hear(cue{int64(start), int64(end), C.GoString(text)}); err != nil {
		s.seeErr = err
		return C.AVERROR_EXTERNAL
	}
	return 0
}
