package libav

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"

	"github.com/spoolmedia/spool/codec"
)

// hardwareNames are encoders of hardware, by codec, in the order in which they are tried:
// those that take pictures out of memory, and then those of VAAPI, which device.c uploads
// them for.
var hardwareNames = map[string][]string{
	codec.VideoH264: {"h264_nvenc", "h264_qsv", "h264_amf", "h264_videotoolbox", "h264_v4l2m2m",
		"h264_vaapi"},
	codec.VideoH265: {"hevc_nvenc", "hevc_qsv", "hevc_amf", "hevc_videotoolbox", "hevc_v4l2m2m",
		"hevc_vaapi"},
	codec.VideoVP9: {"vp9_qsv", "vp9_vaapi"},
	codec.VideoAV1: {"av1_nvenc", "av1_qsv", "av1_amf", "av1_vaapi"},
}

// hardwareEncoder is one of the machine's hardware that works, with the pixel format
// in which it is given pictures.
type hardwareEncoder struct{ name, pixels string }

// byHardware does op with an encoder of hardware if that was asked for and there is one
// that works, and once more without if it fails. Until do returns, no output may be
// known to the sink.
func (c *Codec) byHardware(ctx context.Context, op request, do func(request) error) error {
	if op = c.withHardware(ctx, op); op.hardware == nil {
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
func (c *Codec) withHardware(ctx context.Context, op request) request {
	if !op.Video.Hardware || targets[op.Format].sound {
		return op
	}
	var silent string
	if op.hardware, silent = c.hardwareFor(ctx, op); op.hardware != nil {
		return op
	}
	why := "no hardware here encodes " + spokenCodecs[op.Video.For(op.Format)] + " as asked for."
	if silent != "" {
		why = fmt.Sprintf("%s gave no answer to a trial in %v.", silent, trialTime)
	}
	op.told = append(op.told, "The film was encoded by software: "+why)
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
// encoders of software promise. It names the one whose trial did not end, if any.
func (c *Codec) hardwareFor(ctx context.Context, op request) (h *hardwareEncoder, silent string) {
	v := op.Video
	s, ok := c.hardware[v.For(op.Format)]
	if !ok || len(v.Options) > 0 || v.Profile != "" || v.Level != "" || v.PixelFormat != "" {
		return nil, ""
	}
	return s.result(ctx)
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
