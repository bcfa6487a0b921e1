package codectest

import (
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Probe is what ffprobe says about a file. Numbers that it prints as text are
// text here.
type Probe struct {
	Format struct {
		Name     string            `json:"format_name"`
		Start    string            `json:"start_time"`
		Duration string            `json:"duration"`
		Tags     map[string]string `json:"tags"`
	} `json:"format"`
	Streams  []ProbeStream `json:"streams"`
	Chapters []struct {
		Start string            `json:"start_time"`
		End   string            `json:"end_time"`
		Tags  map[string]string `json:"tags"`
	} `json:"chapters"`
}

// ProbeStream is a stream of a [Probe].
type ProbeStream struct {
	Index       int               `json:"index"`
	Kind        string            `json:"codec_type"` // video, audio, subtitle, attachment, data
	Codec       string            `json:"codec_name"`
	Profile     string            `json:"profile"`
	Level       int               `json:"level"`
	Tag         string            `json:"codec_tag_string"`
	Width       int               `json:"width"`
	Height      int               `json:"height"`
	Aspect      string            `json:"sample_aspect_ratio"`
	Pixels      string            `json:"pix_fmt"`
	Range       string            `json:"color_range"`
	Matrix      string            `json:"color_space"`
	Transfer    string            `json:"color_transfer"`
	Primaries   string            `json:"color_primaries"`
	SampleRate  string            `json:"sample_rate"`
	Channels    int               `json:"channels"`
	FrameRate   string            `json:"avg_frame_rate"`
	Start       string            `json:"start_time"`
	Duration    string            `json:"duration"`
	Frames      string            `json:"nb_frames"`
	Disposition map[string]int    `json:"disposition"`
	Tags        map[string]string `json:"tags"`
	SideData    []struct {
		Kind     string  `json:"side_data_type"`
		Rotation float64 `json:"rotation"`
	} `json:"side_data_list"`
}

// Rotation returns the degrees by which the stream asks to be turned.
func (s ProbeStream) Rotation() float64 {
	for _, d := range s.SideData {
		if d.Kind == "Display Matrix" {
			return d.Rotation
		}
	}
	return 0
}

// ProbeFile asks ffprobe about the file at path. What it said is remembered until the
// file changes, and must not be changed.
func ProbeFile(path string) (*Probe, error) {
	r, err := readingOf(path)
	if err != nil {
		return nil, err
	}
	return &r.Probe, nil
}

// Stream returns the first stream of the kind, or false.
func (p *Probe) Stream(kind string) (ProbeStream, bool) {
	i := slices.IndexFunc(p.Streams, func(s ProbeStream) bool { return s.Kind == kind })
	if i < 0 {
		return ProbeStream{}, false
	}
	return p.Streams[i], true
}

// seconds reads a time as ffprobe prints it.
func seconds(text string) (time.Duration, error) {
	s, err := strconv.ParseFloat(text, 64)
	return time.Duration(math.Round(s * float64(time.Second))), err
}

// HasDuration compares the duration that the container says with want.
func HasDuration(path string, want, tolerance time.Duration) error {
	p, err := ProbeFile(path)
	if err != nil {
		return err
	}
	got, err := seconds(p.Format.Duration)
	if err != nil {
		return fmt.Errorf("%s has no duration: %w", filepath.Base(path), err)
	}
	if (got - want).Abs() > tolerance {
		return fmt.Errorf("%s lasts %v, want %v", filepath.Base(path), got, want)
	}
	return nil
}

// Frames decodes the first video stream of the file at path and returns the time
// of each frame, as the container has it. A frame that does not decode is
// missing.
func Frames(path string) ([]time.Duration, error) {
	r, err := readingOf(path)
	if err != nil {
		return nil, err
	}
	video, _ := r.Stream("video")
	var times []time.Duration
	for _, f := range r.Entries {
		if f.Type != "frame" || f.Stream != video.Index || video.Kind == "" {
			continue
		}
		at, err := seconds(f.FrameTime)
		if err != nil {
			return nil, fmt.Errorf("codectest: frame %d has the time %q", len(times), f.FrameTime)
		}
		times = append(times, at)
	}
	return times, nil
}

// SoundLength decodes the first sound of the file at path and returns how long its
// samples last.
func SoundLength(path string) (time.Duration, error) {
	r, err := readingOf(path)
	if err != nil {
		return 0, err
	}
	sound, _ := r.Stream("audio")
	rate, err := strconv.Atoi(sound.SampleRate)
	if err != nil || rate == 0 {
		return 0, fmt.Errorf("codectest: %s has no sound", filepath.Base(path))
	}
	n := 0
	for _, f := range r.Entries {
		if f.Type == "frame" && f.Stream == sound.Index {
			n += f.Samples
		}
	}
	return time.Duration(n) * time.Second / time.Duration(rate), nil
}

// Packet is a packet of a stream, as it is stored.
type Packet struct {
	Time string // in seconds, as ffprobe prints it
	Size int    // in bytes
	Key  bool   // decoding may start here
}

// Packets returns the packets of the first stream of the kind, such as "video", in the
// file at path.
func Packets(path, kind string) ([]Packet, error) {
	r, err := readingOf(path)
	if err != nil {
		return nil, err
	}
	stream, ok := r.Stream(kind)
	if !ok {
		return nil, fmt.Errorf("codectest: %s has no %s", filepath.Base(path), kind)
	}
	var all []Packet
	for _, p := range r.Entries {
		if p.Type != "packet" || p.Stream != stream.Index {
			continue
		}
		size, err := strconv.Atoi(p.Size)
		if err != nil {
			return nil, fmt.Errorf("codectest: packet %d has the size %q", len(all), p.Size)
		}
		all = append(all, Packet{p.PacketTime, size, strings.HasPrefix(p.Flags, "K")})
	}
	return all, nil
}

// SameFrames compares the frames of two files: as many, and each at the same
// time after the first, give or take tolerance.
func SameFrames(got, want string, tolerance time.Duration) error {
	g, err := Frames(got)
	if err != nil {
		return err
	}
	w, err := Frames(want)
	if err != nil {
		return err
	}
	if len(g) != len(w) || len(g) == 0 {
		return fmt.Errorf("%s has %d frames, want %d", filepath.Base(got), len(g), len(w))
	}
	for i := range g {
		if is, should := g[i]-g[0], w[i]-w[0]; (is - should).Abs() > tolerance {
			return fmt.Errorf("%s: frame %d comes after %v, want %v", filepath.Base(got), i, is, should)
		}
	}
	return nil
}
