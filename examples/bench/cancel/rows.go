package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/codectest"
	"github.com/spoolmedia/spool/codec/libav"
	"github.com/spoolmedia/spool/codec/vips"
)

// row is one encoder.
type row struct {
	name   string
	codec  codec.Codec
	op     codec.Operation
	passes int // over the input, before the one that encodes
	source func(*sources, context.Context) (codec.Input, error)
}

func rows() []row {
	films, pictures := libav.New(), vips.New()
	var all []row
	for _, name := range []string{codec.VideoH264, codec.VideoH265, codec.VideoVP9, codec.VideoAV1} {
		all = append(all, row{name, films,
			codec.Convert{Format: "mkv", Video: codec.VideoEncoding{Codec: name}}, 0, (*sources).film})
	}
	for _, format := range []string{"mp3", "m4a", "opus", "ogg", "flac", "wav"} {
		all = append(all, row{format, films, codec.Convert{Format: format, Quality: 90}, 0,
			(*sources).sound})
	}
	for passes, format := range []string{"webp", "gif"} { // which needs a palette first
		all = append(all, row{format + ", animated", films,
			codec.GIF{Format: format, Width: 1920, Duration: filmSeconds, FPS: 10}, passes,
			(*sources).film})
	}
	return append(all, row{"apng (codec/vips)", pictures, codec.Convert{Format: "apng"}, 0,
		(*sources).animation})
}

// sources are the inputs, each made when it is first asked for.
type sources struct {
	dir   string
	noise int // in the pictures of the film, of 100
	made  map[string]codec.Input
}

// filmSeconds is the length of the film.
const filmSeconds = 3

// film is in 1080p.
func (s *sources) film(ctx context.Context) (codec.Input, error) {
	return s.make(ctx, "film.mkv", "-f", "lavfi", "-i",
		fmt.Sprintf("testsrc2=s=1920x1080:r=25:d=%d,noise=alls=%d:allf=t", filmSeconds, s.noise),
		"-c:v", "libx264", "-preset", "ultrafast", "-qp", "20")
}

// sound is five minutes of noise.
func (s *sources) sound(ctx context.Context) (codec.Input, error) {
	return s.make(ctx, "noise.flac", "-f", "lavfi", "-i", "anoisesrc=d=300:r=48000:a=0.3", "-ac", "2")
}

// animation is a GIF in 1080p.
func (s *sources) animation(ctx context.Context) (codec.Input, error) {
	return s.make(ctx, "test.gif", "-f", "lavfi", "-i",
		fmt.Sprintf("testsrc2=s=1920x1080:r=10:d=%d", filmSeconds))
}

// make has ffmpeg make the input called name.
func (s *sources) make(ctx context.Context, name string, args ...string) (codec.Input, error) {
	if in, ok := s.made[name]; ok {
		return in, nil
	}
	path := filepath.Join(s.dir, name)
	args = append(append([]string{"-v", "error", "-nostdin"}, args...), path)
	if out, err := exec.CommandContext(ctx, "ffmpeg", args...).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("ffmpeg %v: %w: %s", args, err, out)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if s.made == nil {
		s.made = map[string]codec.Input{}
	}
	s.made[name] = codectest.NewInput(name, "", data)
	return s.made[name], nil
}
