package libav

// #include <stdlib.h>
// #include "job.h"
import "C"

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"unsafe"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/libav/internal/avcc"
	"github.com/spoolmedia/spool/codec/libav/internal/hvcc"
)

// markingKeys are the demuxers of containers that tell key frames from which decoding can
// begin; in others they are pictures that somebody took for such.
var markingKeys = []string{"mov", "matroska"}

// splice is a copy of what can be copied of a stream in a clip, with new pictures before and
// behind.
type splice struct {
	cut    C.SpoolCut
	ends   encode // of the new pictures
	number int    // of the parameter sets that their slices have to be given, or 0
	sets   sets   // of the copied ones, or nil
}

// sets are the parameter sets of a stream, to which those of another encoder are added.
type sets interface {
	Add(units []byte) error
	Bytes() []byte
}

// cutPictures makes another plan if pictures that would be copied cannot be cut out as they
// are, or encodes only those before and behind.
func (r *run) cutPictures(ctx context.Context, in source, tones bool) error {
	for i, t := range r.tracks {
		if t.encode != nil || t.from.kind != video || t.from.cover {
			continue
		}
		clean, s, err := r.findCut(ctx, t.from)
		switch {
		case err != nil:
			return r.workError(err)
		case s != nil:
			r.tracks[i].splice = s
			about := &r.report[t.from.index]
			about.Action, about.Reason = codec.Encoded,
				"the clip is cut between key frames: pictures at its ends are made anew, all others copied"
			about.Encoder, about.Options = s.ends.encoder, s.ends.options
		case !clean:
			r.newVideo = true
			return r.prepare(in, tones)
		}
	}
	return nil
}

// findCut reports whether the pictures of a stream in the clip can be copied, and no others
// are shown then, or how some of them can. It reads the input for itself.
func (r *run) findCut(ctx context.Context, from stream) (clean bool, _ *splice, _ error) {
	if !slices.Contains(markingKeys, r.demuxer) {
		return false, nil, nil
	}
	s, _, err := openInput(ctx, r.work.In[0], r.work.Policy)
	if err != nil {
		return false, nil, err
	}
	defer s.close()
	start := r.clip.start
	if !math.IsNaN(r.offset) {
		start += r.offset
	}
	toEnd := r.media.Duration > 0 && seconds(r.clip.start+r.clip.length) >= r.media.Duration
	var cut C.SpoolCut
	err = s.native(func() C.int {
		return C.spool_find_cut(s.job, C.int(from.index), C.double(start),
			C.double(r.clip.length), C.int(toInt(r.clip.start > 0)), C.int(toInt(!toEnd)), &cut)
	})
	if err != nil || cut.found == 0 {
		return false, nil, err
	}
	if cut.head == 0 && cut.tail == 0 {
		return true, nil, nil
	}
	p := unsafe.Slice(s.job.in.streams, s.job.in.nb_streams)[from.index].codecpar
	var made *splice
	switch p.codec_id {
	case C.AV_CODEC_ID_H264:
		made = endsOfH264(from, p)
	case C.AV_CODEC_ID_HEVC:
		made = endsOfH265(from, p)
	case C.AV_CODEC_ID_VP9:
		made = endsOfVP9(from, p)
	}
	if made != nil {
		made.cut = cut
	}
	return false, made, nil
}

// profiles of H.264 whose pictures can be joined to those of x264, by profile_idc.
var profiles = map[byte]string{66: "baseline", 77: "main", 100: "high"}

// endsOfH264 are pictures that can be joined to those of a stream; nil: they would not fit.
func endsOfH264(from stream, p *C.AVCodecParameters) *splice {
	record, err := avcc.Parse(C.GoBytes(unsafe.Pointer(p.extradata), p.extradata_size))
	number, free := record.FreeNumber()
	profile := profiles[record.Profile]
	eight := p.format == C.AV_PIX_FMT_YUV420P || p.format == C.AV_PIX_FMT_YUVJ420P
	if err != nil || !free || profile == "" || record.LengthSize != 4 || record.Level < 10 ||
		len(record.Sequence) == 0 || from.interlaced || !eight {
		return nil
	}
	e, ok := endsBy("libx264", from)
	if !ok {
		return nil
	}
	e.options["profile"] = profile
	e.options["level"] = fmt.Sprintf("%d.%d", record.Level/10, record.Level%10)
	switch p.video_delay { // decoders are told to wait for no more pictures
	case 0:
		e.options["bf"] = "0"
	case 1:
		e.options["b-pyramid"] = "none"
	}
	e.add(videoEncoders[e.encoder].native, fmt.Sprintf("annexb=0:sps-id=%d", number))
	return &splice{ends: e, sets: &record}
}

// endsOfH265 are likewise.
func endsOfH265(from stream, p *C.AVCodecParameters) *splice {
	record, err := hvcc.Parse(C.GoBytes(unsafe.Pointer(p.extradata), p.extradata_size))
	main := record.Profile == 1 && p.format == C.AV_PIX_FMT_YUV420P
	deep := record.Profile == 2 && p.format == C.AV_PIX_FMT_YUV420P10
	if err != nil || !record.Free() || record.LengthSize != 4 || from.interlaced ||
		from.dolbyVision || !main && !deep {
		return nil
	}
	e, ok := endsBy("libx265", from)
	if !ok {
		return nil
	}
	native := videoEncoders[e.encoder].native
	switch p.video_delay {
	case 0:
		e.add(native, "bframes=0")
	case 1:
		e.add(native, "b-pyramid=0")
	}
	e.add(native, "annexb=0")
	return &splice{ends: e, sets: &record, number: hvcc.PictureSet}
}

// endsOfVP9 are likewise. All that its decoders have to know is in its key frames.
func endsOfVP9(from stream, p *C.AVCodecParameters) *splice {
	e, ok := endsBy("libvpx-vp9", from)
	if !ok || p.format != C.AV_PIX_FMT_YUV420P {
		return nil
	}
	return &splice{ends: e}
}

// endsBy is the encode of pictures like those of a stream, at the usual quality; false: this
// build has not got the encoder.
func endsBy(encoder string, from stream) (encode, bool) {
	v := videoEncoders[encoder]
	e := encode{encoder: encoder, waits: v.waits, filters: "null", colour: from.colour,
		options: v.options(usualEffort)}
	if from.full {
		e.colour.rng = fullRange
	}
	e.options["crf"] = strconv.Itoa(v.crf[1])
	return e, hasEncoder(encoder)
}

// addSplice makes a track that copies stream input but for its ends.
func (s *session) addSplice(input int, tag string, p *splice, d decoding) error {
	s.encodes = true
	settings, free := newSettings(p.ends, d)
	defer free()
	defer C.av_dict_free(&settings.options) // NULL if they were taken over
	t := C.CString(tag)
	defer C.free(unsafe.Pointer(t))
	err := s.native(func() C.int {
		return C.spool_add_splice(s.job, C.int(input), t, &settings, &p.cut)
	})
	if err == nil {
		err = s.openEncoder(p.ends.colour)
	}
	if err != nil {
		return err
	}
	if p.sets == nil {
		return nil
	}
	encoder := unsafe.Slice(s.job.tracks, s.job.count)[s.job.count-1].encoder
	err = p.sets.Add(C.GoBytes(unsafe.Pointer(encoder.extradata), encoder.extradata_size))
	if err != nil {
		return err
	}
	b := p.sets.Bytes()
	return s.native(func() C.int {
		return C.spool_set_sets(s.job, (*C.uint8_t)(&b[0]), C.int(len(b)), C.int(p.number))
	})
}
