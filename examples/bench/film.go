package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"time"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/codectest"
	"github.com/spoolmedia/spool/engine"
)

// film converts one file of video or sound to the format.
func film(name, format string) prepare {
	return func(ctx context.Context, b *bencher) (
		spool, peer func(context.Context) error, files int, err error,
	) {
		path, ok := b.find(name)
		if !ok {
			return nil, nil, 0, skip("there is no " + name)
		}
		return beside(path, codec.Convert{Format: format}, format)(ctx, b)
	}
}

// beside does op, which makes the format, on the file at path, and has ffmpeg do with
// each stream what spool says that it has done.
func beside(path string, op codec.Operation, format string) prepare {
	return func(ctx context.Context, b *bencher) (
		spool, peer func(context.Context) error, files int, err error,
	) {
		if _, err := exec.LookPath("ffmpeg"); err != nil {
			return nil, nil, 0, skip("ffmpeg is not installed")
		}
		f, _ := codec.LookupFormat(format)
		ours := filepath.Join(b.dir, "spool"+f.Extension)
		theirs := filepath.Join(b.dir, "peer"+f.Extension)
		var made engine.Output
		spool = func(ctx context.Context) error {
			output, data, err := b.convert(ctx, op, path)
			made = output
			if err != nil {
				return err
			}
			return os.WriteFile(ours, data, 0o600)
		}
		if err := spool(ctx); err != nil {
			return nil, nil, 0, unsupported(err)
		}
		args := ffmpegArgs(path, theirs, made.Result.Streams)
		peer = func(ctx context.Context) error {
			out, err := exec.CommandContext(ctx, "ffmpeg", args...).CombinedOutput()
			if err != nil {
				return fmt.Errorf("ffmpeg %v: %w: %s", args, err, out)
			}
			return nil
		}
		if err := peer(ctx); err != nil {
			return nil, nil, 0, err
		}
		if err := sameLength(ours, theirs); err != nil {
			return nil, nil, 0, err
		}
		return spool, peer, 1, alike(ctx, path, ours, theirs)
	}
}

// ffmpegArgs are those of a command that does with each stream what spool says
// that it has done.
func ffmpegArgs(in, out string, streams []codec.Stream) []string {
	args := []string{"-v", "error", "-nostdin", "-y", "-i", in}
	var output []string
	n := 0
	for _, s := range streams {
		if s.Action == codec.Dropped {
			continue
		}
		args = append(args, "-map", fmt.Sprintf("0:%d", s.Index))
		if s.Action == codec.Copied {
			output = append(output, fmt.Sprintf("-c:%d", n), "copy")
		} else {
			output = append(output, fmt.Sprintf("-c:%d", n), s.Encoder)
			for name, value := range s.Options {
				output = append(output, fmt.Sprintf("-%s:%d", name, n), value)
			}
			output = append(output, fmt.Sprintf("-threads:%d", n), threadsOf(s.Encoder))
		}
		n++
	}
	args = append(args, output...)
	args = append(args, "-fps_mode", "passthrough") // pictures as they are
	switch filepath.Ext(out) {
	case ".mp4", ".mov", ".m4a":
		args = append(args, "-movflags", "+faststart")
	}
	return append(args, out)
}

// threadsOf is how many a lone call of an engine, which has all cores, gives to an encoder:
// x264 takes half as many again, as it would by itself.
func threadsOf(encoder string) string {
	if encoder == "libx264" {
		return strconv.Itoa(runtime.GOMAXPROCS(0) * 3 / 2)
	}
	return cores()
}

// sameLength returns an error unless two files last as long and have the same
// streams.
func sameLength(a, b string) error {
	p, err := codectest.ProbeFile(a)
	if err != nil {
		return err
	}
	q, err := codectest.ProbeFile(b)
	if err != nil {
		return err
	}
	if len(p.Streams) != len(q.Streams) {
		return fmt.Errorf("spool makes %d streams and ffmpeg %d", len(p.Streams), len(q.Streams))
	}
	for i := range p.Streams {
		if s, t := p.Streams[i], q.Streams[i]; s.Codec != t.Codec || s.Width != t.Width ||
			s.Height != t.Height || s.SampleRate != t.SampleRate {
			return fmt.Errorf("stream %d of spool is %s, that of ffmpeg %s", i, s.Codec, t.Codec)
		}
	}
	length, err := time.ParseDuration(q.Format.Duration + "s")
	if err != nil {
		return err
	}
	return codectest.HasDuration(a, length, 100*time.Millisecond)
}
