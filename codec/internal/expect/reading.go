package expect

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spoolmedia/spool/codec/codectest"
	"github.com/spoolmedia/spool/codec/internal/command"
)

// Colour is how the pictures of a film are tagged, as ffprobe names it; "" is what the
// film does not say. A film that does not say its range has the limited one, "tv".
type Colour struct{ Range, Matrix, Transfer, Primaries string }

// HDR reports whether the tags are those of a high dynamic range: PQ or HLG.
func (c Colour) HDR() bool {
	return c.Transfer == "smpte2084" || c.Transfer == "arib-std-b67"
}

// Reading is what ffprobe finds in a file that it decodes.
type Reading struct {
	Path string
	// Duration is how long the longer of picture and sound lasts, to the last frame
	// that decodes; Says is what the container says.
	Duration, Says time.Duration
	// Pictures are when the frames of the video are shown, after the start of the file;
	// none if it has no video. Picture is how long the longest of them lasts.
	Pictures []time.Duration
	Picture  time.Duration
	// Width and Height are of the video as it is shown: upright, with square pixels.
	Width, Height int
	Colour        Colour
	// Samples are all of the sound, of one channel; none if it has no sound. Block is
	// how long the longest of its frames lasts; 0 if its codec ends where the sound does.
	Samples int
	Block   time.Duration

	video, audio codectest.ProbeStream
}

// HasVideo reports whether there are pictures other than a cover.
func (r *Reading) HasVideo() bool { return len(r.Pictures) > 0 }

// HasSound reports whether there is sound.
func (r *Reading) HasSound() bool { return r.Samples > 0 }

// frame is one of ffprobe's.
type frame struct {
	Stream   int    `json:"stream_index"`
	Time     string `json:"best_effort_timestamp_time"`
	Duration string `json:"pkt_duration_time"`
	Samples  int    `json:"nb_samples"`
}

// Read decodes the largest video and the first sound of the file at path.
func Read(path string) (*Reading, error) {
	out, err := command.Output("ffprobe", "-v", "error", "-of", "json", "-show_format",
		"-show_streams", "-show_entries",
		"frame=stream_index,best_effort_timestamp_time,pkt_duration_time,nb_samples", path)
	if err != nil {
		return nil, err
	}
	var p struct {
		codectest.Probe
		Frames []frame
	}
	if err := json.Unmarshal(out, &p); err != nil {
		return nil, fmt.Errorf("expect: ffprobe: %w", err)
	}
	r := &Reading{Path: path, Says: seconds(p.Format.Duration)}
	for _, s := range p.Streams {
		switch area := s.Width * s.Height; {
		case s.Kind == "audio" && r.audio.Kind == "":
			r.audio = s
		case s.Kind == "video" && s.Disposition["attached_pic"] == 0 &&
			area > r.video.Width*r.video.Height:
			r.video = s
		}
	}
	r.shape()
	r.count(p.Frames, seconds(p.Format.Start))
	if !r.HasVideo() && !r.HasSound() {
		return nil, fmt.Errorf("expect: %s has neither pictures nor sound", filepath.Base(path))
	}
	return r, nil
}

// shape sets what the headers of the video say.
func (r *Reading) shape() {
	v := r.video
	w, h := float64(v.Width), float64(v.Height)
	var over, under float64
	if n, _ := fmt.Sscanf(v.Aspect, "%g:%g", &over, &under); n == 2 && over > 0 && under > 0 {
		w *= over / under
	}
	if int(math.Abs(v.Rotation()))%180 == 90 {
		w, h = h, w
	}
	r.Width, r.Height = int(math.Round(w)), int(math.Round(h))
	r.Colour = Colour{cmp.Or(tag(v.Range), "tv"), tag(v.Matrix), tag(v.Transfer), tag(v.Primaries)}
}

// tag is "" where nothing is said.
func tag(name string) string {
	if name == "unknown" || name == "unspecified" {
		return ""
	}
	return name
}

// count sets what the frames say. Times count from start.
func (r *Reading) count(frames []frame, start time.Duration) {
	var heard time.Duration // until when
	rate, _ := strconv.Atoi(r.audio.SampleRate)
	first := time.Duration(math.MaxInt64)
	for _, f := range frames {
		at := seconds(f.Time) - start
		switch {
		case f.Stream == r.video.Index && r.video.Kind != "":
			r.Pictures = append(r.Pictures, at)
			r.Picture = max(r.Picture, seconds(f.Duration))
		case f.Stream == r.audio.Index && rate > 0:
			lasts := time.Duration(f.Samples) * time.Second / time.Duration(rate)
			r.Samples += f.Samples
			if !lossless(r.audio.Codec) {
				r.Block = max(r.Block, lasts)
			}
			first = min(first, at)
			heard = max(heard, at+lasts)
		}
	}
	if r.HasSound() {
		// Times in a file of sound may be guesses; its samples are not.
		r.Duration = heard - first
	}
	if !r.HasVideo() {
		return
	}
	slices.Sort(r.Pictures)
	for i := range r.Pictures[1:] {
		r.Picture = max(r.Picture, r.Pictures[i+1]-r.Pictures[i])
	}
	end := r.Pictures[len(r.Pictures)-1] + r.Picture
	first = min(first, r.Pictures[0])
	r.Duration = max(end, heard) - first
}

// lossless reports whether the last frame of a codec is as long as it should be.
func lossless(name string) bool {
	return strings.HasPrefix(name, "pcm_") ||
		slices.Contains([]string{"flac", "alac", "wavpack"}, name)
}

// seconds reads a time as ffprobe prints it; 0 if it says none.
func seconds(text string) time.Duration {
	s, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0
	}
	return time.Duration(math.Round(s * float64(time.Second)))
}
