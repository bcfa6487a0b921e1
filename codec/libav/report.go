package libav

// #include "job.h"
// #include <libavutil/pixdesc.h>
import "C"

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"unsafe"

	"github.com/spoolmedia/spool/codec"
)

// inspect writes the report of an input.
func inspect(ctx context.Context, w *codec.Work) error {
	in, err := onlyInput(w)
	if err != nil {
		return err
	}
	s, streams, err := openInput(ctx, in, w.Policy)
	if err != nil {
		return err
	}
	defer s.close()
	m := mediaOf(s, streams)
	if err := w.Policy.Limits.Check(in.Name(), m); err != nil {
		return err
	}
	text, err := json.MarshalIndent(s.describe(m, streams), "", "  ")
	if err != nil {
		return fmt.Errorf("libav: report of %q: %w", in.Name(), err)
	}
	json := codec.Format{Extension: ".json"}
	spec := codec.OutSpec{Name: json.OutputName(in.Name()), Type: "application/json"}

	return writeText(ctx, w, spec, append(text, '\n'), described(streams))
}

// described accounts for streams that are in no output, but were looked at.
func described(streams []stream) []codec.Stream {
	all := make([]codec.Stream, len(streams))
	for i, s := range streams {
		all[i] = codec.Stream{Index: i, Kind: s.spokenKind(), Codec: s.codec,
			Action: codec.Dropped, Reason: "the output describes it"}
	}
	return all
}

// writeText makes an output of a text.
func writeText(ctx context.Context, w *codec.Work, spec codec.OutSpec, text []byte,
	streams []codec.Stream) error {
	return writeFile(ctx, w, spec, text,
		codec.Result{Media: codec.Media{Type: spec.Type}, Streams: streams})
}

// writeFile makes an output of bytes.
func writeFile(ctx context.Context, w *codec.Work, spec codec.OutSpec, data []byte,
	result codec.Result) error {
	name := w.In[0].Name()
	out, err := w.Out.Create(ctx, spec)
	if err != nil {
		return fmt.Errorf("libav: create the output of %q: %w", name, err)
	}
	defer out.Abort()
	if _, err := out.Write(data); err != nil {
		return fmt.Errorf("libav: write the output of %q: %w", name, err)
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("libav: %q: %w", name, err)
	}
	if err := out.Commit(result); err != nil {
		return fmt.Errorf("libav: commit the output of %q: %w", name, err)
	}
	return nil
}

// describe says what the headers say.
func (s *session) describe(m codec.Media, streams []stream) codec.Report {
	r := codec.Report{
		Filename: s.in.Name(), MimeType: m.Type, SizeBytes: s.in.Size(), Kind: kindOfType(m.Type),
		Format: formatName(m.Type), Width: m.Width, Height: m.Height,
		Duration: round(m.Duration.Seconds()), Tags: tags(s.job.in.metadata),
		Chapters: s.chapters(), Cost: decodeCost(m, streams),
	}
	switch {
	case s.job.in.bit_rate > 0:
		r.BitrateKbps = int(s.job.in.bit_rate+500) / 1000
	case r.Duration > 0:
		r.BitrateKbps = int(math.Round(float64(r.SizeBytes) * 8 / 1000 / r.Duration))
	}
	for i, st := range streams {
		native := unsafe.Slice(s.job.in.streams, len(streams))[i]
		r.Streams = append(r.Streams, streamReport(st, native))
		if len(r.Tags) == 0 && !st.cover { // Ogg keeps those of the file here
			r.Tags = tags(native.metadata)
			delete(r.Tags, "language")
		}
	}
	return r
}

func streamReport(s stream, native *C.AVStream) codec.StreamReport {
	p, about := native.codecpar, tags(native.metadata)
	r := codec.StreamReport{
		Index: s.index, Kind: s.spokenKind(), Codec: s.codec, Profile: s.profile,
		Language: about["language"], Title: about["title"], Default: s.def, Cover: s.cover,
		Start: round(s.start), Duration: round(s.length), BitrateKbps: int(s.bitRate+500) / 1000,
		SampleRate: s.sampleRate, Channels: s.channels, ChannelLayout: s.layout,
	}
	if r.Language == "und" {
		r.Language = ""
	}
	if s.kind != video {
		return r
	}
	r.Width, r.Height, r.Rotation = s.width, s.height, s.turn.degrees()
	if s.rate.num > 0 && s.rate.den > 0 && !s.cover {
		r.FrameRate = math.Round(1000*float64(s.rate.num)/float64(s.rate.den)) / 1000
	}
	if s.aspect.num > 0 && s.aspect.num != s.aspect.den {
		r.PixelAspect = fmt.Sprintf("%d:%d", s.aspect.num, s.aspect.den)
	}
	r.PixelFormat = C.GoString(C.av_get_pix_fmt_name(int32(p.format)))
	r.ColourPrimaries = known(C.av_color_primaries_name(p.color_primaries))
	r.ColourTransfer = known(C.av_color_transfer_name(p.color_trc))
	r.ColourMatrix = known(C.av_color_space_name(p.color_space))
	return r
}

func known(name *C.char) string {
	if text := C.GoString(name); text != "unknown" && text != "reserved" {
		return text
	}
	return ""
}

// round keeps microseconds, and makes what is unknown 0.
func round(seconds float64) float64 {
	if math.IsNaN(seconds) || math.IsInf(seconds, 0) {
		return 0
	}
	return math.Round(seconds*1e6) / 1e6
}

// Bounds of what is told of tags, against files that hold nothing else.
const (
	mostTags     = 200
	mostTagBytes = 4096
)

func tags(d *C.AVDictionary) map[string]string {
	all := map[string]string{}
	none := C.CString("")
	defer C.free(unsafe.Pointer(none))
	var e *C.AVDictionaryEntry
	for len(all) < mostTags {
		if e = C.av_dict_get(d, none, e, C.AV_DICT_IGNORE_SUFFIX); e == nil {
			break
		}
		key, value := C.GoString(e.key), C.GoString(e.value)
		all[clean(key)] = clean(value)
	}
	return all
}

// clean is text as JSON can hold it, not longer than the bound.
func clean(text string) string {
	return strings.ToValidUTF8(text[:min(len(text), mostTagBytes)], "�")
}

func (s *session) chapters() []codec.Chapter {
	var all []codec.Chapter
	for _, c := range unsafe.Slice(s.job.in.chapters, s.job.in.nb_chapters) {
		base := float64(c.time_base.num) / float64(max(1, c.time_base.den))
		all = append(all, codec.Chapter{Start: round(float64(c.start) * base),
			End: round(float64(c.end) * base), Title: tags(c.metadata)["title"]})
	}
	return all
}

// decodeCost estimates what decoding takes, from what H.264 takes of one core.
func decodeCost(m codec.Media, streams []stream) codec.Cost {
	c := costOfPlan(m, plan{}, 1)
	if v := bestVideo(streams); v >= 0 {
		pixels := float64(m.Width) * float64(m.Height)
		c.CPU += seconds(m.Duration.Seconds() * frameRate(streams[v]) * pixels / 150e6)
		c.Memory += int64(pixels * 1.5 * 20)
	}
	return c
}

// shortNames are formats that are read and not made, by media type.
var shortNames = map[string]string{
	"video/3gpp": "3gp", "video/x-msvideo": "avi", "video/x-flv": "flv", "video/mp2t": "ts",
	"video/mpeg": "mpg", "video/x-ms-asf": "wmv", "audio/x-ms-wma": "wma", "video/ogg": "ogv",
	"audio/x-w64": "w64", "audio/aac": "aac", "audio/amr": "amr", "audio/aiff": "aiff",
	"audio/x-wavpack": "wv", "audio/ogg": "ogg",
}

// formatName is the short name of a media type.
func formatName(mediaType string) string {
	if name, ok := shortNames[mediaType]; ok {
		return name
	}
	formats := codec.Formats()
	i := slices.IndexFunc(formats, func(f codec.Format) bool { return f.Type == mediaType })
	if i < 0 {
		return ""
	}
	return formats[i].Name
}
