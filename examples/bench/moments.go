package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"

	"github.com/spoolmedia/spool/codec"
)

// moment makes a picture of one moment of a film made for it, whose key frames are
// ten seconds apart.
func moment(seconds float64) func(context.Context, *bencher) (
	spool, peer func(context.Context) error, files int, err error,
) {
	return func(ctx context.Context, b *bencher) (
		spool, peer func(context.Context) error, files int, err error,
	) {
		path, err := b.film(ctx)
		if err != nil {
			return nil, nil, 0, err
		}
		op := codec.PosterFrame{Timestamp: &seconds, Width: 1280}
		ours, theirs := filepath.Join(b.dir, "ours.jpg"), filepath.Join(b.dir, "theirs.jpg")
		spool = func(ctx context.Context) error {
			_, data, err := b.convert(ctx, op, path)
			if err != nil {
				return err
			}
			return os.WriteFile(ours, data, 0o600)
		}
		peer = func(ctx context.Context) error {
			return run(ctx, "ffmpeg", "-v", "error", "-nostdin", "-y", "-ss",
				strconv.FormatFloat(seconds, 'f', -1, 64), "-i", path, "-frames:v", "1",
				"-vf", asSpool("1280:-2", ""), "-q:v", "4", "-update", "1", theirs)
		}
		for _, do := range []func(context.Context) error{spool, peer} {
			if err := do(ctx); err != nil {
				return nil, nil, 0, unsupported(err)
			}
		}
		return spool, peer, 1, alikePictures(ours, theirs)
	}
}

// asSpool are the filters that scale for a JPEG as spool does: through RGB, and then to the
// matrix of JPEG. more goes between.
func asSpool(size, more string) string {
	return "scale=" + size + ":flags=bicubic+accurate_rnd+full_chroma_int,format=rgb24," + more +
		"scale=out_color_matrix=bt601:out_range=pc,format=yuvj420p"
}

// inspection reads the headers of one file.
func inspection(name string) func(context.Context, *bencher) (
	spool, peer func(context.Context) error, files int, err error,
) {
	return func(ctx context.Context, b *bencher) (
		spool, peer func(context.Context) error, files int, err error,
	) {
		path, ok := b.find(name)
		if !ok {
			return nil, nil, 0, skip("there is no " + name)
		}
		if _, err := exec.LookPath("ffprobe"); err != nil {
			return nil, nil, 0, skip("ffprobe is not installed")
		}
		spool = func(ctx context.Context) error {
			_, data, err := b.convert(ctx, codec.Inspect{}, path)
			if err != nil {
				return err
			}
			var r codec.Report
			return json.Unmarshal(data, &r)
		}
		peer = func(ctx context.Context) error {
			return run(ctx, "ffprobe", "-v", "error", "-of", "json", "-show_format", "-show_streams",
				"-show_chapters", path)
		}
		return spool, peer, 1, spool(ctx)
	}
}

// film makes one of half a minute in 1080p, once, as a camera would: busy, with sound.
func (b *bencher) film(ctx context.Context) (string, error) {
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		return "", skip("ffmpeg is not installed")
	}
	path := filepath.Join(b.dir, "film.mp4")
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	return path, run(ctx, "ffmpeg", "-v", "error", "-nostdin", "-f", "lavfi", "-i",
		"testsrc2=s=1920x1080:r=30:d=30", "-f", "lavfi", "-i", "sine=r=48000:d=30",
		"-c:v", "libx264", "-preset", "ultrafast", "-g", "300", "-keyint_min", "300",
		"-sc_threshold", "0", "-vf", "scale=out_color_matrix=bt709,format=yuv420p", "-colorspace", "bt709",
		"-c:a", "aac", path)
}

func run(ctx context.Context, name string, args ...string) error {
	if out, err := exec.CommandContext(ctx, name, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s %v: %w: %s", name, args, err, out)
	}
	return nil
}
