package libav

import (
	"slices"

	"github.com/spoolmedia/spool/codec"
)

// request is what an operation asks for, in the terms of a plan.
type request struct {
	codec.Convert           // format, quality and size, with their defaults
	newVideo, newSound bool // a field asks for a change: a copy will not do
	anew               bool // nothing is copied
	cutClean           bool // pictures are copied if that leaves exactly those of the clip
	bitRate            int  // of sound, in bits a second; 0 goes by the quality
	clip               clip
	part               clip              // what a chain cut out, of which clip is a moment
	family             map[string]target // where Format is looked up; nil: targets
	frameRate          float64
	edits              []edit
	normalize          bool             // the loudness of sound is measured and set
	gravity            string           // what stays when Fit cuts
	onlyLess           bool             // sound is encoded only if it gets smaller
	rate               *rate            // of video, instead of the quality
	plain              bool             // without tags, titles and covers
	remux              bool             // in the format that it has, whatever the codecs
	choose             bool             // the picture that stands for the film is wanted
	speed              float64          // of the output; 0 and 1 change nothing
	soundRef           string           // the name of the sound among the work's references
	hardware           *hardwareEncoder // of video, or nil
	told               []string         // notes of what was tried before
	asked              bool             // the operation itself asks for the quality
	pick               pick             // of subtitles, for a target of text
	chapterEach        bool             // one for each part that is joined
	attached           *addition
	burnt              *burning
}

// requestOf translates the operation of w, which makes one output of one input.
func requestOf(w *codec.Work) (request, error) {
	r, err := requestFor(w, usual(w.Op))
	r.AutoQuality, r.asked = codec.EncodingOf(w.Op).AutoQuality, codec.QualityOf(w.Op) != 0
	return r, err
}

// usual is op with the usual quality in the place of an automatic one, which films do
// not have.
func usual(op codec.Operation) codec.Operation {
	switch op := op.(type) {
	case codec.Chain:
		if last := len(op.Steps) - 1; last >= 0 {
			op.Steps = slices.Clone(op.Steps)
			op.Steps[last] = usual(op.Steps[last])
		}
		return op
	case codec.Compress:
		op.AutoQuality, op.MinSSIM = false, 0
		return op
	case codec.Convert:
		op.AutoQuality, op.MinSSIM = false, 0
		return op
	case codec.Thumbnail:
		op.AutoQuality, op.MinSSIM = false, 0
		return op
	case codec.Transform:
		op.AutoQuality, op.MinSSIM = false, 0
		return op
	}
	return op
}

// requestFor is the request for op, which is that of w.
func requestFor(w *codec.Work, op codec.Operation) (request, error) {
	mediaType := w.In[0].Type()
	if r, at, ok := stillOf(op); ok {
		if r.choose = at == nil; !r.choose {
			r.clip.start = *at
		}
		return r, nil
	}
	switch op := op.(type) {
	case codec.Convert:
		changed := op.Quality != 0
		op = op.WithDefaults()
		if _, ok := textDemuxers[mediaType]; ok {
			return request{Convert: op, family: texts}, nil
		}
		return request{Convert: op, newSound: changed, soundRef: "sound",
			newVideo: changed || op.Width != 0 || op.Height != 0 || op.Effort != 0 || !op.Video.IsZero(),
		}, nil
	case codec.ExtractAudio:
		r := request{Convert: codec.Convert{Format: op.Target(), Channels: op.Channels}.WithDefaults(),
			bitRate: 192_000}
		if op.Track != "" {
			r.AudioTracks = []string{op.Track}
		}
		if op.BitrateKbps > 0 {
			r.newSound, r.bitRate = true, op.BitrateKbps*1000
		}
		return r, nil
	case codec.ExtractSubtitles:
		return request{Convert: codec.Convert{Format: op.Target()}.WithDefaults(), family: texts,
			pick: pick{op.Track, op.Language}}, nil
	case codec.AddSubtitles:
		return attachRequest(op, mediaType, w.Refs)
	case codec.GIF:
		return animationOf(op), nil
	case codec.StripMetadata:
		return stripped(mediaType), nil
	case codec.Trim:
		return trimRequest(op, mediaType), nil
	case codec.Adjust, codec.Transform, codec.Watermark, codec.BurnSubtitles:
		return editRequest(op, mediaType, w.Refs)
	case codec.Chain:
		return chainRequest(op, mediaType, w.Refs)
	case nil:
		return request{}, codec.Errorf(codec.Unsupported, "libav: there is nothing to do")
	}
	return request{}, codec.Errorf(codec.Unsupported, "libav: %q is not done here", w.Op.Name())
}

// trimRequest is the request for a clip alone.
func trimRequest(op codec.Trim, mediaType string) request {
	changed := op.Quality != 0
	op = op.WithDefaults()
	fast := op.Mode == codec.TrimFast
	r := request{newVideo: changed, newSound: !fast || changed,
		clip: clip{start: op.Start, length: op.Duration, fast: fast}}
	r.encodeAs(op, mediaType)
	r.cutClean = !fast && !r.newVideo
	return r
}

// encodeAs makes the output what op says, which is all that is done or the last of
// it. Effort and Video ask for a new encode of the picture.
func (r *request) encodeAs(op codec.Operation, mediaType string) {
	e := codec.EncodingOf(withDefaults(op))
	if e.Format == "" {
		e.Format = sameFormat(mediaType)
	}
	r.Convert = codec.Convert{Format: e.Format, Quality: e.Quality, Effort: e.Effort,
		Video: e.Video}.WithDefaults()
	r.newVideo = r.newVideo || e.Effort != 0 || !e.Video.IsZero()
}

// withDefaults is op with its defaults, if it has a [codec.Encoding].
func withDefaults(op codec.Operation) codec.Operation {
	switch op := op.(type) {
	case codec.Adjust:
		return op.WithDefaults()
	case codec.BurnSubtitles:
		return op.WithDefaults()
	case codec.Concat:
		return op.WithDefaults()
	case codec.Transform:
		return op.WithDefaults()
	case codec.Trim:
		return op.WithDefaults()
	case codec.Watermark:
		return op.WithDefaults()
	}
	return op
}

// stripped is the request for strip-metadata.
func stripped(mediaType string) request {
	return request{Convert: codec.Convert{Format: sameFormat(mediaType)}.WithDefaults(),
		plain: true, remux: true}
}

// sameFormat is the format to write for an input that is to stay what it is.
func sameFormat(mediaType string) string {
	for _, f := range codec.Formats() {
		if _, ok := targets[f.Name]; ok && f.Type == mediaType {
			return f.Name
		}
	}
	if kindOfType(mediaType) == codec.Audio {
		return "m4a"
	}
	return "mp4"
}

func kindOfType(mediaType string) codec.Kind {
	if len(mediaType) > 6 && mediaType[:6] == "audio/" {
		return codec.Audio
	}
	return codec.Video
}
