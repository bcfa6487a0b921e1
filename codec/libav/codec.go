package libav

import (
	"context"
	"errors"
	"io"
	"runtime"
	"sync"

	"github.com/spoolmedia/spool/codec"
)

// Codec converts audio and video through FFmpeg's libraries. Make it with [New].
// It holds nothing but what this build of the libraries can do, so one value
// serves any number of goroutines.
type Codec struct {
	offers []codec.Offer
	tones  bool // HDR can be mapped to SDR
	// hardware finds what encodes each codec.
	hardware map[string]*search
}

var _ codec.Codec = (*Codec)(nil)

// startOnce: the libraries have one log, and malloc one setting, for the whole
// process.
var startOnce sync.Once

// New returns a codec that offers what this build of the libraries can do. The
// first call takes over the libraries' log, which is the process's: warnings of
// work done here go into its notes, and nothing is printed any more. It also
// limits glibc's malloc to one arena for each core, and what each keeps, so that freed
// memory is used again by the next work or given back.
func New() *Codec {
	startOnce.Do(startLibraries)
	c := &Codec{tones: hasFilter("zscale") && hasFilter("tonemap"),
		hardware: tryHardware(hardwareNames, encodesPicture)}
	c.offer(codec.Convert{}, inputTypes(), outputFormats())
	c.offer(codec.ExtractAudio{}, films(inputTypes()), soundFormats(outputFormats()))
	c.offer(codec.Trim{}, inputTypes(), outputFormats())
	c.offer(codec.Inspect{}, films(inputTypes()), nil)
	c.offer(codec.StripMetadata{}, kept(inputTypes()), nil)
	c.offer(codec.Compress{}, kept(inputTypes()), nil)
	c.offer(codec.PosterFrame{}, pictured(inputTypes()), silentFormats(stills))
	c.offer(codec.Thumbnail{}, unturned(inputTypes()), silentFormats(stills))
	c.offer(codec.Adjust{}, films(inputTypes()), outputFormats())
	c.offer(codec.Transform{}, pictured(inputTypes()), filmFormats(outputFormats()))
	c.offer(codec.Watermark{}, pictured(inputTypes()), filmFormats(outputFormats()))
	c.offer(codec.Chain{}, films(inputTypes()), outputFormats())
	c.offer(codec.Chain{}, unturned(inputTypes()), silentFormats(stills))
	if hasMuxer("mp4") && hasEncoder("libx264") && hasEncoder("aac") {
		c.offer(codec.AdaptiveStream{}, pictured(inputTypes()), nil)
	}
	c.offer(codec.Concat{}, pictured(inputTypes()), filmFormats(outputFormats()))
	c.offer(codec.ConcatAudio{}, films(inputTypes()), soundFormats(outputFormats()))
	c.offer(codec.Renditions{}, films(inputTypes()), nil)
	c.offer(codec.Waveform{}, films(inputTypes()), nil)
	titled := titledFormats(filmFormats(outputFormats()))
	c.offer(codec.Convert{}, textTypes(), textFormats())
	c.offer(codec.ExtractSubtitles{}, pictured(inputTypes()), textFormats())
	c.offer(codec.AddSubtitles{}, pictured(inputTypes()), titled)
	if hasFilter("ass") {
		c.offer(codec.BurnSubtitles{}, pictured(inputTypes()), filmFormats(outputFormats()))
	}
	c.offer(codec.GIF{}, pictured(inputTypes()), silentFormats(animations))
	c.offer(codec.Storyboard{}, pictured(inputTypes()), silentFormats(stills))
	return c
}

// offer adds an offer; one with no targets is of an operation that names none.
func (c *Codec) offer(op codec.Operation, from, to []string) {
	if len(from) > 0 {
		c.offers = append(c.offers, codec.Offer{Op: op.Name(), From: from, To: to, Lane: codec.LaneAV})
	}
}

// Name returns "libav".
func (c *Codec) Name() string { return "libav" }

// Offers implements [codec.Codec].
func (c *Codec) Offers() []codec.Offer { return c.offers }

// Probe implements [codec.Codec]. It reads at most a few megabytes.
func (c *Codec) Probe(ctx context.Context, w *codec.Work) (codec.Media, codec.Cost, error) {
	if op, ok := w.Op.(codec.Combiner); ok && op.Combines() && len(w.In) > 1 {
		return c.probeAll(ctx, w)
	}
	in, err := onlyInput(w)
	if err != nil {
		return codec.Media{}, codec.Cost{}, err
	}
	s, streams, err := openInput(ctx, in, w.Policy)
	if err != nil {
		return codec.Media{}, codec.Cost{}, err
	}
	defer s.close()
	m := mediaOf(s, streams)
	if err := w.Policy.Limits.Check(in.Name(), m); err != nil {
		return codec.Media{}, codec.Cost{}, err
	}
	return m, c.costOf(w, m, streams), nil
}

// probeAll probes inputs that are joined: the first, as long as all of them.
func (c *Codec) probeAll(ctx context.Context, w *codec.Work) (all codec.Media, cost codec.Cost,
	err error) {
	for i, in := range w.In {
		one := *w
		one.In = []codec.Input{in}
		m, took, err := c.Probe(ctx, &one)
		if err != nil {
			return codec.Media{}, codec.Cost{}, err
		}
		if i == 0 {
			all, cost = m, took
			continue
		}
		all.Duration += m.Duration
		cost.CPU += took.CPU
		cost.Memory = max(cost.Memory, took.Memory)
	}
	return all, cost, nil
}

func onlyInput(w *codec.Work) (codec.Input, error) {
	if len(w.In) != 1 {
		return nil, codec.Errorf(codec.Unsupported, "libav: one input is needed, not %d", len(w.In))
	}
	return w.In[0], nil
}

// openInput opens in with the demuxer of its media type and checks its limits.
func openInput(ctx context.Context, in codec.Input, p codec.Policy) (*session, []stream, error) {
	head := make([]byte, 16)
	n, err := in.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, nil, readError(in.Name(), err)
	}
	var note string
	if _, ok := textDemuxers[in.Type()]; ok {
		text, err := toUTF8(in)
		if err != nil {
			return nil, nil, err
		}
		in, note = text, text.note
	}
	demuxer, ok := demuxerFor(in.Type(), head[:n])
	if !ok {
		return nil, nil, codec.Errorf(codec.Unsupported, "%s is not audio or video: it is %s",
			in.Name(), codec.TypeName(in.Type()))
	}
	s, err := newSession(ctx, in)
	if err != nil {
		return nil, nil, err
	}
	s.note(note)
	s.beStrict(p.Strict)
	most := p.Limits.WithDefaults().Streams
	tooMany := codec.Errorf(codec.Limit, "%s has more than %d streams, the limit", in.Name(), most)
	if err := s.open(demuxer, probeSize(demuxer), max(most+1, 0)); err != nil {
		if err = s.openError(err); s.saidOf("max_streams") {
			err = tooMany
		}
		s.close()
		return nil, nil, err
	}
	streams := s.streams()
	for i := range streams {
		streams[i].still = in.Type() == "image/avif" && !playsAVIF(in)
	}
	if most > 0 && len(streams) > most {
		s.close()
		return nil, nil, tooMany
	}
	return s, streams, nil
}

// mediaOf is what the headers say. The media type is corrected: a container for
// video that holds only sound is audio.
func mediaOf(s *session, streams []stream) codec.Media {
	m := codec.Media{Type: s.in.Type(), Duration: s.duration()}
	if v := bestVideo(streams); v >= 0 {
		z := streams[v].shown()
		m.Width, m.Height = z.w, z.h
		return m
	}
	if bestAudio(streams) >= 0 {
		m.Type = soundType(m.Type)
	}
	return m
}

func soundType(t string) string {
	switch t {
	case "video/mp4", "video/quicktime", "video/3gpp":
		return "audio/mp4"
	case "video/ogg":
		return "audio/ogg"
	case "video/x-ms-asf":
		return "audio/x-ms-wma"
	}
	return t
}

func threads(w *codec.Work) int {
	if w.Threads > 0 {
		return w.Threads
	}
	return runtime.GOMAXPROCS(0)
}
