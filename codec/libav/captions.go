package libav

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"github.com/spoolmedia/spool/codec"
)

// ownCaptions makes captions of those subtitles of the film that op names, each by a pass
// of its own over the film that decodes nothing else.
func (c *Codec) ownCaptions(ctx context.Context, w *codec.Work, op codec.AdaptiveStream,
	streams []stream) ([]codec.Caption, error) {
	pl := planner{source: source{name: w.In[0].Name(), streams: streams}}
	chosen, err := pl.named(subtitle, "subtitles", op.SubtitleTracks)
	if err != nil {
		return nil, err
	}
	var all []codec.Caption
	for _, index := range chosen {
		text, err := c.captionText(ctx, w, trackOf(streams, index), clipOf(op.Clip))
		if err != nil {
			return nil, err
		}
		name, tag := captionLabel(streams[index])
		label := name
		taken := func(c codec.Caption) bool { return c.Label == label }
		for n := 2; slices.ContainsFunc(op.Captions, taken) || slices.ContainsFunc(all, taken); n++ {
			label = fmt.Sprintf("%s %d", name, n)
		}
		all = append(all, codec.Caption{Label: label, Language: tag, Kind: "subtitles", Content: text})
	}
	return all, nil
}

// trackOf counts the subtitles up to a stream.
func trackOf(streams []stream, index int) (n int) {
	for _, s := range streams[:index+1] {
		if s.kind == subtitle {
			n++
		}
	}
	return n
}

// captionLabel is what a language is called by those who speak it, and its tag.
func captionLabel(s stream) (label, tag string) {
	b, ok := base(s.language)
	if !ok {
		return "Subtitles", "und"
	}
	if label = display.Self.Name(language.Make(b.String())); label == "" {
		label = b.String()
	}
	return label, b.String()
}

// captionText is a track of the film's subtitles as WebVTT, from where the clip begins.
func (c *Codec) captionText(ctx context.Context, w *codec.Work, track int,
	part clip) (string, error) {
	var text textSink
	quiet := &codec.Work{In: w.In, Out: &text, Policy: w.Policy, Threads: w.Threads}
	r, err := c.open(ctx, quiet, request{Convert: codec.Convert{Format: "vtt"}.WithDefaults(),
		family: texts, pick: pick{track: track}, clip: part})
	if err != nil {
		return "", err
	}
	defer r.close()
	err = r.do(ctx)
	switch nothing := r.job.packets == 0 && r.readErr == nil && ctx.Err() == nil; {
	case err != nil && nothing: // is said in this part
		return "WEBVTT\n", nil
	case err != nil:
		return "", err
	}
	return text.String(), nil
}

// textSink keeps a text in memory.
type textSink struct{ bytes.Buffer }

// Create implements [codec.Sink].
func (t *textSink) Create(context.Context, codec.OutSpec) (codec.Writer, error) { return t, nil }

// Write implements [codec.Writer].
func (t *textSink) Write(p []byte) (int, error) {
	if t.Len()+len(p) > mostTextFile {
		return 0, codec.Errorf(codec.Limit, "there are more than %d bytes of subtitles", mostTextFile)
	}
	return t.Buffer.Write(p)
}

// Commit does nothing: the text is there.
func (t *textSink) Commit(codec.Result) error { return nil }

// Abort does nothing.
func (t *textSink) Abort() error { return nil }
