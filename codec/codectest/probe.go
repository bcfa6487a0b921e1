package codectest

import (
	"encoding/json"
	"errors"
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

// ProbeFile asks ffprobe about the file at path.
func ProbeFile(path string) (*Probe, error) {
	out, err := command("ffprobe", "-v", "error", "-of", "json",
		"-show_format", "-show_streams", "-show_chapters", path)
	if err != nil {
		return nil, err
	}
	p := new(Probe)
	if err := json.Unmarshal(out, p); err != nil {
		return nil, fmt.Errorf("codectest: ffprobe: %w", err)
	}
	return p, nil
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
	out, err := command("ffprobe", "-v", "error", "-select_streams", "v:0", "-show_frames",
		"-show_entries", "frame=best_effort_timestamp_time", "-of", "json", path)
	if err != nil {
		return nil, err
	}
	var found struct {
		Frames []struct {
			Time string `json:"best_effort_timestamp_time"`
		} `json:"frames"`
	}
	if err := json.Unmarshal(out, &found); err != nil {
		return nil, fmt.Errorf("codectest: ffprobe: %w", err)
	}
	times := make([]time.Duration, len(found.Frames))
	for i, f := range found.Frames {
		if times[i], err = seconds(f.Time); err != nil {
			return nil, fmt.Errorf("codectest: frame %d has the time %q", i, f.Time)
		}
	}
	return times, nil
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

// StreamHashes returns for each stream its kind and a SHA-256 of its packets,
// such as "v,SHA256=…". Streams that were copied have the hashes of the original.
func StreamHashes(path string) ([]string, error) {
	out, err := ffmpeg("-i", path, "-map", "0", "-c", "copy", "-f", "streamhash", "-")
	if err != nil {
		return nil, err
	}
	var hashes []string
	for line := range strings.Lines(string(out)) {
		_, hash, _ := strings.Cut(strings.TrimSpace(line), ",")
		hashes = append(hashes, hash)
	}
	return hashes, nil
}

// SameStreams compares the packets of two files, whatever their containers.
func SameStreams(got, want string) error {
	g, err := StreamHashes(got)
	if err != nil {
		return err
	}
	w, err := StreamHashes(want)
	if err != nil {
		return err
	}
	if len(w) == 0 {
		return errors.New("codectest: no streams to compare with")
	}
	if !slices.Equal(g, w) {
		return fmt.Errorf("%s has the streams %v, want %v", filepath.Base(got), g, w)
	}
	return nil
}
