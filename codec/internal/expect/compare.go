package expect

import (
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spoolmedia/spool/codec/internal/command"
)

// Likeness is how a file compares with its source, picture by picture.
type Likeness struct {
	// SSIM is the similarity of the brightness of all pictures, 1 for the same.
	SSIM float64
	// Apart is how far the colours of the fields of the pictures lie apart, on average,
	// from 0 to 255. Both are decoded as their tags say.
	Apart float64
	// Loudness is the integrated one of EBU R128, and SourceLoudness that of the
	// source, in LUFS.
	Loudness, SourceLoudness float64
	// Late is how much later the sound comes after the pictures than in the source; 0 if
	// the source is silent.
	Late time.Duration
}

// A grid of fields is what colours are compared on.
const grid = 16

// Compare decodes both files by one call of ffmpeg. The source is made as large as the
// file, and mapped to a standard range if only the file has that.
func Compare(got, source *Reading) (l Likeness, err error) {
	dir, err := os.MkdirTemp("", "expect")
	if err != nil {
		return l, err
	}
	defer os.RemoveAll(dir)
	args := []string{"-v", "info", "-hide_banner", "-nostats", "-nostdin",
		"-i", got.Path, "-i", source.Path, "-filter_complex"}
	var filters, outputs []string
	if got.HasVideo() && source.HasVideo() {
		filters = append(filters, pictureFilters(got, source)...)
		outputs = append(outputs, "-map", "[s]", "-f", "null", "-")
		for _, name := range []string{"colours0", "colours1"} {
			outputs = append(outputs, "-map", "["+name+"]", "-fps_mode", "passthrough", "-f", "rawvideo",
				filepath.Join(dir, name))
		}
	}
	if got.HasSound() && source.HasSound() {
		filters = append(filters, soundFilters(got, source)...)
		for _, name := range []string{"sound0", "sound1"} {
			outputs = append(outputs, "-map", "["+name+"]", "-f", "f32le", filepath.Join(dir, name))
		}
	}
	if len(filters) == 0 {
		return l, nil
	}
	args = append(append(args, strings.Join(filters, ";")), outputs...)
	said, err := command.Said("ffmpeg", args...)
	if err != nil {
		return l, fmt.Errorf("expect: %w", err)
	}
	return l, l.read(dir, string(said), got, source)
}

// pictureFilters pairs the pictures by their number.
func pictureFilters(got, source *Reading) []string {
	const paired = "settb=1/25,setpts=N,setsar=1,"
	tones := ""
	if source.Colour.HDR() && !got.Colour.HDR() {
		tones = "zscale=t=linear:npl=100,format=gbrpf32le,zscale=p=bt709,tonemap=hable:desat=0," +
			"zscale=t=bt709:m=bt709:r=tv,format=yuv420p,"
	}
	prepare := func(i int, r *Reading, tones string) string {
		return fmt.Sprintf("[%d:%d]%ssplit[p%d][c%d]", i, r.video.Index, paired+tones, i, i)
	}
	whole := fmt.Sprintf("scale=%d:%d:flags=bicubic:out_color_matrix=bt709:out_range=tv,"+
		"format=yuv420p,setsar=1", got.Width, got.Height)
	fields := fmt.Sprintf("scale=%d:%d:flags=area,format=rgb24", grid, grid)
	return []string{prepare(0, got, ""), prepare(1, source, tones),
		"[p0]" + whole + "[w0]", "[p1]" + whole + "[w1]", "[w0][w1]ssim@pictures[s]",
		"[c0]" + fields + "[colours0]", "[c1]" + fields + "[colours1]"}
}

// soundRate is the rate at which sounds are laid over each other.
const soundRate = 8000

// soundFilters measure the sounds. That of the source has the channels of the file.
func soundFilters(got, source *Reading) []string {
	measure := func(i int, r *Reading, channels string) string {
		return fmt.Sprintf("[%d:%d]%sebur128@loudness%d=framelog=verbose,"+
			"aresample=%d:async=1:first_pts=0,aformat=sample_fmts=flt:channel_layouts=mono[sound%d]",
			i, r.audio.Index, channels, i, soundRate, i)
	}
	channels := ""
	if n := got.audio.Channels; n < source.audio.Channels {
		channels = map[int]string{1: "aformat=channel_layouts=mono,",
			2: "aformat=channel_layouts=stereo,"}[n]
	}
	return []string{measure(0, got, ""), measure(1, source, channels)}
}

// read reads what ffmpeg found.
func (l *Likeness) read(dir, said string, got, source *Reading) error {
	if got.HasVideo() && source.HasVideo() {
		if err := number(said, `ssim@pictures.* Y:([\d.]+|inf|nan)`, &l.SSIM); err != nil {
			return err
		}
		a, err := os.ReadFile(filepath.Join(dir, "colours0"))
		if err != nil {
			return err
		}
		b, err := os.ReadFile(filepath.Join(dir, "colours1"))
		if err != nil {
			return err
		}
		l.Apart = apart(a, b)
	}
	if !got.HasSound() || !source.HasSound() {
		return nil
	}
	for i, v := range []*float64{&l.Loudness, &l.SourceLoudness} {
		pattern := fmt.Sprintf(`(?s)ebur128@loudness%d.*?I:\s+(-?[\d.]+|-?inf|nan) LUFS`, i)
		if err := number(said, pattern, v); err != nil {
			return err
		}
	}
	var sounds [2][]float64
	for i := range sounds {
		raw, err := os.ReadFile(filepath.Join(dir, fmt.Sprint("sound", i)))
		if err != nil {
			return err
		}
		sounds[i] = envelope(raw)
	}
	if silent(sounds[1]) {
		return nil
	}
	l.Late = lag(sounds[0], sounds[1])
	if got.HasVideo() && source.HasVideo() {
		l.Late -= got.Pictures[0] - source.Pictures[0]
	}
	return nil
}

// number reads what a filter says last: ffmpeg makes it twice if its input changes on the
// way.
func number(said, pattern string, v *float64) (err error) {
	found := regexp.MustCompile(pattern).FindAllStringSubmatch(said, -1)
	if found == nil {
		return fmt.Errorf("expect: no %s in %s", pattern, said)
	}
	*v, err = strconv.ParseFloat(found[len(found)-1][1], 64)
	return err
}

// apart is the mean difference of the samples that both have.
func apart(a, b []byte) float64 {
	n, sum := min(len(a), len(b)), 0.0
	for i := range n {
		sum += math.Abs(float64(a[i]) - float64(b[i]))
	}
	return sum / float64(max(n, 1))
}

// longest is how much of a sound is laid over another, in milliseconds, and farthest how
// far it is moved.
const longest, farthest = 10_000, 300

// envelope is how loud the first part of a sound is, millisecond by millisecond.
func envelope(raw []byte) []float64 {
	const step = soundRate / 1000
	all := make([]float64, 0, longest)
	for len(raw) >= 4*step && len(all) < longest {
		sum := 0.0
		for i := range step {
			sum += math.Abs(float64(math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))))
		}
		all, raw = append(all, sum/step), raw[4*step:]
	}
	return all
}

// silent reports whether nothing of a sound is above -60 dB.
func silent(sound []float64) bool { return len(sound) == 0 || slices.Max(sound) < 0.001 }

// lag is how much later a is than b, where both fit best.
func lag(a, b []float64) time.Duration {
	at := func(v []float64, i int) float64 {
		if i < 0 || i >= len(v) {
			return 0
		}
		return v[i]
	}
	n := max(len(a), len(b))
	if n == longest { // the end is cut off
		n -= farthest
	}
	best, least := 0, math.Inf(1)
	for d := range 2*farthest + 1 {
		shift := d / 2 // 0, -1, 1, -2, 2 …: what is nearest wins
		if d%2 == 1 {
			shift = -(d + 1) / 2
		}
		sum := 0.0
		for i := -farthest; i < n; i++ {
			off := at(a, i+shift) - at(b, i)
			sum += off * off
		}
		if sum < least {
			best, least = shift, sum
		}
	}
	return time.Duration(best) * time.Millisecond
}
