package libav

// #include <stdlib.h>
// #include "job.h"
import "C"

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"sync"
	"unsafe"

	"github.com/spoolmedia/spool/codec"
)

// hardwareNames are encoders of hardware that take pictures out of memory, by codec.
var hardwareNames = map[string][]string{
	codec.VideoH264: {"h264_nvenc", "h264_qsv", "h264_amf", "h264_videotoolbox", "h264_v4l2m2m"},
	codec.VideoH265: {"hevc_nvenc", "hevc_qsv", "hevc_amf", "hevc_videotoolbox", "hevc_v4l2m2m"},
	codec.VideoVP9:  {"vp9_qsv"}, codec.VideoAV1: {"av1_nvenc", "av1_qsv", "av1_amf"},
}

// hardwareEncoder is one of the machine's hardware that works, with the pixel format
// that it takes.
type hardwareEncoder struct{ name, pixels string }

// tryHardware returns what looks, when it is first called, for the encoder of each
// codec that encodes a trial frame; nil: there is none.
func tryHardware(names map[string][]string) map[string]func() *hardwareEncoder {
	found := map[string]func() *hardwareEncoder{}
	for name, candidates := range names {
		found[name] = sync.OnceValue(func() *hardwareEncoder { return firstThatWorks(candidates) })
	}
	return found
}

func firstThatWorks(names []string) *hardwareEncoder {
	for _, name := range names {
		encoder, pixels := C.CString(name), (*C.char)(C.calloc(1, 32))
		works := C.spool_trial(encoder, pixels, 32) >= 0
		h := hardwareEncoder{name, C.GoString(pixels)}
		C.free(unsafe.Pointer(encoder))
		C.free(unsafe.Pointer(pixels))
		if works {
			return &h
		}
	}
	return nil
}

// byHardware does op with an encoder of hardware if that was asked for and there is one
// that works, and once more without if it fails. Until do returns, no output may be
// known to the sink.
func (c *Codec) byHardware(ctx context.Context, op request, do func(request) error) error {
	if op = c.withHardware(op); op.hardware == nil {
		return do(op)
	}
	err := do(op)
	if _, native := errors.AsType[nativeError](err); !native || ctx.Err() != nil {
		return err
	}
	return do(op.withoutHardware(err))
}

// withHardware chooses an encoder of hardware for op if that was asked for, or tells
// that there is none.
func (c *Codec) withHardware(op request) request {
	if !op.Video.Hardware || targets[op.Format].sound {
		return op
	}
	if op.hardware = c.hardwareFor(op); op.hardware == nil {
		op.told = append(op.told, "The film was encoded by software: no hardware here encodes "+
			spokenCodecs[op.Video.For(op.Format)]+" as asked for.")
	}
	return op
}

// withoutHardware is op for software, after that of hardware failed.
func (r request) withoutHardware(err error) request {
	r.told = append(r.told,
		fmt.Sprintf("The film was encoded by software: %s failed: %v.", r.hardware.name, err))
	r.hardware = nil
	return r
}

// hardwareFor is the encoder for op; nil if there is none, or if op asks for what only
// encoders of software promise.
func (c *Codec) hardwareFor(op request) *hardwareEncoder {
	v := op.Video
	find, ok := c.hardware[v.For(op.Format)]
	if !ok || len(v.Options) > 0 || v.Profile != "" || v.Level != "" || v.PixelFormat != "" {
		return nil
	}
	return find()
}

// hardwareOptions are those of an encoder that has a bit rate and no quality: what x264
// needs for that quality of a usual film, a tenth of a bit for each pixel at 82.
func hardwareOptions(op request, s stream, shown size) map[string]string {
	bits := op.Video.Bitrate
	if bits == 0 {
		rate := frameRate(s)
		if most := op.Video.MaxFrameRate; most > 0 {
			rate = min(rate, most)
		}
		less := float64(crf(op.Quality, 16, 23, 51)-23) / 6 // halves the bits
		bits = int(float64(shown.w*shown.h) * rate * 0.1 * math.Pow(2, -less))
	}
	return map[string]string{"b": strconv.Itoa(max(bits, 10_000))}
}
